import { type KeyObject, randomBytes } from 'node:crypto';
import { exit, type Failure, UserError } from '../plan/failure.ts';
import { type Authority, openAuthority } from './authority.ts';
import { type Asn1, der, encode } from './der.ts';
import { encodeName, nameText } from './distinguished-name.ts';
import {
  authorityExtensions,
  authorityKeyIdentifier,
  leafExtensions,
  type Purpose,
  requireProfile,
  type Sans,
} from './extensions.ts';
import { pemText } from './pem.ts';
import { type CheckedRequest, isFor } from './request.ts';
import { publicKeyOf, signatureAlgorithm, signed } from './signing.ts';
import type { Digest } from './strength.ts';
import type { Subject } from './subject.ts';

export type { Authority } from './authority.ts';
export type { Purpose, Sans } from './extensions.ts';
export { type CheckedRequest, checkRequest, createRequest, readRequest } from './request.ts';
export { createCrl } from './revocation.ts';
export { authoritySubject, type Subject } from './subject.ts';

/** From when to when a certificate is good; whole seconds, both ends included. */
type Term = { readonly notBefore: Date; readonly notAfter: Date };

type Body = Term & {
  readonly serial: string;
  readonly issuer: Asn1;
  readonly subject: Asn1;
  readonly publicKey: Asn1;
  readonly extensions: readonly Asn1[];
};

/** A version 3 certificate (RFC 5280, 4.1), signed. */
function certificatePem(body: Body, key: KeyObject, digest: Digest): string {
  const toBeSigned = der.sequence(
    der.tagged(0, [der.integer('02')]),
    der.integer(body.serial),
    signatureAlgorithm(key, digest),
    body.issuer,
    der.sequence(der.time(body.notBefore), der.time(body.notAfter)),
    body.subject,
    body.publicKey,
    der.tagged(3, [der.sequence(...body.extensions)]),
  );
  return pemText('CERTIFICATE', signed(toBeSigned, key, digest));
}

/** A new serial: 128 random bits behind the octet 01, so that it is positive and always as long. Hex, lower case. */
export function newSerial(): string {
  return `01${randomBytes(16).toString('hex')}`;
}

/** What a CA certificate is made from. */
export type AuthorityOrder = Term & {
  /** The CA's own subject: see `authoritySubject`. */
  readonly subject: Subject;
  readonly key: KeyObject;
  readonly digest: Digest;
};

/** A self-signed CA certificate (PEM). @throws UserError (2) for a subject that no certificate can hold. */
export function createAuthority({ subject, key, digest, notBefore, notAfter }: AuthorityOrder): string {
  const name = encodeName(subject);
  const { info, identifier } = publicKeyOf(key);
  const extensions = authorityExtensions(identifier);
  const body = { serial: newSerial(), issuer: name, subject: name, publicKey: info, extensions, notBefore, notAfter };
  return certificatePem(body, key, digest);
}

/** What a leaf certificate is made from. */
export type CertificateOrder = Term & {
  readonly authority: Authority;
  /** The request, made here or read: the subject and the public key are taken from it. */
  readonly request: CheckedRequest;
  /** The subject that the request has to have; left out, any. */
  readonly subject?: Subject;
  readonly purpose: Purpose;
  readonly sans: Sans;
  readonly digest: Digest;
  /** Hex, from `newSerial`. */
  readonly serial: string;
};

function refuse(exitCode: Failure['exitCode'], why: string, hint?: string): never {
  throw new UserError({ exitCode, doing: 'Issuing a certificate', why, ...(hint ? { hint } : {}) });
}

/** Seconds, since a certificate knows nothing finer. */
const second = (date: Date) => `${date.toISOString().slice(0, 19)}Z`;

function requireRightRequest(request: CheckedRequest, wanted: Subject | undefined, authorityName: Asn1): void {
  if (wanted && !isFor(request, wanted))
    refuse(exit.proof, `the request is for "${nameText(request.subject)}", not for "${nameText(wanted)}"`);
  // With one name for both, a leaf would look self-signed and no chain could be built.
  if (encode(request.name).equals(encode(authorityName)))
    refuse(exit.invalid, `"${nameText(request.subject)}" is the CA's own subject`, 'choose another common name');
}

/**
 * A leaf certificate (PEM) for the key of a request, with the profile's extensions whatever the request asks for.
 * @throws UserError: 6 where the request has another subject, where key and certificate of the CA don't belong
 * together, and where the leaf would not end before its CA does (with the dates); 2 where the subject is the CA's own.
 */
export function issueCertificate(order: CertificateOrder): string {
  const { authority, request, purpose, sans, digest, serial, notBefore, notAfter } = order;
  requireProfile(purpose, sans);
  const signer = openAuthority(authority);
  if (second(notAfter) >= second(signer.notAfter))
    refuse(
      exit.proof,
      `it would end on ${second(notAfter)}, but its CA ends on ${second(signer.notAfter)}`,
      'choose fewer days, or renew the CA',
    );
  requireRightRequest(request, order.subject, signer.name);
  const { info, identifier, rsa } = request.publicKey;
  const extensions = [...leafExtensions(purpose, sans, identifier, rsa), authorityKeyIdentifier(signer.identifier)];
  const body = { serial, issuer: signer.name, subject: request.name, publicKey: info, extensions, notBefore, notAfter };
  return certificatePem(body, authority.key, digest);
}

/** A leaf that has signed itself (PEM): nobody may take it for one of a network's, which is what it is made to show. */
export function createSelfSigned(order: AuthorityOrder & { readonly purpose: Purpose; readonly sans: Sans }): string {
  const { subject, key, digest, purpose, sans, notBefore, notAfter } = order;
  requireProfile(purpose, sans);
  const name = encodeName(subject);
  const { info, identifier, rsa } = publicKeyOf(key);
  const extensions = leafExtensions(purpose, sans, identifier, rsa);
  const body = { serial: newSerial(), issuer: name, subject: name, publicKey: info, extensions, notBefore, notAfter };
  return certificatePem(body, key, digest);
}
