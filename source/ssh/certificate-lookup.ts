import { type Certificate, parseCertificate } from './host-certificate.ts';
import { revokedIn } from './key-lookup.ts';
import { blobType, fingerprint, type KnownKey, type KnownKeys } from './known-hosts.ts';
import { matchesPattern } from './name-matcher.ts';
import { plain } from './said.ts';

/** What came of asking a host for its certificate; `problem` continues "its certificate could not be had:". */
export type FetchedCertificate = { readonly blob: Buffer } | { readonly none: true } | { readonly problem: string };

/** What a host's certificate says about the key that it showed. */
export type CertificateVerdict =
  | 'vouched'
  /** A CA vouches for the host, but by a key of another type. */
  | 'another key'
  /** The key, or the CA. Under a plain name it counts only where nothing else is known (see `lookUp`). */
  | { readonly revoked: KnownKey; readonly byOwnName: boolean }
  /** From the right CA and yet not right: one sentence. */
  | { readonly problem: string }
  /** Says nothing; one sentence about it. */
  | { readonly note: string };

/** What a certificate is held against. */
export type Asked = { readonly known: KnownKeys; readonly key: Buffer; readonly name: string; readonly now: Date };

/** Whether a certificate could change what is decided about a host's key: OpenSSH then sees CAs and revoked ones. */
export function certificateMatters({ own, plain }: KnownKeys): boolean {
  return [...own, ...plain].some(({ marker }) => marker !== 'none');
}

/** Judges what a host sent as its certificate, as OpenSSH does. */
export function judgeCertificate(fetched: FetchedCertificate, asked: Asked): CertificateVerdict {
  const named = [...asked.known.own, ...asked.known.plain].find(({ marker }) => marker === 'cert-authority');
  // Without a CA of ours nobody waits for a certificate.
  const note = (text: string) => ({ note: named ? text : '' });
  if ('none' in fetched) return note(`it shows no certificate, which ${named?.place} would take`);
  if ('problem' in fetched) return note(`its certificate could not be had: ${fetched.problem}`);
  const parsed = parseCertificate(fetched.blob);
  if ('problem' in parsed) return note(`its certificate ${parsed.problem}`);
  const { certificate } = parsed;
  const isForKey = certificate.key.blob.equals(asked.key);
  let problem: string | undefined;
  for (const lines of [asked.known.own, asked.known.plain]) {
    const revoked = revokedIn(lines, [certificate.key.blob, certificate.authority.blob]);
    if (revoked && isForKey) return { revoked, byOwnName: lines === asked.known.own };
    if (revoked || !lines.some((line) => isAuthority(line, certificate))) continue;
    problem ??= problemOf(certificate, asked);
    if (problem === undefined) return vouchedFor(certificate, asked);
  }
  if (problem !== undefined) return { problem: `its certificate ${problem}` };
  const signer = fingerprint(certificate.authority.blob);
  return note(`its certificate is signed by another CA (${signer}) than that of ${named?.place}`);
}

function isAuthority({ marker, blob }: KnownKey, { authority }: Certificate): boolean {
  return marker === 'cert-authority' && blob.equals(authority.blob);
}

function vouchedFor({ key }: Certificate, asked: Asked): CertificateVerdict {
  if (key.blob.equals(asked.key)) return 'vouched';
  return blobType(asked.key) === key.type
    ? { problem: `its certificate is for another key than it shows (${fingerprint(key.blob)})` }
    : 'another key';
}

/**
 * Why a certificate is none for a host. One for no name at all is for no host, and names may have wildcards: so
 * OpenSSH since 10.3; before, the first was for every host.
 */
function problemOf(certificate: Certificate, { name, now }: Asked): string | undefined {
  const seconds = BigInt(Math.floor(now.getTime() / 1000));
  const { forHosts, principals, criticalOptions, validAfter, validBefore } = certificate;
  if (!forHosts) return 'is one for a user, not for a host';
  if (seconds < validAfter) return `is not valid before ${moment(validAfter)}`;
  if (seconds >= validBefore) return `expired at ${moment(validBefore)}`;
  if (principals.length === 0) return 'names no host that it is for';
  if (!principals.some((pattern) => matchesPattern(name, pattern)))
    return `is for ${shortList(principals)}, not for ${name}`;
  if (criticalOptions.length > 0) return `has critical options that are unknown here (${shortList(criticalOptions)})`;
  return undefined;
}

/** Nobody reads more than a few. */
function shortList(names: readonly string[]): string {
  const shown = names.slice(0, 3).map(plain).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

/** The last second that a Date can hold. */
const lastSecond = 8_640_000_000_000n;

function moment(seconds: bigint): string {
  if (seconds > lastSecond) return 'the end of time';
  return new Date(Number(seconds) * 1000).toISOString().replace('T', ' ').replace('.000Z', ' UTC');
}
