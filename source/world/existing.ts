/** An interpreter on a host that is used as it is: looked into, its answer read with care. */
import * as z from 'zod';
import type { Member } from '../network/network.ts';
import type { HostFacts } from '../plan/host-facts.ts';
import { checked } from './answer.ts';
import type { Remote } from './remote.ts';

const existing = z.object({
  python: z.string(),
  starter: z.string(),
  ready: z.boolean(),
  lacking: z.array(z.object({ wanted: z.string(), found: z.string().exactOptional() })),
  trouble: z.string().exactOptional(),
});

/** What is known of an interpreter that is used as it is; `ready`: whether our folder starts it. */
export function readExisting(answer: unknown): NonNullable<HostFacts['existing']> & { readonly ready: boolean } {
  return checked(existing, answer);
}

/** The facts of a host with what its interpreter lacks. It is asked for where one is to be used, and nowhere else. */
export async function withExisting(
  remote: Pick<Remote, 'call'>,
  member: Member,
  facts: HostFacts,
  requirements: readonly string[],
  signal: AbortSignal,
): Promise<HostFacts> {
  const { home, environment } = facts.paths;
  const request = { verb: 'look-at-existing', home, environment, requirements };
  const doing = `Looking at ${member.remote.python} on ${member.name}`;
  const { ready, ...found } = readExisting(await remote.call(member, request, doing, { signal }));
  return { ...facts, environmentReady: ready, existing: found };
}
