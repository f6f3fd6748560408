/** Words that are no command or option of ours, with what may be meant by them. */
import type { Command, CommanderError } from 'commander';
import { exit, UserError } from '../plan/failure.ts';
import { nearest } from '../plan/nearest.ts';
import { readingWords } from './values.ts';

export function unknownCommand(above: Command, word: string): UserError {
  const before = above.parent ? `${above.name()} ` : '';
  const meant = nearest(
    word,
    above.commands.map((each) => each.name()),
  );
  const lists = `fl-wizard ${before}--help lists them`;
  return new UserError({
    exitCode: exit.invalid,
    doing: readingWords,
    why: `there is no command ${JSON.stringify(before + word)}`,
    hint: meant ? `fl-wizard ${before}${meant}, if that was meant; ${lists}` : lists,
  });
}

/** What commander refuses, as a trouble like all others: "error: unknown option '--plian'\n(Did you mean --plain?)". */
export function refusedWords({ message }: CommanderError): UserError {
  const [, why = message, meant] = /^(?:error: )?(.*?)(?:\n\(Did you mean (?:one of )?(.*)\?\))?$/s.exec(message) ?? [];
  const lists = '--help lists what there is';
  return new UserError({
    exitCode: exit.invalid,
    doing: readingWords,
    why,
    hint: meant === undefined ? lists : `${meant}, if that was meant; ${lists}`,
  });
}
