import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quote } from '../../source/ssh/commands.ts';

/** The words that /bin/sh makes of a line, by printing each with a NUL behind it. */
function wordsOf(line: string): string[] {
  const output = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' });
  return output.split('\0').slice(0, -1);
}

describe('quote', () => {
  it('leaves plain words readable', () => {
    expect(quote(['install', '-d', '-m', '0700', '/etc/ssl/fl_network', 'a=b'])).toBe(
      'install -d -m 0700 /etc/ssl/fl_network a=b',
    );
  });

  it('quotes what a shell would take for something else', () => {
    expect(quote(["it's", '', '$(id)', 'a;b'])).toBe(`'it'\\''s' '' '$(id)' 'a;b'`);
  });

  // `=x` is a path lookup in zsh, `~` a home, and `A=1` before a command an assignment.
  it.each([
    ['=ls', "'=ls'"],
    ['~', "'~'"],
    ['{a,b}', "'{a,b}'"],
    ['#x', "'#x'"],
    ['!x', "'!x'"],
  ])('quotes %s', (word, quoted) => {
    expect(quote([word])).toBe(quoted);
  });

  it.each([
    ["'"],
    ['"'],
    [';'],
    ['$(id)'],
    ['`id`'],
    [' '],
    ['\n'],
    [''],
    ['\\'],
    ['*'],
    ['-n'],
    ['a\tb'],
    ['é…\u202e'],
  ])('brings %j through /bin/sh unchanged', (word) => {
    expect(wordsOf(quote([word, 'x', word]))).toEqual([word, 'x', word]);
  });

  it('brings every list of words through /bin/sh unchanged', () => {
    const special = fc.constantFrom("'", '"', ';', '$(', ')', '`', ' ', '\n', '\\', '*', '?', '~', '=', '!', '#', '&');
    const character = fc.oneof(special, fc.string({ unit: 'grapheme', maxLength: 1 }));
    const word = fc
      .array(character, { maxLength: 12 })
      .map((characters) => characters.join(''))
      .filter((text) => !text.includes('\0') && Buffer.from(text).toString() === text);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 8 }), (words) => {
        expect(wordsOf(quote(words))).toEqual(words);
      }),
      { numRuns: 200 },
    );
  });

  it('refuses a NUL, which no argument can hold', () => {
    expect(() => quote(['a\0b'])).toThrow(RangeError);
  });
});
