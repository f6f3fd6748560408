/** Networks that share a host: each has folders of its own, or one would take the other's certificates and keys. */
import type { Network } from '../network/network.ts';
import { exit, UserError } from '../plan/failure.ts';
import { list } from '../plan/words.ts';
import type { HostFacts, Looks } from '../plan/world.ts';

/** Other networks whose processes on a host read their certificates where this one's belong. */
export function neighborsOf({ name }: Network, facts: HostFacts | undefined): readonly string[] {
  return (facts?.sharing ?? []).filter((other) => other !== name);
}

/** Before anything is signed for such a host, or changed there. @throws UserError (2) */
export function mustBeAlone(network: Network, looks: Looks): void {
  for (const [host, look] of Object.entries(looks)) {
    const facts = 'facts' in look ? look.facts : undefined;
    const others = neighborsOf(network, facts);
    if (!facts || others.length === 0) continue;
    throw new UserError({
      exitCode: exit.invalid,
      host,
      doing: `Looking at ${facts.paths.certificates} on ${host}`,
      why: `network ${list(others)} has its certificates there, and ${network.name} would replace them`,
      hint: 'set remote.certificates to a folder of its own (and flower.port, where both are to run); or end the other one: fl-wizard down --purge, in its folder',
    });
  }
}
