import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { program } from '../source/cli.ts';
import { helpOf, type StoredHelp } from '../source/stored-help.ts';

type Storing = { storedHelp: (program: Command) => StoredHelp };

// A script without types: what is used of it is written down above.
const { storedHelp } = (await import(join(import.meta.dirname, '..', 'scripts/support/stored-help.js'))) as Storing;
const stored = storedHelp(program());
const paths = Object.keys(stored.commands);

/** What commander itself prints on a terminal of that width, or where there is none. */
function printed(path: string, columns?: number): string {
  const parts: string[] = [];
  const words = path.split(' ').filter(Boolean);
  const command = words.reduce<Command | undefined>(
    (above, word) => above?.commands.find((each) => each.name() === word),
    program(),
  );
  command?.configureOutput({ writeOut: (text) => void parts.push(text), getOutHelpWidth: () => columns as number });
  command?.outputHelp();
  return parts.join('');
}

describe('the help that the build writes down', () => {
  test('is of the program, of each command and of those below them', () => {
    expect(paths).toEqual(expect.arrayContaining(['', 'up', 'launch', 'monitor', 'cert', 'cert list', 'cert show']));
    expect(paths).toHaveLength(1 + program().commands.length + 2);
  });
  test.each(paths)('is what commander prints, where no terminal is: %j', (path) => {
    expect(helpOf(stored, path)).toBe(printed(path));
    expect(printed(path)).toContain('Usage: fl-wizard');
  });
  test.each(paths)('is what commander prints in terminals of 0 to 160 columns, and in one of 500: %j', (path) => {
    for (const columns of [...Array(161).keys(), 500])
      expect([columns, helpOf(stored, path, columns)]).toEqual([columns, printed(path, columns)]);
  });
  test.each(['nonsense', 'cert nonsense', 'list', 'constructor', '__proto__', 'up --yes', ' '])(
    'is of nothing else: %j',
    (path) => expect(helpOf(stored, path)).toBeUndefined(),
  );
  test('has what stands below the options, and the version', () => {
    expect(helpOf(stored, '')).toMatch(/\nExamples:\n {2}fl-wizard +the wizard, step by step\n(.*\n)+$/);
    expect(stored.version).toBe(program().version());
  });
});
