/** What a screen says of a run beyond what the view holds: best round, metrics, progress, estimate. Pure. */
import { bestOf, isAccuracy, judgedOf } from '../plan/best.ts';
import type { RoundFinished } from '../plan/event.ts';
import { countOf, type ProofCount } from '../plan/proof-count.ts';
import type { View } from '../plan/reduce.ts';
import type { RunView } from '../plan/run-view.ts';
import { fitOf } from './answered.ts';
import { secondsBetween } from './format.ts';
import { onceFor } from './once-for.ts';

/** Estimates follow the last rounds: clients come and go, and the first round also warms up. */
const roundsForEstimate = 5;

export type Progress = {
  /** The round that is shown as the current one. */
  readonly round: number;
  readonly done: number;
  readonly rounds: number;
  readonly share: number;
  readonly elapsed?: number;
  /** Seconds that are left, as the last rounds went. */
  readonly left?: number;
};

export function progressOf(run: RunView, now: Date): Progress {
  const done = lastRound(run.finished);
  const rounds = Math.max(run.rounds, done);
  const at = run.phase?.round ?? 0;
  const begun = run.phase?.phase === 'fit' || run.phase?.phase === 'evaluate' || fitOf(run, at) !== undefined;
  const current = begun ? at : done;
  const elapsed = run.started ? secondsBetween(run.started, run.end?.time ?? now) : undefined;
  const left = run.end ? undefined : estimate(run, rounds - done, now);
  return {
    round: Math.min(rounds, Math.max(current, done)),
    done,
    rounds,
    share: rounds > 0 ? done / rounds : 0,
    ...(elapsed === undefined ? {} : { elapsed }),
    ...(left === undefined ? {} : { left }),
  };
}

const lastRound = onceFor((rounds: readonly RoundFinished[]) =>
  rounds.reduce((most, each) => Math.max(most, each.round), 0),
);

function estimate(run: RunView, roundsLeft: number, now: Date): number | undefined {
  const last = run.finished.slice(-roundsForEstimate);
  if (last.length === 0 || roundsLeft <= 0) return undefined;
  const mean = last.reduce((sum, each) => sum + each.seconds, 0) / last.length;
  const since = run.phase && run.phase.round > (last.at(-1)?.round ?? 0) ? run.phase.since : now;
  // A round that takes so much longer than those before tells that they say nothing of what comes.
  if ((secondsBetween(since, now) ?? 0) > Math.max(30, 4 * mean)) return undefined;
  return Math.max(0, mean * roundsLeft - Math.min(mean, secondsBetween(since, now) ?? 0));
}

/** Names of all metrics, the most telling first: accuracy, then as the strategy gave them. */
export const metricsOf = onceFor((rounds: readonly RoundFinished[]): readonly string[] => {
  const names = new Set<string>();
  for (const { metrics, notFinite = [] } of rounds)
    for (const name of [...Object.keys(metrics), ...notFinite.filter((each) => each !== 'loss')]) names.add(name);
  return [...names].sort((a, b) => Number(isAccuracy(b)) - Number(isAccuracy(a)));
});

/** The losses, and each metric's values, over the rounds that have one. */
export const lossesOf = onceFor((rounds: readonly RoundFinished[]) => rounds.flatMap(({ loss }) => loss ?? []));
const seriesOf = onceFor((_: readonly RoundFinished[]) => new Map<string, readonly number[]>());

export function valuesOf(rounds: readonly RoundFinished[], metric: string): readonly number[] {
  const known = seriesOf(rounds);
  const values = known.get(metric) ?? rounds.flatMap(({ metrics }) => metrics[metric] ?? []);
  known.set(metric, values);
  return values;
}

/** The last round that taught anything, where none has since: every fit of the rounds behind it failed. */
export const unlearnedSince = onceFor((rounds: readonly RoundFinished[]): number | undefined => {
  const isEmpty = ({ fit }: RoundFinished) => fit.ok === 0 && fit.failed > 0;
  const last = rounds.at(-1);
  if (!last || !isEmpty(last)) return undefined;
  return rounds.findLast((each) => !isEmpty(each))?.round ?? 0;
});

/** As `pull --round best` has it, and by what. */
export const bestBy = onceFor(
  (rounds: readonly RoundFinished[]): { readonly round: number; readonly by: 'loss' | 'accuracy' } | undefined => {
    const found = bestOf(rounds.map(judgedOf));
    return found && { round: found.best.round, by: found.by };
  },
);

export function bestRound(rounds: readonly RoundFinished[]): number | undefined {
  return bestBy(rounds)?.round;
}

/** Whether the run can be drawn: something of it has arrived. */
export function hasRun(view: View): boolean {
  const { run } = view;
  return run.started !== undefined || run.phase !== undefined || run.finished.length > 0 || run.clients.length > 0;
}

/** The latest proof in numbers, or nothing where none is known: of this session's and the one that was recorded. */
export function proofOf(view: View): ProofCount | undefined {
  const { proof, provedAt, earlierProof } = view;
  if (proof.length === 0 || provedAt === undefined) return earlierProof;
  if (earlierProof && Date.parse(earlierProof.at) > Date.parse(provedAt)) return earlierProof;
  return countOf(proof, provedAt);
}

/** A proof is told by our clock and a server's start by its own: so many milliseconds apart they may be without a warning. */
const clocksApart = 30_000;

/**
 * Whether a proof tells of the server that runs now: `gone` where none does, `before` where it was made of the process
 * before it, `unheard` where nobody knows which one runs.
 */
export function standingOf(
  { at }: ProofCount,
  { server, phase, lost, end }: RunView,
): 'now' | 'before' | 'gone' | 'unheard' {
  const state = server.process?.state ?? 'running';
  if (phase?.phase === 'halted' || (state !== 'running' && state !== 'starting')) return 'gone';
  // A server that has done its work goes by itself: there is nothing to be heard of it.
  if (lost) return end ? 'gone' : 'unheard';
  const { since, again, probed } = server;
  if (!again || since === undefined || Date.parse(at) >= Date.parse(since)) return 'now';
  const tried = probed !== undefined && Math.abs(Date.parse(probed) - Date.parse(at)) <= clocksApart;
  return tried ? 'now' : 'before';
}
