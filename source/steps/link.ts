/**
 * Whether the server is heard, and what is borne while it is not: said once when it is lost, again for each new reason, and
 * once when it is back.
 */
import { hasTime, type LinkChanged, type ServerEvent } from '../plan/event.ts';
import { exit, type Failure, UserError } from '../plan/failure.ts';
import { present } from '../plan/words.ts';
import { Patience } from './patience.ts';

export class Link {
  /** The reasons that were told of this outage: for days, two of them may take turns. */
  #told: Set<string> | undefined;
  /** When the last that is known was told, until something is heard. */
  #before: string | undefined;

  constructor(known: readonly ServerEvent[]) {
    this.#before = timeOfLast(known);
  }

  get lost(): boolean {
    return this.#told !== undefined;
  }

  /** @returns the event to tell; nothing where it would be no news */
  *lostBy(why: string, forGood?: true): Generator<LinkChanged> {
    if (this.#told?.has(why)) return;
    this.#told = (this.#told ?? new Set()).add(why);
    yield { type: 'link-changed', state: 'lost', why, ...present({ since: this.#before, forGood }) };
  }

  /** The host has answered, whether its server serves or not. */
  reached(): void {
    this.#before = undefined;
  }

  *heard(): Generator<LinkChanged> {
    if (!this.#told) return;
    this.#told = undefined;
    yield { type: 'link-changed', state: 'back' };
  }
}

/** When the last of these events was told. */
export function timeOfLast(known: readonly ServerEvent[]): string | undefined {
  const last = known.at(-1);
  return last && hasTime(last) ? last.time : undefined;
}

/** What goes wrong on the way to the events. */
export class Trouble {
  readonly #link: Link;
  readonly #unwell: Patience;
  /** Whether the host was asked, and has not answered yet. */
  #asking = false;

  constructor(link: Link, now: () => Date) {
    this.#link = link;
    this.#unwell = new Patience(now);
  }

  async asking<T>(answer: Promise<T>): Promise<T> {
    this.#asking = true;
    const found = await answer;
    this.#asking = false;
    this.#unwell.renew();
    this.#link.reached();
    return found;
  }

  /**
   * Says why nothing moves; that is no event of the run's.
   * @param again whether it was tried before
   * @throws the error behind it, where trying again is of no use
   */
  *bear(error: unknown, again: boolean): Generator<ServerEvent> {
    // A host that is reached and can't answer may be about to restart, or does just that.
    const unwell = this.#asking && isRemote(error) && !this.#unwell.isOver();
    this.#asking = false;
    if (!unwell && !mayComeBack(error, again)) {
      // What is shown of the run is no more how it is, but how it was last.
      if (error instanceof UserError && isBarred(error.failure)) yield* this.#link.lostBy(whyLost(error), true);
      throw error;
    }
    yield* this.#link.lostBy(whyLost(error));
  }
}

/** Why the hosts of a demo that has ended do not answer. The next one has others, at other ports. */
export const hostsGone = "the demo's hosts are gone with the demo";

/**
 * Whether somebody has to act before a host lets us in: a refused login and a wrong key do not mend themselves, and what is
 * gone does not come back.
 */
export function isBarred({ exitCode, why }: Failure): boolean {
  return exitCode === exit.connection && (why === hostsGone || /login|host key/i.test(why));
}

/** Whether the link was lost and may come back. A bug of ours does not mend itself either. */
function mayComeBack(error: unknown, again: boolean): boolean {
  // A place that was lost with its link is held until the server notices: after that it is free again.
  if (error instanceof Error && error.name === 'Crowded') return again;
  if (!(error instanceof UserError)) return error instanceof Error && error.name === 'Interrupted';
  return error.failure.exitCode === exit.connection && !isBarred(error.failure);
}

function whyLost(error: unknown): string {
  if (error instanceof UserError) return error.failure.why;
  return (error instanceof Error && error.message) || 'the connection to the monitor is lost';
}

function isRemote(error: unknown): boolean {
  return error instanceof UserError && error.failure.exitCode === exit.remote;
}
