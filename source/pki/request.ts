import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { exit, UserError } from '../plan/failure.ts';
import { type Asn1, der, encode } from './der.ts';
import { decodeName, encodeName, nameText } from './distinguished-name.ts';
import { leafExtensions, type Purpose, requireProfile, type Sans } from './extensions.ts';
import { type KeyKind, keyKind, meets } from './key.ts';
import { requestParts } from './parts.ts';
import { pemBytes, pemText } from './pem.ts';
import { digestOf, type PublicKey, publicKeyOf, signed } from './signing.ts';
import { type Digest, leastBits } from './strength.ts';
import type { Subject } from './subject.ts';

const extensionRequest = '1.2.840.113549.1.9.14';

/** What a request is made from. */
export type RequestOrder = {
  readonly subject: Subject;
  /** The private key that the certificate will belong to. */
  readonly key: KeyObject;
  readonly digest: Digest;
  readonly purpose: Purpose;
  readonly sans: Sans;
};

/** What is taken from a request: who asks, and for which key. What it asks for is decided by the profile. */
export type CheckedRequest = { readonly name: Asn1; readonly subject: Subject; readonly publicKey: PublicKey };

/**
 * A certificate request (PKCS#10) that is signed with its own key and carries the extensions it asks for: its PEM, and
 * what a reader would take from it.
 * @throws UserError (2) for a subject that no certificate can hold.
 */
export function createRequest(order: RequestOrder): CheckedRequest & { readonly pem: string } {
  const { subject, key, digest, purpose, sans } = order;
  requireProfile(purpose, sans);
  const name = encodeName(subject);
  const publicKey = publicKeyOf(key);
  const extensions = leafExtensions(purpose, sans, publicKey.identifier, publicKey.rsa);
  const attributes = [der.sequence(der.oid(extensionRequest), der.set(der.sequence(...extensions)))];
  const body = der.sequence(der.integer('00'), name, publicKey.info, der.tagged(0, attributes));
  return { name, subject, publicKey, pem: pemText('CERTIFICATE REQUEST', signed(body, key, digest)) };
}

function refuse(why: string): never {
  throw new UserError({ exitCode: exit.proof, doing: 'Checking a certificate request', why });
}

/**
 * Reads a request and checks that who made it holds the key: its signature, and a key that is used here.
 * @throws UserError (6)
 */
export function readRequest(pem: string): CheckedRequest & { readonly kind: KeyKind } {
  // The second label is that of older tools (RFC 7468, 7).
  const bytes = pemBytes(pem, 'CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST');
  if (!bytes) refuse('it holds no CERTIFICATE REQUEST (PEM)');
  let result: Omit<CheckedRequest, 'publicKey'> & { readonly key: KeyObject; readonly holds: boolean };
  try {
    const { body, subject, publicKey, signatureOid, signature } = requestParts(bytes);
    const key = createPublicKey({ key: encode(publicKey), type: 'spki', format: 'der' });
    const digest = digestOf(signatureOid);
    const holds = digest !== undefined && verify(digest, encode(body), key, signature);
    result = { name: subject, subject: decodeName(subject), key, holds };
  } catch {
    refuse('its DER is not valid');
  }
  const { key, holds, ...request } = result;
  const kind = keyKind(key);
  if (!kind) refuse(`a key of the kind ${key.asymmetricKeyType} is not used here`);
  if (kind.algorithm === 'rsa' && kind.bits < leastBits) refuse(`its key of ${kind.bits} bits is too short`);
  if (!holds) refuse('it is not signed with its own key (sha256, sha384 or sha512)');
  return { ...request, publicKey: publicKeyOf(key), kind };
}

/** Whether a request is for exactly this subject, to the octet: what is signed is the name that stands in it. */
export function isFor({ name }: Pick<CheckedRequest, 'name'>, wanted: Subject): boolean {
  return encode(name).equals(encode(encodeName(wanted)));
}

/**
 * Checks a request that comes from another machine before anything is made of it.
 * @throws UserError (6) where it is not signed with its own key, or asks for another subject or another kind of key.
 */
export function checkRequest(pem: string, wanted: { readonly subject: Subject; readonly key: KeyKind }): void {
  const request = readRequest(pem);
  if (!isFor(request, wanted.subject))
    refuse(`it is for "${nameText(request.subject)}", not for "${nameText(wanted.subject)}"`);
  const shown = ({ algorithm, ...more }: KeyKind) =>
    `${algorithm.toUpperCase()}${'bits' in more ? ` ${more.bits}` : ''}`;
  if (!meets(request.kind, wanted.key)) refuse(`its key is ${shown(request.kind)}, not ${shown(wanted.key)}`);
}
