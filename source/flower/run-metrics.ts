/** What a run's journal says of its rounds and clients, for other programs: JSON and CSV. Pure. */
import type { Event } from '../plan/event.ts';
import { type RoundResult, type RunAbout, RunReader } from './run-reader.ts';

export type RunMetrics = RunAbout & {
  readonly run: string;
  readonly results: readonly RoundResult[];
};

/** Keeps all that is told of rounds and clients. */
export class MetricsReader {
  readonly #results = new Map<number, RoundResult>();
  readonly #reader: RunReader;

  /** @param withClients without them nine tenths of a journal need not be held, where only `roundsCsv` is made */
  constructor(withClients = true) {
    this.#reader = new RunReader((result) =>
      this.#results.set(result.round, withClients ? result : { ...result, clients: [] }),
    );
  }

  add(event: Event): void {
    this.#reader.add(event);
  }

  metrics(run: string): RunMetrics {
    const results = [...this.#results.values()].sort((a, b) => a.round - b.round);
    return { run, ...this.#reader.about, results };
  }
}

export function metricsJson(metrics: object): string {
  return `${JSON.stringify(metrics, null, 2)}\n`;
}

type Cell = string | number | undefined;

/**
 * A row for each round: what is told of every round first, then a column for each metric, also for one that was never finite.
 * `not_finite` names what was told and is no finite number: an empty cell alone would mean that nothing was told.
 */
export function roundsCsv({ results }: RunMetrics): string {
  const counts = ['fit_ok', 'fit_failed', 'evaluate_ok', 'evaluate_failed'];
  const fixed = ['round', 'loss', 'seconds', ...counts, 'bytes', 'not_finite'];
  const told = results.flatMap(({ metrics, notFinite = [] }) => [...Object.keys(metrics), ...notFinite]);
  const names = [...new Set(told)].filter(
    (name) => name !== 'loss' || results.some(({ metrics }) => Object.hasOwn(metrics, name)),
  );
  const rows = results.map(({ round, loss, seconds, fit, evaluate, bytes, metrics, notFinite }) => [
    ...[round, loss, seconds, fit.ok, fit.failed, evaluate.ok, evaluate.failed, bytes, notFinite?.join(';')],
    ...names.map((name) => own(metrics, name)),
  ]);
  return csv([...fixed, ...columnsOf(names, fixed)], rows);
}

/** A row for each client, round and phase. */
export function clientsCsv({ results }: RunMetrics): string {
  const fixed = ['round', 'client', 'phase', 'samples', 'seconds', 'loss', 'bytes_up', 'bytes_down', 'failure'];
  const all = results.flatMap(({ round, clients }) => clients.map((each) => ({ round, ...each })));
  const names = metricNames(all.map(({ metrics = {} }) => metrics));
  const rows = all.map(({ round, client, phase, metrics = {}, ...told }) => [
    ...[round, client, phase, told.samples, told.seconds, told.loss, told.bytesUp, told.bytesDown, told.failure],
    ...names.map((name) => own(metrics, name)),
  ]);
  return csv([...fixed, ...columnsOf(names, fixed)], rows);
}

const own = (metrics: Readonly<Record<string, number>>, name: string): Cell =>
  Object.hasOwn(metrics, name) ? metrics[name] : undefined;

function metricNames(all: readonly Readonly<Record<string, number>>[]): readonly string[] {
  return [...new Set(all.flatMap((metrics) => Object.keys(metrics)))];
}

/** A metric may have the name of a column that is there in any case. */
const columnsOf = (names: readonly string[], fixed: readonly string[]) =>
  names.map((name) => (fixed.includes(name) ? `metrics.${name}` : name));

function csv(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [header, ...rows].map((row) => `${row.map(cell).join(',')}\n`).join('');
}

/** As RFC 4180 quotes; and no text of a client's becomes a formula where a spreadsheet opens it. */
function cell(value: Cell): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
