/** The demo's last screen. Everything on it comes from the view or was measured. Pure. */
import { chart } from './chart.ts';
import type { DemoFacts } from './demo-facts.ts';
import { duration, plural } from './format.ts';
import { blank, type Line, lineWidth, span, spread, textLine } from './line.ts';
import { indented } from './plan-lines.ts';
import { proofLines } from './proof-lines.ts';
import { roundTable } from './round-table.ts';
import { pad, widthOf } from './width.ts';

type Room = { readonly columns: number; readonly rows?: number; readonly unicode: boolean };

export function demoLines(facts: DemoFacts, { columns, rows = 100, unicode }: Room): readonly Line[] {
  const { view } = facts;
  const parts = [
    rounds(facts, columns, rows, unicode),
    proofLines(view.proof, columns, facts.flowerAlone),
    pairs(
      haveTitle(facts),
      facts.have.map(({ path, what }) => [path, what]),
      columns,
    ),
    next(facts, columns),
  ].filter((part) => part.length > 0);
  const all = [headLine(facts, columns), ...parts.flatMap((part) => [blank, ...part])];
  return withoutBlanks(all, rows - 1);
}

/** In a low terminal empty lines go first, the last one before the others. */
function withoutBlanks(lines: readonly Line[], rows: number): readonly Line[] {
  const at = lines.findLastIndex((line) => line.length === 0);
  return lines.length <= rows || at < 0 ? lines : withoutBlanks(lines.toSpliced(at, 1), rows);
}

/** What becomes of all that there was. */
export function stoppedText(kept: boolean): string {
  return `Everything that the demo started has been stopped${kept ? '' : '; its folder goes when you leave'}.`;
}

/** Whether the demo has come to an end that nobody wanted, and what it was about. */
export function headOf({ view, seconds, hosts }: DemoFacts) {
  const { run, end } = view;
  return {
    failed: end?.outcome === 'failed' || run.end?.outcome === 'failed',
    time: duration(Math.round(seconds)),
    about: [
      plural(hosts, 'host'),
      plural(run.finished.length, 'round'),
      ...(run.flower ? [`flwr ${run.flower}`] : []),
    ].join(', '),
  };
}

/** Where what is left lies, and whether it stays. */
export function haveTitle({ directory, kept }: DemoFacts): string {
  return `What you have in ${directory}${kept ? ' (kept)' : ' (gone when you leave; --keep keeps it)'}`;
}

function headLine(facts: DemoFacts, columns: number): Line {
  const { failed, time, about } = headOf(facts);
  return spread(
    [
      span(' demo', 'strong'),
      failed ? span(`   ✗ failed after ${time}`, 'bad') : span(`   ✓ finished in ${time}`, 'good'),
    ],
    [span(`${about} `, 'dim')],
    columns,
    'left',
  );
}

function rounds({ view }: DemoFacts, columns: number, rows: number, unicode: boolean): readonly Line[] {
  const { run } = view;
  // Oldest first: a story that is told at its end; and without notes, for the chart's sake.
  const shown = Math.max(3, Math.min(run.finished.length, rows - 20));
  const last = { ...run, finished: run.finished.slice(-shown) };
  const table = roundTable(last, {
    columns: columns >= 70 ? columns - 28 : columns,
    rows: Infinity,
    now: new Date(0),
  }).lines;
  const lines = [...table.slice(0, 1), ...table.slice(1).toReversed()];
  const losses = run.finished.flatMap((round) => round.loss ?? []);
  if (columns < 70 || losses.length < 2) return lines;
  const curve = chart({
    title: 'loss',
    values: losses,
    columns: 24,
    rows: Math.max(4, lines.length),
    unicode,
    tone: 'warn',
  });
  return Array.from({ length: Math.max(lines.length, curve.length) }, (_, at) => {
    const left = lines[at] ?? blank;
    return [...left, span(' '.repeat(Math.max(0, columns - 26 - lineWidth(left)))), ...(curve[at] ?? blank)];
  });
}

function pairs(title: string, rows: readonly (readonly [string, string])[], columns: number): readonly Line[] {
  const width = Math.min(Math.floor(columns / 2), Math.max(0, ...rows.map(([left]) => widthOf(span(left).text))));
  return rows.length === 0
    ? []
    : [
        textLine(` ${title}`, 'strong'),
        ...rows.map(([left, right]): Line => [span(`   ${pad(span(left).text, width)}  `), span(right, 'dim')]),
      ];
}

function next({ next: commands, kept }: DemoFacts, columns: number): readonly Line[] {
  const width = Math.min(
    Math.floor(columns / 2),
    Math.max(0, ...commands.map(({ command }) => widthOf(span(command).text))),
  );
  return [
    ...commands.map(
      ({ command, what }, at): Line => [
        span(at === 0 ? ' Next   ' : '        ', 'strong'),
        span(pad(span(command).text, width)),
        span(`  ${what}`, 'dim'),
      ],
    ),
    ...indented(stoppedText(kept), columns, 1, 'dim'),
  ];
}
