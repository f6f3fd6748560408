/** The certificates of a project, from its files and its register. No host is asked. */
import { members, type Network } from '../network/network.ts';
import { type CertificateFacts, inspectCertificate, issuedBy } from '../pki/inspect.ts';
import { parseRegister, type RegisterEntry, type RegisterPurpose, registerState } from '../pki/register.ts';
import { UserError } from '../plan/failure.ts';
import { daysTo, type Places, pairOf } from '../steps/shared.ts';
import { readLocal } from '../world/files.ts';

/** foreign: it lies where one of ours belongs, and another CA issued it. */
export type CertificateState = ReturnType<typeof registerState> | 'foreign';

export type CertificateRow = {
  readonly name: string;
  readonly kind: RegisterPurpose;
  readonly state: CertificateState;
  readonly subject: string;
  /** `DNS:…`, `IP:…`, `URI:…`; empty for one that is only in the register. */
  readonly sans: readonly string[];
  /** RFC 3339, UTC. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** Whole days; negative once it has expired. */
  readonly daysLeft: number;
  readonly serial: string;
  readonly fingerprint: string;
  readonly file?: string;
};

type Lying = { readonly name: string; readonly kind: RegisterPurpose; readonly file: string; readonly pem: string };

export function sansOf({ sans }: CertificateFacts): readonly string[] {
  const { dns, ips, uris } = sans;
  return [
    ...dns.map((each) => `DNS:${each}`),
    ...ips.map((each) => `IP:${each}`),
    ...uris.map((each) => `URI:${each}`),
  ];
}

/** Where a certificate of each name lies. A client that left fl-network.yaml still has its files. */
export function filesOf(
  network: Network,
  places: Places,
  entries: readonly RegisterEntry[] = [],
): readonly Omit<Lying, 'pem'>[] {
  const known = members(network).map(({ name, role }) => ({ name, kind: role }));
  const names = new Set(known.map(({ name }) => name));
  const former = entries.filter(({ name, purpose }) => purpose === 'client' && !names.has(name));
  const clients = [...new Set(former.map(({ name }) => name))].map((name) => ({ name, kind: 'client' as const }));
  const leaves = [...known, ...clients].map((each) => ({ ...each, file: pairOf(places, each.name).certificate }));
  return [
    { name: 'ca', kind: 'ca', file: places.ca.certificate },
    ...leaves,
    { name: 'operator', kind: 'operator', file: places.operator.certificate },
  ];
}

async function lyingIn(files: readonly Omit<Lying, 'pem'>[]): Promise<readonly Lying[]> {
  const found = await Promise.all(files.map(async (each) => ({ each, pem: await readLocal(each.file) })));
  return found.flatMap(({ each, pem }) => (pem ? [{ ...each, pem: pem.content.toString('utf8') }] : []));
}

function factsIn({ file, pem }: Lying): CertificateFacts {
  try {
    return inspectCertificate(pem);
  } catch (error) {
    throw error instanceof UserError ? new UserError({ ...error.failure, doing: `Reading ${file}` }) : error;
  }
}

/**
 * @param all also what was replaced, and the probes
 * @throws UserError (3, 6) for a file that can't be read as a certificate
 */
export async function certificateRows(
  network: Network,
  places: Places,
  now: Date,
  all: boolean,
): Promise<readonly CertificateRow[]> {
  const text = (await readLocal(places.ca.register))?.content.toString('utf8');
  // A damaged one still tells what can be read of it; certs makes it whole.
  const { entries, revoked } = parseRegister(text ?? '');
  const lying = await lyingIn(filesOf(network, places, entries));
  const probes = all ? await lyingIn(probeFiles(places, entries)) : [];
  const ca = lying.find(({ kind }) => kind === 'ca')?.pem;
  const gone = new Set(revoked.map((each) => each.revoked));
  const here = [...lying, ...probes].map((each): CertificateRow => {
    const facts = factsIn(each);
    const entry = {
      ...each,
      ...facts,
      notBefore: facts.notBefore.toISOString(),
      notAfter: facts.notAfter.toISOString(),
    };
    const ours = each.kind === 'ca' || (ca !== undefined && issuedBy(each.pem, ca));
    const state = registerState({ ...entry, purpose: each.kind }, gone, new Set([facts.fingerprint]), now);
    return {
      name: each.name,
      kind: each.kind,
      state: ours ? state : 'foreign',
      subject: facts.subject,
      sans: sansOf(facts),
      notBefore: entry.notBefore,
      notAfter: entry.notAfter,
      daysLeft: daysTo(facts.notAfter, now),
      serial: facts.serial,
      fingerprint: facts.fingerprint,
      file: each.file,
    };
  });
  if (!all) return here;
  const current = new Set(here.map(({ fingerprint }) => fingerprint));
  const former = entries.filter(({ fingerprint }) => !current.has(fingerprint));
  return [...here, ...former.map((entry) => formerRow(entry, gone, now))];
}

function probeFiles(places: Places, entries: readonly RegisterEntry[]): readonly Omit<Lying, 'pem'>[] {
  const names = [...new Set(entries.flatMap(({ name, purpose }) => (purpose === 'probe' ? [name] : [])))];
  return names.map((name) => ({ name, kind: 'probe' as const, file: `${places.probes}/${name}.crt` }));
}

function formerRow(entry: RegisterEntry, gone: ReadonlySet<string>, now: Date): CertificateRow {
  const { purpose: kind, name, subject, notBefore, notAfter, serial, fingerprint } = entry;
  const state = registerState(entry, gone, new Set(), now);
  const daysLeft = daysTo(new Date(notAfter), now);
  return { name, kind, state, subject, sans: [], notBefore, notAfter, daysLeft, serial, fingerprint };
}
