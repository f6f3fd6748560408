/** Lines as a person types or pastes them. The terminal itself echoes and edits: a screen reader reads what it knows. */
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

export type LineSource = {
  /** The next line; undefined where the input has ended. */
  next(): Promise<string | undefined>;
  /** The lines that came together with the last one: those of a paste. */
  rest(): Promise<readonly string[]>;
  close(): void;
};

/**
 * The lines of one paste come some milliseconds apart, also over a slow link; who types takes longer for a line. In
 * milliseconds.
 */
const together = 50;

/** Returns once nothing has come for a moment. @param count how many lines have come so far */
export async function quiet(count: () => number): Promise<void> {
  for (let before = -1; before !== count(); ) {
    before = count();
    await pause(together);
  }
}

/** An editor or a screen before has let go of the terminal: nobody would wait for what is typed, and the process would end. */
export function waitedFor(input: NodeJS.ReadableStream & { ref?(): unknown }): void {
  input.ref?.();
}

export function lineSource(input: NodeJS.ReadableStream): LineSource {
  return new TypedLines(input);
}

class TypedLines implements LineSource {
  readonly #reader: Interface;
  #waiting: string[] = [];
  #came = 0;
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(input: NodeJS.ReadableStream) {
    this.#ended = !input.readable;
    waitedFor(input);
    // Without `terminal` nothing is drawn, and Ctrl-C is the signal that it is everywhere else.
    this.#reader = createInterface({ input, terminal: false, crlfDelay: Number.POSITIVE_INFINITY });
    this.#reader.on('line', (line) => {
      this.#came += 1;
      this.#waiting.push(line);
      this.#wake();
    });
    this.#reader.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  async next(): Promise<string | undefined> {
    while (this.#waiting.length === 0 && !this.#ended)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#waiting.shift();
  }

  async rest(): Promise<readonly string[]> {
    await quiet(() => this.#came);
    return this.#waiting.splice(0);
  }

  close(): void {
    this.#reader.close();
  }
}
