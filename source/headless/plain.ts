/** Events as lines for people: pipes, logs, screen readers. Pure: an event in, lines out. */
import type { Check, Event } from '../plan/event.ts';
import { approves, type Failure, troubledHosts } from '../plan/failure.ts';
import { secondsLeft } from '../plan/progress.ts';
import { clock, duration } from '../ui/format.ts';
import { inert } from '../ui/inert.ts';
import { phaseLines, serverLines } from './server-texts.ts';

export type Symbols = { readonly ok: string; readonly bad: string; readonly doing: string; readonly warn: string };
export const unicodeSymbols: Symbols = { ok: '✓', bad: '✗', doing: '·', warn: '!' };
export const asciiSymbols: Symbols = { ok: 'ok', bad: 'FAILED', doing: '-', warn: '!' };

/** A failure is at most three lines: what was being done, why, and what to try; and what somebody's own code said of it. */
export function failureLines(failure: Failure): readonly string[] {
  const where = failure.host && !failure.doing.includes(failure.host) ? ` (${inert(failure.host)})` : '';
  return [
    `${inert(failure.doing)}${where} failed.`,
    `  Why  ${inert(failure.why)}`,
    ...(failure.said ?? []).map((line) => `       ${inert(line)}`),
    ...(failure.hint ? [`  Try  ${inert(failure.hint)}`] : []),
    ...(failure.byHand ? [`  Run  ${inert(failure.byHand)}`] : []),
  ];
}

/**
 * All that failed: one in full, several as one table of who, why and what to try, so that the last screenful of a log
 * tells all of it.
 * @param done how many actions of the step were done
 */
export function failuresLines(failures: readonly Failure[], done = 0): readonly string[] {
  const [only] = failures;
  if (!only || failures.length === 1) return failures.flatMap(failureLines);
  const who = failures.map(({ host }) => host ?? 'here');
  const width = Math.max(...who.map((name) => name.length));
  const rows = failures.flatMap(({ doing, why, said = [], hint, byHand }, at) => {
    const name = who[at] ?? '';
    const label = name === who[at - 1] ? '' : name;
    return [
      `  ${label.padEnd(width)}  ${inert(doing)}: ${inert(why)}`,
      ...said.map((line) => `  ${' '.repeat(width)}       ${inert(line)}`),
      ...(hint ? [`  ${' '.repeat(width)}  Try  ${inert(hint)}`] : []),
      ...(byHand ? [`  ${' '.repeat(width)}  Run  ${inert(byHand)}`] : []),
    ];
  });
  const hosts = troubledHosts(failures);
  const rest = done > 0 ? '; what is done stays, and the next run does only the rest' : '';
  return hosts.size > 1 ? [...rows, `  ${hosts.size} hosts failed${rest}.`] : rows;
}

function checkLine(check: Check, symbols: Symbols): string {
  const symbol = check.ok ? (check.hint ? symbols.warn : symbols.ok) : symbols.bad;
  const host = check.host ? `${check.host}  ` : '';
  return `  ${symbol} ${host}${check.name}: ${check.detail}${check.ok && check.hint ? ` (${check.hint})` : ''}`;
}

const progressMilliseconds = 10_000;

/** Turns events into lines; it remembers headings and plans, which later events refer to by number. */
export class PlainReader {
  readonly #symbols: Symbols;
  readonly #titles = new Map<string, string>();
  #actions: readonly { readonly text: string; readonly host?: string }[] = [];
  /** When the first action of the plan began, when it was last told how far it is, and how many are done. */
  #begun = 0;
  #told = 0;
  /** Hosts that have failed in this step. */
  readonly #out = new Set<string>();
  #done = 0;
  /** Who is waited for, as it was told last. */
  #waiting: string | undefined;
  /** The last event of the run that was told before we came. */
  #past = 0;

  constructor(symbols: Symbols) {
    this.#symbols = symbols;
  }

  /** Whatever an event holds (a metric's name is its author's), no line acts on a terminal. */
  read(event: Event): readonly string[] {
    return this.#lines(event).map((line) => inert(line));
  }

  #lines(event: Event): readonly string[] {
    const symbols = this.#symbols;
    switch (event.type) {
      case 'session-started':
        for (const { id, title, command = id } of event.steps) this.#titles.set(id, `${title} (fl-wizard ${command})`);
        return [];
      case 'step-started':
        this.#out.clear();
        return [this.#titles.get(event.step) ?? event.step];
      case 'plan-ready':
        this.#actions = event.actions;
        this.#done = 0;
        this.#begun = 0;
        return [
          ...event.actions.map(({ text, host }) => `  + ${host ? `${host}: ` : ''}${text}`),
          // Before anybody says yes to it.
          ...(event.actions.length > 0
            ? [...this.#out].map((host) => `  ${symbols.bad} ${host} is left out: see below`)
            : []),
        ];
      case 'host-failed':
        this.#out.add(event.host);
        return [];
      case 'action-started':
        this.#begun ||= this.#told = Date.parse(event.time);
        return [];
      case 'action-output':
        return [`    ${event.host ? `${event.host}: ` : ''}${event.line}`];
      case 'action-finished': {
        const action = this.#actions[event.action];
        if (!action || event.outcome === 'failed') return [];
        this.#done += 1;
        return [
          `  ${symbols.ok} ${action.host ? `${action.host}: ` : ''}${action.text}`,
          ...this.#progress(event.time),
        ];
      }
      case 'check-finished':
        return [checkLine(event.check, symbols)];
      case 'step-finished':
        return this.#stepEnd(event);
      case 'past-known':
        this.#past = event.last;
        return serverLines(event);
      case 'phase-changed':
        // For whom it waited once, nobody has to look now.
        return this.#isPast(event) ? [] : this.#phase(event);
      case 'client-changed':
        // What is past has its time, so that it is not taken for how things stand.
        return serverLines(event).map((line) =>
          this.#isPast(event) ? `  ${clock(event.time)}${line.slice(1)}` : line,
        );
      default:
        return serverLines(event);
    }
  }

  #isPast(event: Event): boolean {
    return 'sequence' in event && event.sequence !== undefined && event.sequence <= this.#past;
  }

  /** The same wait is told once, however often the server tells it. */
  #phase(event: Extract<Event, { type: 'phase-changed' }>): readonly string[] {
    const [line] = phaseLines(event);
    const known = line === this.#waiting;
    this.#waiting = line;
    return line === undefined || known ? [] : [line];
  }

  /** Now and then, how much of a long plan is done: in a log the lines alone don't tell. */
  #progress(time: string): readonly string[] {
    const now = Date.parse(time);
    const [done, total] = [this.#done, this.#actions.length];
    const left = secondsLeft({ done, total, seconds: (now - this.#begun) / 1000 });
    if (left === undefined || now - this.#told < progressMilliseconds) return [];
    this.#told = now;
    return [`  ${this.#symbols.doing} ${done} of ${total} done, about ${duration(Math.ceil(left))} left`];
  }

  #stepEnd(event: Extract<Event, { type: 'step-finished' }>): readonly string[] {
    const failures = failuresLines(event.failures ?? [], this.#done);
    // Who watches changes nothing.
    if (event.outcome === 'unchanged') return event.step === 'monitor' ? [] : ['  unchanged'];
    if (event.outcome === 'declined') return [`  not done: this plan was not approved (${approves(event.step)})`];
    return failures;
  }
}
