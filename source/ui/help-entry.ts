/** A line of a page that explains keys or signs. Pure. */
import { type Line, span } from './line.ts';
import { wrap } from './width.ts';

/** Columns before what a key means. */
const indent = 12;

export function helpEntry([key, meaning]: readonly [string, string], columns: number): readonly Line[] {
  const lines = wrap(meaning, Math.max(10, columns - indent - 1));
  return lines.map((line, at) => [span(`  ${at === 0 ? key : ''}`.padEnd(indent), 'accent'), span(line)]);
}
