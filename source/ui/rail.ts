/** The steps of a session in one line, each with its state. Pure. */
import type { StepView, View } from '../plan/reduce.ts';
import { samples } from './format.ts';
import { type Line, lineWidth, type Span, sign, span, spread } from './line.ts';
import { spinner, stepSigns } from './theme.ts';

/** ` config ✓ preflight ◐ certs ○ …`; where that does not fit, the signs and the current step's name. */
export function railLine(view: View, columns: number, tick = 0): Line {
  const { steps, current } = view;
  if (steps.length === 0) return [];
  const full: Line = [
    span(' '),
    ...steps.flatMap(
      (step, at): Line => [
        ...(at === 0 ? [] : [span(' ')]),
        span(step.id, step.id === current && !view.end ? 'strong' : 'dim'),
        span(' '),
        turning(step, tick),
      ],
    ),
  ];
  if (lineWidth(full) <= columns) return full;
  const at = steps.findIndex((step) => step.id === current);
  const signs: Line = [span(' '), ...steps.map((step) => turning(step, tick))];
  return spread(signs, at < 0 ? [] : [span(`${at + 1}/${steps.length} ${current} `, 'strong')], columns);
}

function turning(step: StepView, tick: number): Span {
  const state = stepSigns[step.status];
  // A plan without actions asks nothing: what follows at once are its checks.
  const checks = step.status === 'planned' && step.actions.length === 0;
  const turns = step.status === 'looking' || step.status === 'doing' || checks;
  return sign(turns ? { ...stepSigns.doing, text: spinner[tick % spinner.length] ?? state.text } : state);
}

/** What was found in each step so far, for the end of a session. */
export function stepSummary(step: StepView): Line {
  const looked =
    step.checks.length > 0
      ? `${samples(step.checks.filter((check) => check.ok).length)} of ${samples(step.checks.length)} checks passed`
      : '';
  const did = step.actions.filter((action) => action.status === 'done').length;
  const words = { changed: 'done', unchanged: 'unchanged', declined: 'declined', failed: 'failed' } as Readonly<
    Record<string, string>
  >;
  const detail = [did > 0 ? `${samples(did)} of ${samples(step.actions.length)} done` : '', looked]
    .filter(Boolean)
    .join(', ');
  return [
    span('   '),
    sign(stepSigns[step.status]),
    span(` ${step.id.padEnd(12)} `),
    span((words[step.status] ?? 'not reached').padEnd(12), step.status === 'failed' ? 'bad' : 'plain'),
    span(detail, 'dim'),
  ];
}
