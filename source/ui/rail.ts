/** The steps of a session in one line, each with its state. Pure. */
import type { StepView, View } from '../plan/reduce.ts';
import { samples } from './format.ts';
import { foundSigns, isOld, type Known, type Stands, standsNow, unseen, wasInterrupted } from './found.ts';
import { type Line, lineWidth, type Span, sign, span, spread } from './line.ts';
import { spinner, stepSigns } from './theme.ts';
import { wrap } from './width.ts';

/**
 * ` config ✓ preflight ◐ certs · …`; where that does not fit, the signs and the current step's name.
 * @param known all steps where the session has some of them only, and what is known of them
 */
export function railLine(view: View, columns: number, tick = 0, known: readonly Known[] = []): Line {
  const { current } = view;
  const all = standsNow(view, known.length > 0 ? known : unseen(view.steps));
  if (all.length === 0) return [];
  const views = new Map(view.steps.map((step) => [step.id, step]));
  const signOf = ({ id, stands }: Known) => railSign(views.get(id), stands, tick);
  const full: Line = [
    span(' '),
    ...all.flatMap(
      (step, at): Line => [
        ...(at === 0 ? [] : [span(' ')]),
        span(step.id, step.id === current && !view.end ? 'strong' : 'dim'),
        span(' '),
        signOf(step),
      ],
    ),
  ];
  if (lineWidth(full) <= columns) return full;
  const at = all.findIndex(({ id }) => id === current);
  const signs: Line = [span(' '), ...all.map(signOf)];
  return spread(signs, at < 0 ? [] : [span(`${at + 1}/${all.length} ${current} `, 'strong')], columns);
}

/** A step that is asked about, or was declined, has a sign of its own; all else is as the page of the steps has it. */
function railSign(step: StepView | undefined, stands: Stands, tick: number): Span {
  if (stands === 'looking') return sign({ ...foundSigns.looking, text: spinner[tick % spinner.length] ?? '' });
  const asked = step?.status === 'planned' || step?.status === 'declined';
  return sign(asked ? stepSigns[step.status] : foundSigns[stands]);
}

/** What was found in each step so far, for the end of a session. */
export function stepSummary(step: StepView, columns: number): readonly Line[] {
  const looked =
    step.checks.length > 0
      ? `${samples(step.checks.filter((check) => check.ok).length)} of ${samples(step.checks.length)} checks passed`
      : '';
  const did = step.actions.filter((action) => action.status === 'done').length;
  const stopped = wasInterrupted(step);
  const old = isOld(step);
  const words = { changed: 'done', unchanged: 'unchanged', declined: 'declined', failed: 'failed' } as Readonly<
    Record<string, string>
  >;
  const detail = [
    old ? (step.standing?.why ?? '') : '',
    did > 0 ? `${samples(did)} of ${samples(step.actions.length)} done` : '',
    looked,
  ]
    .filter(Boolean)
    .join(', ');
  const line: Line = [
    span('   '),
    sign(stopped || old ? foundSigns[did > 0 || old ? 'outdated' : 'unseen'] : stepSigns[step.status]),
    span(` ${step.id.padEnd(12)} `),
    span(
      (stopped ? 'interrupted' : old ? 'out of date' : (words[step.status] ?? 'not reached')).padEnd(12),
      step.status === 'failed' && !stopped ? 'bad' : 'plain',
    ),
    span(detail, 'dim'),
  ];
  // What a line has no room for stands below it.
  if (lineWidth(line) <= columns) return [line];
  return [line.slice(0, -1), ...wrap(detail, columns - 6).map((part) => [span(`     ${part}`, 'dim')])];
}
