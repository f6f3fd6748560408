/** A page that is read and answered with yes or no. */

import type { Key } from './keys.ts';
import { blank, isTooSmall, type Line, page, type Size, span, spread, textLine } from './line.ts';
import { moveOf, wordOf } from './moves.ts';
import { indented } from './plan-lines.ts';
import { scrolled } from './scrolled.ts';
import { Store } from './store.ts';
import { tooSmall } from './tiny.ts';

export type Confirm = {
  readonly title: string;
  readonly lines: readonly string[];
  /** What `y` does, in a few words; left out where there is nothing to say yes to. */
  readonly yes?: string;
  /** What any other way out of the page does. */
  readonly no: string;
};

export type ConfirmState = Confirm & { readonly offset: number };

/** What a key means: an answer, or another place in the text. */
export function confirmKey(state: ConfirmState, key: Key): ConfirmState | boolean {
  const word = wordOf(key);
  if (state.yes !== undefined && (word === 'y' || word === 'Y')) return true;
  if (['n', 'N', 'q', 'escape'].includes(word) || (state.yes === undefined && word === 'enter')) return false;
  const by = moveOf(key);
  return by === undefined
    ? state
    : { ...state, offset: Math.max(0, Math.min(state.lines.length * 10, state.offset + by)) };
}

export function confirmLines({ title, lines, yes, no, offset }: ConfirmState, size: Size): readonly Line[] {
  const { columns, rows } = size;
  if (isTooSmall(size)) return tooSmall(columns, rows);
  const body = lines.flatMap((line) => indented(line, columns, 3, 'plain'));
  const keys = yes === undefined ? ` enter ${no}` : ` y ${yes}   n ${no}`;
  return page(
    [textLine(` ${title}`, 'strong'), blank, ...scrolled(body, rows - 3, offset)],
    [spread([span(keys, 'dim')], [span('↑↓ scroll ', 'dim')], columns, 'left')],
    size,
  );
}

export class ConfirmModel {
  readonly store: Store<ConfirmState>;
  readonly answer: Promise<boolean>;
  #resolve: (yes: boolean) => void = () => undefined;

  constructor(confirm: Confirm) {
    this.store = new Store<ConfirmState>({ ...confirm, offset: 0 });
    this.answer = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  key(key: Key): void {
    const next = confirmKey(this.store.get(), key);
    if (typeof next === 'boolean') this.#resolve(next);
    else this.store.set(next);
  }

  cancel(): void {
    this.#resolve(false);
  }
}
