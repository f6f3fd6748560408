/** The whole monitor as lines: who gets how many rows, and in which order they stand. Pure. */
import type { View } from '../plan/reduce.ts';
import { chart } from './chart.ts';
import { clientTable } from './client-table.ts';
import { clock, number, samples } from './format.ts';
import { blank, clip, type Line, lineWidth, page, rule, span, spread, textLine } from './line.ts';
import { headLines } from './monitor-head.ts';
import { roundRows, roundTable } from './round-table.ts';
import { metricsOf } from './run-facts.ts';
import { share } from './share.ts';
import { pad, widthOf, wrap } from './width.ts';

export type MonitorFacts = {
  readonly view: View;
  readonly network: string;
  readonly columns: number;
  /** No limit where it is left out: every round and every client is shown. */
  readonly rows?: number;
  readonly now: Date;
  /** What each client's host is called, by the client's name. */
  readonly hosts: Readonly<Record<string, string>>;
  readonly unicode: boolean;
  /** How many clients were scrolled past. */
  readonly offset?: number;
  /** What stands above the keys, such as where results lie. */
  readonly footer?: readonly string[];
  readonly keys?: Line;
};

/** Below this nothing useful fits. */
const least = { columns: 30, rows: 8 } as const;

const notTold: Line = textLine(' q leave, keeps running', 'dim');

export function monitorLines(facts: MonitorFacts): readonly Line[] {
  const { columns, rows } = facts;
  if (rows === undefined) return everything(facts);
  if (columns < least.columns || rows < least.rows) return tooSmall(columns, rows);
  const head = headLines(facts);
  const footer = (facts.footer ?? []).slice(0, 6).map((text) => textLine(` ${text}`));
  const keys = spread(facts.keys ?? notTold, scrollHint(facts), columns, 'left');
  const regions = regionsOf(facts, rows - head.length - footer.length - 1);
  return page([...head, ...regions], [...footer, keys], { columns, rows });
}

/** Says so in whatever room there is. */
export function tooSmall(columns: number, rows: number): readonly Line[] {
  const text = `terminal too small: ${columns}x${rows}, make it larger (Ctrl-C stops)`;
  return wrap(text, columns)
    .slice(0, Math.max(1, rows))
    .map((each) => clip(textLine(each), columns));
}

function scrollHint({ view, rows = 0 }: MonitorFacts): Line {
  return view.run.clients.length > rows ? [span('↑↓ scroll ', 'dim')] : [];
}

function regionsOf(facts: MonitorFacts, rows: number): readonly Line[] {
  const { view, columns, now, hosts, offset = 0 } = facts;
  const { run } = view;
  // In a low terminal the lines between the parts are rows that a client could have.
  const ruled = rows >= 14 ? 1 : 0;
  const clients = 1 + Math.max(1, run.clients.length);
  const [forRounds = 0, forClients = 0, forLog = 0, forChart = 0] = share(rows, [
    { least: (ruled > 0 ? 5 : 2) + ruled, wanted: roundRows(run) + ruled },
    { least: Math.min(clients, 4) + ruled, wanted: clients + ruled },
    { least: 2 + ruled, wanted: Math.min(run.notices.length, 8) + ruled },
    { least: 5 + ruled, wanted: run.finished.length > 1 ? (run.clients.length > 10 ? 5 : 9) + ruled : 0 },
  ]);
  const line = ruled > 0 ? [rule(columns)] : [];
  const part = (given: number, make: (own: number) => readonly Line[]) =>
    given > ruled ? [...line, ...make(given - ruled)] : [];
  return [
    ...part(forChart, (own) => charts(facts, own)),
    ...part(forRounds, (own) => roundTable(run, columns, own, now).lines),
    ...(forClients > ruled && ruled > 0 ? [clientRule(facts)] : []),
    ...(forClients > ruled ? clientTable(run, hosts, columns, forClients - ruled, offset, now).lines : []),
    ...part(forLog, (own) => logLines(view, own)),
  ];
}

/** With many clients the line above them tells how many are in which state. */
function clientRule({ view, columns }: MonitorFacts): Line {
  const counts = new Map<string, number>();
  for (const client of view.run.clients) counts.set(client.state, (counts.get(client.state) ?? 0) + 1);
  const text = [...counts].map(([state, count]) => `${samples(count)} ${state}`).join(' · ');
  const plain = rule(columns);
  if (view.run.clients.length < 8 || widthOf(text) + 8 > columns) return plain;
  return [...rule(columns - widthOf(text) - 4), span(` ${text} `), span('──', 'dim')];
}

function charts({ view, columns, unicode }: MonitorFacts, rows: number): readonly Line[] {
  const rounds = view.run.finished;
  const metric = metricsOf(rounds)[0];
  const losses = rounds.flatMap((each) => each.loss ?? []);
  const values = metric === undefined ? [] : rounds.flatMap((each) => each.metrics[metric] ?? []);
  const both = losses.length > 1 && values.length > 1 && columns >= 60;
  const width = both ? Math.floor((columns - 4) / 2) : columns - 2;
  const draw = (title: string, numbers: readonly number[], tone: 'warn' | 'good') =>
    numbers.length > 1 ? chart({ title, values: numbers, columns: width, rows, unicode, tone }) : [];
  const left = draw('loss', losses, 'warn');
  const right = draw(span(metric ?? '').text, values, 'good');
  if (!both) return (left.length > 0 ? left : right).map((line) => [span(' '), ...line]);
  return left.map((line, at) => [
    span(' '),
    ...line,
    span(' '.repeat(Math.max(0, width - lineWidth(line)) + 2)),
    ...(right[at] ?? blank),
  ]);
}

function logLines(view: View, rows: number): readonly Line[] {
  return view.run.notices
    .slice(-rows)
    .toReversed()
    .map((notice) => [span(` ${clock(notice.time, true)}  `, 'dim'), span(notice.text)]);
}

/** One frame for a file or a pipe: nothing is left out, and each metric is named in full at least once. */
function everything(facts: MonitorFacts): readonly Line[] {
  const { view, columns, now, hosts } = facts;
  const { run } = view;
  const rounds = roundTable(run, columns, Infinity, now);
  const cut = metricsOf(run.finished).filter(
    (name) => rounds.dropped.includes(span(name.toUpperCase()).text) || widthOf(name) > 24,
  );
  const lines = [
    ...headLines(facts),
    rule(columns),
    ...rounds.lines,
    ...(cut.length > 0 ? [blank, ...cut.flatMap((name) => metricLines(facts, name))] : []),
    rule(columns),
    ...clientTable(run, hosts, columns, Infinity, 0, now).lines,
    ...(run.notices.length > 0 ? [rule(columns), ...logLines(view, 10)] : []),
    ...(facts.footer ?? []).map((text) => textLine(` ${text}`)),
  ];
  return lines.map((line) => clip(line, columns));
}

/** A metric that has no column: its name in full, its last value and its range. */
function metricLines({ view, columns }: MonitorFacts, name: string): readonly Line[] {
  const values = view.run.finished.flatMap((each) => each.metrics[name] ?? []);
  const [least, most] = values.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [
    Infinity,
    -Infinity,
  ] as [number, number]);
  const last = values.at(-1);
  const figures = last === undefined ? 'not finite' : `${number(last)}  (${number(least)} to ${number(most)})`;
  const label = span(name).text;
  if (widthOf(label) + widthOf(figures) + 3 <= columns)
    return [[span(` ${pad(label, Math.max(24, widthOf(label)))} ${figures}`)]];
  return [...wrap(label, columns - 2), `  ${figures}`].map((text) => textLine(` ${text}`));
}
