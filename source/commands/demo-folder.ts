/** The project folder that a demo has left: its hosts have ended with it, and what they held lies below it. */
import { join } from 'node:path';
import { hostsFolder, networkName, serverHome } from '../demo/ending.ts';
import type { Network } from '../network/network.ts';
import type { Event } from '../plan/event.ts';
import { exit, type Failure, UserError } from '../plan/failure.ts';
import { listLocal } from '../world/files.ts';

/** What is to be known of hosts that are gone on purpose. */
export const hostsEnded = `the demo's hosts ended with it; its weights lie in ${serverHome}/runs/`;

/** Whether a demo was made here. @throws UserError (3) where that can't be read */
export async function isDemo(directory: string, network: Pick<Network, 'name'>): Promise<boolean> {
  return network.name === networkName && (await listLocal(join(directory, hostsFolder))) !== undefined;
}

/** What tells of hosts that don't answer, with what is to be known of a demo's; nothing where no demo was made here. */
export async function ofDemoEvents(
  directory: string,
  network: Pick<Network, 'name'>,
): Promise<((event: Event) => Event) | undefined> {
  if (!(await isDemo(directory, network))) return undefined;
  const told = (failure: Failure) =>
    failure.exitCode === exit.connection ? { ...failure, hint: hostsEnded } : failure;
  return (event) => {
    if (event.type === 'link-changed' && event.why) return { ...event, why: `${event.why} (${hostsEnded})` };
    if (event.type === 'host-failed') return { ...event, failure: told(event.failure) };
    if (event.type === 'step-finished' && event.failures) return { ...event, failures: event.failures.map(told) };
    return event;
  };
}

/** The same trouble, where it is that a host does not answer with what is to be known of a demo's. */
export async function ofDemo(error: unknown, directory: string, network: Pick<Network, 'name'>): Promise<unknown> {
  if (!(error instanceof UserError) || error.failure.exitCode !== exit.connection) return error;
  return (await isDemo(directory, network))
    ? new UserError({ ...error.failure, hint: hostsEnded }, error.others)
    : error;
}
