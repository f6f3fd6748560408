/** How a copy of several files goes on, as lines for those who watch. Pure but for the clock. */
import { bytes } from './size.ts';

type Piece = { readonly name: string; readonly size: number; readonly offset: number };

/** In whose words a copy is told of, and at most one line in so many milliseconds. */
export type Telling = {
  readonly doing: string;
  readonly done: string;
  readonly noun: string;
  readonly pace: number;
};

const wheels: Telling = { doing: 'copying', done: 'copied', noun: 'wheel', pace: 1000 };

export class Transfer {
  readonly #pieces: readonly Piece[];
  readonly #line: (text: string) => void;
  readonly #telling: Telling;
  readonly #now: () => number;
  readonly #begun: number;
  /** Bytes of the piece under way that are there; those that lay there before are no speed of ours. */
  #of = new Map<string, number>();
  #sent = 0;
  #told: number;

  constructor(
    pieces: readonly Piece[],
    line: (text: string) => void,
    now: () => number = () => performance.now(),
    telling: Telling = wheels,
  ) {
    this.#pieces = pieces;
    this.#line = line;
    this.#telling = telling;
    this.#now = now;
    this.#begun = now();
    this.#told = this.#begun;
    const total = pieces.reduce((sum, { size, offset }) => sum + size - offset, 0);
    const resumed = pieces
      .filter(({ offset }) => offset > 0)
      .map(({ name, offset }) => `${name} from ${bytes(offset)} on`);
    const rest = resumed.length > 0 ? `, ${resumed.join(', ')}` : '';
    const { doing, noun } = telling;
    line(`${doing} ${pieces.length} ${noun}${pieces.length === 1 ? '' : 's'}, ${bytes(total)}${rest}`);
  }

  sent(name: string, count: number): void {
    this.#sent += count;
    this.#of.set(name, (this.#of.get(name) ?? 0) + count);
    const now = this.#now();
    if (now - this.#told < this.#telling.pace) return;
    this.#told = now;
    const at = this.#pieces.findIndex((piece) => piece.name === name);
    const piece = this.#pieces[at];
    if (!piece) return;
    const there = piece.offset + (this.#of.get(name) ?? 0);
    const part = `${bytes(there)} of ${bytes(piece.size)}`;
    // The name, which may be long, comes last: what is cut off at the edge of a terminal is no number.
    this.#line(`${part}  ${at + 1} of ${this.#pieces.length}  ${this.#rate(now)}  ${name}`);
  }

  end(): void {
    this.#line(`${this.#telling.done} ${bytes(this.#sent)}, ${this.#rate(this.#now())}`);
  }

  #rate(now: number): string {
    // A copy that takes no time has no speed.
    return `${bytes(this.#sent / Math.max(0.001, (now - this.#begun) / 1000))}/s`;
  }
}
