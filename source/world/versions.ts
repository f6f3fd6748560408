/** What a host's environment is made of, as the host tells it. */
import * as z from 'zod';
import type { Member } from '../network/network.ts';
import type { HostVersions } from '../plan/host-facts.ts';
import { checked } from './answer.ts';
import type { Remote } from './remote.ts';

/** Longer than any version's text; a host that says more is cut off. */
const words = z.string().transform((text) => text.slice(0, 200));
const versions = z.object({
  os: words,
  architecture: words,
  python: words,
  openssl: words,
  packages: z.record(words, words),
});

/** @throws UserError (4, 5) */
export async function versionsOf(remote: Remote, member: Member, signal: AbortSignal): Promise<HostVersions> {
  const request = { verb: 'versions', home: member.remote.home };
  return checked(versions, await remote.call(member, request, `Asking ${member.name} for its versions`, { signal }));
}
