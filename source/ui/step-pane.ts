/** A step that looks, does or has ended. Pure. */
import type { StepView } from '../plan/reduce.ts';
import { failureCards } from './failure-lines.ts';
import { duration, samples, secondsBetween } from './format.ts';
import { blank, type Line, span, spread, textLine } from './line.ts';
import type { SessionState } from './session-state.ts';
import { checkLines, progressLines } from './step-lines.ts';
import { spinner } from './theme.ts';

/** What a pane is about, and how far it is. */
export function heading(title: string, right: string, columns: number): Line {
  return spread([span(` ${title}`, 'strong')], [span(`${right} `, 'dim')], columns, 'left');
}

export function stepPane(state: SessionState, step: StepView, columns: number, rows: number): readonly Line[] {
  // From a yes on: reading a plan is no work.
  const since = step.status === 'doing' ? (step.doingSince ?? state.stepSince) : state.stepSince;
  const passed = since === undefined ? 0 : (secondsBetween(since, state.now) ?? 0);
  const head = [heading(step.title, stepProgress(step, passed), columns), blank];
  let room = rows - head.length;
  const take = (lines: readonly Line[]) => {
    if (lines.length === 0) return [];
    const own = [...lines, blank].slice(0, Math.max(0, room));
    room -= own.length;
    return own;
  };
  // What went wrong stands above what went well.
  const cards = take(failureCards(step.failures, columns, room - Math.min(4, step.actions.length)));
  const looking = step.actions.length === 0 ? take(lookingLine(state, step)) : [];
  // Checks get their rows before texts are told in full; a few of them even where there is hardly any room.
  const checked = step.checks.length === 0 ? 0 : step.checks.length + 2;
  const given = { rows: Math.max(0, room - Math.min(checked, 4)), roomy: room - checked };
  const actions = take(progressLines(step, columns, given, state));
  const idle =
    step.status === 'unchanged' && step.actions.length === 0
      ? take([textLine('   nothing to do: all is as it must be')])
      : [];
  const checks = take(checkLines(step.checks, columns, room));
  return [...head, ...cards, ...looking, ...idle, ...actions, ...checks];
}

/** Before there are actions: what goes on. */
function lookingLine({ tick }: SessionState, { status, checks }: StepView): readonly Line[] {
  if (status !== 'looking' && (status !== 'planned' || checks.length > 0)) return [];
  const text = status === 'looking' ? ' looking… nothing is changed by this' : ' checking…';
  return [[span('   '), span(spinner[tick % spinner.length] ?? '', 'accent'), span(text, 'dim')]];
}

function stepProgress({ status, actions }: StepView, passed: number): string {
  const done = actions.filter((action) => action.status === 'done').length;
  const time = passed >= 1 && (status === 'looking' || status === 'doing') ? `   ${duration(Math.floor(passed))}` : '';
  if (actions.length === 0 || status === 'looking') return time.trim();
  return `${samples(done)} of ${samples(actions.length)} done${time}`;
}
