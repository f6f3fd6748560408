/** The last lines that a host printed, in full: what pip says, or how far a copy is. Pure. */
import type { ActionView, StepView } from '../plan/reduce.ts';
import { blank, type Line, span, textLine } from './line.ts';
import { actionSigns } from './theme.ts';

/** Whose output there is to be seen: what goes on and what failed first. */
export function printing({ actions }: StepView): readonly ActionView[] {
  const some = actions.filter(({ lines }) => lines !== undefined);
  const busy = some.filter(({ status }) => status === 'doing' || status === 'failed');
  return [...busy, ...some.filter((action) => !busy.includes(action))];
}

/** @param at which of those that print something */
export function outputPane(step: StepView, at: number, rows: number): readonly Line[] {
  const all = printing(step);
  const action = all[Math.min(at, all.length - 1)];
  if (!action) return [textLine('   nothing was printed yet', 'dim')];
  const which = all.length > 1 ? `   ${Math.min(at, all.length - 1) + 1} of ${all.length}` : '';
  const { text, tone } = actionSigns[action.status];
  const head: Line = [
    span('   '),
    span(text, tone),
    span(` ${action.host ?? 'here'}`, 'strong'),
    span(`   ${action.text}${which}`, 'dim'),
  ];
  const room = Math.max(1, rows - 2);
  return [head, blank, ...(action.lines ?? []).slice(-room).map((line) => textLine(`   ${line}`))];
}
