import { exit, UserError } from '../plan/failure.ts';
import { inspectCertificate, issuedBy } from './inspect.ts';

const block = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]*-----END CERTIFICATE-----/g;

/** The certificates of a PEM text, one PEM each, in its order; what stands between them is left out. */
export function certificatesIn(pem: string): readonly string[] {
  return (pem.match(block) ?? []).map((text) => `${text.replace(/\r\n/g, '\n')}\n`);
}

/**
 * What goes behind a leaf in its own file: the intermediates between it and the root. Empty under a root of our own.
 * @param caPem the issuing CA first, then its issuers up to the root
 */
export function intermediatesIn(caPem: string): string {
  return certificatesIn(caPem)
    .filter((pem) => !issuedBy(pem, pem))
    .join('');
}

/**
 * The CA's certificates in order: the one that issues first, its root last; what the text holds besides is left out.
 * @throws UserError (6) where a link is missing: who dials with that file could not build the chain.
 */
export function orderedChain(issuing: string, others: readonly string[]): readonly string[] {
  const chain = [issuing];
  for (;;) {
    const last = chain.at(-1) ?? issuing;
    if (issuedBy(last, last)) return chain;
    const next = others.find((each) => !chain.includes(each) && issuedBy(last, each));
    if (!next) {
      const { subject, issuer } = inspectCertificate(last);
      throw new UserError({
        exitCode: exit.proof,
        doing: 'Following the chain of the CA',
        why: `the certificate of "${issuer}", which issued "${subject}", is missing`,
        hint: 'put all certificates up to the root into the one file (cat issuing.crt root.crt)',
      });
    }
    chain.push(next);
  }
}
