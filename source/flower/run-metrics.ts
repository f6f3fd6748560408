/** What a run's journal says of its rounds and clients, for other programs: JSON and CSV. Pure. */
import type { ClientChanged, Event, RoundFinished } from '../plan/event.ts';
import { present } from '../plan/words.ts';

/** What one client brought in one phase of a round, or why it did not. */
export type ClientResult = Pick<
  ClientChanged,
  'client' | 'samples' | 'seconds' | 'loss' | 'metrics' | 'bytesUp' | 'bytesDown'
> & { readonly phase: string; readonly failure?: string };

export type RoundResult = Omit<RoundFinished, 'type' | 'failures' | 'rounds'> & {
  readonly clients: readonly ClientResult[];
};

export type RunMetrics = {
  readonly run: string;
  readonly started?: string;
  readonly finished: boolean;
  readonly outcome?: string;
  /** What there is to say about the outcome. */
  readonly detail?: string;
  readonly strategy?: string;
  readonly flower?: string;
  /** How many rounds it was to have; `results` has those that ended. */
  readonly rounds?: number;
  readonly results: readonly RoundResult[];
};

const phases: Readonly<Record<string, string>> = { training: 'fit', evaluating: 'evaluate' };

/** Collects a run from its events, one after the other: a journal may be longer than what should be held. */
export class MetricsReader {
  readonly #results = new Map<number, RoundResult>();
  /** What each client was given to do last. */
  readonly #doing = new Map<string, string>();
  #under: (ClientResult & { readonly round: number | undefined })[] = [];
  #about: Omit<RunMetrics, 'run' | 'results'> = { finished: false };

  add(event: Event): void {
    switch (event.type) {
      case 'run-started': {
        const { time: started, rounds, strategy, flower } = event;
        this.#about = {
          ...this.#about,
          started,
          rounds,
          ...(strategy === undefined ? {} : { strategy }),
          ...(flower === undefined ? {} : { flower }),
        };
        return;
      }
      case 'server-started': {
        // It goes on with the run, and begins the round anew that was under way.
        this.#under = [];
        const { outcome: _, detail: __, ...about } = this.#about;
        this.#about = { ...about, finished: false };
        return;
      }
      case 'client-changed':
        this.#client(event);
        return;
      case 'round-finished':
        this.#round(event);
        return;
      case 'run-finished':
        this.#about = { ...this.#about, finished: true, ...present({ outcome: event.outcome, detail: event.detail }) };
        return;
      default:
    }
  }

  #client(event: Extract<Event, { type: 'client-changed' }>): void {
    const { client, state, round, samples, seconds, loss, metrics, bytesUp, bytesDown } = event;
    const begun = phases[state];
    if (begun) this.#doing.set(client, begun);
    if (state !== 'idle' || samples === undefined) return;
    const phase = this.#doing.get(client) ?? 'fit';
    const told = { samples, seconds, loss, metrics, bytesUp, bytesDown };
    this.#under.push({ round, client, phase, ...present(told) });
  }

  #round(event: Extract<Event, { type: 'round-finished' }>): void {
    const { round, seconds, fit, evaluate, loss, metrics, bytes, weights, failures = [], rounds, notFinite } = event;
    const own = this.#under.filter((each) => each.round === round).map(({ round: _, ...result }) => result);
    const failed = failures.map(({ client, phase, reason }) => ({ client, phase, failure: reason }));
    const told = present({ loss, bytes, weights, notFinite });
    this.#results.set(round, { round, seconds, fit, evaluate, metrics, ...told, clients: [...own, ...failed] });
    this.#under = [];
    // A run that is resumed with more rounds says so only here.
    this.#about = { ...this.#about, rounds };
  }

  metrics(run: string): RunMetrics {
    const results = [...this.#results.values()].sort((a, b) => a.round - b.round);
    return { run, ...this.#about, results };
  }
}

export function metricsJson(metrics: RunMetrics): string {
  return `${JSON.stringify(metrics, null, 2)}\n`;
}

type Cell = string | number | undefined;

/** A row for each round: what is told of every round first, then a column for each metric. */
export function roundsCsv({ results }: RunMetrics): string {
  const fixed = ['round', 'loss', 'seconds', 'fit_ok', 'fit_failed', 'evaluate_ok', 'evaluate_failed', 'bytes'];
  const names = metricNames(results.map(({ metrics }) => metrics));
  const rows = results.map(({ round, loss, seconds, fit, evaluate, bytes, metrics }) => [
    ...[round, loss, seconds, fit.ok, fit.failed, evaluate.ok, evaluate.failed, bytes],
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
