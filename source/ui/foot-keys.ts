/** What a line of keys has room for: the most important ones. Pure. */
import { widthOf } from './width.ts';

export type FootKey = { readonly text: string; readonly importance: number };

/** Leads to all keys, whatever else has room. */
export const helpKey: FootKey = { text: '? keys', importance: 95 };

/** Below so many columns, words and gaps are spared. */
export const narrow = 60;

/** The keys in their order; the least important ones go first until the rest fits. */
export function fittingKeys(keys: readonly FootKey[], columns: number): string {
  const kept = [...keys];
  const gap = columns < narrow ? '  ' : '   ';
  const textOf = () => kept.map(({ text }) => text).join(gap);
  while (kept.length > 1 && widthOf(textOf()) > columns) {
    const least = kept.reduce((found, each) => (each.importance < found.importance ? each : found));
    kept.splice(kept.indexOf(least), 1);
  }
  return textOf();
}
