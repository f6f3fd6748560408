import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { GraphemeSegmenter, narrow } from '../../source/ui/graphemes.ts';

const real = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const ours = new GraphemeSegmenter(undefined, { granularity: 'grapheme' });
const parts = (segments: Iterable<Intl.SegmentData>) => [...segments].map(({ segment, index }) => [segment, index]);
const same = (text: string) => void expect(parts(ours.segment(text))).toEqual(parts(real.segment(text)));

/** All characters that a text of plain ones is made of. */
const plain = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter((each) =>
  narrow.test(each),
);

describe('graphemes without tables', () => {
  test('are those of Intl.Segmenter for plain texts with colors', () => {
    const text = fc.array(fc.constantFrom('\x1b', '\x1b[1m', ...plain)).map((each) => each.join(''));
    fc.assert(fc.property(text, same));
  });
  test('are those of Intl.Segmenter for all other texts', () => {
    const marked = fc.constantFrom('\r\n', '\u0301', '\u200d', '\ufe0f', '👩‍🔬', '🇨🇭', '각', '❯\ufe0f');
    const text = fc.array(fc.oneof(marked, fc.constantFrom(...plain), fc.string({ unit: 'binary' })));
    fc.assert(
      fc.property(
        text.map((each) => each.join('')),
        same,
      ),
    );
  });
  test('plain characters take one column each, side by side too', () => {
    expect(plain.length).toBeGreaterThan(95 + 256);
    expect(plain.filter((each) => stringWidth(each) !== 1)).toEqual([]);
    const text = fc.array(fc.constantFrom(...plain)).map((each) => each.join(''));
    fc.assert(fc.property(text, (each) => void expect(stringWidth(each)).toBe(each.length)));
  });
});
