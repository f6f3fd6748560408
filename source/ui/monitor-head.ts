/** The monitor's head: what runs, how far it is, who is waited for. Pure. */
import type { View } from '../plan/reduce.ts';
import { bar, clock, duration, limitOf, samples, secondsBetween } from './format.ts';
import { join, type Line, lineWidth, span, spread } from './line.ts';
import { bestBy, type Progress, progressOf, proofOf } from './run-facts.ts';
import { knownUntil, tenseOf } from './tense.ts';
import type { Tone } from './theme.ts';
import { widthOf } from './width.ts';

export type HeadFacts = {
  readonly view: View;
  readonly network: string;
  readonly columns: number;
  readonly now: Date;
};

/** Two lines where they fit, three where the terminal is narrow; then the waiting line. */
export function headLines(facts: HeadFacts): readonly Line[] {
  const { view, columns } = facts;
  const progress = progressOf(view.run, knownUntil(view.run, facts.now));
  const head = phaseLine(facts);
  const name: Line = [span(' '), span(facts.network, 'strong')];
  const proof = columns < 60 ? shortProof(view) : proofLine(view);
  const named = join([name, head, runLine(view)], '  ');
  // The run's id is what can be done without.
  const fits = lineWidth(named) + lineWidth(proof) + 2 <= columns;
  const phase = fits ? named : join([name, head], '  ');
  const round = roundLine(progress, columns);
  const times = timesLine(view, progress);
  const narrow = lineWidth(round) + lineWidth(times) + 2 > columns;
  return [
    spread(phase, proof, columns, 'right'),
    ...(narrow
      ? [round, ...(times.length > 0 ? [[span(' '), ...times]] : [])]
      : [spread(round, times, columns, 'left')]),
    [span(' '), ...waitingLine(facts, progress)],
  ];
}

function runLine({ run }: View): Line {
  return run.id ? [span(`run ${run.id}`, 'dim')] : [];
}

const phaseWords = {
  waiting: ['waiting for clients', 'warn'],
  fit: ['training', 'good'],
  evaluate: ['evaluating', 'good'],
  lingering: ['finished', 'good'],
  ended: ['finished', 'good'],
  halted: ['not running', 'bad'],
} as const satisfies Record<string, readonly [string, Tone]>;

export function phaseLine({ view: { run }, now }: Pick<HeadFacts, 'view' | 'now'>): Line {
  const tense = tenseOf(run);
  if (tense === 'reading') return [span('○ reading', 'dim')];
  if (run.end?.outcome === 'failed') return [span('✗ failed', 'bad')];
  if (run.end) return [span('✓ finished', 'good')];
  if (run.lost && tense === 'lost')
    return [span(`○ not heard for ${duration(Math.round(secondsBetween(run.lost.since, now) ?? 0))}`, 'warn')];
  if (!run.phase) return [span('○ connecting', 'dim')];
  const [word, tone] = phaseWords[run.phase.phase];
  return [span(`● ${word}`, tone), ...(run.restarts > 0 ? [span(`  restarted ${run.restarts}x`, 'warn')] : [])];
}

function proofLine(view: View): Line {
  const proof = proofOf(view);
  if (!proof) return [];
  if (proof.wrong > 0) return [span(`MUTUAL TLS ✗ ${proof.wrong} wrong, ${clock(proof.at)} `, 'bad')];
  return [span('MUTUAL TLS ', 'strong'), span('✓', 'good'), span(` ${proof.refused} refused, ${clock(proof.at)} `)];
}

function shortProof(view: View): Line {
  const proof = proofOf(view);
  if (!proof) return [];
  return proof.wrong > 0 ? [span('mTLS ✗ ', 'bad')] : [span('mTLS ', 'strong'), span('✓ ', 'good')];
}

function roundLine({ round, rounds, share }: Progress, columns: number): Line {
  const width = Math.max(4, Math.min(columns - 26, Math.floor(columns / 3)));
  const percent = `${Math.floor(share * 100)}%`.padStart(5);
  if (rounds === 0) return [span(' round -', 'dim')];
  return [span(` round ${round}/${rounds}  `), span(bar(share, width), 'accent'), span(percent)];
}

function timesLine({ run }: View, { elapsed, left }: Progress): Line {
  const tense = tenseOf(run);
  // While the past is read, and of what is not heard or not trained, nothing counts down.
  const parts = [
    elapsed === undefined || tense === 'reading' ? '' : `elapsed ${duration(Math.round(elapsed))}`,
    left === undefined || tense !== 'now' || run.phase?.phase === 'lingering'
      ? ''
      : `~${duration(Math.max(1, Math.round(left)))} left`,
  ].filter(Boolean);
  return parts.length > 0 ? [span(`${parts.join('   ')} `)] : [];
}

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
  if (waiting && waiting.missing.length > 0)
    return told(`waiting for ${names(waiting.missing)} (${waiting.have}/${waiting.need})`, 'warn');
  if (phase === 'waiting' && waiting)
    return told(`waiting for ${waiting.need} clients, and all ${waiting.have} there are have come`, 'warn');
  if (phase === 'waiting') return told('waiting for clients', 'warn');
  return told(`round ${round}: ${phase === 'fit' ? 'the clients train' : 'the clients evaluate'}`, 'plain');
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

function endLine({ run }: View, { done, rounds }: Progress): Line {
  const at = run.end ? ` ${clock(run.end.time)}` : '';
  if (run.end?.outcome === 'failed')
    return [
      span(`failed${at} after ${done} of ${rounds} rounds`, 'bad'),
      span(run.end.detail ? `: ${run.end.detail}` : ''),
    ];
  const best = bestBy(run.finished);
  return join(
    [
      [span(`finished${at}`, 'good')],
      best === undefined ? [] : [span(`best round ${best.round} by ${best.by}`)],
      run.end?.detail ? [span(run.end.detail, 'warn')] : [],
    ],
    ' · ',
  );
}

/** The first few names; a screen line is no place for a thousand. */
export function names(all: readonly string[], most = 3): string {
  const shown = all.slice(0, most).join(', ');
  return all.length > most ? `${shown} and ${all.length - most} more` : shown;
}
