/** A run's rounds and their clients, worked out of its events one after the other: a journal may be longer than what should be held. Pure. */
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

/** What there is to say of the run itself. */
export type RunAbout = {
  readonly started?: string;
  readonly finished: boolean;
  readonly outcome?: string;
  /** What there is to say about the outcome. */
  readonly detail?: string;
  readonly strategy?: string;
  readonly flower?: string;
  /** How many rounds it was to have. */
  readonly rounds?: number;
};

const phases: Readonly<Record<string, string>> = { training: 'fit', evaluating: 'evaluate' };

/** Hands on each round that has ended, with what its clients brought. */
export class RunReader {
  readonly #onRound: (result: RoundResult, time: string) => void;
  /** What each client was given to do last. */
  readonly #doing = new Map<string, string>();
  #under: (ClientResult & { readonly round: number | undefined })[] = [];
  #about: RunAbout = { finished: false };

  constructor(onRound: (result: RoundResult, time: string) => void) {
    this.#onRound = onRound;
  }

  get about(): RunAbout {
    return this.#about;
  }

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
    this.#under = [];
    this.#onRound({ round, seconds, fit, evaluate, metrics, ...told, clients: [...own, ...failed] }, event.time);
    // A run that is resumed with more rounds says so only here.
    this.#about = { ...this.#about, rounds };
  }
}
