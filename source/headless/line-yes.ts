/** A question for yes or no, asked until one of them is said. */
import { inert } from '../ui/inert.ts';
import { ask, type LineOptions } from './line-ask.ts';
import type { More } from './more.ts';

/** A bare Enter is a no: nothing is done for who only wanted to hear on. */
const no = /^(no?|q)?$/i;
const yes = /^y(es)?$/i;

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
    if (word === undefined || no.test(word)) return false;
    if (yes.test(word)) return true;
    const help = [...again, 'y is yes; n or Enter alone is no.', ...(more?.words() ?? [])];
    const told = word === '?' ? help : ((await more?.told(word)) ?? [`${word} is no answer here.`, ...help]);
    for (const each of told) options.output.write(`${inert(each)}\n`);
  }
}
