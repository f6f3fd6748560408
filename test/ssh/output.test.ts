import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { capture, splitLines } from '../../source/ssh/output.ts';

function lines(...chunks: (string | Buffer)[]): string[] {
  const seen: string[] = [];
  const splitter = splitLines((line) => seen.push(line));
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return seen;
}

describe('splitLines', () => {
  it('cuts at line ends wherever the pieces were cut', () => {
    expect(lines('a\nb', 'c\r', '\n', '\nd')).toEqual(['a', 'bc', '', 'd']);
    expect(lines('a\n')).toEqual(['a']);
    expect(lines()).toEqual([]);
  });

  it('joins characters that were cut, and replaces what is none', () => {
    const bytes = Buffer.from('é\n');
    expect(lines(bytes.subarray(0, 1), bytes.subarray(1))).toEqual(['é']);
    expect(lines(Buffer.from([0xff, 0x0a]))).toEqual(['\ufffd']);
  });

  it('hands a line of 10 MB on in pieces', () => {
    const seen = lines('x'.repeat(10_000_000));
    expect(seen.length).toBeGreaterThan(100);
    expect(seen.join('').length).toBe(10_000_000);
  });
});

describe('capture', () => {
  it('keeps no more than its limit, says so once, and reads on', async () => {
    const stream = new PassThrough();
    let overflows = 0;
    const kept = capture(stream, 5, { overflow: () => overflows++ });
    stream.write('abc');
    stream.write('defg');
    stream.end('hij');
    await finished(stream);
    expect(kept.text()).toBe('abcde');
    expect(kept.overflowed).toBe(true);
    expect(overflows).toBe(1);
  });

  it('is no overflow to be exactly full', async () => {
    const stream = new PassThrough();
    const kept = capture(stream, 3, {});
    stream.end('abc');
    await finished(stream);
    expect([kept.text(), kept.overflowed]).toEqual(['abc', false]);
  });
});
