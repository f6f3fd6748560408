/** Networks that share a host: each has folders of its own, or one would take the other's certificates and keys. */
import { members, type Network } from '../network/network.ts';
import { exit, type Failure, UserError } from '../plan/failure.ts';
import type { HostFacts, Looks } from '../plan/host-facts.ts';
import { list } from '../plan/words.ts';
import { factsOf } from './shared.ts';

/** Other networks whose processes on a host read their certificates where this one's belong. */
export function neighborsOf({ name }: Network, facts: HostFacts | undefined): readonly string[] {
  return (facts?.sharing ?? []).filter((other) => other !== name);
}

/** Before anything is signed for such a host, or changed there. @throws UserError (2) */
export function mustBeAlone(network: Network, looks: Looks): void {
  const shared = Object.keys(looks).filter((name) => neighborsOf(network, factsOf(looks, name)).length > 0);
  const [host] = shared;
  const facts = host === undefined ? undefined : factsOf(looks, host);
  if (host === undefined || !facts) return;
  const own = hasOwnFolder(network, shared);
  const change = changeFor(
    network,
    shared,
    factsOf(looks, 'server'),
    own ? facts.paths.certificates : network.server.remote.certificates,
  );
  const lines = list(Object.entries(change).map(([key, value]) => `${key}: ${value}`));
  throw new UserError({
    exitCode: exit.invalid,
    host,
    doing: `Looking at ${facts.paths.certificates} on ${host}`,
    why: `network ${list(neighborsOf(network, facts))} has its certificates there, and ${network.name} would replace them`,
    hint: `in fl-network.yaml, set ${lines}${own ? ` (remote: of ${host} itself)` : ''}; or end the other one: fl-wizard down --purge, in its folder`,
    // What is written of a single host wins over what is written for all.
    ...(own ? {} : { change }),
  });
}

/** So far from the port of the other network that neither its monitor's nor a third one's is met. */
const portsApart = 100;

/** What keeps two networks apart: a folder of its own, and on a server's host, where both may serve, a port of its own. */
function changeFor(
  { name, flower }: Network,
  shared: readonly string[],
  server: HostFacts | undefined,
  folder: string,
): NonNullable<Failure['change']> {
  const certificates = `${folder.replace(/\/+$/, '')}-${name}`;
  return {
    'remote.certificates': certificates,
    ...(shared.includes('server') ? { 'flower.port': otherPort(flower.port, server) } : {}),
  };
}

/** A port to set in place of one that is taken: one that is free on its host, where that can be known. */
function otherPort(port: number, server: HostFacts | undefined): number {
  if (server?.port.free !== undefined) return server.port.free;
  return port + portsApart <= 65_535 ? port + portsApart : port - portsApart;
}

/** A port that somebody else listens on, and what ends that: who edits fl-network.yaml finds it written. */
export function portTaken({ name: own, flower: { port, portFrom } }: Network, server: HostFacts) {
  const { name, network } = server.port;
  const whose = network === own ? `another network that is called ${own}, too` : `network ${network}`;
  const change = { 'flower.port': otherPort(port, server) };
  const from = portFrom === undefined ? '' : ` (from ${portFrom})`;
  const another = `set another flower.port, such as ${change['flower.port']}`;
  return {
    why: `port ${port}${from} is in use: ${network === undefined ? (name ?? 'by another process') : `by ${whose}`}`,
    // What serves another network is nobody's to end by hand.
    hint:
      network === undefined
        ? `end that process, or ${another}`
        : `${another}; or end that network: fl-wizard down, in its folder`,
    change,
  };
}

function hasOwnFolder(network: Network, shared: readonly string[]): boolean {
  const folders = members(network).filter(({ name, role }) => role === 'server' || shared.includes(name));
  return new Set(folders.map(({ remote }) => remote.certificates)).size > 1;
}
