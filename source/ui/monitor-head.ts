/** The monitor's head: what runs, how far it is, who is waited for. Pure. */
import type { ProofCount } from '../plan/proof-count.ts';
import type { View } from '../plan/reduce.ts';
import { bar, clock, duration, secondsBetween } from './format.ts';
import { join, type Line, lineWidth, span, spread } from './line.ts';
import { type Progress, progressOf, proofOf, standingOf, unlearnedSince } from './run-facts.ts';
import { knownUntil, tenseOf } from './tense.ts';
import type { Tone } from './theme.ts';
import { waitingLine } from './waiting-line.ts';
import { cut } from './width.ts';

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
  const proof = proofWithin(view, columns - lineWidth(join([name, head], '  ')) - 2, columns);
  const named = join([name, head, runLine(view)], '  ');
  // The run's id is what can be done without.
  const fits = lineWidth(named) + lineWidth(proof) + 2 <= columns;
  // Of a long name less is shown, and never of the state.
  const room = columns - lineWidth(head) - lineWidth(proof) - 5;
  const short: Line = [span(' '), span(cut(facts.network, Math.max(6, room)), 'strong')];
  const phase = fits ? named : join([short, head], '  ');
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
  const [word, usual] = phaseWords[run.phase.phase];
  const tone = usual === 'good' && unlearnedSince(run.finished) !== undefined ? 'bad' : usual;
  return [span(`● ${word}`, tone), ...(run.restarts > 0 ? [span(`  restarted ${run.restarts}x`, 'warn')] : [])];
}

function proofWithin(view: View, room: number, columns: number): Line {
  const line = proofLine(view);
  return columns < 60 || lineWidth(line) > room ? shortProof(view) : line;
}

function proofLine(view: View): Line {
  const proof = proofOf(view);
  if (!proof) return [];
  if (proof.wrong > 0) return [span(`MUTUAL TLS ✗ ${proof.wrong} wrong, ${clock(proof.at)} `, 'bad')];
  // What was proved of a process is no word on the one that was started behind it.
  const standing = standingOf(proof, view.run);
  if (standing === 'gone') return [span('MUTUAL TLS ', 'strong'), span(`was proved ${clock(proof.at)} `)];
  if (standing === 'before')
    return [span('MUTUAL TLS ', 'strong'), span(`proved ${clock(proof.at)}, before the restart `)];
  if (standing === 'unheard')
    return [span(`MUTUAL TLS proved ${clock(proof.at)}, ${unknownSince(proof, view)} `, 'dim')];
  return [
    span('MUTUAL TLS ', 'strong'),
    span('✓', 'good'),
    span(` ${proof.refused} of ${proof.refused} refused, ${clock(proof.at)} `),
  ];
}

function shortProof(view: View): Line {
  const proof = proofOf(view);
  if (!proof) return [];
  if (proof.wrong > 0) return [span('mTLS ✗ ', 'bad')];
  const standing = standingOf(proof, view.run);
  if (standing === 'unheard') return [span('mTLS ? ', 'dim')];
  return [span('mTLS ', 'strong'), standing === 'now' ? span('✓ ', 'good') : span('? ')];
}

/** Another command may have proved it while we hear nothing: then that was heard last. */
function unknownSince({ at }: ProofCount, { run }: View): string {
  const since = run.lost?.since ?? at;
  return `unknown since ${clock(Date.parse(at) > Date.parse(since) ? at : since)}`;
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
