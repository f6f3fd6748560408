/** What all hosts print, for who looks on: each log followed for as long as that takes, across whatever happens to it. */
import { type Member, members, type Network } from '../network/network.ts';
import type { World } from '../plan/world.ts';
import { followLog } from './follow-log.ts';
import { isBarred } from './link.ts';

/**
 * Logs of more clients are not followed all at once, but the server's and that of a client somebody looks at: each one
 * takes a channel, and on its host a process that looks three times a second whether something came.
 */
const mostClients = 50;
/** Hosts are dialed one after the other, as for their processes (watch-processes.ts). */
const apart = 50;
/** Until a host that was never reached is tried again, milliseconds: most that are not there stay away for a while. */
const seldom = 30_000;
/**
 * A host tells the last lines of its log at once, and looks again for others three times a second (runs.py): what comes so
 * soon behind the first line, milliseconds, was there before.
 */
const firstLook = 150;

type Watch = {
  readonly world: World;
  readonly network: Network;
  /** @param earlier whether it was there before anybody looked: nobody knows since when */
  tell(member: string, line: string, earlier: boolean): void;
};

export class WatchedLogs {
  readonly #watch: Watch;
  readonly #signal: AbortSignal;
  readonly #all: readonly Member[];
  #shown: string | undefined;
  #leave: AbortController | undefined;

  /** @param signal ends all of them */
  constructor(watch: Watch, signal: AbortSignal) {
    const { network } = watch;
    this.#watch = watch;
    this.#signal = signal;
    this.#all = network.clients.length > mostClients ? [network.server] : members(network);
  }

  /** Follows those that are always followed, until the signal; never rejects. */
  async follow(): Promise<void> {
    const { world } = this.#watch;
    await Promise.all(
      this.#all.map(async (member, at) => {
        await world.pause(at * apart, this.#signal);
        await this.#followOne(member, this.#signal);
      }),
    );
  }

  /** Somebody looks at this client, or at none any more: its log is followed, too, where not all are. */
  show(name: string | undefined): void {
    if (name === this.#shown) return;
    this.#shown = name;
    this.#leave?.abort();
    const member = this.#watch.network.clients.find((each) => each.name === name);
    if (!member || this.#all.includes(member)) return;
    this.#leave = new AbortController();
    void this.#followOne(member, AbortSignal.any([this.#signal, this.#leave.signal]));
  }

  async #followOne(member: Member, signal: AbortSignal): Promise<void> {
    const { world, tell } = this.#watch;
    const begun = world.now().getTime();
    let heard = begun;
    let first: number | undefined;
    const told = (line: string, earlier = false) => {
      if (!signal.aborted) tell(member.name, line, earlier);
    };
    for (let tries = 0; !signal.aborted; tries++) {
      const since = tries === 0 ? {} : { since: { ago: Math.ceil((world.now().getTime() - heard) / 1000) } };
      const failure = await followLog(
        world,
        member,
        {
          ...since,
          glance: true,
          onLine(line) {
            heard = world.now().getTime();
            first ??= heard;
            // A log in which nothing was for so long was empty: then its first line is as new as the others.
            const earlier = first - begun < seldom && heard - first < firstLook;
            // A bar of progress is one line that was written over and over: a terminal shows how it was last.
            told(line.slice(line.lastIndexOf('\r') + 1), earlier);
          },
          onLost: ({ why }) => told(`${why}; trying again`),
        },
        signal,
      );
      if (!failure) return;
      if (tries === 0 || isBarred(failure)) told(failure.why);
      if (isBarred(failure)) return;
      await world.pause(seldom, signal);
    }
  }
}
