/** Columns that drop by importance until the rest fits. Pure. */
import { clip, type Line, type Span, span } from './line.ts';
import { pad, widthOf } from './width.ts';

export type Column<Row> = {
  readonly title: string;
  readonly align?: 'right';
  /** The least important column goes first; the most important one always stays. */
  readonly importance: number;
  /** The last column that takes what is left, and is cut. */
  readonly grows?: boolean;
  /** A column is never wider than this. */
  readonly most?: number;
  /** Nor narrower than this: where it changes all the time, the columns behind it must not move. */
  readonly least?: number;
  cell(row: Row): Span;
};

const gap = 2;
/** A note of at least so much is told before less important columns are. */
const leastGrown = 18;

type Sized<Row> = { readonly column: Column<Row>; readonly width: number; readonly cells: readonly Span[] };

/** A table's lines: first the titles, then a line a row. `dropped` names what did not fit, or was cut. */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): { readonly lines: readonly Line[]; readonly dropped: readonly string[] } {
  const sized = columns.map((column) => size(column, rows));
  const inside = width - 1;
  const kept = [...sized];
  while (kept.length > 1 && needed(kept) > inside) kept.splice(leastImportant(kept), 1);
  const grown = kept.map((each) =>
    each.column.grows ? { ...each, width: Math.min(each.width, inside - needed(kept) + leastOf(each)) } : each,
  );
  const titles = grown.map(({ column, width: own }) => span(pad(column.title, own, column.align), 'dim'));
  const lines = rows.map((_, at) =>
    grown.map(({ column, width: own, cells }) => {
      const cell = cells[at] ?? span('');
      return { ...cell, text: pad(cell.text, own, column.align) };
    }),
  );
  const whole = new Set(grown.filter((each) => widthOf(each.column.title) <= each.width).map((each) => each.column));
  return {
    lines: [titles, ...lines].map((cells) => clip(spaced(cells), width)),
    dropped: columns.filter((column) => !whole.has(column)).map((column) => column.title),
  };
}

function size<Row>(column: Column<Row>, rows: readonly Row[]): Sized<Row> {
  const cells = rows.map((row) => column.cell(row));
  const widest = cells.reduce(
    (most, cell) => Math.max(most, widthOf(cell.text)),
    Math.max(column.least ?? 0, widthOf(column.title)),
  );
  return {
    column: { ...column, title: span(column.title).text },
    width: Math.min(widest, column.most ?? widest),
    cells,
  };
}

function leastOf<Row>({ column, width }: Sized<Row>): number {
  return column.grows ? Math.min(width, leastGrown) : width;
}

function needed<Row>(kept: readonly Sized<Row>[]): number {
  return kept.reduce((sum, each) => sum + leastOf(each), 0) + gap * (kept.length - 1);
}

function leastImportant<Row>(kept: readonly Sized<Row>[]): number {
  return kept.reduce(
    (least, each, at) => (each.column.importance < (kept[least]?.column.importance ?? Infinity) ? at : least),
    0,
  );
}

function spaced(cells: readonly Span[]): Line {
  return [span(' '), ...cells.flatMap((cell, at) => (at === 0 ? [cell] : [span(' '.repeat(gap)), cell]))];
}
