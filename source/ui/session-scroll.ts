/** How far down what is read a key leads. Pure. */
import type { Size } from './line.ts';
import { printing } from './output-pane.ts';
import { sessionLines } from './session-lines.ts';
import { printingStep, type SessionState } from './session-state.ts';

/** More lines than any plan has. */
const longest = 10_000;

/** Lines, or hosts, that are scrolled past after a move: never more than there are, so that the way back begins at once. */
export function offsetAfter(state: SessionState, by: number, size: Size): number {
  const { offset, prompt, output, finished } = state;
  const next = Math.min(longest, Math.max(0, offset + by));
  const step = output && (finished || !prompt) ? printingStep(state) : undefined;
  if (step) return Math.max(0, Math.min(printing(step).length - 1, next));
  return by > 0 ? notBelow(state, next, size) : next;
}

/** The picture knows where it ends: the first place from which on it is the same. */
function notBelow(state: SessionState, next: number, size: Size): number {
  const at = (offset: number) =>
    sessionLines({ ...state, offset }, { ...size, unicode: true })
      .map((line) => line.map(({ text }) => text).join(''))
      .join('\n');
  const end = at(longest);
  if (at(next) !== end) return next;
  let [from, to] = [0, next];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (at(middle) === end) to = middle;
    else from = middle + 1;
  }
  return from;
}
