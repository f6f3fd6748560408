/** What is to be done about what failed, chosen from lines that are read aloud. */
import type { After } from '../plan/after.ts';
import { ask, type LineOptions, tell } from './line-ask.ts';
import type { More } from './more.ts';

/**
 * @param words what each choice does
 * @returns nothing where somebody leaves, or the input ends
 */
export async function chooseAfter(
  options: LineOptions,
  choices: readonly After[],
  words: Readonly<Record<After, string>>,
  more?: More,
): Promise<After | undefined> {
  const told = ['What now?', ...choices.map((each, at) => `${at + 1} ${words[each]}`)];
  tell(options, told);
  for (;;) {
    const line = await ask(options, `A number from 1 to ${choices.length}, q leaves: `);
    const text = line?.trim();
    if (text === undefined || text === 'q') return undefined;
    const chosen = /^\d$/.test(text) ? choices[Number(text) - 1] : undefined;
    if (chosen) return chosen;
    // Who has not understood what was typed by mistake hears the choices again.
    if (text !== '') tell(options, (await more?.told(text.toLowerCase())) ?? [...told, ...(more?.words() ?? [])]);
  }
}
