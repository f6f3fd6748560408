/** A record that several monitors of one project write: each adds only what none has written yet. */
import type { FileHandle } from 'node:fs/promises';
import type { Event } from '../plan/event.ts';

/** Bytes that are looked through for the last sequence at most: some thousand events, or a round in which a thousand clients failed. */
const mostRead = 1 << 20;

/** How a file was found: one `fstat` tells both. */
export type FileNow = { readonly ino: number; readonly size: number };

/**
 * What is known of one record. Two who write in the same moment may still both write the few events of that moment: readers
 * know them by their sequence. A lock would be held by monitors that are suspended.
 */
export class SharedRecord {
  #inode = 0;
  /** Where our last writing began, and where it ended if nobody else wrote. */
  #from = 0;
  #size = 0;
  /** The last sequence that is known to be in it. */
  #last = 0;

  /**
   * Only what was appended by others is read.
   * @returns those of the events that are not in it yet; what has no sequence is told by nobody else
   */
  async missing(handle: FileHandle, { ino, size }: FileNow, events: readonly Event[]): Promise<readonly Event[]> {
    // Set aside, cut, or the first look at it.
    if (ino !== this.#inode || size < this.#size) [this.#inode, this.#from, this.#size, this.#last] = [ino, 0, 0, 0];
    if (size > this.#size) this.#last = Math.max(this.#last, await lastSequence(handle, this.#from, size));
    return events.filter((event) => (sequenceOf(event) ?? Infinity) > this.#last);
  }

  /** Whether nobody has written to it since we did. */
  isOurs({ ino, size }: FileNow): boolean {
    return ino === this.#inode && size === this.#size && size > 0;
  }

  /** @param bytes that were appended to the file as it was found */
  wrote({ size }: FileNow, bytes: number, events: readonly Event[]): void {
    this.#from = size;
    this.#size = size + bytes;
    for (const event of events) this.#last = Math.max(this.#last, sequenceOf(event) ?? 0);
  }
}

const sequenceOf = (event: object): number | undefined =>
  'sequence' in event && typeof event.sequence === 'number' ? event.sequence : undefined;

/** From the end: none stands there out of order. @returns 0 where none is found */
async function lastSequence(handle: FileHandle, from: number, to: number): Promise<number> {
  const start = Math.max(from, to - mostRead);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(to - start), 0, to - start, start);
  for (const line of buffer.toString('utf8', 0, bytesRead).split('\n').reverse()) {
    const sequence = sequenceIn(line);
    if (sequence !== undefined) return sequence;
  }
  return 0;
}

/** Nothing for a line of which only a part is there. */
function sequenceIn(line: string): number | undefined {
  try {
    const event: unknown = JSON.parse(line);
    return event !== null && typeof event === 'object' ? sequenceOf(event) : undefined;
  } catch {
    return undefined;
  }
}
