/** Events between two frames: worked into one view, in order, without ever piling up. */
import type { Event } from '../plan/event.ts';
import { emptyView, reduce, type View } from '../plan/reduce.ts';

/** So many events are worked in at once, so that a burst that never pauses does not fill the memory. */
const mostPending = 1000;

export class Backlog {
  #view: View = emptyView;
  #started: string | undefined;
  #pending: Event[] = [];
  /** Where an output line of an action stands among the pending events: only its last one is ever shown. */
  readonly #outputs = new Map<string, number>();

  add(event: Event): void {
    if (event.type === 'action-output') {
      const key = `${event.step} ${event.action}`;
      const known = this.#outputs.get(key);
      if (known === undefined) this.#outputs.set(key, this.#pending.push(event) - 1);
      else this.#pending[known] = event;
    } else {
      // Output must not move over the end of its action.
      this.#outputs.clear();
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

  #settle(): void {
    this.#view = this.#pending.reduce(reduce, this.#view);
    this.#pending = [];
    this.#outputs.clear();
  }
}
