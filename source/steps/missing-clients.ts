/**
 * Whom a run waits for or has lost, and why: the server knows only that a client is not there, so its host is asked. Where
 * nobody can act, a run that can't have the clients that it needs any more is not watched for ever.
 */
import type { Member } from '../network/network.ts';
import type { PhaseChanged, ServerEvent } from '../plan/event.ts';
import { exit, failureOf } from '../plan/failure.ts';
import { reported } from '../plan/merge.ts';
import type { Answers, StepCheck } from '../plan/step.ts';
import type { World } from '../plan/world.ts';
import { isBarred } from './link.ts';
import { causeOf, type Ended, endedOf, type Looked, stoppedOf, tooFew } from './missing-causes.ts';
import { lookAtAll } from './placed.ts';
import { clientCheck } from './process-card.ts';
import { chosenClients } from './shared.ts';

export type Told = { readonly events: readonly ServerEvent[] } | { readonly check: StepCheck };
type Waiting = NonNullable<PhaseChanged['waiting']>;

/**
 * Before each look, milliseconds; the last one repeats. Most clients come by themselves within the first: a supervisor has
 * started them again, or they load their data. Who waits for hours asks each host once a minute.
 */
const pauses = [10_000, 20_000, 40_000, 60_000] as const;

/** So many messages of the server's wait at most until what came before them was shown. */
const waiting = 8;

type Watched = {
  readonly answers: Answers;
  readonly world: World;
  readonly run: string;
  /** What is known of the run already, as far as it decides whom it waits for since then. */
  readonly known: readonly ServerEvent[];
};

/**
 * The events of a run, and beside them what the hosts of missing clients know.
 * @param beside tells what else is known meanwhile, until its signal
 */
export async function* withLooks(
  watched: Watched,
  signal: AbortSignal,
  follow: (signal: AbortSignal) => AsyncIterable<readonly ServerEvent[]>,
  beside: (tell: (event: ServerEvent) => void, signal: AbortSignal) => Promise<void> = async () => undefined,
): AsyncGenerator<Told> {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  try {
    yield* reported<Told>(async (tell, room) => {
      const watch = new MissingClients(watched, until, (told) => {
        tell(told);
        if ('check' in told) over.abort();
      });
      for (const event of watched.known) watch.see(event);
      const other = beside((event) => tell({ events: [event] }), until);
      other.catch(() => undefined);
      for await (const events of follow(until)) {
        tell({ events });
        for (const event of events) watch.see(event);
        // Who reads slowly is not hurried: the stream then waits, and with it the server's reading of its journal.
        const full = room();
        if (full) await full;
      }
      over.abort();
      await other;
    }, waiting);
  } finally {
    // Also where the events have ended, or who reads them has: nobody looks any more.
    over.abort();
  }
}

class MissingClients {
  readonly #watched: Watched;
  readonly #signal: AbortSignal;
  readonly #tell: (told: Told) => void;
  /** What was told of each client, until it has come back. */
  readonly #causes = new Map<string, Set<string>>();
  /** Hosts that let nobody in until somebody acts: each try more could ask for a password again. */
  readonly #barred = new Set<string>();
  #waiting: Waiting | undefined;
  /** Whom the server has lost, whether it waits for them or not. */
  readonly #lost = new Set<string>();
  /** Whose host has said that it was stopped: while nobody trains it is not asked again. */
  readonly #stopped = new Set<string>();
  #looking: AbortController | undefined;

  constructor(watched: Watched, signal: AbortSignal, tell: (told: Told) => void) {
    this.#watched = watched;
    this.#signal = signal;
    this.#tell = tell;
  }

  see(event: ServerEvent): void {
    switch (event.type) {
      case 'client-changed':
        if (event.state === 'connected') this.#causes.delete(event.client);
        this.#stopped.delete(event.client);
        this.#keeps(event.client, event.state === 'lost');
        break;
      case 'phase-changed':
        this.#waitsFor(event.phase === 'halted' ? this.#everybody() : event.waiting);
        break;
      // A server that starts again says anew for whom it waits, and whom it has lost.
      case 'server-started':
      case 'run-finished':
        this.#lost.clear();
        this.#waitsFor(undefined);
    }
  }

  #keeps(client: string, lost: boolean): void {
    if (lost) this.#lost.add(client);
    else this.#lost.delete(client);
    this.#asNeeded();
  }

  /** Nobody serves them: whether they were stopped as well is known by their hosts alone. */
  #everybody(): Waiting {
    return { have: 0, need: 0, missing: chosenClients(this.#watched.answers).map(({ name }) => name) };
  }

  #waitsFor(waiting: Waiting | undefined): void {
    this.#waiting = waiting && waiting.missing.length > 0 ? waiting : undefined;
    this.#asNeeded();
  }

  #asNeeded(): void {
    if (!this.#waiting && this.#lost.size === 0) {
      this.#looking?.abort();
      this.#looking = undefined;
    } else if (!this.#looking) {
      // A wait of which more is told is still the same: clients that come and go must not put the look off for ever.
      this.#looking = new AbortController();
      this.#looks(AbortSignal.any([this.#signal, this.#looking.signal]));
    }
  }

  async #looks(signal: AbortSignal): Promise<void> {
    const { world } = this.#watched;
    try {
      for (let at = 0; !signal.aborted; at = Math.min(at + 1, pauses.length - 1)) {
        await world.pause(pauses[at] ?? 0, signal);
        if (!signal.aborted) await this.#look(signal);
      }
    } catch (error) {
      // Hosts that can't be asked are told of; this is a bug of ours, and no reason to lose the run's events.
      const { why } = failureOf(error, 'Looking for missing clients');
      if (!signal.aborted) this.#tell({ events: [{ type: 'notice', text: why }] });
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { answers, world } = this.#watched;
    const missing = ({ name }: Member) => this.#lost.has(name) || this.#waiting?.missing.includes(name) === true;
    const known = this.#waiting?.need === 0 ? this.#stopped : new Set();
    const clients = chosenClients(answers).filter(
      (member) => missing(member) && !this.#barred.has(member.name) && !known.has(member.name),
    );
    if (clients.length === 0) return;
    const [server, ...looked] = await Promise.all(
      [answers.network.server, ...clients].map((member) => this.#ask(member, signal)),
    );
    if (signal.aborted) return;
    // One that came in the meantime is missed no more.
    const found = looked.filter(({ member }) => missing(member));
    const serving = server && 'look' in server ? server.look : undefined;
    const ended = found.flatMap(endedOf);
    const [first] = ended;
    const need = this.#waiting?.need ?? 0;
    const hopeless = first && !world.attended && answers.network.clients.length - ended.length < need;
    for (const each of found) {
      const stopped = stoppedOf(each);
      if (stopped) {
        this.#stopped.add(each.member.name);
        this.#tellOnce(each.member.name, stopped);
      }
      const cause = hopeless && endedOf(each).length > 0 ? undefined : causeOf(each, serving);
      if (cause !== undefined) this.#tellOnce(each.member.name, noticeOf(each.member, cause));
      if ('failure' in each && isBarred(each.failure)) this.#barred.add(each.member.name);
    }
    if (!hopeless) return;
    const check = await this.#failed(first, ended, need);
    if (!signal.aborted) this.#tell({ check });
  }

  async #ask(member: Member, signal: AbortSignal): Promise<Looked> {
    const { answers, world } = this.#watched;
    try {
      return { member, look: await world.state(answers.network, member, signal) };
    } catch (error) {
      return { member, failure: failureOf(error, `Looking at ${member.name}`, member.name) };
    }
  }

  /** Once for each client and what is told of it. */
  #tellOnce(client: string, event: ServerEvent): void {
    const told = this.#causes.get(client) ?? new Set();
    this.#causes.set(client, told);
    const words = JSON.stringify(event);
    if (told.has(words)) return;
    told.add(words);
    this.#tell({ events: [event] });
  }

  async #failed({ member, look }: Ended, ended: readonly Ended[], need: number): Promise<StepCheck> {
    const { answers, world, run } = this.#watched;
    // A light look does not tell where its home is, and the command by hand needs to know; where it can't, so be it.
    await lookAtAll({ ...answers, only: [member.name] }, world).catch(() => undefined);
    const home = await world.homeOf(answers.network, member);
    return {
      ...clientCheck(member, { ...look, paths: { home } }),
      name: `run ${run}`,
      exitCode: exit.remote,
      detail: tooFew(need, ended),
    };
  }
}

function noticeOf({ name }: Member, cause: string): ServerEvent {
  return { type: 'notice', text: `${name}: ${cause}` };
}
