import type { KeyObject } from 'node:crypto';
import { exit, UserError } from '../plan/failure.ts';
import { type Asn1, content, decode } from './der.ts';
import { extensionOid, extensionValue } from './extensions.ts';
import { openCertificate } from './key.ts';
import { certificateParts } from './parts.ts';
import { publicKeyOf } from './signing.ts';

/** A CA: its certificate (PEM) and its private key. */
export type Authority = { readonly certificate: string; readonly key: KeyObject };

/** What is needed of a CA to sign in its name. */
export type Signer = {
  /** Its subject, byte for byte the issuer of what it signs. */
  readonly name: Asn1;
  /** Its key's identifier as its certificate states it; other tools may count it in another way than we do. */
  readonly identifier: Buffer;
  readonly notAfter: Date;
};

function refuse(why: string, hint: string): never {
  throw new UserError({ exitCode: exit.proof, doing: 'Checking the CA', why, hint });
}

/**
 * Checks that a CA can sign: key and certificate belong together, and the certificate is a CA's.
 * @throws UserError (6) before anything is issued.
 */
export function openAuthority(authority: Authority): Signer {
  const certificate = openCertificate(authority.certificate);
  if (!certificate.checkPrivateKey(authority.key))
    refuse("the CA's key and certificate don't belong together", 'put back the key that the certificate was made with');
  if (!certificate.ca)
    refuse(
      'the certificate is not a CA (basicConstraints CA:FALSE): no client would accept what it signs',
      'make a new CA',
    );
  const { subject, notAfter, extensions } = certificateParts(certificate.raw);
  const stated = extensionValue(extensions, extensionOid.subjectKeyIdentifier);
  const identifier = stated ? content(decode(stated)) : publicKeyOf(authority.key).identifier;
  return { name: subject, identifier, notAfter };
}
