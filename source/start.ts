#!/usr/bin/env node
/**
 * What is started. Built as CommonJS, since before its first line of ES modules Node takes a tenth of its start. It answers
 * for the version and for help out of what the build has written down, and loads the program for all else.
 */
import { fstatSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { helpOf, type StoredHelp } from './stored-help.ts';

/** What is printed for exactly these words; for any other ones commander decides. */
function answer(words: readonly string[]): string | undefined {
  const asked = words.at(-1) ?? '';
  if (!['--version', '-h', '--help'].includes(asked)) return undefined;
  const stored = JSON.parse(readFileSync(join(__dirname, 'help.json'), 'utf8')) as StoredHelp;
  if (asked === '--version') return words.length === 1 ? `${stored.version}\n` : undefined;
  return helpOf(stored, words.slice(0, -1).join(' '), columns());
}

/** As wide as the terminal. To ask for a stream of anything else would cost more than the help. */
function columns(): number | undefined {
  return fstatSync(1).isCharacterDevice() ? process.stdout.columns : undefined;
}

/** Whether nothing is left to do. On a full disk the program tries it again, and tells what went wrong. */
function printed(text: string): boolean {
  let rest = Buffer.from(text);
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(1, rest));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // A pipe that is full, and that somebody has set not to be waited for: the stream waits for it.
    if (code === 'EAGAIN') process.stdout.write(rest);
    // A reader that went away (`| head -1`) is no error.
    else return code === 'EPIPE';
  }
  return true;
}

const text = answer(process.argv.slice(2));
if (text === undefined || !printed(text)) import('./cli.ts').then(({ main }) => main());
