/** A question for yes or no, asked until one of them is said. */
import { ask, type LineOptions, tell } from './line-ask.ts';
import { isNo, isYes } from './line-words.ts';
import type { More } from './more.ts';

/**
 * Whatever else is typed is no answer: nobody who has mistyped a yes, or a word that tells more, has declined by that.
 * @param again what `?` tells once more
 */
export async function askYes(
  options: LineOptions,
  question: string,
  { again = [], more }: { readonly again?: readonly string[]; readonly more?: More | undefined },
): Promise<boolean> {
  for (;;) {
    const line = await ask(options, `${question} y for yes, Enter for no, ? for more: `);
    const word = line?.trim().toLowerCase();
    if (word === undefined || isNo(word)) return false;
    if (isYes(word)) return true;
    const help = [...again, 'y is yes; n or Enter alone is no.', ...(more?.words() ?? [])];
    const told = word === '?' ? help : ((await more?.told(word)) ?? [`${word} is no answer here.`, ...help]);
    tell(options, told);
  }
}
