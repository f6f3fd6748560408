/** Asks a host what we have placed on it; its answer is read with care. */
import * as z from 'zod';
import { certificateNames } from '../flower/layout.ts';
import type { Member } from '../network/network.ts';
import type { HostFacts } from '../plan/host-facts.ts';
import type { Belongings } from '../plan/world.ts';
import { checked, known, present } from './answer.ts';
import type { Remote } from './remote.ts';

/** A name in a folder, and no path. */
const name = z.string().regex(/^(?!\.{1,2}$)[^/\0]{1,255}$/);
const left = { exists: z.boolean(), names: z.array(name), others: z.array(name) };
const bytes = z.number().nonnegative();

const belongings = z
  .object({
    home: z.object({ ...left, bytes }),
    certificates: z.object({ ...left, sudo: z.boolean() }),
    environment: known(z.object({ path: z.string().startsWith('/'), bytes, users: z.array(z.string()) })),
  })
  .transform((value) => present(value) as Belongings);

/** @throws UserError (4, 5) */
export async function belongingsOf(
  remote: Remote,
  member: Member,
  { home, certificates, environment }: HostFacts['paths'],
  signal: AbortSignal,
): Promise<Belongings> {
  const doing = `Looking at ${member.name}`;
  const request = { verb: 'placed', name: member.name, home, certificates, environment, files: filesOf(member) };
  return checked(belongings, await remote.call(member, request, doing, { signal }));
}

/** The names of a host's own certificate files. */
function filesOf(member: Member): readonly string[] {
  const { ca, certificate, key } = certificateNames(member);
  return [key, certificate, ca];
}
