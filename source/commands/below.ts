/** What is said and asked below a screen that was left: a key answers at once; where there are lines only, a line does. */
import { createInterface } from 'node:readline/promises';
import { inert } from '../ui/inert.ts';
import { type Call, hasScreen } from './context.ts';
import { say } from './say.ts';

export function tell(call: Call, lines: readonly string[]): Promise<void> {
  return say(
    call,
    lines.map((line) => inert(line)),
  );
}

/** What each key means; `enter` is the key of that name. */
export type Meanings<Answer> = Readonly<Record<string, Answer>>;

/**
 * Asks until one of the keys was pressed, or typed as a line.
 * @param otherwise where the terminal hangs up, or a signal ends the process
 */
export async function choose<Answer>(
  call: Call,
  question: string,
  meanings: Meanings<Answer>,
  otherwise: Answer,
): Promise<Answer> {
  await prompt(call, question);
  // A screen that was closed has let go of it, and nobody would wait for what is typed.
  call.io.stdin.ref?.();
  const next = hasScreen(call) ? keysOf(call) : linesOf(call);
  try {
    for await (const typed of next) {
      const meant = meanings[typed];
      if (meant !== undefined) return meant;
      if (!hasScreen(call)) await prompt(call, question);
    }
    return otherwise;
  } finally {
    if (hasScreen(call)) call.io.stderr.write('\n');
  }
}

/** Wrapped at words as what stands above it; what is typed stands behind its last one. */
async function prompt(call: Call, question: string): Promise<void> {
  const { isTTY, columns } = call.io.stderr;
  const { wrap } = await import('../ui/width.ts');
  const lines = isTTY && columns > 0 ? wrap(question, columns - 1) : [question];
  call.io.stderr.write(`${lines.join('\n')} `);
}

/** Keys by their letter, `enter` and the rest left out; ends where the terminal does, or with Ctrl-C. */
async function* keysOf({ io }: Call): AsyncGenerator<string> {
  const { stdin, signal } = io;
  const came: string[] = [];
  let ended = signal.aborted;
  let wake: () => void = () => undefined;
  const take = (chunk: Buffer | string) => {
    const text = chunk.toString();
    // An arrow is no letter, though it ends with one.
    if (!text.startsWith('\x1b')) came.push(...text);
    wake();
  };
  const end = () => {
    ended = true;
    wake();
  };
  stdin.setRawMode(true);
  stdin.on('data', take).once('end', end).once('close', end).resume();
  signal.addEventListener('abort', end, { once: true });
  try {
    for (;;) {
      const key = came.shift();
      if (key === '\x03') io.interrupt();
      if (key === '\x03' || key === '\x04' || (key === undefined && ended)) return;
      if (key !== undefined) yield key === '\r' || key === '\n' ? 'enter' : key.toLowerCase();
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal.removeEventListener('abort', end);
    stdin.off('data', take).off('end', end).off('close', end).pause();
    stdin.setRawMode(false);
  }
}

/** Typed lines; one without a word is `enter`. */
async function* linesOf({ io }: Call): AsyncGenerator<string> {
  // The terminal itself echoes: Node's own line editor would draw.
  const reader = createInterface({ input: io.stdin, terminal: false });
  // A terminal that hangs up says nothing more; what it said last counts.
  const ended = new Promise<undefined>((resolve) => reader.once('close', () => setImmediate(resolve, undefined)));
  try {
    for (;;) {
      const asked = reader.question('', { signal: io.signal }).catch(() => undefined);
      const typed = await Promise.race([asked, ended]);
      if (typed === undefined) return;
      yield typed.trim().toLowerCase() || 'enter';
    }
  } finally {
    reader.close();
  }
}

/** What went wrong below a screen that comes back at once would be seen by nobody. */
export async function toldAndSeen(call: Call, lines: readonly string[]): Promise<void> {
  await tell(call, lines);
  await choose(call, 'enter goes on:', { enter: true }, true);
}
