import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { exit, UserError } from '../plan/failure.ts';
import { type Asn1, der, encode } from './der.ts';
import { decodeName, encodeName, nameText } from './distinguished-name.ts';
import { leafExtensions, type Purpose, requireProfile, type Sans } from './extensions.ts';
import { type KeyKind, keyKind, meets } from './key.ts';
import { requestParts } from './parts.ts';
import { digestOf, pemText, publicKeyOf, signed } from './signing.ts';
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

/**
 * A certificate request (PKCS#10, PEM) that is signed with its own key and carries the extensions it asks for.
 * @throws UserError (2) for a subject that no certificate can hold.
 */
export function createRequest({ subject, key, digest, purpose, sans }: RequestOrder): string {
  requireProfile(purpose, sans);
  const { info, identifier } = publicKeyOf(key);
  const extensions = leafExtensions(purpose, sans, identifier, key.asymmetricKeyType === 'rsa');
  const attributes = [der.sequence(der.oid(extensionRequest), der.set(der.sequence(...extensions)))];
  const body = der.sequence(der.integer('00'), encodeName(subject), info, der.tagged(0, attributes));
  return pemText('CERTIFICATE REQUEST', signed(body, key, digest));
}

/** What is taken from a request: who asks, and for which key. What it asks for is decided by the profile. */
export type CheckedRequest = { readonly name: Asn1; readonly subject: Subject; readonly key: KeyObject };

function refuse(why: string): never {
  throw new UserError({ exitCode: exit.proof, doing: 'Checking a certificate request', why });
}

/** The DER in a PEM text: the first block with the label (RFC 7468; older tools say NEW CERTIFICATE REQUEST). */
function requestDer(pem: string): Buffer {
  const block = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]*)-----END/.exec(pem)?.[1];
  return block === undefined ? refuse('it holds no CERTIFICATE REQUEST (PEM)') : Buffer.from(block, 'base64');
}

/**
 * Reads a request and checks that who made it holds the key: its signature, and a key that is used here.
 * @throws UserError (6)
 */
export function readRequest(pem: string): CheckedRequest {
  const bytes = requestDer(pem);
  let result: CheckedRequest & { readonly holds: boolean };
  try {
    const { body, subject, publicKey, signatureOid, signature } = requestParts(bytes);
    const key = createPublicKey({ key: encode(publicKey), type: 'spki', format: 'der' });
    const digest = digestOf(signatureOid);
    const holds = digest !== undefined && verify(digest, encode(body), key, signature);
    result = { name: subject, subject: decodeName(subject), key, holds };
  } catch {
    refuse('its DER is not valid');
  }
  const kind = keyKind(result.key);
  if (!kind) refuse(`a key of the kind ${result.key.asymmetricKeyType} is not used here`);
  if (kind.algorithm === 'rsa' && kind.bits < leastBits) refuse(`its key of ${kind.bits} bits is too short`);
  if (!result.holds) refuse('it is not signed with its own key (sha256, sha384 or sha512)');
  return result;
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
  const kind = keyKind(request.key);
  const shown = ({ algorithm, ...more }: KeyKind) =>
    `${algorithm.toUpperCase()}${'bits' in more ? ` ${more.bits}` : ''}`;
  if (kind && !meets(kind, wanted.key)) refuse(`its key is ${shown(kind)}, not ${shown(wanted.key)}`);
}
