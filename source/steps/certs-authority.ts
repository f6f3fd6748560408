/** The CA of step 3: whether the one that is here can sign, and the making of a new one. Pure. */
import { relative } from 'node:path';
import type { Network } from '../network/network.ts';
import { constraintTrouble } from '../pki/constraints.ts';
import type { Action, Issue } from '../plan/action.ts';
import { exit, UserError } from '../plan/failure.ts';
import { inPlaceOf } from './another-ca.ts';
import { importAction } from './certs-import.ts';
import { keySpecOf } from './certs-issue.ts';
import type { CertsFacts as Facts } from './certs-look.ts';
import { day, daysTo, oneDay } from './shared.ts';

/** The CA that is here already. Its key may be kept elsewhere, as long as nothing is to be signed. @throws UserError (6) */
export function checkAuthority({ ca, chain, imported, now, places, directory }: Facts): void {
  const shown = relative(directory, places.ca.certificate);
  const fail = (why: string, hint: string) => {
    throw new UserError({ exitCode: exit.proof, doing: `Looking at ${shown}`, why, hint });
  };
  // What is taken over has been looked at already.
  if (imported || !ca.certificate) return;
  if (!ca.certificate.authority)
    fail(
      'it is no CA certificate (basicConstraints says CA:FALSE, as the tutorial makes it): every TLS stack but gRPC’s refuses it',
      `move ${relative(directory, places.folder)} away and run fl-wizard certs: a new CA needs new certificates on every host`,
    );
  if (ca.keyThere && !ca.keyFits)
    fail('ca.key does not belong to it', 'put the right ca.key and ca.crt back together; nothing was issued');
  if (ca.certificate.notAfter <= now)
    fail(
      `the CA expired on ${day(ca.certificate.notAfter)}`,
      `move ${relative(directory, places.folder)} away and run fl-wizard certs: a new CA needs new certificates on every host`,
    );
  const ended = chain.find(({ notAfter }) => notAfter <= now);
  if (ended)
    fail(`"${ended.subject}", which stands above it, expired on ${day(ended.notAfter)}`, 'renew that one first');
}

/** Something is to be signed: the CA's key has to be here, and the CA has to live long enough. @throws UserError (6) */
export function requireSigner(facts: Facts, network: Network): void {
  const { ca, imported, places, directory } = facts;
  if (!imported && ca.certificate && !ca.keyThere)
    throw new UserError({
      exitCode: exit.proof,
      doing: `Looking at ${relative(directory, places.ca.certificate)}`,
      why: 'its key, ca.key, is not here, and something is to be issued',
      hint: 'put ca.key back beside it while certificates are made',
    });
  checkTerm(network.certificates, facts);
}

/** A leaf ends before its CA does, or who checks the chain later refuses it all the same. */
function checkTerm({ days, caDays }: Network['certificates'], { chain, now }: Facts): void {
  const fresh = { subject: 'the new one', notAfter: new Date(now.getTime() + caDays * oneDay) };
  const first = chain.reduce<typeof fresh>((a, b) => (a.notAfter <= b.notAfter ? a : b), chain[0] ?? fresh);
  const end = new Date(now.getTime() + days * oneDay);
  if (end < first.notAfter) return;
  const left = daysTo(first.notAfter, now);
  throw new UserError({
    exitCode: exit.proof,
    doing: 'Planning the certificates',
    why: `they would end on ${day(end)}, but their CA "${first.subject}" ends on ${day(first.notAfter)}`,
    hint:
      left > 1
        ? `set certificates.days to ${left - 1} or less, or make a new CA`
        : 'a new CA is needed, and with it new certificates on every host',
  });
}

/** What a CA may not issue is refused by every TLS stack: it is not issued. @throws UserError (6), naming the limit */
export function checkNames({ chain }: Pick<Facts, 'chain'>, { name, subject, sans }: Issue): void {
  for (const { constraints, subject: ca } of chain) {
    const why = constraints && constraintTrouble(constraints, subject, sans);
    if (why === undefined) continue;
    throw new UserError({
      exitCode: exit.proof,
      doing: `Planning the certificate of ${name}`,
      why: `the CA "${ca}" may not issue it: ${why}`,
      hint: 'take another CA, or names that this one may issue for',
    });
  }
}

/** Makes a CA, or takes one over; nothing where one is here. */
export function authorityActions(network: Network, facts: Facts): readonly Action[] {
  if (facts.imported) return [importAction(facts.imported, facts.places, facts.taken)];
  if (facts.ca.certificate) return [];
  const until = day(new Date(facts.now.getTime() + network.certificates.caDays * oneDay));
  const shown = relative(facts.directory, facts.places.ca.certificate);
  return [
    {
      kind: 'make-authority',
      subject: facts.profile.subject,
      networkName: network.name,
      days: network.certificates.caDays,
      key: keySpecOf(network, facts.profile),
      digest: facts.profile.digest,
      files: facts.places.ca,
      ...inPlaceOf(`make the CA ${shown}, until ${until}; its key never leaves this machine`, facts.taken),
    },
  ];
}
