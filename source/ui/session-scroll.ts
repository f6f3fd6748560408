/** How far down what is read a key leads. Pure. */
import type { Key } from './keys.ts';
import type { Size } from './line.ts';
import { printing } from './output-pane.ts';
import { pageOf, within } from './scrolled.ts';
import { sessionLines } from './session-lines.ts';
import { printingStep, type SessionState } from './session-state.ts';
import type { TableState } from './table-state.ts';

/** Lines that a page has of what is shown; nothing where the key leads no page on. */
export function pageShown(state: SessionState, key: Key, size: Size): number | undefined {
  return pageOf(key, () => sessionLines(state, { ...size, unicode: true }));
}

/** Lines, or hosts, that are scrolled past after a move: never more than there are. */
export function offsetAfter(state: SessionState, by: number, size: Size): number {
  const { offset, prompt, output, finished } = state;
  const step = output && (finished || !prompt) ? printingStep(state) : undefined;
  if (step) return Math.max(0, Math.min(printing(step).length - 1, offset + by));
  return within(offset + by, by, (at) => sessionLines({ ...state, offset: at }, { ...size, unicode: true }));
}

/** A page of the live table after a key, never scrolled further than it goes. The log knows its own end. */
export function notBelow(state: SessionState, table: TableState, size: Size): TableState {
  const by = table.offset - state.table.offset;
  if (by <= 0 || table.pane === 'log') return table;
  const at = (offset: number) => sessionLines({ ...state, table: { ...table, offset } }, { ...size, unicode: true });
  return { ...table, offset: within(table.offset, by, at) };
}
