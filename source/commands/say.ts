/** What is said below a screen that was left. */
import type { Call } from './context.ts';

/** Sentences, wrapped at words where a terminal would break them anywhere. */
export async function say({ io }: Pick<Call, 'io'>, sentences: readonly string[]): Promise<void> {
  const { isTTY, columns } = io.stderr;
  // The tables of widths take their time to load, and pipes have no width.
  const lines =
    isTTY && columns > 0
      ? await import('../ui/width.ts').then(({ wrap }) => sentences.flatMap((each) => wrap(each, columns)))
      : sentences;
  io.stderr.write(lines.map((line) => `${line}\n`).join(''));
}
