/** The live table's line of what is going on: who is waited for, or what to do now. Pure. */
import type { View } from '../plan/reduce.ts';
import type { ClientView, RunView } from '../plan/run-view.ts';
import { list } from '../plan/words.ts';
import { type Answered, answeredIn } from './answered.ts';
import { clock, duration, limitOf, samples, secondsBetween } from './format.ts';
import { isOld } from './found.ts';
import { join, type Line, span } from './line.ts';
import type { HeadFacts } from './monitor-head.ts';
import { names } from './names.ts';
import { bestBy, type Progress, unlearnedSince } from './run-facts.ts';
import { tenseOf } from './tense.ts';
import type { Tone } from './theme.ts';
import { widthOf } from './width.ts';

/** Who is waited for, since when, and when it gives up; at the end, what to do now. */
export function waitingLine({ view, now, columns }: HeadFacts, progress: Progress): Line {
  const { run } = view;
  const tense = tenseOf(run);
  if (tense === 'reading') return readingLine(view);
  if (run.end) return endLine(view, progress);
  if (run.lost && tense === 'lost')
    return [
      span(`nothing heard since ${clock(run.lost.since)}: ${run.lost.why}`, 'warn'),
      ...(view.end ? [] : [span('; trying again, training needs no monitor')]),
    ];
  if (!run.phase) return [span('reading what the server tells', 'dim')];
  const { phase, waiting, until, since, round, detail = '' } = run.phase;
  if (phase === 'halted') return [span(detail, 'bad')];
  const passed = secondsBetween(since, now) ?? 0;
  if (phase === 'lingering') {
    const left = until ? `, for ${duration(Math.round(secondsBetween(now, until) ?? 0))} more` : '';
    return [span('all rounds done', 'good'), span(`; the server still answers${left}`)];
  }
  if (phase === 'ended') return endLine(view, progress);
  const seconds = limitSeconds(view);
  const limit = seconds === undefined ? '' : `; limit ${limitOf(seconds)}`;
  const told = (text: string, tone: Tone) => {
    const since = `${text}, ${duration(Math.round(passed))}`;
    return [span(widthOf(since + limit) < columns ? since + limit : since, tone)];
  };
  if (waiting && waiting.missing.length > 0) {
    const whom = `waiting for ${names(waiting.missing)} (${waiting.have}/${waiting.need})`;
    // With those that are there it begins all the same: that is no limit at which it fails.
    if (phase === 'waiting' && until) return [span(`${whom}; ${beginsWords(waiting.missing, now, until)}`, 'warn')];
    return told(whom, 'warn');
  }
  if (phase === 'waiting' && waiting)
    return told(`waiting for ${waiting.need} clients, and all ${waiting.have} there are have come`, 'warn');
  if (phase === 'waiting') return told('waiting for clients', 'warn');
  const untaught = unlearnedSince(run.finished);
  if (untaught !== undefined) {
    const since = untaught === 0 ? 'yet' : `since round ${untaught}`;
    return [span(`no client has trained ${since}`, 'bad'), span(reasonOf(view))];
  }
  const answered = answeredIn(run);
  if (answered && answered.have > 0 && answered.missing.length > 0)
    return told(missingText(answered, columns), 'plain');
  return told(`round ${round}: ${phase === 'fit' ? 'the clients train' : 'the clients evaluate'}`, 'plain');
}

/** When a round begins with those that have come. */
function beginsWords(missing: readonly string[], now: Date, until: string): string {
  const left = Math.max(0, Math.round(secondsBetween(now, until) ?? 0));
  return `begins without ${missing.length === 1 ? 'it' : 'them'} in ${duration(left)}`;
}

/** Columns below which words that say little are left out. */
const narrow = 60;

/** With more of them, who is missing changes faster than anybody reads. */
const namesShown = 3;

function missingText({ have, need, missing }: Answered, columns: number): string {
  const whom = missing.length > namesShown ? `${samples(missing.length)} clients` : list(missing);
  const word = columns < narrow ? '' : ' have answered';
  return `waiting for ${whom} (${samples(have)}/${samples(need)}${word})`;
}

/** Why nobody could: of the last round, the first reason. */
function reasonOf({ run }: View): string {
  const [failure] = run.finished.at(-1)?.failures ?? [];
  return failure ? `: ${failure.client} ${failure.reason}` : '';
}

/** How far it is with what happened before we came. */
function readingLine({ run }: View): Line {
  return [span(`reading what happened so far: ${samples(run.last)} of ${samples(run.past)}`, 'dim')];
}

/** How long the phase may take: until its own deadline, or the round's limit where one is set. */
function limitSeconds({ run }: View): number | undefined {
  if (run.phase?.until) return secondsBetween(run.phase.since, run.phase.until);
  return run.phase?.phase === 'waiting' ? undefined : run.roundTimeout;
}

/** Clients without which a run has ended well: a green table would not say it. */
function absentOf({ clients, finished }: RunView): readonly ClientView[] {
  const most = finished.reduce((sum, { fit: { ok, failed } }) => Math.max(sum, ok + failed), 0);
  if (most === 0 || most >= clients.length) return [];
  return clients.filter(({ last, earlier, failed }) => last === undefined && earlier === undefined && failed === 0);
}

function endLine({ run, steps }: View, { done, rounds }: Progress): Line {
  const at = run.end ? ` ${clock(run.end.time)}` : '';
  if (run.end?.outcome === 'failed')
    return [
      span(`failed${at} after ${done} of ${rounds} rounds`, 'bad'),
      span(run.end.detail ? `: ${run.end.detail}` : ''),
    ];
  const best = bestBy(run.finished);
  const absent = absentOf(run).map(({ name }) => name);
  return join(
    [
      [span(`finished${at}`, 'good')],
      steps.some(isOld) ? [span('with the app or settings of before', 'warn')] : [],
      best === undefined ? [] : [span(`best round ${best.round} by ${best.by}`)],
      absent.length > 0 ? [span(`${names(absent)} took no part`, 'bad')] : [],
      run.end?.detail ? [span(run.end.detail, 'warn')] : [],
    ],
    ' · ',
  );
}
