/** A project's network, or what is missing where there is none. */
import { relative } from 'node:path';
import { members, type Network } from '../network/network.ts';
import { exit, UserError } from '../plan/failure.ts';
import { nearest } from '../plan/nearest.ts';
import { list } from '../plan/words.ts';
import { readLocal } from '../world/files.ts';
import type { Call } from './context.ts';
import { type Project, projectOf } from './folder.ts';
import { withScriptPort } from './script-port.ts';

/** The values without which there is no network, with the flag of `init` and the key of fl-network.yaml for each. */
export const required: readonly { readonly key: string; readonly flag: string }[] = [
  { key: 'name', flag: '--name' },
  { key: 'server.address', flag: '--address' },
  { key: 'server.ssh.host', flag: '--server' },
  { key: 'clients[].name and clients[].ssh.host', flag: '--client NAME=[USER@]HOST[:PORT]' },
];

export function missing(
  values: readonly { readonly key: string; readonly flag: string }[],
  doing: string,
  because = 'nothing can be asked here, and',
): UserError {
  const lines = values.map(({ key, flag }) => `\n  ${key} (fl-wizard init ${flag})`);
  return new UserError({
    exitCode: exit.invalid,
    doing,
    why: `${because} these are missing:${lines.join('')}`,
  });
}

const nowhere =
  'go to the project’s folder or name it with -C; a new one is made by fl-wizard init, or by fl-wizard in a terminal';

/** What lies in the folder already is no reason to type it: `init` takes it from there. */
async function absent(call: Call, { directory }: Project, shown: string): Promise<UserError> {
  const without = missing(required, `Reading ${shown}`, 'there is no such file, and');
  const [{ foundIn, isAny }, { prefillFrom }] = await Promise.all([
    import('../world/found.ts'),
    import('./start-from.ts'),
  ]);
  const found = await foundIn(directory, call.io.home);
  if (!isAny(found)) return new UserError({ ...without.failure, hint: nowhere });
  const { address, server, clients = [] } = prefillFrom(found);
  const known = [undefined, address, server, clients[0]];
  const left = required.filter((_, at) => known[at] === undefined).map(({ flag }) => flag);
  const files = [found.hosts?.path, found.configuration?.path, found.app?.path].flatMap((path) => path ?? []);
  const hint = `fl-wizard init ${left.join(' ')} takes the rest from what is here: ${list(files)}`;
  return new UserError({ ...without.failure, hint });
}

/** @throws UserError (2) with everything that is missing or wrong */
export async function readProject(call: Call): Promise<Project & { network: Network }> {
  const project = projectOf(call);
  const near = relative(call.io.cwd, project.file);
  const shown = near === '' || near.startsWith('..') ? project.file : near;
  const file = await readLocal(project.file);
  if (!file) throw await absent(call, project, shown);
  const { parseNetwork } = await import('../network/read.ts');
  const network = await withScriptPort(parseNetwork(file.content.toString('utf8'), shown), project.directory);
  const unknown = (call.common.only ?? []).filter((name) => !members(network).some((member) => member.name === name));
  if (unknown.length > 0) {
    const names = members(network).map(({ name }) => name);
    const meant = unknown.flatMap((name) => {
      const near = nearest(name, names);
      return near === undefined ? [] : [unknown.length > 1 ? `${near} by ${name}` : near];
    });
    throw new UserError({
      exitCode: exit.invalid,
      doing: `Looking for ${unknown.join(', ')}`,
      why: `there is no ${unknown.join(', ')} in ${shown}`,
      hint: `${meant.length === 0 ? '' : `did you mean ${list(meant)}? `}it has ${names.join(', ')}`,
    });
  }
  return { ...project, network };
}
