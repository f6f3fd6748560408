import { exit, UserError } from '../plan/failure.ts';
import { type Asn1, content, dateOf, decode, items, oidOf, taggedItem } from './der.ts';

/** A certificate taken apart (RFC 5280, 4.1). */
export type CertificateParts = {
  /** See `serialOf`. */
  readonly serial: string;
  readonly issuer: Asn1;
  readonly subject: Asn1;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: Asn1;
  readonly extensions: readonly Asn1[];
  readonly signatureOid: string;
};

function need(value: Asn1 | undefined): Asn1 {
  if (!value) throw new Error('a part is missing');
  return value;
}

/** A serial: hex, lower case, without the octet that only makes it positive. @throws Error for what is none */
export function serialOf(value: Asn1 | undefined): string {
  return content(value)
    .toString('hex')
    .replace(/^(?:00)+(?=..)/, '');
}

/** Takes a certificate's DER apart. @throws UserError (6) for what is no X.509 certificate. */
export function certificateParts(bytes: Buffer): CertificateParts {
  try {
    const [body, algorithm] = items(decode(bytes));
    const all = items(body);
    // The version stands first, tagged, and is left out in version 1.
    const fields = taggedItem(all.slice(0, 1), 0) ? all.slice(1) : all;
    const [serial, , issuer, validity, subject, publicKey] = fields;
    const [notBefore, notAfter] = items(validity);
    const list = taggedItem(fields.slice(6), 3);
    return {
      serial: serialOf(serial),
      issuer: need(issuer),
      subject: need(subject),
      notBefore: dateOf(notBefore),
      notAfter: dateOf(notAfter),
      publicKey: need(publicKey),
      extensions: list ? items(items(list)[0]) : [],
      signatureOid: oidOf(items(algorithm)[0]),
    };
  } catch {
    throw new UserError({ exitCode: exit.proof, doing: 'Reading a certificate', why: 'its DER is not valid' });
  }
}

/** A certificate request taken apart (RFC 2986). */
export type RequestParts = {
  readonly body: Asn1;
  readonly subject: Asn1;
  readonly publicKey: Asn1;
  readonly signatureOid: string;
  readonly signature: Buffer;
};

/** Takes a request's DER apart. @throws Error for what is no request. */
export function requestParts(bytes: Buffer): RequestParts {
  const [body, algorithm, signature] = items(decode(bytes));
  const [, subject, publicKey] = items(body);
  return {
    body: need(body),
    subject: need(subject),
    publicKey: need(publicKey),
    signatureOid: oidOf(items(algorithm)[0]),
    signature: content(signature).subarray(1),
  };
}
