import { hasSigned, type PublicKey, parsePublicKey, readPublicKey, signatureAlgorithm } from './public-key.ts';
import { WireReader } from './wire.ts';

/** An OpenSSH certificate (PROTOCOL.certkeys) whose signature is right; who signed it, and for what, is yet to be judged. */
export type Certificate = {
  /** The plain key that it vouches for. */
  readonly key: PublicKey;
  readonly forHosts: boolean;
  readonly principals: readonly string[];
  /** Seconds since 1970; the certificate holds from the first of them and before the last. */
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly criticalOptions: readonly string[];
  readonly authority: PublicKey;
};

/** What became of reading one; `problem` continues "its certificate". */
export type CertificateResult = { readonly certificate: Certificate } | { readonly problem: string };

const suffix = '-cert-v01@openssh.com';
/** Many times what the longest one takes: 256 names and RSA keys of 16,384 bits. */
const mostBytes = 128 * 1024;
/** As many as OpenSSH reads (SSHKEY_CERT_MAX_PRINCIPALS). */
const mostPrincipals = 256;
const kinds = { user: 1, host: 2 };
const damaged = { problem: 'is damaged' };

/** The name of a plain key's type in a certificate. */
export function certificateType(keyType: string): string {
  return `${keyType}${suffix}`;
}

/** Reads a certificate that anybody may have sent; never throws. */
export function parseCertificate(blob: Buffer): CertificateResult {
  if (blob.length > mostBytes) return { problem: 'is too long' };
  const reader = new WireReader(blob);
  const type = reader.text();
  if (!type.endsWith(suffix)) return { problem: 'is no certificate' };
  // The nonce.
  reader.field();
  const key = readPublicKey(type.slice(0, -suffix.length), reader);
  // The serial number.
  reader.uint64();
  const kind = reader.uint32();
  // The key's id, for logs.
  reader.field();
  const principals = list(reader.field());
  const [validAfter, validBefore] = [reader.uint64(), reader.uint64()];
  const [options, extensions] = [list(reader.field()), list(reader.field())];
  // Reserved.
  reader.field();
  const authority = parsePublicKey(reader.field());
  const signed = blob.subarray(0, reader.at);
  const signature = reader.field();
  if (reader.broken || reader.more || !key || !authority || !principals || !options || !extensions) return damaged;
  if (principals.length > mostPrincipals || principals.some((name) => name.includes('\0'))) return damaged;
  // Names and values by turns.
  if (options.length % 2 !== 0 || extensions.length % 2 !== 0) return damaged;
  if (kind !== kinds.user && kind !== kinds.host) return { problem: 'is for neither a user nor a host' };
  if (!authority.key)
    return { problem: `is signed by a key on a hardware token (${authority.type}), which can't be checked here` };
  if (signatureAlgorithm(signature) === 'ssh-rsa')
    return { problem: 'is signed with SHA-1 (ssh-rsa), which proves nothing any more' };
  if (!hasSigned(authority, signature, signed)) return { problem: 'has a wrong signature' };
  const criticalOptions = options.filter((_, index) => index % 2 === 0);
  return {
    certificate: {
      key,
      forHosts: kind === kinds.host,
      principals,
      validAfter,
      validBefore,
      criticalOptions,
      authority,
    },
  };
}

/** Fields in a field; `undefined` where they don't fill it. */
function list(bytes: Buffer): string[] | undefined {
  const reader = new WireReader(bytes);
  const found: string[] = [];
  while (reader.more) found.push(reader.text());
  return reader.broken ? undefined : found;
}
