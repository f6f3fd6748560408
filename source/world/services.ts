/** Asks a host what could keep a process there; its answer is read with care. */
import * as z from 'zod';
import { unitName } from '../flower/unit.ts';
import type { Member, Network } from '../network/network.ts';
import type { Services } from '../plan/world.ts';
import { checked, known, present } from './answer.ts';
import { unit } from './look.ts';
import type { Remote } from './remote.ts';

const services = z
  .object({
    systemd: known(z.string().regex(/^\d[^\s]{0,100}/)),
    owner: z.string().min(1),
    ownerHome: z.string().startsWith('/'),
    user: z.boolean(),
    linger: z.enum(['on', 'allowed', 'no']),
    unit: known(unit.extend({ text: z.string() })),
  })
  .transform((value) => present(value) as Omit<Services, 'root'>);

/** @throws UserError (4, 5) */
export async function servicesOf(
  remote: Remote,
  network: Network,
  member: Member,
  signal: AbortSignal,
): Promise<Services> {
  const request = { verb: 'services', unit: unitName(network, member) };
  const found = checked(services, await remote.call(member, request, `Looking at ${member.name}`, { signal }));
  if (found.systemd === undefined) return { ...found, root: 'no' };
  if (await remote.isRoot(member)) return { ...found, root: 'login' };
  const sudo = await remote.sudoOf(member, signal);
  return { ...found, root: sudo === 'works' ? 'sudo' : sudo };
}
