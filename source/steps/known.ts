/** What is kept of a run's events: one of days has too many of them to keep them all. */
import { hasEnded, type RunFinished, type ServerEvent } from '../plan/event.ts';

/** Of these the last one of each kind decides how the run stands. */
const decisive: ReadonlySet<string> = new Set(['phase-changed', 'server-started', 'run-finished']);

export class Known {
  /** The last sequence. */
  last = 0;
  /** The highest round that has finished. */
  round = 0;
  /** How many there are to be. */
  rounds = 0;
  readonly #decisive = new Map<string, ServerEvent>();

  /** @returns whether it was not known yet: a record that two have written holds events twice, but none out of order */
  add(event: ServerEvent): boolean {
    if (event.sequence !== undefined) {
      if (event.sequence <= this.last) return false;
      this.last = event.sequence;
    }
    if ('rounds' in event) this.rounds = event.rounds;
    if (event.type === 'round-finished') this.round = Math.max(this.round, event.round);
    if (decisive.has(event.type)) {
      // The order is that of the last ones.
      this.#decisive.delete(event.type);
      this.#decisive.set(event.type, event);
    }
    return true;
  }

  /** Those that decide whether it goes on, and whom it waits for, in their order. */
  get events(): readonly ServerEvent[] {
    return [...this.#decisive.values()];
  }

  /** How it ended, if it has. */
  get end(): RunFinished | undefined {
    const end = this.#decisive.get('run-finished');
    return end?.type === 'run-finished' && hasEnded(this.events) ? end : undefined;
  }
}
