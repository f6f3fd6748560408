/** One certificate, closely: what it says, and how it stands to the CA, the key and the register that are here. */
import { relative } from 'node:path';
import type { Network } from '../network/network.ts';
import { type CertificateDetails, certificateDetails, colons } from '../pki/details.ts';
import { type CertificateFacts, inspectCertificate, issuedBy } from '../pki/inspect.ts';
import { sameKey } from '../pki/key.ts';
import { bothForms } from '../pki/names.ts';
import { isEncrypted } from '../pki/passphrase.ts';
import { profileTrouble } from '../pki/profile.ts';
import { parseRegister, type RegisterEntry } from '../pki/register.ts';
import { UserError } from '../plan/failure.ts';
import { Secret } from '../plan/secret.ts';
import { issuingOf } from '../steps/pairs.ts';
import { daysTo, octal, type Places } from '../steps/shared.ts';
import { inert } from '../ui/inert.ts';
import { readLocal } from '../world/files.ts';
import { sansOf } from './cert-rows.ts';

export type Surroundings = { readonly directory: string; readonly network: Network; readonly places: Places };

export type CertificateReport = {
  readonly file: string;
  readonly subject: string;
  readonly issuer: string;
  readonly kind: 'ca' | 'server' | 'client' | 'server and client';
  readonly sans: readonly string[];
  readonly notBefore: string;
  readonly notAfter: string;
  readonly daysLeft: number;
  readonly serial: string;
  readonly fingerprint: string;
  readonly key: string;
  readonly digest: string;
  readonly details: CertificateDetails;
  /** How it stands here; absent outside of a project. */
  readonly here?: {
    readonly issuedByOurCa: boolean;
    /** Absent for a CA, and for what another CA issued. */
    readonly profile?: string;
    readonly privateKey: string;
    readonly register: string;
  };
};

function kindOf({ authority, purposes }: CertificateFacts): CertificateReport['kind'] {
  if (authority) return 'ca';
  return purposes.length === 2 ? 'server and client' : (purposes[0] ?? 'server and client');
}

async function privateKey(file: string, pem: string): Promise<string> {
  const path = file.replace(/\.(crt|pem|cer)$/, '.key');
  const found = path === file ? undefined : await readLocal(path);
  if (!found) return 'not beside it';
  const text = new Secret(found.content.toString('utf8'));
  const mode = octal(found.mode);
  if (isEncrypted(text)) return `encrypted, ${mode}`;
  try {
    return `${sameKey(pem, text) ? 'belongs to it' : 'belongs to another certificate'}, ${mode}`;
  } catch (error) {
    if (error instanceof UserError) return error.failure.why;
    throw error;
  }
}

function registered(entries: readonly RegisterEntry[], { fingerprint }: CertificateFacts): string {
  const entry = entries.find((each) => each.fingerprint === fingerprint);
  return entry ? `as ${entry.name} (${entry.purpose})` : 'not in it';
}

async function standing(
  pem: string,
  file: string,
  facts: CertificateFacts,
  { places }: Surroundings,
): Promise<CertificateReport['here']> {
  const ca = (await readLocal(places.ca.certificate))?.content.toString('utf8');
  const text = (await readLocal(places.ca.register))?.content.toString('utf8');
  const issuedByOurCa = ca !== undefined && issuedBy(pem, ca);
  const purpose = facts.purposes.length === 1 ? facts.purposes[0] : undefined;
  const judged =
    ca !== undefined && issuedByOurCa && purpose
      ? profileTrouble(facts.raw, issuingOf(ca).identifier, purpose)
      : undefined;
  const { entries, revoked } = parseRegister(text ?? '');
  const isRevoked = revoked.some((each) => each.revoked === facts.serial);
  return {
    issuedByOurCa,
    ...(facts.authority || !issuedByOurCa
      ? {}
      : { profile: judged ?? (purpose ? 'as issued here' : 'its extendedKeyUsage differs') }),
    privateKey: await privateKey(file, pem),
    register: `${registered(entries, facts)}${isRevoked ? ', revoked' : ''}`,
  };
}

export async function certificateReport(
  pem: string,
  file: string,
  now: Date,
  around: Surroundings | undefined,
): Promise<CertificateReport> {
  const facts = inspectCertificate(pem);
  const here = around && (await standing(pem, file, facts, around));
  return {
    file: around ? relative(around.directory, file) || file : file,
    subject: facts.subject,
    issuer: facts.issuer,
    kind: kindOf(facts),
    sans: sansOf(facts),
    notBefore: facts.notBefore.toISOString(),
    notAfter: facts.notAfter.toISOString(),
    daysLeft: daysTo(facts.notAfter, now),
    serial: facts.serial,
    fingerprint: facts.fingerprint,
    key: facts.key.algorithm === 'ec' ? 'EC' : `RSA ${facts.key.bits}`,
    digest: facts.digest ?? 'one that is not safe',
    details: certificateDetails(pem),
    ...(here ? { here } : {}),
  };
}

function validity({ notBefore, notAfter, daysLeft }: CertificateReport): string {
  const minute = (time: string) => `${time.slice(0, 16).replace('T', ' ')} UTC`;
  const left = daysLeft < 0 ? 'expired' : `${daysLeft} days left`;
  return `${minute(notBefore)} to ${minute(notAfter)} (${left})`;
}

function usage({ details, kind }: CertificateReport): string {
  const { keyUsage = ['any key usage'], extendedKeyUsage, pathLength } = details;
  const extended = extendedKeyUsage ?? (kind === 'ca' ? [] : ['any extended key usage']);
  return [...keyUsage, ...extended, ...(pathLength === undefined ? [] : [`path length ${pathLength}`])].join(', ');
}

/** The report as people read it: one fact a line. */
export function certificateLines(report: CertificateReport): readonly string[] {
  const { details, here, sans } = report;
  const rows: (readonly [string, string | undefined])[] = [
    ['Kind', report.kind],
    ['Subject', report.subject],
    ['Issuer', report.issuer === report.subject ? `${report.issuer} (itself)` : report.issuer],
    ...(sans.length > 0
      ? sans.map(
          (san, at) =>
            [at === 0 ? 'Names' : '', san.startsWith('DNS:') ? `DNS:${bothForms(san.slice(4))}` : san] as const,
        )
      : []),
    ['Valid', validity(report)],
    ['Key', `${report.key}, signed with ${report.digest}`],
    ['Usage', usage(report)],
    ['Serial', colons(report.serial)],
    ['SHA-256', colons(report.fingerprint)],
    ['Key id', details.subjectKeyIdentifier],
    ['Issuer’s key', details.authorityKeyIdentifier],
    ['Limits', details.nameConstraints ? 'it may issue for certain names only (nameConstraints)' : undefined],
    ['Our CA', here && (here.issuedByOurCa ? 'issued it' : 'did not issue it')],
    ['Profile', here?.profile],
    ['Private key', here?.privateKey],
    ['Register', here?.register],
  ];
  const lines = rows.flatMap(([label, text]) => (text === undefined ? [] : [`  ${label.padEnd(12)}  ${inert(text)}`]));
  return [inert(report.file), ...lines];
}
