/** Bytes from a disk to a host, as fast as the host takes them. */
import type { Writable } from 'node:stream';

/** Bytes that are read as they are sent: more than should be held at once. */
export type Streamed = { readonly size: number; chunks(): AsyncIterable<Buffer> };

/**
 * Writes until all is written or `over` has come: then nobody reads the rest.
 * @throws what reading throws
 */
export async function pour(stream: Writable, { chunks }: Streamed, over: Promise<unknown>): Promise<void> {
  let ended = false;
  let wake = () => {};
  const drained = () => wake();
  stream.on('drain', drained);
  const done = () => {
    ended = true;
    wake();
  };
  over.then(done, done);
  try {
    for await (const chunk of chunks()) {
      if (ended) return;
      if (stream.write(chunk)) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (ended || !stream.writableNeedDrain) resolve();
      });
    }
  } finally {
    stream.off('drain', drained);
  }
}
