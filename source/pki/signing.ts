import { createHash, type KeyObject, sign } from 'node:crypto';
import { type Asn1, content, decode, der, encode, items, oidOf } from './der.ts';
import { publicKeyDer } from './key.ts';
import type { Digest } from './strength.ts';

/** Signature algorithms by the signer's key and the digest (RFC 4055, RFC 5758). */
const algorithms: Readonly<Record<'rsa' | 'ec', Readonly<Record<Digest, string>>>> = {
  rsa: {
    sha256: '1.2.840.113549.1.1.11',
    sha384: '1.2.840.113549.1.1.12',
    sha512: '1.2.840.113549.1.1.13',
  },
  ec: {
    sha256: '1.2.840.10045.4.3.2',
    sha384: '1.2.840.10045.4.3.3',
    sha512: '1.2.840.10045.4.3.4',
  },
};

/** The digest of a signature algorithm, by its object identifier; undefined for those that are not used here. */
export function digestOf(oid: string): Digest | undefined {
  const digests: readonly Digest[] = ['sha256', 'sha384', 'sha512'];
  return digests.find((digest) => algorithms.rsa[digest] === oid || algorithms.ec[digest] === oid);
}

/** The AlgorithmIdentifier for a key's signature; RSA's has a NULL parameter, ECDSA's has none. */
export function signatureAlgorithm(key: KeyObject, digest: Digest): Asn1 {
  return key.asymmetricKeyType === 'ec'
    ? der.sequence(der.oid(algorithms.ec[digest]))
    : der.sequence(der.oid(algorithms.rsa[digest]), der.none());
}

/**
 * What is to be signed, with its signature: the outer form of certificates, requests and revocation lists.
 * Signed by OpenSSL through node:crypto, 0.5 ms with RSA where forge's own arithmetic takes 22.
 */
export function signed(toBeSigned: Asn1, key: KeyObject, digest: Digest): Buffer {
  const signature = sign(digest, encode(toBeSigned), key);
  return encode(der.sequence(toBeSigned, signatureAlgorithm(key, digest), der.bits(signature)));
}

/** A public key as it stands in certificates. */
export type PublicKey = {
  readonly info: Asn1;
  /** SHA-1 of its bits (RFC 5280, 4.2.1.2, method 1). */
  readonly identifier: Buffer;
  readonly rsa: boolean;
};

const rsaKey = '1.2.840.113549.1.1.1';

/** The public half of a key, ready for a certificate. Node 20 takes 0.2 ms to write it down: it is done once a key. */
export function publicKeyOf(key: KeyObject): PublicKey {
  return publicKeyIn(decode(publicKeyDer(key)));
}

/** A public key in a certificate that was taken apart. @throws Error for what is none */
export function publicKeyIn(info: Asn1): PublicKey {
  const [algorithm, key] = items(info);
  // The first octet of a bit string counts its unused bits and is no part of the key.
  const bits = content(key).subarray(1);
  return { info, identifier: createHash('sha1').update(bits).digest(), rsa: oidOf(items(algorithm)[0]) === rsaKey };
}
