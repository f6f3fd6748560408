/** One line from who is asked at a terminal. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { inert } from '../ui/inert.ts';
import { quiet, waitedFor } from './line-source.ts';

export type LineOptions = {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  readonly signal: AbortSignal;
  /** Ctrl-C: while a line is read that is not shown it is a key, and no signal. */
  interrupt(): void;
};

type Way = {
  readonly withdrawn?: AbortSignal | undefined;
  /** What is typed is not shown. */
  readonly hidden?: boolean;
};

export function tell({ output }: LineOptions, lines: readonly string[]): void {
  for (const line of lines) output.write(`${inert(line)}\n`);
}

/** One line; undefined where the input ends or somebody interrupts. */
export async function ask(
  options: LineOptions,
  question: string,
  { withdrawn = options.signal, hidden = false }: Way = {},
): Promise<string | undefined> {
  // Ctrl-D has ended it for all that is still to be asked; a reader of it would wait for ever.
  if (!options.input.readable) return undefined;
  waitedFor(options.input);
  // What may be seen the terminal itself echoes: Node's own line editor draws, and a screen reader reads that as well.
  const output = hidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : options.output;
  const reader = createInterface({ input: options.input, output, terminal: hidden });
  reader.on('SIGINT', options.interrupt);
  const ended = new Promise<undefined>((resolve) => reader.once('close', () => resolve(undefined)));
  try {
    let came = 0;
    reader.on('line', () => (came += 1));
    // What was typed before the question stood there is no answer to it, least of all a yes.
    if (!hidden) await Promise.race([quiet(() => came), ended]);
    // Only from here on does the terminal not show what is typed: before, nobody is to be invited to.
    else options.output.write(question);
    const signal = AbortSignal.any([options.signal, withdrawn]);
    const asked = reader.question(hidden ? '' : question, { signal }).catch(() => undefined);
    const line = await Promise.race([asked, ended]);
    // Nobody has ended the question's line: where a signal comes, the reader does.
    if (!options.input.readable && !hidden) options.output.write('\n');
    return line;
  } finally {
    reader.close();
  }
}
