/** Every kind of action, and what it does. The table has to be complete: the compiler counts. */
import { dirname } from 'node:path';
import { type Member, members, type Network } from '../network/network.ts';
import type { Action } from '../plan/action.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { Report, World } from '../plan/world.ts';
import { makeFolder, setMode, writeLocal } from './files.ts';
import type { Issuer } from './issue.ts';
import type { Remote } from './remote.ts';
import { stopProcess } from './stop.ts';
import { awaitClients, awaitServer, proveRefusals } from './waiting.ts';

export type Doing = {
  readonly network: Network;
  readonly world: World;
  readonly remote: Remote;
  /** Makes keys and certificates; loaded when there is something to issue, since node-forge is heavy. */
  issuer(): Promise<Issuer>;
  readonly report: Report;
  readonly signal: AbortSignal;
};

type Table = {
  readonly [Kind in Action['kind']]: (action: Extract<Action, { kind: Kind }>, doing: Doing) => Promise<void>;
};

export function memberOf(network: Network, name: string): Member {
  const member = members(network).find((each) => each.name === name);
  if (!member) throw new Error(`no host ${name} in the network`);
  return member;
}

/** Begins a supervisor of ours on the host. */
async function supervise({ host, config }: { host: string; config: string }, doing: Doing): Promise<void> {
  const text = `Starting ${host === 'server' ? 'the Flower server' : host}`;
  const words = ['supervise', '--config', config];
  await doing.remote.runtime(memberOf(doing.network, host), dirname(config), words, text, doing.signal);
}

const table: Table = {
  'write-file': async ({ path, content, mode }) => {
    await makeFolder(dirname(path), 0o700);
    await writeLocal(path, content, mode);
  },
  'make-authority': async (action, { world, issuer }) => (await issuer()).makeAuthority(action, world.now()),
  'import-authority': async (action, { issuer }) => (await issuer()).importAuthority(action),
  issue: async (action, { world, issuer }) => (await issuer()).issue(action, world.now()),
  'make-probes': async (action, { world, issuer }) => (await issuer()).makeProbes(action, world.now()),
  'mend-register': async (action, { issuer }) => (await issuer()).mendRegister(action),
  'request-on-host': async (action, doing) => (await import('./request.ts')).requestOnHost(action, doing),
  'make-folder': (action, { network, remote, signal }) =>
    remote.makeFolder(memberOf(network, action.host), action, signal),
  upload: (action, { network, remote, signal }) => remote.upload(memberOf(network, action.host), action, signal),
  'make-environment': async (action, doing) => (await import('./environment.ts')).makeEnvironment(action, doing),
  'use-environment': async (action, doing) => (await import('./environment.ts')).startExisting(action, doing),
  'set-modes': async ({ host, entries }, { network, remote, signal }) => {
    await remote.call(memberOf(network, host), { verb: 'set-modes', entries }, `Setting modes on ${host}`, { signal });
  },
  'set-local-modes': async ({ entries }) => {
    for (const { path, mode } of entries) await setMode(path, mode);
  },
  remove: async ({ kind, text, environment = null, host, ...request }, { network, remote, signal }) => {
    await remote.call(memberOf(network, host), { verb: kind, ...request, environment }, text, { signal });
  },
  'remove-folder': ({ host, path }, { network, remote, signal }) =>
    remote.removeFolder(memberOf(network, host), path, signal),
  'install-unit': async (action, doing) => (await import('./units.ts')).installUnit(action, doing),
  'remove-unit': async (action, doing) => (await import('./units.ts')).removeUnit(action, doing),
  start: async (action, doing) => {
    if (action.unit) await (await import('./units.ts')).startUnit({ ...action, unit: action.unit }, doing);
    else await supervise(action, doing);
  },
  stop: async ({ host, config, unit }, { network, remote, signal }) =>
    stopProcess(remote, memberOf(network, host), { config, ...(unit ? { unit } : {}) }, signal),
  'await-server': awaitServer,
  'await-clients': awaitClients,
  'prove-refusals': proveRefusals,
};

/** Does exactly one action. @throws UserError */
export async function perform(action: Action, doing: Doing): Promise<void> {
  if (doing.signal.aborted) throw new UserError({ exitCode: exit.done, doing: action.text, why: 'interrupted' });
  // The table's type ties each kind to its own action; TypeScript can't follow that through an index.
  const work = table[action.kind] as (action: Action, doing: Doing) => Promise<void>;
  await work(action, doing);
}
