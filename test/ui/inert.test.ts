import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { inert } from '../../source/ui/inert.ts';
import sequences from '../helpers/sequences.json' with { type: 'json' };

const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\x1b[2J',
        '\x1b[31m',
        '\x1b]0;title\x07',
        '\x1b]8;;http://x\x1b\\',
        '\x1b]52;c;',
        '\x1bP',
        '\x9b1A',
        '\x9d0;x\x9c',
        '\x1bc',
        '\x1b(0',
        '\r',
        '\b\b\b',
        '\t',
        '\n',
        '\u202e',
        '\u2066',
        '\u200b',
        '\u200d',
        '\ufeff',
        '\u00ad',
        '\u2028',
        '\ud800',
        '\udc00',
        '\u3164',
        '\u{e0041}',
        'a\u0301\u0302\u0303\u0304',
        '漢字',
        '👨‍👩‍👧',
        '\x00',
        '\x7f',
        '\x85',
      ),
    ),
  )
  .map((parts) => parts.join(''));

describe('inert', () => {
  it('leaves nothing that acts on a terminal, whatever comes', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const shown = inert(text);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u);
        expect(inert(shown)).toBe(shown);
      }),
      { numRuns: 500 },
    );
  });

  it('is of bounded length and of its own width', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 40 }), (text, limit) => {
        expect(inert(text, limit).length).toBeLessThanOrEqual(limit);
        expect(stringWidth(inert(text))).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it.each([
    ['plain text', 'plain text'],
    ['\x1b[31mred\x1b[0m', 'red'],
    ['\x1b]0;owned\x07after', 'after'],
    ['\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\', 'link'],
    ['a\rb', 'a b'],
    ['tab\tnewline\nend', 'tab newline end'],
    ['über漢字', 'über漢字'],
  ])('%j is shown as %j', (text, shown) => {
    expect(inert(text)).toBe(shown);
  });

  // What a journal holds went through the runtime, which has the same rules and is tried with the same cases.
  it.each(sequences as [string, string][])('as the runtime shows %j as %j', (text, shown) => {
    expect(inert(text)).toBe(shown);
  });

  it('shows what follows a sequence without an end', () => {
    expect(inert('\x1b]0;never ends, and goes on')).toBe('\ufffd]0;never ends, and goes on');
  });

  it('keeps two names apart that differ only in what is not seen', () => {
    expect(inert('client1\u200b')).not.toBe(inert('client1'));
    expect(inert('\u202eabc')).toBe('\ufffdabc');
  });

  it('is quick with a line of 10 MB', () => {
    expect(inert('\x1b[31m'.repeat(2_000_000)).length).toBeLessThanOrEqual(1000);
    expect(inert('x'.repeat(10_000_000))).toHaveLength(1000);
  });
});
