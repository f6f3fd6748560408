/** A local file that others append lines to, read on from where it was read last. */
import { open, stat } from 'node:fs/promises';
import { WholeLines } from './agent-answers.ts';
import { localFailure } from './files.ts';
import { pause } from './pause.ts';

const chunkBytes = 64 * 1024;

/** Each in the bytes of the one before it: a record grows by megabytes between two looks, and those would all be held at once. */
async function* chunksOf(path: string, from: number): AsyncGenerator<Buffer> {
  const handle = await open(path);
  try {
    const bytes = Buffer.allocUnsafe(chunkBytes);
    for (let at = from; ; ) {
      const { bytesRead } = await handle.read(bytes, 0, chunkBytes, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield bytes.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

export class AppendedLines {
  readonly #path: string;
  readonly #every: number;
  readonly #isWhole: (line: string) => boolean;
  /** Bytes that were read: up to the end of a whole line. */
  #at = 0;

  /**
   * @param every between two looks at its size, milliseconds
   * @param isWhole whether what stands behind the last line break is a line that only lost its own: a kill can do that
   */
  constructor(path: string, every: number, isWhole: (line: string) => boolean) {
    this.#path = path;
    this.#every = every;
    this.#isWhole = isWhole;
  }

  /**
   * The whole lines since the last time, at first all, by the piece in which they were read; nothing where there is no file. What is behind the last line break
   * and no whole line may still be written, and is left for the next time.
   * @param only where one matches in none of its lines, a piece is passed over as a whole
   * @throws UserError (3)
   */
  async *next(only?: RegExp): AsyncGenerator<readonly string[]> {
    const lines = new WholeLines();
    try {
      const size = await this.#size();
      // Another file is in its place: it is read from its beginning.
      if (size < this.#at) this.#at = 0;
      if (size === this.#at) return;
      let read = this.#at;
      for await (const chunk of chunksOf(this.#path, this.#at)) {
        const end = chunk.lastIndexOf(10);
        if (end >= 0) this.#at = read + end + 1;
        read += chunk.length;
        const found = lines.take(chunk, only);
        if (found.length > 0) yield found;
      }
      const [rest] = lines.take(Buffer.from('\n'));
      if (rest === undefined || !this.#isWhole(rest)) return;
      this.#at = read;
      yield [rest];
    } catch (error) {
      throw localFailure(error, `Reading ${this.#path}`);
    }
  }

  /** Until there is more than was read, or the signal. @throws UserError (3) */
  async grown(signal: AbortSignal): Promise<void> {
    do await pause(this.#every, signal);
    while (!signal.aborted && (await this.#size()) === this.#at);
  }

  async #size(): Promise<number> {
    try {
      return (await stat(this.#path)).size;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
      throw localFailure(error, `Reading ${this.#path}`);
    }
  }
}
