/** Many writers, one reader: what the lanes report while they work becomes one sequence. */

export class Channel<T> implements AsyncIterable<T> {
  readonly #values: T[] = [];
  readonly #most: number;
  #wake: (() => void) | undefined;
  #taken: (() => void) | undefined;
  #closed = false;
  #left = false;

  /** @param most so many values wait for a reader, where the writer asks for room */
  constructor(most = 1000) {
    this.#most = most;
  }

  push(value: T): void {
    this.#values.push(value);
    this.#wake?.();
  }

  /** What to wait for until the reader has caught up, or has gone: what a slow one leaves must not pile up. For one writer. */
  room(): Promise<void> | undefined {
    if (this.#values.length < this.#most || this.#left) return undefined;
    return new Promise<void>((resolve) => {
      this.#taken = resolve;
    });
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    try {
      for (;;) {
        for (let value = this.#values.shift(); value !== undefined; value = this.#values.shift()) yield value;
        this.#taken?.();
        if (this.#closed) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
          if (this.#values.length > 0 || this.#closed) resolve();
        });
        this.#wake = undefined;
      }
    } finally {
      this.#left = true;
      this.#taken?.();
    }
  }
}

/**
 * Runs `work` while its reports are read. An error of the work is thrown after its last report.
 * @param work may wait for room, where it would report faster than anybody reads
 * @param most so many reports wait at most where it does
 */
export async function* reported<T>(
  work: (report: (value: T) => void, room: () => Promise<void> | undefined) => Promise<void>,
  most?: number,
): AsyncGenerator<T, void> {
  const channel = new Channel<T>(most);
  const done = work(
    (value) => channel.push(value),
    () => channel.room(),
  ).finally(() => channel.close());
  // Awaited below; without this a rejection before the last report would count as unhandled.
  done.catch(() => undefined);
  yield* channel;
  await done;
}
