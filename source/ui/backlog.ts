/** Events between two frames: worked into one view, in order, without ever piling up. */
import type { Event } from '../plan/event.ts';
import { emptyView, fold, linesKept, type View } from '../plan/reduce.ts';

/** So many events are worked in at once, so that a burst that never pauses does not fill the memory. */
const mostPending = 1000;

export class Backlog {
  #view: View = emptyView;
  #started: string | undefined;
  #pending: Event[] = [];
  /** Output of actions since the last other event, by action: only so many of its last lines are ever shown. */
  readonly #outputs = new Map<string, Event[]>();

  add(event: Event): void {
    if (event.type === 'action-output') {
      const key = `${event.step} ${event.action}`;
      const known = this.#outputs.get(key) ?? [];
      this.#outputs.set(key, known);
      known.push(event);
      // Cut now and then, and not with each of a hundred thousand lines.
      if (known.length >= 2 * linesKept) known.splice(0, known.length - linesKept);
    } else {
      // Output must not move over the end of its action.
      this.#takeOutputs();
      this.#pending.push(event);
      if (event.type === 'step-started') this.#started = event.time;
    }
    if (this.#pending.length >= mostPending) this.#settle();
  }

  /** The view after all that came, and when the current step began. */
  take(): { readonly view: View; readonly stepSince?: string } {
    this.#settle();
    return { view: this.#view, ...(this.#started === undefined ? {} : { stepSince: this.#started }) };
  }

  #takeOutputs(): void {
    // Clearing a map makes a new table, and each table holds on to the next: with every event, that fills the memory.
    if (this.#outputs.size === 0) return;
    for (const lines of this.#outputs.values()) this.#pending.push(...lines.slice(-linesKept));
    this.#outputs.clear();
  }

  #settle(): void {
    this.#takeOutputs();
    this.#view = fold(this.#view, this.#pending);
    this.#pending = [];
  }
}
