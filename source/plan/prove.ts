/** What was found at the hosts, before a plan and behind it: as events, and as failures of the step. */
import type { Happening } from './event.ts';
import { exit, type Failure, troubledHosts } from './failure.ts';
import type { Answers, Step, StepCheck } from './step.ts';
import type { Told } from './told.ts';
import type { World } from './world.ts';

/** Hosts that a look did not reach. What has failed before is not told again, nor what was interrupted. */
export function* unreached(
  step: Step,
  facts: unknown,
  before: readonly Failure[],
  signal: AbortSignal,
): Generator<Happening, readonly Failure[]> {
  if (signal.aborted) return [];
  const known = troubledHosts(before);
  const found = (step.failures?.(facts) ?? []).filter(({ host }) => host === undefined || !known.has(host));
  for (const failure of found)
    if (failure.host) yield { type: 'host-failed', step: step.id, host: failure.host, failure };
  return found;
}

type Proving = {
  readonly facts: unknown;
  /** Hosts that failed before. */
  readonly failed: ReadonlySet<string>;
  readonly world: World;
  readonly signal: AbortSignal;
  /** Takes checks that propose names for the server's certificate. */
  readonly proposing: StepCheck[];
};

/** What the step checks, and what of it went wrong. */
export async function* prove(
  step: Step,
  answers: Answers,
  { facts, failed, world, signal, proposing }: Proving,
): AsyncGenerator<Told, readonly Failure[]> {
  const failures: Failure[] = [];
  for await (const evidence of step.verify(answers, facts, world, signal)) {
    if ('events' in evidence) {
      yield evidence.events;
      continue;
    }
    if ('proof' in evidence) {
      yield { type: 'proof-finished', step: step.id, ...evidence };
      continue;
    }
    const { exitCode = exit.proof, proposes = [], change, asks, ...check } = evidence.check;
    // A try that was interrupted tells nothing of who was tried.
    if (signal.aborted && !check.ok) continue;
    if (proposes.length > 0) proposing.push(evidence.check);
    // A host that failed is named with that: what could not be right any more is no second trouble.
    if (check.host !== undefined && failed.has(check.host)) continue;
    yield { type: 'check-finished', step: step.id, check };
    if (check.ok) continue;
    const failure: Failure = {
      exitCode,
      doing: `Checking ${check.name}${check.host ? ` at ${check.host}` : ''}`,
      why: check.detail,
      ...(check.host ? { host: check.host } : {}),
      ...(check.hint ? { hint: check.hint } : {}),
      ...(check.said ? { said: check.said } : {}),
      ...(check.byHand ? { byHand: check.byHand } : {}),
      ...(check.place ? { place: check.place } : {}),
      ...(change ? { change } : {}),
      ...(asks ? { asks } : {}),
    };
    failures.push(failure);
    if (check.host) yield { type: 'host-failed', step: step.id, host: check.host, failure };
  }
  return failures;
}

/** A check that minded a name, once the certificate is to hold that. */
export function adopted({ id: step }: Step, { name, host, kind, detail, proposes = [] }: StepCheck): Happening {
  const about = { name, kind, ok: true, detail: `${detail}; the certificate will hold ${proposes.join(', ')}` };
  return { type: 'check-finished', step, check: { ...about, ...(host ? { host } : {}) } };
}
