/** What was proved last, by our own record: told when nothing runs any more. */
import { type Check, type Event, hasEnded } from '../plan/event.ts';
import { exit } from '../plan/failure.ts';
import type { Proof } from '../plan/proven.ts';
import type { Evidence } from '../plan/step.ts';
import type { World } from '../plan/world.ts';
import { here } from './verify-servers.ts';

/** The tries of one proof: launch and verify write down theirs at once, with one time. */
type Tries = { readonly step: string; readonly time: string; readonly checks: readonly Check[] };

export type LastProof = {
  readonly run?: string;
  readonly ended: boolean;
  readonly tries?: Tries;
  /** The document that these tries are of; launch makes none. */
  readonly proof?: Proof;
  /** What launch tried behind it, as it does whenever it starts the server. */
  readonly later?: Tries;
};

export async function lastProof(world: World): Promise<LastProof> {
  const run = (await world.journal.runs()).at(-1);
  if (run === undefined) return { ended: false };
  const events = await world.journal.read(run);
  return { run, ended: hasEnded(events), ...provedIn(events) };
}

function provedIn(events: readonly Event[]): Pick<LastProof, 'tries' | 'proof' | 'later'> {
  let tries: Tries | undefined;
  let whole: { readonly tries?: Tries; readonly proof: Proof } | undefined;
  for (const event of events) {
    if (event.type === 'proof-finished') whole = { ...(tries ? { tries } : {}), proof: event.proof };
    if (event.type !== 'check-finished' || event.check.kind === 'state') continue;
    const { step = 'verify', time, check } = event;
    const before = tries?.step === step && tries.time === time ? tries.checks : [];
    tries = { step, time, checks: [...before, check] };
  }
  if (!whole?.tries) return { ...(tries ? { tries } : {}), ...whole };
  return { ...whole, ...(tries && tries !== whole.tries ? { later: tries } : {}) };
}

/** Each try with its own time, where the document has it. */
function* told({ checks, time }: Tries, proof: Proof | undefined): Generator<Evidence> {
  const times = new Map(proof?.tries.map((each) => [`${each.host} ${each.name}`, each.time]));
  for (const check of checks) {
    const at = times.get(`${check.host ?? here} ${check.name}`) ?? time;
    yield { check: { ...check, detail: `${check.detail} (at ${at})` } };
  }
}

/** With nothing running: what was proved last, and when. */
export function* lastWord({ run, tries, proof, later }: LastProof): Generator<Evidence> {
  if (!tries) return;
  yield* told(tries, proof);
  if (later) {
    const wrong = later.checks.filter(({ ok }) => !ok).length;
    const came = wrong > 0 ? `${wrong} did not come out as they must` : 'all came out as they must';
    const detail = `${later.step} tried ${later.checks.length} of them again later, at ${later.time}: ${came}`;
    yield { check: { name: later.step, kind: 'state', ok: wrong === 0, exitCode: exit.proof, detail } };
  }
  const detail = proof
    ? `run ${run} has ended; this is its last proof, of ${proof.time}`
    : `run ${run} ended before the whole proof was made; this is what ${tries.step} tried of it, at ${tries.time}`;
  yield { check: { name: 'mutual TLS', kind: 'state', ok: true, detail } };
  if (proof) yield { proof, earlier: true };
}
