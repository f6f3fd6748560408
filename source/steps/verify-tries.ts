/** Which connections are tried at the running port, from where, and what each came to. */
import type { Member, Network } from '../network/network.ts';
import { clientUri } from '../pki/names.ts';
import { failureOf, UserError } from '../plan/failure.ts';
import type { Endpoint } from '../plan/host-facts.ts';
import { type CaseName, caseOf, cases, judged, limitedName, type Tried } from '../plan/proof.ts';
import type { ProofTry } from '../plan/proven.ts';
import type { Answers, StepCheck } from '../plan/step.ts';
import { policyHint } from '../plan/tls-errors.ts';
import type { Trial, World } from '../plan/world.ts';
import { chosenClients, madeOnHosts } from './shared.ts';

/** Who is tried at the port: the one whose certificate must be let in, as what. */
export type Insider = { readonly name: string; readonly uri: string };

/** Whose certificate must be let in. Where its key is on its host alone, that host has to answer. */
export function insiderName(network: Network, lost: ReadonlySet<string | undefined>): string {
  const here = madeOnHosts(network) ? network.clients.find(({ name }) => !lost.has(name)) : undefined;
  return (here ?? network.clients[0])?.name ?? 'client1';
}

/** The client that a try through this host comes as: its own, or the first of the network. */
export function insiderOf(network: Network, through: Member): Insider {
  const client = through.role === 'client' ? through : network.clients[0];
  if (!client) throw new Error('a network without clients');
  return { name: client.name, uri: clientUri(network.address, network.name, client.commonName) };
}

/**
 * Where a try is made. The first word is the caller's; but a private key that was made on its host is there alone, so
 * what shows its certificate is tried there.
 */
export function placeOf(network: Network, which: CaseName, through: Member, insider: Member): Member {
  if (!madeOnHosts(network)) return through;
  if (which === 'server') return network.server;
  return which === 'right' ? insider : through;
}

/**
 * Every case through the server's host and through each client's; and from the server's host again with TLS 1.2 at most,
 * where refusals travel in another part of the handshake.
 * @param lost hosts that did not answer: nothing is tried through them
 */
export function trialsOf(answers: Answers, lost: ReadonlySet<string> = new Set()): readonly Trial[] {
  const { network } = answers;
  const clients = chosenClients(answers).filter(({ name }) => !lost.has(name));
  const insider = clients[0] ?? network.clients[0] ?? network.server;
  const at = (through: Member, which: CaseName): Trial => ({
    through: placeOf(network, which, through, through.role === 'client' ? through : insider),
    which,
  });
  const all = [network.server, ...clients].flatMap((through) => cases.map(({ name }) => at(through, name)));
  // gRPC's Python knows no limit, and what it tries with a host's own key is tried there alone.
  const limited = cases.filter(({ name }) => !madeOnHosts(network) || (name !== 'right' && name !== 'server'));
  const older = limited.map(({ name }): Trial => ({ through: network.server, which: name, limit: 'TLS 1.2' }));
  // With keys on their hosts, several tries of one kind become the same: once is enough.
  return [...new Map([...all, ...older].map((each) => [nameOf(each), each])).values()];
}

const nameOf = ({ through, which, limit }: Trial) => JSON.stringify([through.name, which, limit]);

function titleOf({ which, limit }: Trial, insider: Insider): string {
  const name = which === 'right' ? `${insider.name}’s certificate` : caseOf(which).title;
  return limit ? limitedName(name, limit) : name;
}

const policyFailed = 'the running server does not do what its policy says; fl-wizard stop, and report this';
const unproved = 'nothing is proved by this: run fl-wizard certs, deploy, and verify again';

/** What to do where one is refused who belongs in. */
function refusedHint(reason: string): string {
  return (
    policyHint(reason) ??
    'fl-wizard cert lists the dates; fl-wizard deploy --only-certificates puts certificate, key and CA in place'
  );
}

/** Why to be let in was no success: as somebody else, or with another certificate than was shown. */
function wronglyIn({ word, shown }: Tried, identity: string, insider: Insider): string | undefined {
  if (identity !== insider.uri) return `let in as ${identity}`;
  if (word && shown && word.fingerprint !== shown)
    return `let in, but the server saw another certificate (SHA-256 ${word.fingerprint.slice(0, 16)}…) than was shown`;
  return undefined;
}

/** A try as a check: what was expected, and what came. To be let in as somebody else is no success. */
export function checkOf(trial: Trial, tried: Tried, insider: Insider): StepCheck {
  const seen = judged(trial.which, tried.seen);
  const { expected } = caseOf(trial.which);
  const about = { name: titleOf(trial, insider), host: trial.through.name };
  // A server that speaks only newer TLS is as good as one that lets it in.
  if (seen.outcome === 'refused' && seen.by === 'version')
    return { ...about, kind: expected === 'refused' ? expected : 'state', ok: true, detail: seen.reason };
  if (seen.outcome === 'accepted') {
    const wrong = expected === 'refused' ? `let in as ${seen.identity}` : wronglyIn(tried, seen.identity, insider);
    const detail = wrong ?? `let in as ${seen.identity}`;
    return { ...about, kind: expected, ok: !wrong, detail, ...(wrong ? { hint: policyFailed } : {}) };
  }
  const ok = seen.outcome === expected;
  const detail = `${seen.outcome === 'refused' ? 'refused' : 'not clear'}: ${seen.reason}`;
  const hint = seen.outcome === 'unclear' ? (seen.hint ?? unproved) : refusedHint(seen.reason);
  return { ...about, kind: expected, ok, detail, ...(ok ? {} : { hint }) };
}

/** A check with all that was seen, for the record. */
export type Done = { readonly check: StepCheck; readonly entry: ProofTry };

/** Makes one try. What could not be tried proves nothing, and is no reason to leave out the others. */
export async function tryOne(network: Network, world: World, trial: Trial, server: Endpoint): Promise<Done> {
  const insider = insiderOf(network, trial.through);
  let tried: Tried | undefined;
  let check: StepCheck;
  try {
    tried = await world.probe(network, trial, server);
    check = checkOf(trial, tried, insider);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { why, hint, exitCode } = failureOf(error, 'Proving mutual TLS');
    const about = { name: titleOf(trial, insider), host: trial.through.name, kind: caseOf(trial.which).expected };
    check = { ...about, ok: false, detail: `not tried: ${why}`, exitCode, ...(hint ? { hint } : {}) };
  }
  return { check, entry: entryOf(trial, tried, check, world.now()) };
}

function entryOf(trial: Trial, tried: Tried | undefined, check: StepCheck, now: Date): ProofTry {
  const { seen, ...more } = tried ?? { seen: undefined };
  const { limit } = trial;
  return {
    host: trial.through.name,
    case: trial.which,
    name: check.name,
    ...(limit ? { limit } : {}),
    expected: caseOf(trial.which).expected,
    outcome: seen ? judged(trial.which, seen).outcome : 'not tried',
    ...(seen?.outcome === 'refused' ? { by: seen.by } : {}),
    ok: check.ok,
    detail: check.detail,
    time: now.toISOString(),
    ...more,
  };
}
