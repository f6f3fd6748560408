/** Rows of text on stdout: what was asked for, one line each. */
import { inert } from '../ui/inert.ts';
import { cut, widthOf } from '../ui/width.ts';

export type Column = {
  readonly title: string;
  /** A color, where colors are wanted. */
  paint?(text: string, row: number): string;
};

/**
 * Rows under their titles, made inert, aligned by what is seen (a wide character counts two).
 * @param width columns of the terminal: the last column is cut to fit. Left out, nothing is cut.
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): readonly string[] {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map((cell) => inert(cell)))];
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => widthOf(row[at] ?? ''))));
  const before = widths.slice(0, -1).reduce((sum, each) => sum + each + 2, 0);
  const room = Math.max(10, width - before);
  return cells.map((row, line) =>
    row
      .map((cell, at) => {
        const text = at === columns.length - 1 ? cut(cell, room) : cell;
        const painted = line > 0 ? (columns[at]?.paint?.(text, line - 1) ?? text) : text;
        return painted + ' '.repeat(Math.max(0, (widths[at] ?? 0) - widthOf(text)));
      })
      .join('  ')
      .trimEnd(),
  );
}
