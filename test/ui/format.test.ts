import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bar, bytes, duration, limitOf, number, samples, secondsBetween, since } from '../../source/ui/format.ts';
import { share } from '../../source/ui/share.ts';
import { toAscii } from '../../source/ui/theme.ts';
import { cut, pad, widthOf, wrap } from '../../source/ui/width.ts';

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('漢字漢字', 'ａｂｃ', 'é', '👩‍🚀🧪'),
);
const width = fc.integer({ min: 0, max: 60 });

describe('texts in columns', () => {
  it('are never wider than they may be', () => {
    fc.assert(
      fc.property(text, width, (each, columns) => {
        expect(widthOf(cut(each, columns))).toBeLessThanOrEqual(columns);
        expect(widthOf(pad(each, columns))).toBe(columns);
        expect(widthOf(pad(each, columns, 'right'))).toBe(columns);
        for (const line of wrap(each, Math.max(2, columns)))
          expect(widthOf(line)).toBeLessThanOrEqual(Math.max(2, columns));
      }),
    );
  });

  it('lose nothing when they are wrapped', () => {
    expect(wrap('one two three four', 9)).toEqual(['one two', 'three', 'four']);
    expect(wrap('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
  });

  it('tell that something was cut', () => {
    expect(cut('certificate', 6)).toBe('certi…');
    expect(cut('漢字漢字', 5)).toBe('漢字…');
  });

  it('keep their columns in ASCII', () => {
    fc.assert(
      fc.property(text, (each) => {
        const clean = each.replace(/[^\P{C}]/gu, '').replace(/\p{M}/gu, '');
        expect(toAscii(clean, widthOf)).toMatch(/^[ -~]*$/);
      }),
    );
    expect(toAscii('✓ ─│ 漢', widthOf)).toBe('+ -| ??');
  });
});

describe('numbers', () => {
  it.each([
    [0, '0 s'],
    [0.84, '0.8 s'],
    [9.97, '10 s'],
    [41, '41 s'],
    [59.7, '1:00'],
    [192, '3:12'],
    [7500, '2h 05m'],
    [273_600, '3d 4h'],
    [Number.NaN, '-'],
    [-1, '-'],
  ])('%d s is %s', (seconds, shown) => expect(duration(seconds)).toBe(shown));

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [98_000_000, '98 MB'],
    [999_999, '1.0 MB'],
    [2e15, '2000 TB'],
  ])('%d bytes are %s', (count, shown) => expect(bytes(count)).toBe(shown));

  it.each([
    [0.41234, '0.412'],
    [0, '0.000'],
    [1e-7, '1.0e-7'],
    [123.456, '123.5'],
    [1e9, '1.0e+9'],
    [Number.NaN, 'NaN'],
    [-Infinity, '-∞'],
  ])('%d is %s', (value, shown) => expect(number(value)).toBe(shown));

  it('are grouped, limited and measured', () => {
    expect(samples(12_400)).toBe('12,400');
    expect(limitOf(1800)).toBe('30 min');
    expect(limitOf(90)).toBe('90 s');
    expect(limitOf(7200)).toBe('2 h');
    expect(secondsBetween('2026-11-20T09:41:00Z', '2026-11-20T09:41:41Z')).toBe(41);
    expect(secondsBetween('not a time', '2026-11-20T09:41:41Z')).toBeUndefined();
  });

  it('fill a bar', () => {
    fc.assert(
      fc.property(fc.double(), fc.integer({ min: 0, max: 80 }), (part, columns) => {
        expect(widthOf(bar(part, columns))).toBe(columns);
      }),
    );
    expect(bar(0.5, 4)).toBe('██░░');
  });
});

describe('rows of a screen', () => {
  it('are never more than there are', () => {
    const wishes = fc.array(fc.record({ least: fc.nat(9), wanted: fc.nat(30) }), { maxLength: 6 });
    fc.assert(
      fc.property(fc.nat(60), wishes, (rows, all) => {
        const given = share(rows, all);
        expect(given.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(rows);
        for (const [at, each] of given.entries()) expect(each).toBeLessThanOrEqual(all[at]?.wanted ?? 0);
      }),
    );
  });

  it('go to the important first', () => {
    expect(
      share(5, [
        { least: 2, wanted: 9 },
        { least: 2, wanted: 2 },
        { least: 4, wanted: 4 },
      ]),
    ).toEqual([3, 2, 0]);
  });
});

it.each([
  [-5, 'just now'],
  [59, 'just now'],
  [60, '1 min ago'],
  [3599, '59 min ago'],
  [3600, '1 h ago'],
  [86_399, '23 h ago'],
  [86_400, '1 day ago'],
  [200_000, '2 days ago'],
])('%d s ago is said as one says it', (seconds, words) => {
  const now = new Date('2026-01-05T00:00:00Z');
  expect(since(new Date(now.getTime() - seconds * 1000), now)).toBe(words);
});
