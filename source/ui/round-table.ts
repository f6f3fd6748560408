/** The rounds of a run, newest first. Pure. */
import type { RoundFinished, Tally } from '../plan/event.ts';
import type { RunView } from '../plan/run-view.ts';
import { answeredIn, fitOf } from './answered.ts';
import { bytes, duration, number, secondsBetween, tenths } from './format.ts';
import { type Line, type Span, span } from './line.ts';
import { onceForLast } from './once-for.ts';
import { bestRound, metricsOf } from './run-facts.ts';
import { scrolled } from './scrolled.ts';
import { type Column, table } from './table.ts';
import { knownUntil, tenseOf } from './tense.ts';

/** A round that is done, or the one that is going on. */
type Row =
  | { readonly kind: 'done'; readonly round: RoundFinished }
  | {
      readonly kind: 'going';
      readonly round: number;
      readonly fit: string;
      readonly evaluate: string;
      readonly seconds: number;
    };

export type Table = { readonly lines: readonly Line[]; readonly dropped: readonly string[] };

export type RoundFacts = {
  readonly columns: number;
  readonly rows: number;
  readonly now: Date;
  /** The metric that stands first; the most telling one where it is left out. */
  readonly metric?: string;
  /** Only rounds in which somebody failed. */
  readonly faults?: boolean;
};

/** How many lines the rounds would take with all of them shown. */
export function roundRows(run: RunView, faults: boolean): number {
  return 1 + Math.max(1, chosen(run, faults, Infinity).length + (going(run, new Date(0)) ? 1 : 0));
}

/** The last `most` rounds, oldest first. */
function chosen({ finished }: Finished, faults: boolean, most: number): readonly RoundFinished[] {
  const found = faults ? finished.filter(({ fit, evaluate }) => fit.failed + evaluate.failed > 0) : finished;
  return most > 0 ? found.slice(-most) : [];
}

/** At most `rows` lines, the titles among them. Only the rounds that are seen are laid out. */
export function roundTable(run: RunView, { columns, rows, now, metric, faults = false }: RoundFacts): Table {
  const current = going(run, now);
  const done = chosen(run, faults, rows - 1 - (current ? 1 : 0)).toReversed();
  const shown: Row[] = [...(current ? [current] : []), ...done.map((round) => ({ kind: 'done', round }) as const)];
  const made = table(roundColumns(run, metric), shown, columns);
  if (shown.length > 0) return { ...made, lines: made.lines.slice(0, rows) };
  return {
    ...made,
    lines: [...made.lines, noneLine(faults && run.finished.length > 0, tenseOf(run) === 'reading')].slice(0, rows),
  };
}

/** All rounds, the newest first, below their titles: scrolled. */
export function roundsPane(
  run: RunView,
  { offset, metric, faults }: { readonly offset: number; readonly metric?: string; readonly faults: boolean },
  columns: number,
  rows: number,
): readonly Line[] {
  const [titles = [], ...lines] = allOnce(run.finished, columns, metric, faults, tenseOf(run) === 'reading');
  return [titles, ...scrolled(lines, rows - 1, offset)];
}

/** Thousands of rounds are laid out once for each that ends, and not with each frame. */
const allOnce = onceForLast(
  (finished: RunView['finished'], columns: number, metric: string | undefined, faults: boolean, reads: boolean) => {
    const shown = chosen({ finished }, faults, Infinity).map((round) => ({ kind: 'done', round }) as const);
    const { lines } = table<Row>(roundColumns({ finished }, metric), shown.toReversed(), columns);
    return shown.length > 0 ? lines : [...lines, noneLine(faults && finished.length > 0, reads)];
  },
);

function noneLine(some: boolean, reads: boolean): Line {
  const seen = some ? 'nobody failed in any round' : 'no round has finished yet';
  return [span(`  ${reads ? 'the rounds so far are being read' : seen}`, 'dim')];
}

/** What the rounds that have ended say. */
type Finished = Pick<RunView, 'finished'>;

function going(run: RunView, now: Date): Row | undefined {
  const { phase } = run;
  if (!phase || run.end || tenseOf(run) === 'reading' || run.finished.some((each) => each.round === phase.round))
    return undefined;
  const trained = phase.phase === 'fit' ? undefined : fitOf(run, phase.round);
  // A round that has been trained waits for clients to evaluate it; one that has not is none yet.
  const isOne = phase.phase === 'fit' || phase.phase === 'evaluate' || (phase.phase === 'waiting' && trained);
  if (!isOne) return undefined;
  const { have, need } = phase.waiting ?? answeredIn(run) ?? { have: 0, need: 0 };
  const answered = need > 0 && phase.phase !== 'waiting' ? `${have}/${need} +` : '…';
  return {
    kind: 'going',
    round: phase.round,
    fit: phase.phase === 'fit' ? answered : trained ? tally(trained).text : '',
    evaluate: phase.phase === 'fit' ? '' : answered,
    seconds: Math.round(secondsBetween(phase.since, knownUntil(run, now)) ?? 0),
  };
}

function roundColumns(run: Finished, first: string | undefined): readonly Column<Row>[] {
  const best = bestRound(run.finished);
  const finished = (row: Row, cell: (round: RoundFinished) => Span) =>
    row.kind === 'done' ? cell(row.round) : span('');
  const value = ({ notFinite }: RoundFinished, name: string, of: number | undefined) => {
    if (of !== undefined) return span(number(of));
    return notFinite?.includes(name) ? span('not finite', 'bad') : span('');
  };
  const columns: Column<Row>[] = [
    {
      title: 'ROUND',
      align: 'right',
      importance: 100,
      cell: (row) =>
        span(String(row.kind === 'done' ? row.round.round : row.round), row.kind === 'done' ? 'plain' : 'accent'),
    },
    {
      title: 'FIT',
      importance: 90,
      cell: (row) => (row.kind === 'done' ? tally(row.round.fit) : span(row.fit, 'accent')),
    },
    {
      title: 'EVAL',
      importance: 60,
      cell: (row) => (row.kind === 'done' ? tally(row.round.evaluate) : span(row.evaluate, 'accent')),
    },
    {
      title: 'LOSS',
      align: 'right',
      importance: 85,
      cell: (row) => finished(row, (round) => value(round, 'loss', round.loss)),
    },
    ...metricsFirst(run, first).map(
      (name, at): Column<Row> => ({
        title: name.toUpperCase(),
        align: 'right',
        importance: at === 0 ? 88 : 55 - Math.min(at, 40),
        most: 24,
        cell: (row) => finished(row, (round) => value(round, name, round.metrics[name])),
      }),
    ),
    {
      title: 'TIME',
      align: 'right',
      importance: 70,
      cell: (row) => span(row.kind === 'done' ? tenths(row.round.seconds) : duration(row.seconds)),
    },
    {
      title: 'UP+DOWN',
      align: 'right',
      importance: 10,
      cell: (row) => finished(row, (round) => span(round.bytes === undefined ? '' : bytes(round.bytes))),
    },
    { title: 'WEIGHTS', importance: 5, most: 24, cell: (row) => finished(row, (round) => span(round.weights ?? '')) },
    { title: 'NOTE', importance: 65, grows: true, cell: (row) => finished(row, (round) => note(round, best)) },
  ];
  return columns.filter((column) => !optional.has(column.title) || usedBy(run, column.title));
}

function metricsFirst({ finished }: Finished, first: string | undefined): readonly string[] {
  const all = metricsOf(finished);
  return first !== undefined && all.includes(first) ? [first, ...all.filter((name) => name !== first)] : all;
}

/** Columns that are left out where no round has anything for them. */
const optional = new Set(['UP+DOWN', 'WEIGHTS', 'LOSS']);

function usedBy({ finished }: Finished, title: string): boolean {
  const last = finished.at(-1);
  if (!last) return title === 'LOSS';
  if (title === 'LOSS')
    return finished.some(({ loss, notFinite }) => loss !== undefined || notFinite?.includes('loss'));
  return (title === 'UP+DOWN' ? last.bytes : last.weights) !== undefined;
}

function tally({ ok, failed }: Tally): Span {
  return failed > 0 ? span(`${ok}/${ok + failed} !`, 'bad') : span(ok === 0 ? '-' : `${ok}/${ok}`);
}

function note(round: RoundFinished, best: number | undefined): Span {
  const failures = (round.failures ?? []).map((each) => `${each.client} ${each.reason}`);
  if (failures.length > 0) return span(failures.join(', '), 'bad');
  return round.round === best ? span('best', 'good') : span('');
}
