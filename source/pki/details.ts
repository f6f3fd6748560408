import { content, decode, items, oidOf } from './der.ts';
import { extensionOid, extensionValue, readKeyIdentifier, usageOid } from './extensions.ts';
import { openCertificate } from './key.ts';
import { certificateParts } from './parts.ts';

/** What a certificate allows, in OpenSSL's words: for people who look, and for a CA that is taken over. */
export type CertificateDetails = {
  /** `digitalSignature`, `keyCertSign`, …; absent where nothing is limited. */
  readonly keyUsage?: readonly string[];
  /** `serverAuth`, `clientAuth`, or the object identifier; absent where nothing is limited. */
  readonly extendedKeyUsage?: readonly string[];
  /** How many CAs may follow below this one; absent where nothing is limited. */
  readonly pathLength?: number;
  /** Upper-case hex with colons, as OpenSSL prints them. */
  readonly subjectKeyIdentifier?: string;
  readonly authorityKeyIdentifier?: string;
  /** Whether it may issue for certain names only. */
  readonly nameConstraints: boolean;
};

/** The bits of KeyUsage by their numbers (RFC 5280, 4.2.1.3). */
const usageBits = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
];
const extendedNames = new Map<string, string>([
  [usageOid.server, 'serverAuth'],
  [usageOid.client, 'clientAuth'],
  [usageOid.any, 'anyExtendedKeyUsage'],
]);

function bitsOf(value: Buffer): readonly string[] {
  const octets = content(decode(value)).subarray(1);
  return usageBits.filter((_, at) => ((octets[at >> 3] ?? 0) & (0x80 >> (at & 7))) !== 0);
}

/** Bytes as OpenSSL prints fingerprints and identifiers: `0A:1B:…`. */
export function colons(hex: string): string {
  return (hex.toUpperCase().match(/../g) ?? []).join(':');
}

/** The details of the first certificate in a PEM text. @throws UserError (6) for what is none; Error for bad DER. */
export function certificateDetails(pem: string): CertificateDetails {
  const { extensions } = certificateParts(openCertificate(pem).raw);
  const value = (oid: string) => extensionValue(extensions, oid);
  const usage = value(extensionOid.keyUsage);
  const extended = value(extensionOid.extendedKeyUsage);
  const basic = value(extensionOid.basicConstraints);
  const subject = value(extensionOid.subjectKeyIdentifier);
  const authority = value(extensionOid.authorityKeyIdentifier);
  const issuerKey = authority && readKeyIdentifier(decode(authority));
  const length = basic && items(decode(basic))[1];
  return {
    ...(usage ? { keyUsage: bitsOf(usage) } : {}),
    ...(extended
      ? { extendedKeyUsage: items(decode(extended)).map((each) => extendedNames.get(oidOf(each)) ?? oidOf(each)) }
      : {}),
    ...(length ? { pathLength: Number.parseInt(content(length).toString('hex'), 16) } : {}),
    ...(subject ? { subjectKeyIdentifier: colons(content(decode(subject)).toString('hex')) } : {}),
    ...(issuerKey ? { authorityKeyIdentifier: colons(issuerKey.toString('hex')) } : {}),
    nameConstraints: value(extensionOid.nameConstraints) !== undefined,
  };
}
