/** The loss and a metric over rounds: beside each other where it is wide enough. Pure. */
import { type Chart, chart } from './chart.ts';
import { blank, type Line, lineWidth, span } from './line.ts';

export type TwoCharts = Pick<Chart, 'columns' | 'rows' | 'unicode' | 'ends'> & {
  readonly losses: readonly number[];
  readonly values: readonly number[];
  /** What each is called. */
  readonly titles: readonly [loss: string, metric: string];
  /** Where there is room for one: both below each other, or the loss, or the metric if somebody chose it. */
  readonly narrow: 'both' | 'loss' | 'metric';
};

/** Two beside each other take at least so many columns. */
const wide = 60;

/** Nothing where there are no two values to draw a line between. */
export function twoCharts({ losses, values, titles, narrow, columns, ...rest }: TwoCharts): readonly Line[] {
  const both = losses.length > 1 && values.length > 1 && columns >= wide;
  const width = both ? Math.floor((columns - 4) / 2) : columns - 2;
  const draw = (title: string, numbers: readonly number[], tone: 'warn' | 'good') =>
    numbers.length > 1 ? chart({ title, values: numbers, columns: width, tone, ...rest }) : [];
  const left = draw(titles[0], losses, 'warn');
  const right = draw(span(titles[1]).text, values, 'good');
  if (both) return besides(left, right, width);
  const first = narrow === 'both' || left.length === 0 || right.length === 0 ? [...left, ...right] : undefined;
  return (first ?? (narrow === 'metric' ? right : left)).map((line) => [span(' '), ...line]);
}

function besides(left: readonly Line[], right: readonly Line[], width: number): readonly Line[] {
  return left.map((line, at) => [
    span(' '),
    ...line,
    span(' '.repeat(Math.max(0, width - lineWidth(line)) + 2)),
    ...(right[at] ?? blank),
  ]);
}
