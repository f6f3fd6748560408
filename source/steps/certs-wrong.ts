/** Why a certificate that is here is not right, in words that a plan can show. Pure. */
import { basename } from 'node:path';
import { nameText } from '../pki/distinguished-name.ts';
import type { CertificateFacts } from '../pki/inspect.ts';
import { profileTrouble } from '../pki/profile.ts';
import type { Issue } from '../plan/action.ts';
import { soonDays } from '../plan/span.ts';
import { list } from '../plan/words.ts';
import type { CertsFacts } from './certs-look.ts';
import type { Pair } from './pairs.ts';
import { count, day, oneDay, sameSet } from './shared.ts';

/** What a certificate is judged by besides itself. */
type Judging = Pick<CertsFacts, 'now' | 'chain' | 'issuing'>;

/** The same in milliseconds. */
export const soon = soonDays * oneDay;

/** What is said of a pair of which nothing is here. */
export const isNew = 'new';

/** Why a certificate has to be made (again); nothing where it is right. */
export function wrong(pair: Pair | undefined, issue: Issue, facts: Judging): string | undefined {
  if (!pair?.certificate) return pair?.keyThere ? `${basename(issue.files.certificate)} is missing` : isNew;
  if (!pair.keyThere) return issue.keyOn ? 'its key is missing on its host' : `${basename(issue.files.key)} is missing`;
  if (pair.locked) return 'its key is encrypted, and no process could open it';
  if (!pair.keyFits) return 'its key belongs to another certificate';
  if (!pair.byOurCa) return 'another CA issued it';
  return wrongNames(pair.certificate, issue) ?? wrongKey(pair.certificate, issue) ?? wrongForm(pair, issue, facts);
}

function wrongNames({ sans, attributes }: CertificateFacts, issue: Issue): string | undefined {
  const { dns, ips, uris } = sans;
  if (!sameSet(dns, issue.sans.dns) || !sameSet(ips, issue.sans.ips) || !sameSet(uris, issue.sans.uris))
    return `its names differ (${list([...dns, ...ips, ...uris])})`;
  const cn = (subject: Issue['subject']) => subject.findLast(([type]) => type === 'CN')?.[1];
  if (cn(attributes) !== cn(issue.subject)) return 'its common name differs';
  if (JSON.stringify(attributes) !== JSON.stringify(issue.subject))
    return `its subject differs (${nameText(attributes)})`;
  return undefined;
}

function wrongKey({ key, digest }: CertificateFacts, issue: Issue): string | undefined {
  if (key.algorithm !== issue.key.algorithm) return `its key is ${key.algorithm.toUpperCase()}`;
  if (key.algorithm === 'rsa' && issue.key.algorithm === 'rsa' && key.bits < issue.key.bits)
    return `its key has only ${key.bits} bits`;
  if (digest !== issue.digest) return `it is signed with ${digest ?? 'a digest that is not safe'}, not ${issue.digest}`;
  return undefined;
}

function wrongForm({ chained, certificate }: Pair, issue: Issue, { now, chain, issuing }: Judging) {
  if (!certificate || !issuing) return undefined;
  const { notBefore, notAfter } = certificate;
  if (notAfter <= now) return `it expired on ${day(notAfter)}`;
  if (notBefore > now) return `it is not valid before ${day(notBefore)}`;
  const outlived = chain.find((each) => each.notAfter <= notAfter);
  if (outlived) return `it ends on ${day(notAfter)}, after its CA (${day(outlived.notAfter)})`;
  if (!chained) return 'the certificates between it and the root do not stand behind it';
  return profileTrouble(certificate.raw, issuing.identifier, issue.purpose);
}

/** A month and less before its end: worth a word, and a new one where that is approved. */
export function endsSoon(certificate: CertificateFacts, now: Date): string | undefined {
  const left = certificate.notAfter.getTime() - now.getTime();
  return left > soon
    ? undefined
    : `it ends on ${day(certificate.notAfter)}, in ${count(Math.floor(left / oneDay), 'day')}`;
}
