/** The register as a part of step 3: what is in it, and what of the certificates that lie here is not. Pure but for one read. */
import type { Network } from '../network/network.ts';
import { members } from '../network/network.ts';
import {
  entryOf,
  parseRegister,
  type Register,
  type RegisterEntry,
  type RegisterPurpose,
  type Revocation,
} from '../pki/register.ts';
import type { Action } from '../plan/action.ts';
import type { World } from '../plan/world.ts';
import type { Lying } from './certs-look.ts';
import type { Pair } from './pairs.ts';
import { count, type Places } from './shared.ts';

export type RegisterFacts = Register & {
  readonly there: boolean;
  /** Certificates that our CA issued and that the register has not: it was lost, or is older than they are. */
  readonly missing: readonly RegisterEntry[];
  /** What the revocation list has and the register has not. */
  readonly missingRevoked: readonly Revocation[];
};

function entriesOf(network: Network, { ca, imported, pairs, probes }: Lying): readonly RegisterEntry[] {
  const roles = new Map<string, RegisterPurpose>(members(network).map(({ name, role }) => [name, role]));
  const purposeOf = (name: string) => (name === 'operator' ? 'operator' : (roles.get(name) ?? 'client'));
  const entry = (name: string, purpose: RegisterPurpose, { certificate, byOurCa }: Pair) =>
    certificate && (byOurCa || purpose === 'ca') ? [entryOf(certificate, name, purpose)] : [];
  return [
    // One that is to be taken over enters as it comes.
    ...(imported ? [] : entry('ca', 'ca', ca)),
    ...Object.entries(pairs).flatMap(([name, pair]) => entry(name, purposeOf(name), pair)),
    ...Object.entries(probes).flatMap(([name, pair]) => entry(name, 'probe', pair)),
  ];
}

/** All that is in a register; `there`: whether there is one. */
export async function registerAt(
  path: string,
  world: Pick<World, 'read'>,
): Promise<Register & { readonly there: boolean }> {
  const file = await world.read(path);
  if (!file) return { entries: [], revoked: [], damaged: false, there: false };
  return { ...parseRegister(file.content.toString('utf8')), there: true };
}

export async function readRegister(network: Network, world: Pick<World, 'read'>, lying: Lying): Promise<RegisterFacts> {
  const register = await registerAt(lying.places.ca.register, world);
  const known = new Set(register.entries.map(({ fingerprint }) => fingerprint));
  const revoked = new Set(register.revoked.map(({ revoked: serial }) => serial));
  return {
    ...register,
    missing: entriesOf(network, lying).filter(({ fingerprint }) => !known.has(fingerprint)),
    missingRevoked: (lying.crl?.revoked ?? [])
      .filter(({ serial }) => !revoked.has(serial))
      .map(({ serial, date }) => ({ revoked: serial, time: date.toISOString() })),
  };
}

/** What a lost or damaged register needs; nothing where it has all. */
export function registerActions({ ca }: Places, facts: RegisterFacts): readonly Action[] {
  const { damaged, missing, missingRevoked, there } = facts;
  if (!damaged && missing.length + missingRevoked.length === 0) return [];
  const found = count(missing.length, 'certificate');
  const text = damaged
    ? `make the register of issued certificates anew, since it is damaged: ${count(facts.entries.length, 'entry', 'entries')} can be read, ${found} found here; the damaged one is kept`
    : `enter ${found} in the register${there ? '' : ', which is not there'}`;
  return [
    {
      kind: 'mend-register',
      path: ca.register,
      entries: damaged ? [...facts.entries, ...missing] : missing,
      revoked: damaged ? [...facts.revoked, ...missingRevoked] : missingRevoked,
      damaged,
      text,
    },
  ];
}
