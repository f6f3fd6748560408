import type { KeyObject, X509Certificate } from 'node:crypto';
import { exit, UserError } from '../plan/failure.ts';
import { certificatesIn, intermediatesIn } from './chain.ts';
import { type Asn1, content, decode } from './der.ts';
import { extensionOid, extensionValue } from './extensions.ts';
import { certificateKey, openCertificate } from './key.ts';
import { certificateParts } from './parts.ts';
import { publicKeyOf } from './signing.ts';

/** A CA: its certificate (PEM), where it is an intermediate followed by its issuers up to the root, and its private key. */
export type Authority = { readonly certificate: string; readonly key: KeyObject };

/** What is needed of a CA to sign in its name. */
export type Signer = {
  /** Its subject, byte for byte the issuer of what it signs. */
  readonly name: Asn1;
  /** Its key's identifier as its certificate states it; other tools may count it in another way than we do. */
  readonly identifier: Buffer;
  /** What goes behind a leaf in its own file: see `intermediatesIn`. */
  readonly intermediates: string;
  /** When the first of its chain ends. */
  readonly notAfter: Date;
};

function refuse(why: string, hint: string): never {
  throw new UserError({ exitCode: exit.proof, doing: 'Checking the CA', why, hint });
}

/** The identifier of a CA's key: as its certificate states it, else as we count it. */
export function identifierOf(certificate: X509Certificate): Buffer {
  const stated = extensionValue(certificateParts(certificate.raw).extensions, extensionOid.subjectKeyIdentifier);
  return stated ? content(decode(stated)) : publicKeyOf(certificateKey(certificate)).identifier;
}

/** A CA signs a thousand times with the same two: they are looked at once. */
const opened = new WeakMap<Authority, Signer>();

/**
 * Checks that a CA can sign: key and certificate belong together, and the certificate is a CA's.
 * @throws UserError (6) before anything is issued.
 */
export function openAuthority(authority: Authority): Signer {
  const held = opened.get(authority);
  if (held) return held;
  const certificate = openCertificate(authority.certificate);
  if (!certificate.checkPrivateKey(authority.key))
    refuse("the CA's key and certificate don't belong together", 'put back the key that the certificate was made with');
  if (!certificate.ca)
    refuse(
      'the certificate is not a CA (basicConstraints CA:FALSE): no client would accept what it signs',
      'make a new CA',
    );
  const chain = certificatesIn(authority.certificate).map((pem) => certificateParts(openCertificate(pem).raw));
  const signer = {
    name: certificateParts(certificate.raw).subject,
    identifier: identifierOf(certificate),
    intermediates: intermediatesIn(authority.certificate),
    notAfter: new Date(Math.min(...chain.map(({ notAfter }) => notAfter.getTime()))),
  };
  opened.set(authority, signer);
  return signer;
}
