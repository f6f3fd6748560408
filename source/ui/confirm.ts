/** A page that is read and answered with yes or no. */

import { helpEntry } from './help-entry.ts';
import type { Key } from './keys.ts';
import { blank, isTooSmall, type Line, page, type Size, span, spread, textLine } from './line.ts';
import { wordOf } from './moves.ts';
import { indented } from './plan-lines.ts';
import { scrolled, scrolledTo } from './scrolled.ts';
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

/** The same pane for what is only read: there keys, signs and names may stand beside what they mean. */
export type Reading = Omit<Confirm, 'lines'> & {
  readonly lines: readonly (string | readonly [sign: string, meaning: string])[];
};

export type ConfirmState = Reading & { readonly offset: number };

/** What a key means: an answer, or another place in the text. */
export function confirmKey(state: ConfirmState, key: Key, size: Size): ConfirmState | boolean {
  const word = wordOf(key);
  if (state.yes !== undefined && (word === 'y' || word === 'Y')) return true;
  if (['n', 'N', 'q', 'escape'].includes(word) || (state.yes === undefined && ['enter', '?'].includes(word)))
    return false;
  const offset = scrolledTo(key, state.offset, (at) => confirmLines({ ...state, offset: at }, size));
  return offset === undefined ? state : { ...state, offset };
}

export function confirmLines({ title, lines, yes, no, offset }: ConfirmState, size: Size): readonly Line[] {
  const { columns, rows } = size;
  if (isTooSmall(size)) return tooSmall(columns, rows);
  const body = lines.flatMap((line) =>
    typeof line === 'string' ? indented(line, columns, 3, 'plain') : helpEntry(line, columns),
  );
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

  constructor(confirm: Reading) {
    this.store = new Store<ConfirmState>({ ...confirm, offset: 0 });
    this.answer = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /**
   * @param size of the terminal in which it is read
   * @returns whether that was an answer
   */
  key(key: Key, size: Size): boolean {
    const next = confirmKey(this.store.get(), key, size);
    if (typeof next === 'boolean') this.#resolve(next);
    else this.store.set(next);
    return typeof next === 'boolean';
  }

  cancel(): void {
    this.#resolve(false);
  }
}
