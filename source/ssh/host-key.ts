import type { UserError } from '../plan/failure.ts';
import {
  type CertificateVerdict,
  certificateMatters,
  type FetchedCertificate,
  judgeCertificate,
} from './certificate-lookup.ts';
import type { ConnectOptions } from './connect-options.ts';
import type { Deadline } from './deadline.ts';
import { Refusals } from './host-key-refusal.ts';
import { lookUp } from './key-lookup.ts';
import { blobType, fingerprint, type HostNames, type KnownKeys, knownName } from './known-hosts.ts';
import { lowerCase } from './name-matcher.ts';
import { askOnce } from './questions.ts';
import type { Target } from './target.ts';

/** The name and port under which a target's key is looked up: an alias has no port (ssh_config(5), HostKeyAlias). */
function keyName(target: Target): { address: string; port: number } {
  return target.hostKeyAlias
    ? { address: target.hostKeyAlias, port: 22 }
    : { address: target.address, port: target.port };
}

/** The names by which a target's key is found in known_hosts; the last is the one that its certificate has to be for. */
export function hostNames(
  target: Pick<Target, 'address' | 'port' | 'hostKeyAlias'>,
): HostNames & { readonly certified: string } {
  if (target.hostKeyAlias) {
    const alias = lowerCase(target.hostKeyAlias);
    return { own: alias, certified: alias };
  }
  const own = knownName(target.address, target.port);
  const certified = knownName(target.address, 22);
  return own === certified ? { own, certified } : { own, plain: certified, certified };
}

/** One host's key as it was shown, and what is known of that host. */
export type ShownKey = {
  readonly target: Target;
  readonly name: string;
  readonly blob: Buffer;
  readonly known: KnownKeys;
  /** Asks the host for its certificate, rather one for a key of this type. */
  fetchCertificate(keyType: string): Promise<FetchedCertificate>;
};

/** Nothing refused is trusted; `otherMayDo` where the host may have a key of another type that is the right one. */
export type Judgement = { readonly refusal?: UserError; readonly otherMayDo?: boolean };

/** Decides on the key that a host shows: the pinned fingerprint, else the known hosts and its certificate, else a question. */
export async function judgeHostKey(shown: ShownKey, options: ConnectOptions, deadline: Deadline): Promise<Judgement> {
  const { target, name, blob, known } = shown;
  const keyType = blobType(blob) ?? 'unknown';
  const refusals = new Refusals(options.name, name, keyType, blob);
  if (target.hostKey !== undefined) {
    if (target.hostKey === fingerprint(blob)) return {};
    return { refusal: refusals.notPinned(target.hostKey), otherMayDo: true };
  }
  const names = hostNames(target);
  const certified = await judgeFetched(shown, keyType, deadline);
  if (certified === 'vouched') return {};
  if (certified !== 'another key' && 'revoked' in certified && certified.byOwnName)
    return { refusal: refusals.revoked(certified.revoked) };
  const verdict = lookUp(known, blob);
  if (verdict === 'known') return {};
  if (certified === 'another key')
    return { refusal: refusals.unknown('its certificate is for a key of another type'), otherMayDo: true };
  const note = 'note' in certified ? certified.note : 'problem' in certified ? certified.problem : '';
  if (verdict !== 'unknown') {
    return 'revoked' in verdict
      ? { refusal: refusals.revoked(verdict.revoked) }
      : { refusal: refusals.changed(verdict.changed, names.own, note) };
  }
  if ('revoked' in certified) return { refusal: refusals.revoked(certified.revoked) };
  if ('problem' in certified) return { refusal: refusals.badCertificate(certified.problem) };
  const question = { name, ...keyName(target), keyType, fingerprint: fingerprint(blob), blob };
  const trusted = await deadline.pausedFor(() =>
    askOnce(options.trust, `${question.address} ${question.port} ${question.fingerprint}`, () =>
      options.trust(question),
    ),
  );
  return trusted ? {} : { refusal: refusals.unknown(note, options.respond !== undefined) };
}

/** Its certificate is asked for only where known_hosts says something that makes it matter: that takes a connection. */
async function judgeFetched(
  { target, known, blob, fetchCertificate }: ShownKey,
  keyType: string,
  deadline: Deadline,
): Promise<CertificateVerdict> {
  if (!certificateMatters(known)) return { note: '' };
  const fetched = await deadline.pausedFor(() => fetchCertificate(keyType));
  return judgeCertificate(fetched, { known, key: blob, name: hostNames(target).certified, now: new Date() });
}
