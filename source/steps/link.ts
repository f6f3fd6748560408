/** Whether the server is heard: said once when it is lost, again for each new reason, and once when it is back. */
import type { LinkChanged } from '../plan/event.ts';

export class Link {
  /** The reasons that were told of this outage: for days, two of them may take turns. */
  #told: Set<string> | undefined;

  get lost(): boolean {
    return this.#told !== undefined;
  }

  /** @returns the event to tell; nothing where it would be no news */
  *lostBy(why: string): Generator<LinkChanged> {
    if (this.#told?.has(why)) return;
    this.#told = (this.#told ?? new Set()).add(why);
    yield { type: 'link-changed', state: 'lost', why };
  }

  *heard(): Generator<LinkChanged> {
    if (!this.#told) return;
    this.#told = undefined;
    yield { type: 'link-changed', state: 'back' };
  }
}
