/** How something long goes on: one line that changes on a terminal, lines below each other elsewhere. */
import { inert } from '../ui/inert.ts';
import { cut } from '../ui/width.ts';

/** Where a terminal says nothing of its width. */
const usualColumns = 80;

export class StatusLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #silent: boolean;
  /** Whether it is one line that changes. */
  readonly changes: boolean;
  #shown = false;

  constructor(
    stream: NodeJS.WriteStream,
    { changes, silent }: { readonly changes: boolean; readonly silent: boolean },
  ) {
    this.#stream = stream;
    this.#silent = silent;
    this.changes = changes;
  }

  tell(text: string): void {
    if (this.#silent) return;
    if (!this.changes) {
      this.#stream.write(`${inert(text)}\n`);
      return;
    }
    // A line that fills the last column would wrap, and its beginning stay.
    this.#stream.write(`\r\x1b[K${cut(inert(text), (this.#stream.columns || usualColumns) - 1)}`);
    this.#shown = true;
  }

  /** What is printed next stands in a line of its own; the last that was told stays. */
  end(): void {
    if (this.#shown) this.#stream.write('\n');
    this.#shown = false;
  }
}
