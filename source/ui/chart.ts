/** A line over time in a few rows: braille where the terminal has it, stars where not. Pure. */
import { number } from './format.ts';
import { type Line, span } from './line.ts';
import { onceFor } from './once-for.ts';
import type { Tone } from './theme.ts';
import { pad, widthOf } from './width.ts';

export type Chart = {
  readonly title: string;
  readonly values: readonly number[];
  readonly columns: number;
  readonly rows: number;
  readonly unicode: boolean;
  readonly tone: Tone;
  /** The rounds of the first and the last value: told below where there is room for it. */
  readonly ends?: readonly [number, number];
};

/** Rows from which on one of them is for the scale below. */
const rowsForScale = 7;

/** Dots of a braille cell by column and row (Unicode, block U+2800). */
const dots = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;

/** What can be drawn of the values, and between which two. */
const extentOf = onceFor((values: readonly number[]) => {
  const known = values.filter((value) => Number.isFinite(value));
  let [low, high] = [Infinity, -Infinity];
  for (const value of known) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { known, low, high };
});

/** The chart's lines: a title with the last and the best value, then the curve with its scale at the left. */
export function chart({ title, values, columns, rows, unicode, tone, ends }: Chart): readonly Line[] {
  const { known, low, high } = extentOf(values);
  const last = known.at(-1);
  if (last === undefined || rows < 2) return [];
  const scale = Math.max(widthOf(number(low)), widthOf(number(high)));
  const width = columns - scale - 2;
  if (width < 4) return [];
  const below = ends && rows >= rowsForScale ? [scaleBelow(ends, scale, width)] : [];
  const height = rows - 1 - below.length;
  const grid = unicode ? braille(known, width, height, low, high) : stars(known, width, height, low, high);
  const head: Line = [span(pad(title, columns - widthOf(number(last)) - 1), 'dim'), span(` ${number(last)}`, 'strong')];
  return [
    head,
    ...grid.map((row, at) => [
      span(`${pad(at === 0 ? number(high) : at === grid.length - 1 ? number(low) : '', scale, 'right')} │`, 'dim'),
      span(pad(row, width), tone),
    ]),
    ...below,
  ];
}

function scaleBelow([first, last]: readonly [number, number], scale: number, width: number): Line {
  const line = '─'.repeat(Math.max(0, width - String(first).length - String(last).length));
  return [span(`${' '.repeat(scale)} └${first}${line}${last}`, 'dim')];
}

/** The curve as one height (0 to `steps` - 1) for each of `width` places. */
function heights(values: readonly number[], width: number, steps: number, low: number, high: number): number[] {
  const range = high - low || 1;
  const places = Math.min(width, Math.max(2, values.length > 1 ? width : 2));
  return Array.from({ length: places }, (_, at) => {
    const exact = (at / (places - 1)) * (values.length - 1);
    const before = values[Math.floor(exact)] ?? low;
    const after = values[Math.ceil(exact)] ?? before;
    const value = before + (after - before) * (exact - Math.floor(exact));
    return Math.round(((value - low) / range) * (steps - 1));
  });
}

function braille(values: readonly number[], width: number, rows: number, low: number, high: number): string[] {
  const cells = Array.from({ length: rows }, () => new Uint8Array(width));
  const line = heights(values, width * 2, rows * 4, low, high);
  for (const [x, height] of line.entries()) {
    const next = line[x + 1] ?? height;
    // A steep piece is drawn as a column of dots, so that the curve has no holes.
    for (const y of between(height, next)) {
      const fromTop = rows * 4 - 1 - y;
      const row = cells[Math.floor(fromTop / 4)];
      const dot = dots[x % 2 === 0 ? 0 : 1][fromTop % 4] ?? 0;
      if (row) row[x >> 1] = (row[x >> 1] ?? 0) | dot;
    }
  }
  return cells.map((row) => Array.from(row, (cell) => (cell ? String.fromCodePoint(0x2800 + cell) : ' ')).join(''));
}

function stars(values: readonly number[], width: number, rows: number, low: number, high: number): string[] {
  const line = heights(values, width, rows, low, high);
  return Array.from({ length: rows }, (_, row) =>
    line.map((height) => (height === rows - 1 - row ? '*' : ' ')).join(''),
  );
}

function between(height: number, next: number): number[] {
  const steps = Math.max(1, Math.abs(next - height));
  const way = Math.sign(next - height);
  return Array.from({ length: steps }, (_, at) => height + way * at);
}
