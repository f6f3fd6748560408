/** The project folder that a demo has left: its hosts have ended with it, and what they held lies below it. */
import { join } from 'node:path';
import { hostAddress, hostsFolder, lockName, networkName, serverHome } from '../demo/ending.ts';
import type { Network } from '../network/network.ts';
import { exit, UserError } from '../plan/failure.ts';
import { hostsGone } from '../steps/link.ts';
import { listLocal } from '../world/files.ts';
import { isHeld, type Processes } from '../world/lock.ts';

/** What there is to do where a demo's hosts are gone. */
export const insteadOfHosts = `fl-wizard demo trains another run; the weights of this one lie in ${serverHome}/runs/`;

type Project = { readonly directory: string; readonly network: Pick<Network, 'name' | 'server'> };

/** Whether a demo was made here. @throws UserError (3) where that can't be read */
export async function isDemo({ directory, network }: Project): Promise<boolean> {
  // Somebody may have put hosts of their own into its fl-network.yaml.
  if (network.name !== networkName || network.server.ssh.host !== hostAddress) return false;
  return (await listLocal(join(directory, hostsFolder))) !== undefined;
}

/** The same trouble, where a host was not reached since it lived in a demo's process, which has ended, as that. */
export async function ofDemo(error: unknown, project: Project, processes: Processes): Promise<unknown> {
  if (!(error instanceof UserError) || error.failure.exitCode !== exit.connection) return error;
  if (!(await isDemo(project)) || (await isHeld(project.directory, processes, lockName))) return error;
  return new UserError({ ...error.failure, why: hostsGone, hint: insteadOfHosts }, error.others);
}
