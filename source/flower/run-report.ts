/**
 * What a report tells of a run, collected from its events in memory that does not grow with them: sums, ends, courses. Pure.
 */
import { type Best, isAccuracy, type Judged, Judging, judgedOf } from '../plan/best.ts';
import type { ConnectionRefused, Event, Phase, RoundFinished } from '../plan/event.ts';
import { present } from '../plan/words.ts';
import { Counted, Course, type Ends, EndsOf, type Point, type Said } from './bounded.ts';
import { type ClientTotal, ClientTotals } from './report-clients.ts';
import { type RoundResult, type RunAbout, RunReader } from './run-reader.ts';

export type RoundRow = Omit<RoundResult, 'clients'> & { readonly time: string };
export type Failed = { readonly client: string; readonly phase: string; readonly reason: string };
export type Refused = { readonly who: string; readonly reason: string; readonly fingerprint?: string };
export type Line = { readonly name: string; readonly points: readonly Point[] };
type Many<T> = { readonly said: readonly Said<T>[]; readonly beyond: number };

export type RunReport = RunAbout & {
  readonly run: string;
  readonly minClients?: number;
  /** Seconds. */
  readonly roundTimeout?: number;
  /** When it ended, and when anything was last told of it. */
  readonly ended?: string;
  readonly last?: string;
  readonly phase?: { readonly phase: Phase; readonly round: number; readonly missing: readonly string[] };
  readonly rows: Ends<RoundRow>;
  readonly best?: Best<Judged>;
  /** Of all rounds: seconds, bytes, and how often a client failed. */
  readonly seconds: number;
  readonly bytes: number;
  readonly failed: number;
  readonly loss: readonly Point[];
  readonly roundSeconds: readonly Point[];
  /** The most telling first. `more`: there were others. */
  readonly metrics: { readonly lines: readonly Line[]; readonly more: boolean };
  /** Loss and metrics that were told and were no finite numbers, and in how many rounds. */
  readonly notFinite: readonly { readonly name: string; readonly rounds: number }[];
  readonly clients: { readonly clients: readonly ClientTotal[]; readonly beyond: number };
  readonly clientLosses: readonly Line[];
  readonly failures: Many<Failed>;
  readonly refused: Many<Refused>;
  readonly notices: Ends<{ readonly time: string; readonly text: string }>;
  readonly starts: Ends<{ readonly time: string; readonly resumedAfter?: number }>;
};

/** Of what a table shows: with more nobody reads it, and `--format csv` has all. */
export const rowsKept = 100;
const saidKept = 200;
const noticesKept = 50;
/** A script that gives each round a metric of its own would fill page and memory. */
const metricsKept = 24;

export class ReportReader {
  readonly #rounds = new RunReader((result, time) => this.#round(result, time));
  readonly #rows = new EndsOf<RoundRow>(rowsKept);
  readonly #judging = new Judging<Judged>();
  readonly #loss = new Course();
  readonly #seconds = new Course();
  readonly #metrics = new Map<string, Course>();
  readonly #notFinite = new Map<string, number>();
  readonly #clients = new ClientTotals();
  readonly #failures = new Counted<Failed>(saidKept);
  readonly #refused = new Counted<Refused>(saidKept);
  readonly #notices = new EndsOf<{ time: string; text: string }>(noticesKept);
  readonly #starts = new EndsOf<{ time: string; resumedAfter?: number }>(noticesKept);
  #sums = { seconds: 0, bytes: 0, failed: 0 };
  #more = false;
  #about: Pick<RunReport, 'minClients' | 'roundTimeout' | 'ended' | 'phase'> = {};
  #last: string | undefined;

  add(event: Event): void {
    this.#rounds.add(event);
    this.#last = event.time;
    switch (event.type) {
      case 'run-started': {
        const { minClients, roundTimeout } = event;
        this.#clients.expect(event.clients ?? []);
        this.#about = { ...this.#about, ...present({ minClients, roundTimeout }) };
        return;
      }
      case 'server-started': {
        const { time, resumedAfter } = event;
        const { ended: _, ...about } = this.#about;
        this.#about = about;
        this.#starts.add({ time, ...present({ resumedAfter }) });
        return;
      }
      case 'phase-changed': {
        const { phase, round, waiting } = event;
        this.#about = { ...this.#about, phase: { phase, round, missing: waiting?.missing ?? [] } };
        return;
      }
      case 'client-changed':
        this.#clients.changed(event);
        return;
      case 'connection-accepted':
        this.#clients.accepted(event);
        return;
      case 'connection-refused':
        this.#refusal(event);
        return;
      case 'notice':
        this.#notices.add({ time: event.time, text: event.text });
        return;
      case 'run-finished':
        this.#about = { ...this.#about, ended: event.time };
        return;
      default:
    }
  }

  #refusal({ probe, name, address, reason, fingerprint, time }: ConnectionRefused & Event): void {
    // The port is another one each time.
    const who = name ?? address.replace(/:\d+$/, '');
    if (!probe) this.#refused.add({ who, reason, ...present({ fingerprint }) }, time);
  }

  #round(result: RoundResult, time: string): void {
    const { clients, ...row } = result;
    const { round, loss, metrics, seconds, bytes = 0, notFinite = [] } = result;
    this.#rows.add({ ...row, metrics: Object.fromEntries(Object.entries(metrics).slice(0, metricsKept)), time });
    this.#judging.add(judgedOf(result));
    this.#seconds.add(round, seconds);
    if (loss !== undefined) this.#loss.add(round, loss);
    for (const [name, value] of Object.entries(metrics)) this.#courseOf(name)?.add(round, value);
    for (const name of notFinite) this.#wrong(name);
    this.#clients.round(result);
    const failures = clients.filter(({ failure }) => failure !== undefined);
    for (const { client, phase, failure: reason = '' } of failures)
      this.#failures.add({ client, phase, reason }, round);
    const sums = this.#sums;
    this.#sums = {
      seconds: sums.seconds + seconds,
      bytes: sums.bytes + bytes,
      failed: sums.failed + failedIn(result),
    };
  }

  /** A metric that is never finite has a column as well. */
  #wrong(name: string): void {
    if (name !== 'loss' && !this.#courseOf(name)) return;
    this.#notFinite.set(name, (this.#notFinite.get(name) ?? 0) + 1);
  }

  #courseOf(name: string): Course | undefined {
    const found = this.#metrics.get(name);
    if (found) return found;
    if (this.#metrics.size >= metricsKept) {
      this.#more = true;
      return undefined;
    }
    const made = new Course();
    this.#metrics.set(name, made);
    return made;
  }

  report(run: string): RunReport {
    const lines = [...this.#metrics].map(([name, course]) => ({ name, points: course.points() }));
    return {
      run,
      ...this.#rounds.about,
      ...this.#about,
      ...this.#sums,
      ...present({ last: this.#last }),
      rows: this.#rows.ends(),
      ...present({ best: this.#judging.best() }),
      loss: this.#loss.points(),
      roundSeconds: this.#seconds.points(),
      metrics: {
        lines: lines.sort((a, b) => Number(isAccuracy(b.name)) - Number(isAccuracy(a.name))),
        more: this.#more,
      },
      notFinite: [...this.#notFinite].map(([name, rounds]) => ({ name, rounds })),
      clients: this.#clients.all(),
      clientLosses: this.#clients.courses(),
      failures: this.#failures.all(),
      refused: this.#refused.all(),
      notices: this.#notices.ends(),
      starts: this.#starts.ends(),
    };
  }
}

function failedIn({ fit, evaluate }: Pick<RoundFinished, 'fit' | 'evaluate'>): number {
  return fit.failed + evaluate.failed;
}
