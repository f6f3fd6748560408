/** Values of options. What is wrong with one is noted and not thrown: all that is wrong is told together. */
import { type Command, InvalidArgumentError } from 'commander';
import { exit, type Failure } from '../plan/failure.ts';

export const readingWords = 'Reading the command line';

export function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1_000_000)
    throw new InvalidArgumentError('it must be a whole number from 1 to 1,000,000');
  return value;
}

export function names(text: string, before: readonly string[] | undefined): readonly string[] {
  const named = text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  // An empty variable in somebody's script: nobody is meant, and never everybody.
  if (named.length === 0) throw new InvalidArgumentError('it names nobody');
  return [...(before ?? []), ...named];
}

/** Has the options of a command, and of those below it, note what is wrong with their values. */
export function noting(command: Command, note: (failure: Failure) => void): void {
  for (const option of command.options) {
    const { parseArg } = option;
    if (!parseArg) continue;
    option.parseArg = (value, previous) => {
      try {
        return parseArg.call(option, value, previous) as typeof previous;
      } catch (error) {
        if (!(error instanceof InvalidArgumentError)) throw error;
        note(wrongValue(`${option.long} ${JSON.stringify(value)}: ${error.message.replace(/\.$/, '')}`));
        return previous;
      }
    };
  }
  for (const each of command.commands) noting(each, note);
}

function wrongValue(why: string): Failure {
  return { exitCode: exit.invalid, doing: readingWords, why: why.replace('Allowed choices are', 'it may be') };
}
