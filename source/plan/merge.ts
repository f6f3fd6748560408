/** Many writers, one reader: what the lanes report while they work becomes one sequence. */

export class Channel<T> implements AsyncIterable<T> {
  readonly #values: T[] = [];
  #wake: (() => void) | undefined;
  #closed = false;

  push(value: T): void {
    this.#values.push(value);
    this.#wake?.();
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    for (;;) {
      for (let value = this.#values.shift(); value !== undefined; value = this.#values.shift()) yield value;
      if (this.#closed) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (this.#values.length > 0 || this.#closed) resolve();
      });
      this.#wake = undefined;
    }
  }
}

/** Runs `work` while its reports are read. An error of the work is thrown after its last report. */
export async function* reported<T>(work: (report: (value: T) => void) => Promise<void>): AsyncGenerator<T, void> {
  const channel = new Channel<T>();
  const done = work((value) => channel.push(value)).finally(() => channel.close());
  // Awaited below; without this a rejection before the last report would count as unhandled.
  done.catch(() => undefined);
  yield* channel;
  await done;
}
