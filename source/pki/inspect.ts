import { sha256 } from '../plan/digest.ts';
import { exit, UserError } from '../plan/failure.ts';
import { type Constraints, readConstraints } from './constraints.ts';
import { decode, encode, items, oidOf } from './der.ts';
import { decodeName, nameText } from './distinguished-name.ts';
import { extensionOid, extensionValue, readSans, type Sans, usageOid } from './extensions.ts';
import { type Certificate, certificateKey, type KeyKind, keyKind, openCertificate } from './key.ts';
import { type CertificateParts, certificateParts } from './parts.ts';
import { digestOf } from './signing.ts';
import type { Digest } from './strength.ts';
import type { Subject } from './subject.ts';

/** What a certificate says, for people and for decisions. */
export type CertificateFacts = {
  /** On one line: `C=US, ST=New York, O=ScriptChain, OU=AI, CN=scriptchain.co`. */
  readonly subject: string;
  /** The subject's attributes in order. */
  readonly attributes: Subject;
  /** The last CN of the subject; empty where there is none. */
  readonly commonName: string;
  readonly issuer: string;
  /** Hex, lower case. */
  readonly serial: string;
  /** SHA-256 of the DER: hex, lower case, no colons. */
  readonly fingerprint: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly sans: Sans;
  /** Whether it may sign others. */
  readonly authority: boolean;
  /** What TLS lets it be: a leaf without extended key usage may be both, a CA neither. */
  readonly purposes: readonly ('server' | 'client')[];
  readonly key: KeyKind;
  /** SHA-256 of its SubjectPublicKeyInfo, hex: that of the private key which it belongs to. */
  readonly publicKey: string;
  /** For which names it may issue, where it is a CA with such limits. */
  readonly constraints?: Constraints;
  /** Its DER. */
  readonly raw: Buffer;
  /** The digest of its signature; left out where it is one that is not used here. */
  readonly digest?: Digest;
};

function purposesOf(usages: readonly string[] | undefined): ('server' | 'client')[] {
  const all = ['server', 'client'] as const;
  return all.filter((purpose) => !usages || usages.includes(usageOid[purpose]) || usages.includes(usageOid.any));
}

/** What a certificate is known by. */
export type Identity = Pick<CertificateFacts, 'subject' | 'serial' | 'fingerprint' | 'notBefore' | 'notAfter'>;

/** @throws Error for a name that is none */
function identityOf(bytes: Buffer, { subject, serial, notBefore, notAfter }: CertificateParts): Identity {
  return { subject: nameText(decodeName(subject)), serial, fingerprint: sha256(bytes), notBefore, notAfter };
}

/** What a certificate is known by, from its DER alone: cheap for one that was just issued. @throws Error for what is none */
export function identify(bytes: Buffer): Identity {
  return identityOf(bytes, certificateParts(bytes));
}

/**
 * The facts of a certificate (of the first one in a PEM text).
 * @throws UserError (6) for what is no certificate, or has a key that is not used here.
 */
export function inspectCertificate(source: Certificate): CertificateFacts {
  const certificate = openCertificate(source);
  const parts = certificateParts(certificate.raw);
  const { subject, issuer, extensions, signatureOid } = parts;
  const publicKey = certificateKey(certificate);
  const key = keyKind(publicKey);
  const unreadable = (why: string) => new UserError({ exitCode: exit.proof, doing: 'Reading a certificate', why });
  if (!key) throw unreadable(`a key of the kind ${publicKey.asymmetricKeyType} is not used here`);
  const digest = digestOf(signatureOid);
  try {
    const attributes = decodeName(subject);
    const names = extensionValue(extensions, extensionOid.subjectAltName);
    const usages = extensionValue(extensions, extensionOid.extendedKeyUsage);
    const limits = extensionValue(extensions, extensionOid.nameConstraints);
    return {
      ...identityOf(certificate.raw, parts),
      attributes,
      commonName: attributes.findLast(([type]) => type === 'CN')?.[1] ?? '',
      issuer: nameText(decodeName(issuer)),
      sans: readSans(names ? items(decode(names)) : []),
      authority: certificate.ca,
      purposes: certificate.ca ? [] : purposesOf(usages && items(decode(usages)).map(oidOf)),
      key,
      publicKey: sha256(encode(parts.publicKey)),
      raw: certificate.raw,
      ...(limits ? { constraints: readConstraints(limits) } : {}),
      ...(digest ? { digest } : {}),
    };
  } catch {
    throw unreadable('its DER is not valid');
  }
}

/**
 * Whether the leaf was signed by the CA: the names fit and the signature is the CA's. Says nothing of dates and purposes.
 * @throws UserError (6) for what is no certificate.
 */
export function issuedBy(certificate: Certificate, ca: Certificate): boolean {
  const [leaf, authority] = [openCertificate(certificate), openCertificate(ca)];
  return leaf.checkIssued(authority) && leaf.verify(certificateKey(authority));
}
