import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quote } from '../../source/ssh/commands.ts';
import { wrapShell } from '../../source/ui/shell-wrap.ts';

/** What a shell makes of lines that were copied from a terminal. */
const run = (lines: readonly string[]) => execFileSync('/bin/sh', ['-c', lines.join('\n')]).toString();
const printed = (words: readonly string[]) => words.map((word) => `<${word}>`).join('');
const print = (words: readonly string[]) => quote(['printf', '<%s>', ...words]);

describe.each([40, 80, 120])('lines for a shell in %d columns', (columns) => {
  it.each([
    ['many words', Array.from({ length: 60 }, (_, at) => `--option-${at}`)],
    [
      'a command inside a command',
      ['ssh', quote(['sh', '-c', `umask 077; ${quote(['mkdir', '-p', '/srv/a b'.repeat(20)])}`])],
    ],
    ['a word longer than any line', ['x'.repeat(400), `it's ${'y'.repeat(300)} \\`, '"', "'"]],
    ['an end in a backslash', [`${'a '.repeat(60)}\\`, 'b']],
  ])('mean the same, and none is cut: %s', (_, words) => {
    const lines = wrapShell([print(words)], columns);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    expect(run(lines)).toBe(printed(words));
  });
});

it('mean the same whatever the words are', () => {
  const word = fc.string({ unit: fc.constantFrom(...'ab \\\'"$`#;é'), minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), (words) => {
      expect(run(wrapShell([print(words)], 40))).toBe(printed(words));
    }),
    { numRuns: 60 },
  );
});

it('leave a text as it is, with its end where a shell looks for it', () => {
  const text = `cat ${'-u '.repeat(30)}<<'END'\n  two spaces\n${'long '.repeat(30)}\nEND`;
  const lines = wrapShell([text], 40);
  expect(lines.slice(0, 2).join(' ')).toMatch(/^# .*--show-commands/);
  expect(run(lines)).toBe(`  two spaces\n${'long '.repeat(30)}\n`);
});

it('break a comment into comments', () => {
  expect(wrapShell(['# a login is left out here: pip asks for it'], 30)).toEqual([
    '# a login is left out here:',
    '# pip asks for it',
  ]);
});
