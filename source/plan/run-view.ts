/** What a screen shows of a run, worked out of its events alone. Pure. */
import type {
  ClientChanged,
  ClientState,
  ConnectionAccepted,
  Event,
  Outcome,
  PhaseChanged,
  ProcessSeen,
  RoundFinished,
} from './event.ts';

/** What a client told of one round. */
export type ClientRound = {
  readonly round: number;
  readonly fitSeconds?: number;
  readonly loss?: number;
  readonly metrics?: Readonly<Record<string, number>>;
};

export type ClientView = {
  readonly name: string;
  readonly state: ClientState;
  readonly since: string;
  /** When anything was last heard of it. */
  readonly seen: string;
  readonly host?: string;
  readonly detail?: string;
  readonly address?: string;
  readonly samples?: number;
  readonly fitSeconds?: number;
  readonly loss?: number;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly bytesUp?: number;
  readonly bytesDown?: number;
  /** The last rounds, oldest first. */
  readonly rounds: readonly ClientRound[];
  /** How often it has failed, and the last times, oldest first. */
  readonly failed: number;
  readonly failures: readonly { readonly time: string; readonly round?: number; readonly reason: string }[];
  /** The certificate that it showed when it was last let in. */
  readonly shown?: Pick<ConnectionAccepted, 'serial' | 'fingerprint'> & { readonly time: string };
  readonly process?: ProcessView;
};

/** How a process was when its host was last asked. */
export type ProcessView = Omit<ProcessSeen, 'type' | 'member'> & { readonly time: string };

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
  /** When the server began to serve, and how its process was when its host was last asked. */
  readonly server: { readonly since?: string; readonly port?: number; readonly process?: ProcessView };
  readonly notices: readonly { readonly time: string; readonly text: string }[];
  /** Since when nothing is heard of the server, and why. */
  readonly lost?: { readonly since: string; readonly why: string };
  readonly end?: { readonly time: string; readonly outcome: Outcome; readonly detail?: string };
  readonly last: number;
  /** The highest sequence of what was told before we came. */
  readonly past: number;
};

/** Notices are a tail: a screen shows a few, and a run of days must not grow. */
const noticesKept = 50;

/** Of each client: what its own page shows. A thousand clients must not fill the memory. */
const roundsKept = 60;
const failuresKept = 5;

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
  const sequence = 'sequence' in event ? event.sequence : undefined;
  if (sequence !== undefined && 'run' in event && event.run === run.id && sequence <= run.last) return run;
  const fresh = 'run' in event && event.run !== undefined && event.run !== run.id ? newRun(run, event.run) : run;
  const next = sequence === undefined ? fresh : { ...fresh, last: sequence };
  switch (event.type) {
    case 'run-started':
      return {
        ...next,
        started: event.time,
        rounds: event.rounds,
        ...(event.flower ? { flower: event.flower } : {}),
        ...(event.strategy ? { strategy: event.strategy } : {}),
        ...(event.roundTimeout ? { roundTimeout: event.roundTimeout } : {}),
        clients: [...next.clients, ...expected(event.clients ?? [], next.clients, event.time)],
      };
    case 'server-started': {
      const { end: _, ...open } = next;
      const restarts = next.restarts + (event.resumedAfter === undefined ? 0 : 1);
      return { ...open, restarts, server: { ...open.server, since: event.time, port: event.port } };
    }
    case 'phase-changed': {
      const same = next.phase?.phase === event.phase && next.phase.round === event.round;
      return {
        ...next,
        rounds: event.rounds,
        phase: { ...event, since: same ? (next.phase?.since ?? event.time) : event.time },
      };
    }
    case 'client-changed':
      return { ...next, clients: withClient(next.clients, event.client, (old) => changed(old, event, event.time)) };
    case 'connection-accepted': {
      const { serial, fingerprint, address, time } = event;
      return {
        ...next,
        clients: withClient(next.clients, event.client, (old) => ({
          ...(old ?? unseen(event.client, time)),
          seen: time,
          address,
          shown: { serial, fingerprint, time },
        })),
      };
    }
    case 'process-seen':
      return withProcess(next, event, event.time);
    case 'round-finished':
      return {
        ...next,
        rounds: event.rounds,
        finished: [...next.finished.filter((each) => each.round !== event.round), event],
        clients: withFailures(next.clients, event, event.time),
      };
    case 'connection-refused':
      if (event.probe) return next;
      return noted(next, event.time, `refused ${event.name ?? event.address}: ${event.reason}`);
    case 'link-changed': {
      const { lost: before, ...found } = next;
      if (event.state === 'back') return before ? noted(found, event.time, 'connected again') : found;
      const why = event.why ?? 'the connection is lost';
      return { ...noted(next, event.time, `${why}; trying again`), lost: { since: before?.since ?? event.time, why } };
    }
    case 'past-known':
      return { ...next, past: event.last };
    case 'notice':
      return noted(next, event.time, event.text);
    case 'run-finished':
      return {
        ...next,
        end: { time: event.time, outcome: event.outcome, ...(event.detail ? { detail: event.detail } : {}) },
      };
    default:
      return next;
  }
}

/** Clients that the run expects and nobody has seen yet. */
function expected(names: readonly string[], known: readonly ClientView[], since: string): readonly ClientView[] {
  const seen = new Set(known.map(({ name }) => name));
  return [...new Set(names)].filter((name) => !seen.has(name)).map((name) => unseen(name, since));
}

function unseen(name: string, since: string): ClientView {
  return { name, state: 'starting', since, seen: since, rounds: [], failed: 0, failures: [] };
}

/** Of the run before it, only how the server's process is has not changed. */
function newRun({ server: { process } }: RunView, id: string): RunView {
  return { ...emptyRun, id, server: process ? { process } : {} };
}

function noted(run: RunView, time: string, text: string): RunView {
  return { ...run, notices: [...run.notices, { time, text }].slice(-noticesKept) };
}

function withClient(
  clients: readonly ClientView[],
  name: string,
  change: (old: ClientView | undefined) => ClientView,
): readonly ClientView[] {
  const at = clients.findIndex((client) => client.name === name);
  return at < 0 ? [...clients, change(undefined)] : clients.with(at, change(clients[at]));
}

function changed(old: ClientView | undefined, event: ClientChanged, time: string): ClientView {
  const { detail: _, ...kept } = old ?? unseen(event.client, time);
  return {
    ...kept,
    state: event.state,
    since: old?.state === event.state ? old.since : time,
    seen: time,
    ...(event.host ? { host: event.host } : {}),
    ...(event.detail ? { detail: event.detail } : {}),
    ...(event.address ? { address: event.address } : {}),
    ...(event.samples === undefined ? {} : { samples: event.samples }),
    ...(event.seconds !== undefined && event.loss === undefined ? { fitSeconds: event.seconds } : {}),
    ...(event.loss === undefined ? {} : { loss: event.loss }),
    ...(metricsIn(event) ? { metrics: event.metrics } : {}),
    ...(event.bytesUp ? { bytesUp: event.bytesUp } : {}),
    ...(event.bytesDown ? { bytesDown: event.bytesDown } : {}),
    rounds: withRound(kept.rounds, event),
  };
}

/** A message has no word for an absent map: one without metrics tells nothing of them. */
function metricsIn({ metrics }: ClientChanged): ClientChanged['metrics'] {
  return metrics && Object.keys(metrics).length > 0 ? metrics : undefined;
}

/** A round's fit and its evaluation are told apart; both are of one round. */
function withRound(rounds: readonly ClientRound[], event: ClientChanged): readonly ClientRound[] {
  const { round, seconds, loss } = event;
  const metrics = metricsIn(event);
  if (round === undefined || (seconds === undefined && loss === undefined && !metrics)) return rounds;
  const last = rounds.at(-1);
  const same = last?.round === round ? last : undefined;
  const now: ClientRound = {
    ...(same ?? { round }),
    ...(seconds !== undefined && loss === undefined ? { fitSeconds: seconds } : {}),
    ...(loss === undefined ? {} : { loss }),
    ...(metrics ? { metrics: { ...same?.metrics, ...metrics } } : {}),
  };
  return [...(same ? rounds.slice(0, -1) : rounds.slice(1 - roundsKept)), now];
}

function withFailures(clients: readonly ClientView[], event: RoundFinished, time: string): readonly ClientView[] {
  return (event.failures ?? []).reduce((all, { client, reason }) => {
    if (!all.some(({ name }) => name === client)) return all;
    return withClient(all, client, (old = unseen(client, time)) => ({
      ...old,
      failed: old.failed + 1,
      failures: [...old.failures.slice(1 - failuresKept), { time, round: event.round, reason }],
    }));
  }, clients);
}

function withProcess(run: RunView, { type: _, member, ...told }: ProcessSeen, time: string): RunView {
  const process: ProcessView = { ...told, time };
  if (member === 'server') return { ...run, server: { ...run.server, process } };
  if (!run.clients.some(({ name }) => name === member)) return run;
  return {
    ...run,
    clients: withClient(run.clients, member, (old = unseen(member, time)) => ({ ...old, process })),
  };
}
