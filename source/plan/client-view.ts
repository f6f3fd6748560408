/** What a screen shows of a run's clients, worked out of the run's events. */
import { type ClientRound, ClientRounds } from './client-rounds.ts';
import type { ClientChanged, ClientState, ConnectionAccepted, ProcessSeen } from './event.ts';

export type ClientView = {
  readonly name: string;
  readonly state: ClientState;
  readonly since: string;
  /** The round in which it was told to do anything last. */
  readonly round?: number | undefined;
  /** When anything was last heard of it. */
  readonly seen: string;
  readonly host?: string | undefined;
  readonly detail?: string | undefined;
  readonly address?: string | undefined;
  readonly samples?: number | undefined;
  readonly fitSeconds?: number | undefined;
  readonly loss?: number | undefined;
  readonly metrics?: Readonly<Record<string, number>> | undefined;
  readonly bytesUp?: number | undefined;
  readonly bytesDown?: number | undefined;
  /** The last round of which it told anything, and those before it. */
  readonly last?: ClientRound | undefined;
  readonly earlier?: ClientRounds | undefined;
  /** How often it has failed, and the last times, oldest first. */
  readonly failed: number;
  readonly failures: readonly { readonly time: string; readonly round?: number | undefined; readonly reason: string }[];
  /** The certificate that it showed when it was last let in. */
  readonly shown?: (Pick<ConnectionAccepted, 'serial' | 'fingerprint'> & { readonly time: string }) | undefined;
  readonly process?: ProcessView | undefined;
};

/** How a process was when its host was last asked. */
export type ProcessView = Omit<ProcessSeen, 'type' | 'member'> & { readonly time: string };

/** Of each client: what its own page shows. A thousand clients must not fill the memory. */
const failuresKept = 5;

/** States of who is in: only a server gives them. */
export const served: ReadonlySet<ClientState> = new Set(['connected', 'training', 'evaluating', 'idle']);

/** One that is known by its name alone. */
function unseen(name: string, since: string): ClientView {
  return copied({ name, state: 'starting', since, seen: since, failed: 0, failures: [] });
}

type Open = { -readonly [Member in keyof ClientView]: ClientView[Member] };

/**
 * All members in one order, also those of which nothing is known: a frame looks at a thousand clients a dozen times, and
 * V8 reads objects of one shape several times as fast as those to which members were added as they came.
 */
function copied(old: ClientView): Open {
  return {
    name: old.name,
    state: old.state,
    since: old.since,
    round: old.round,
    seen: old.seen,
    host: old.host,
    detail: old.detail,
    address: old.address,
    samples: old.samples,
    fitSeconds: old.fitSeconds,
    loss: old.loss,
    metrics: old.metrics,
    bytesUp: old.bytesUp,
    bytesDown: old.bytesDown,
    last: old.last,
    earlier: old.earlier,
    failed: old.failed,
    failures: old.failures,
    shown: old.shown,
    process: old.process,
  } satisfies Record<keyof ClientView, unknown>;
}

/** The same client with other words for some members. */
export function withMembers(old: ClientView, news: Partial<ClientView>): ClientView {
  return Object.assign(copied(old), news);
}

/** Where each client of a list stands. A list and those made of it share it, since nobody leaves or moves: a frame would make it anew. */
const placesOf = new WeakMap<readonly ClientView[], Map<string, number>>();

/** The clients of a run while events are worked in: the list is copied with the first change, and a name is looked up. */
export class Roster {
  #all: readonly ClientView[];
  #own: ClientView[] | undefined;
  readonly #places: Map<string, number>;

  constructor(all: readonly ClientView[]) {
    this.#all = all;
    this.#places = placesOf.get(all) ?? new Map(all.map(({ name }, at) => [name, at]));
  }

  get all(): readonly ClientView[] {
    return this.#own ?? this.#all;
  }

  has(name: string): boolean {
    return this.#placeOf(name) !== undefined;
  }

  /** One that the run expects. */
  expect(name: string, since: string): void {
    if (!this.has(name)) this.change(name, since, (client) => client);
  }

  /** One that was not known is made first. */
  change(name: string, since: string, change: (old: ClientView) => ClientView): void {
    const own = this.#owned();
    const at = this.#placeOf(name) ?? own.length;
    this.#places.set(name, at);
    own[at] = change(own[at] ?? unseen(name, since));
  }

  /** A server that begins knows nobody: who was in has to come again. */
  begin(since: string): void {
    for (const { name, state } of this.all)
      if (served.has(state))
        this.change(name, since, (old) => withMembers(old, { state: 'starting', since, detail: undefined }));
  }

  #owned(): ClientView[] {
    if (!this.#own) {
      this.#own = [...this.#all];
      placesOf.set(this.#own, this.#places);
    }
    return this.#own;
  }

  /** Nothing where it is another list's that was made of the same. */
  #placeOf(name: string): number | undefined {
    const at = this.#places.get(name);
    return this.all[at ?? -1]?.name === name ? at : undefined;
  }
}

/** Ten thousand times a second: one copy, and what was told is put into it. */
export function changed(old: ClientView, event: ClientChanged, time: string): ClientView {
  const next = copied(old);
  next.state = event.state;
  if (old.state !== event.state) next.since = time;
  // That it was stopped is what its host says, and nothing that was heard of it.
  if (event.state !== 'stopped') next.seen = time;
  if (event.round !== undefined) next.round = event.round;
  const brought = event.state !== 'failed' && event.state !== 'lost';
  if (event.host) next.host = event.host;
  next.detail = event.detail || undefined;
  if (event.address) next.address = event.address;
  // What it learns from, and not what it is examined with.
  if (event.samples !== undefined && event.loss === undefined) next.samples = event.samples;
  if (brought && event.seconds !== undefined && event.loss === undefined) next.fitSeconds = event.seconds;
  if (event.loss !== undefined) next.loss = event.loss;
  // A message has no word for metrics that were not told.
  const metrics = event.metrics && Object.keys(event.metrics).length > 0 ? event.metrics : undefined;
  if (metrics) next.metrics = metrics;
  if (event.bytesUp) next.bytesUp = event.bytesUp;
  if (event.bytesDown) next.bytesDown = event.bytesDown;
  const last = roundOf(old.last, event, metrics);
  if (old.last && old.last.round !== last?.round) {
    next.earlier ??= new ClientRounds();
    next.earlier.add(old.last);
  }
  if (last) next.last = last;
  return next;
}

/** A round's fit and its evaluation are told apart; both are of one round. */
function roundOf(
  last: ClientRound | undefined,
  { round, state, seconds, loss }: ClientChanged,
  metrics: ClientView['metrics'],
): ClientRound | undefined {
  const broken = state === 'failed' || state === 'lost';
  if (round === undefined || (!broken && seconds === undefined && loss === undefined && !metrics)) return last;
  const same = last?.round === round ? last : undefined;
  return {
    round,
    fitSeconds: seconds !== undefined && loss === undefined && !broken ? seconds : same?.fitSeconds,
    loss: loss ?? same?.loss,
    metrics: metrics && same?.metrics ? { ...same.metrics, ...metrics } : (metrics ?? same?.metrics),
    failed: broken ? true : same?.failed,
  };
}

/** All of a client's rounds that are kept, oldest first. */
export function roundsOf({ last, earlier }: ClientView): readonly Pick<ClientRound, 'round' | 'loss' | 'metrics'>[] {
  return [...(earlier ?? []), ...(last ? [last] : [])];
}

/** With the certificate that it showed. */
export function letIn(old: ClientView, { serial, fingerprint, address }: ConnectionAccepted, time: string): ClientView {
  return withMembers(old, { seen: time, address, shown: { serial, fingerprint, time } });
}

export function failed(old: ClientView, round: number, reason: string, time: string): ClientView {
  const failures = [...old.failures.slice(1 - failuresKept), { time, round, reason }];
  return withMembers(old, { failed: old.failed + 1, failures });
}
