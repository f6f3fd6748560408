import ipaddr from 'ipaddr.js';
import { type Asn1, content, der, encode, items, oidOf, taggedItem } from './der.ts';

/** The alternative names of a certificate: host names as A-labels, addresses, and URIs. */
export type Sans = {
  readonly dns: readonly string[];
  readonly ips: readonly string[];
  readonly uris: readonly string[];
};

/** What a leaf is for. An operator's certificate is a client's with another URI. */
export type Purpose = 'server' | 'client' | 'operator';

export const extensionOid = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  nameConstraints: '2.5.29.30',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const;

export const usageOid = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2', any: '2.5.29.37.0' } as const;

/** Bits of KeyUsage, by number. */
const bit = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5, cRLSign: 6 } as const;

/** Context tags of GeneralName. */
export const nameTag = { dns: 2, uri: 6, ip: 7 } as const;

function extension(oid: string, value: Asn1, critical = false): Asn1 {
  return der.sequence(der.oid(oid), ...(critical ? [der.yes()] : []), der.octets(encode(value)));
}

const ascii = (text: string) => Buffer.from(text, 'latin1');

function subjectAltName({ dns, ips, uris }: Sans): Asn1 {
  const octets = (ip: string) => Buffer.from(ipaddr.parse(ip).toByteArray());
  return der.sequence(
    ...dns.map((name) => der.tagged(nameTag.dns, ascii(name))),
    ...ips.map((ip) => der.tagged(nameTag.ip, octets(ip))),
    ...uris.map((uri) => der.tagged(nameTag.uri, ascii(uri))),
  );
}

/** The identifier of the signer's key, without its name and serial. */
export function authorityKeyIdentifier(identifier: Buffer): Asn1 {
  return extension(extensionOid.authorityKeyIdentifier, der.sequence(der.tagged(0, identifier)));
}

/** The number of a revocation list. */
export function crlNumber(number: number): Asn1 {
  return extension(extensionOid.crlNumber, der.integer(number.toString(16)));
}

/** The extensions of the CA: it signs leaves and revocation lists, and no further CA below it. */
export function authorityExtensions(identifier: Buffer): Asn1[] {
  return [
    extension(extensionOid.basicConstraints, der.sequence(der.yes(), der.integer('00')), true),
    extension(extensionOid.keyUsage, der.namedBits([bit.keyCertSign, bit.cRLSign]), true),
    extension(extensionOid.subjectKeyIdentifier, der.octets(identifier)),
  ];
}

/**
 * The extensions of a leaf, as a request asks for them; a certificate adds the authority's identifier.
 * @param rsa whether the leaf's own key is RSA: it alone can encipher keys, and only a server is asked to.
 */
export function leafExtensions(purpose: Purpose, sans: Sans, identifier: Buffer, rsa: boolean): Asn1[] {
  const usage = purpose === 'server' && rsa ? [bit.digitalSignature, bit.keyEncipherment] : [bit.digitalSignature];
  const extended = purpose === 'server' ? usageOid.server : usageOid.client;
  return [
    extension(extensionOid.basicConstraints, der.sequence(), true),
    extension(extensionOid.keyUsage, der.namedBits(usage), true),
    extension(extensionOid.extendedKeyUsage, der.sequence(der.oid(extended))),
    extension(extensionOid.subjectKeyIdentifier, der.octets(identifier)),
    extension(extensionOid.subjectAltName, subjectAltName(sans)),
  ];
}

/**
 * Holds a leaf to its profile: a server is named by hosts and addresses, everyone else by exactly one URI.
 * @throws Error (a bug of the caller): with a name of the server a client could pose as it.
 */
export function requireProfile(purpose: Purpose, { dns, ips, uris }: Sans): void {
  const hosts = dns.length + ips.length;
  const right = purpose === 'server' ? hosts > 0 && uris.length === 0 : hosts === 0 && uris.length === 1;
  if (!right)
    throw new Error(`a certificate for the purpose "${purpose}" with ${hosts} host names and ${uris.length} URIs`);
}

/** The value of an extension in a decoded list of them; undefined where it is not there. */
export function extensionValue(extensions: readonly Asn1[], oid: string): Buffer | undefined {
  const found = extensions.find((candidate) => oidOf(items(candidate)[0]) === oid);
  return found && content(items(found).at(-1));
}

/** Reads the alternative names of a decoded SubjectAltName; kinds that are not used here are left out. */
export function readSans(names: readonly Asn1[]): Sans {
  const of = (kind: number) => names.filter((name) => name.tagClass === 0x80 && name.type === kind).map(content);
  return {
    dns: of(nameTag.dns).map((bytes) => bytes.toString('latin1')),
    ips: of(nameTag.ip).map((bytes) => ipaddr.fromByteArray([...bytes]).toString()),
    uris: of(nameTag.uri).map((bytes) => bytes.toString('latin1')),
  };
}

/** The key identifier in a decoded AuthorityKeyIdentifier. */
export function readKeyIdentifier(value: Asn1): Buffer | undefined {
  const identifier = taggedItem(items(value), 0);
  return identifier && content(identifier);
}
