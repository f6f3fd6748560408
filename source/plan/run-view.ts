/** What a screen shows of a run, worked out of its events alone. Pure. */
import { type ClientView, changed, failed, letIn, type ProcessView, Roster, withMembers } from './client-view.ts';
import type { Event, Outcome, PhaseChanged, ProcessSeen, RoundFinished } from './event.ts';

export type { ClientView, ProcessView } from './client-view.ts';

export type RunView = {
  readonly id?: string;
  readonly started?: string;
  readonly rounds: number;
  readonly phase?: PhaseChanged & { readonly since: string };
  readonly finished: readonly RoundFinished[];
  readonly clients: readonly ClientView[];
  readonly flower?: string;
  readonly strategy?: string;
  readonly roundTimeout?: number;
  readonly restarts: number;
  /**
   * When the server began to serve, and how its process was when its host was last asked. `again`: another process served
   * the run before it; `probed`: when this one last refused a try of a proof. Both times by its own clock.
   */
  readonly server: {
    readonly since?: string;
    readonly again?: boolean;
    readonly probed?: string;
    readonly port?: number;
    readonly process?: ProcessView;
  };
  readonly notices: readonly { readonly time: string; readonly text: string }[];
  /** Since when nothing is heard of the server, and why. */
  readonly lost?: { readonly since: string; readonly why: string; readonly forGood?: true };
  readonly end?: { readonly time: string; readonly outcome: Outcome; readonly detail?: string };
  readonly last: number;
  /** The highest sequence of what was told before we came. */
  readonly past: number;
};

/** Notices are a tail: a screen shows a few, and a run of days must not grow. */
const noticesKept = 50;

export const emptyRun: RunView = {
  rounds: 0,
  finished: [],
  clients: [],
  restarts: 0,
  server: {},
  notices: [],
  last: 0,
  past: 0,
};

/** The part of the view that comes from the running server and its hosts. An event that was seen before changes nothing. */
export function reduceRun(run: RunView, event: Event): RunView {
  return foldRun(run, [event]);
}

/** Many events in order, for far less than one by one: what a thousand clients and rounds are kept in is copied once. */
export function foldRun(run: RunView, events: readonly Event[]): RunView {
  const draft = new Draft(run);
  for (const event of events) draft.add(event);
  return draft.run;
}

/** A run's view while events are worked into it. */
class Draft {
  #run: RunView;
  #last: number;
  #clients: Roster;
  #finished: Rounds;

  constructor(run: RunView) {
    this.#run = run;
    this.#last = run.last;
    this.#clients = new Roster(run.clients);
    this.#finished = new Rounds(run.finished);
  }

  get run(): RunView {
    const [run, last, clients, finished] = [this.#run, this.#last, this.#clients.all, this.#finished.all];
    const same = last === run.last && clients === run.clients && finished === run.finished;
    return same ? run : { ...run, last, clients, finished };
  }

  add(event: Event): void {
    const sequence = 'sequence' in event ? event.sequence : undefined;
    const told = 'run' in event ? event.run : undefined;
    if (told !== undefined && told !== this.#run.id) this.#begin(told);
    else if (sequence !== undefined && told !== undefined && sequence <= this.#last) return;
    if (sequence !== undefined) this.#last = sequence;
    this.#run = this.#with(event);
  }

  /** Of the run before it, only how the server's process is has not changed. */
  #begin(id: string): void {
    const { process } = this.#run.server;
    this.#run = { ...emptyRun, id, server: process ? { process } : {} };
    this.#last = 0;
    this.#clients = new Roster([]);
    this.#finished = new Rounds([]);
  }

  #with(event: Event): RunView {
    const run = this.#run;
    switch (event.type) {
      case 'run-started':
        for (const name of event.clients ?? []) this.#clients.expect(name, event.time);
        return {
          ...run,
          started: event.time,
          rounds: event.rounds,
          ...(event.flower ? { flower: event.flower } : {}),
          ...(event.strategy ? { strategy: event.strategy } : {}),
          ...(event.roundTimeout ? { roundTimeout: event.roundTimeout } : {}),
        };
      case 'server-started': {
        const { end: _, ...open } = run;
        const { probed: __, ...server } = open.server;
        // One that was started again before its first round was done goes on behind none.
        const again = server.since !== undefined || event.resumedAfter !== undefined;
        this.#clients.begin(event.time);
        const restarts = run.restarts + (event.resumedAfter === undefined ? 0 : 1);
        return { ...open, restarts, server: { ...server, since: event.time, again, port: event.port } };
      }
      case 'phase-changed': {
        const same = run.phase?.phase === event.phase && run.phase.round === event.round;
        const since = same ? (run.phase?.since ?? event.time) : event.time;
        return { ...run, rounds: event.rounds, phase: { ...event, since } };
      }
      case 'client-changed':
        this.#clients.change(event.client, event.time, (old) => changed(old, event, event.time));
        return run;
      case 'connection-accepted':
        this.#clients.change(event.client, event.time, (old) => letIn(old, event, event.time));
        return run;
      case 'process-seen':
        return this.#withProcess(event, event.time);
      case 'round-finished':
        this.#finished.add(event);
        for (const { client, reason } of event.failures ?? [])
          if (this.#clients.has(client))
            this.#clients.change(client, event.time, (old) => failed(old, event.round, reason, event.time));
        return { ...run, rounds: event.rounds };
      case 'connection-refused':
        if (event.probe) return { ...run, server: { ...run.server, probed: event.time } };
        return noted(run, event.time, `refused ${event.name ?? event.address}: ${event.reason}`);
      case 'link-changed': {
        const { lost: before, ...found } = run;
        if (event.state === 'back') return before ? noted(found, event.time, 'connected again') : found;
        const why = event.why ?? 'the connection is lost';
        const forGood = event.forGood ? ({ forGood: true } as const) : {};
        const lost = { since: before?.since ?? event.since ?? event.time, why, ...forGood };
        // Of a run that is over nothing more is to be heard.
        if (run.end) return { ...run, lost };
        return { ...noted(run, event.time, `nothing is heard of the server: ${why}`), lost };
      }
      case 'past-known':
        return { ...run, past: event.last };
      case 'notice':
        return noted(run, event.time, event.text);
      case 'run-finished': {
        const { time, outcome, detail } = event;
        return { ...run, end: { time, outcome, ...(detail ? { detail } : {}) } };
      }
      default:
        return run;
    }
  }

  #withProcess({ type: _, member, ...told }: ProcessSeen, time: string): RunView {
    const process: ProcessView = { ...told, time };
    if (member === 'server') return { ...this.#run, server: { ...this.#run.server, process } };
    if (this.#clients.has(member)) this.#clients.change(member, time, (old) => withMembers(old, { process }));
    return this.#run;
  }
}

function noted(run: RunView, time: string, text: string): RunView {
  return { ...run, notices: [...run.notices, { time, text }].slice(-noticesKept) };
}

/** The rounds that are over. One that is done again stands where it was done last. */
class Rounds {
  #all: readonly RoundFinished[];
  #own: RoundFinished[] | undefined;

  constructor(all: readonly RoundFinished[]) {
    this.#all = all;
  }

  get all(): readonly RoundFinished[] {
    return this.#own ?? this.#all;
  }

  add(event: RoundFinished): void {
    const known = this.#own ?? [...this.#all];
    // They come in order, but for a server that starts again: a run has a hundred thousand of them.
    const later = (known.at(-1)?.round ?? 0) < event.round;
    this.#own = later ? known : known.filter((each) => each.round !== event.round);
    this.#own.push(event);
  }
}
