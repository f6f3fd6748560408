import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** A line without an end is handed on in pieces of this many characters, so that it can't fill the memory. */
const longestLine = 65_536;

/** What a stream brought. */
export type Capture = { text(): string; readonly overflowed: boolean };

/**
 * Reads a stream to its end: keeps its first `limit` bytes and hands on every line as it comes.
 * Bytes that are no UTF-8 become U+FFFD.
 */
export function capture(
  stream: Readable,
  limit: number,
  on: { line?: ((line: string) => void) | undefined; overflow?: (() => void) | undefined },
): Capture {
  const chunks: Buffer[] = [];
  let size = 0;
  let overflowed = false;
  const lines = on.line ? splitLines(on.line) : undefined;
  stream.on('data', (chunk: Buffer) => {
    lines?.push(chunk);
    if (size < limit) chunks.push(chunk.subarray(0, limit - size));
    size += chunk.length;
    if (size <= limit || overflowed) return;
    overflowed = true;
    on.overflow?.();
  });
  stream.once('end', () => lines?.end());
  return {
    text: () => Buffer.concat(chunks).toString('utf8'),
    get overflowed() {
      return overflowed;
    },
  };
}

/** Cuts bytes into lines, without their ends; the last one needs none. */
export function splitLines(onLine: (line: string) => void): { push(chunk: Buffer): void; end(): void } {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line.replace(/\r$/, ''));
    while (rest.length > longestLine) {
      onLine(rest.slice(0, longestLine));
      rest = rest.slice(longestLine);
    }
  };
  return {
    push: (chunk) => take(decoder.write(chunk)),
    end: () => {
      take(decoder.end());
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
}
