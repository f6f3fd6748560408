/** The page of the steps: events of a look in, a choice out. Draws nothing itself. */
import type { Event } from '../plan/event.ts';
import type { View } from '../plan/reduce.ts';
import { Backlog } from './backlog.ts';
import { type Key, oneByOne } from './keys.ts';
import type { Size } from './line.ts';
import { pageOf } from './scrolled.ts';
import { tickMilliseconds, tickOf } from './session-clock.ts';
import { stepsLines } from './steps-lines.ts';
import { type CameFrom, type StepsChoice, type StepsState, seen, startSteps, stepsKey } from './steps-state.ts';
import { Pace, Store } from './store.ts';

/** What a look at the steps is shown by. */
export type StepsPage = {
  /** An event of the look. */
  feed(event: Event): void;
  /** All were looked at. */
  whole(): void;
  /** What was found by now. */
  view(): View;
  readonly choice: Promise<StepsChoice>;
};

export class StepsModel implements StepsPage {
  readonly store: Store<StepsState>;
  readonly choice: Promise<StepsChoice>;
  readonly #now: () => Date;
  readonly #backlog = new Backlog();
  readonly #pace = new Pace(() => this.#work());
  readonly #ticks: NodeJS.Timeout;
  #whole = false;
  #choose: (choice: StepsChoice) => void = () => undefined;

  constructor(title: string, now: () => Date, from?: CameFrom) {
    this.store = new Store(startSteps(title, from));
    this.#now = now;
    this.choice = new Promise((resolve) => {
      this.#choose = resolve;
    });
    this.#ticks = setInterval(() => this.#pace.ask(), tickMilliseconds);
  }

  feed(event: Event): void {
    this.#backlog.add(event);
    this.#pace.ask();
  }

  whole(): void {
    this.#whole = true;
    this.#pace.ask();
  }

  view(): View {
    return this.#backlog.take().view;
  }

  key(key: Key, size: Size): void {
    for (const each of oneByOne(key)) {
      const before = this.store.get();
      const { state, choice } = stepsKey(
        before,
        each,
        pageOf(each, () => stepsLines(before, size)),
      );
      this.store.set(state);
      if (choice) this.#choose(choice);
    }
  }

  cancel(): void {
    this.#choose({ kind: 'quit' });
  }

  stop(): void {
    this.cancel();
    this.#pace.stop();
    clearInterval(this.#ticks);
  }

  #work(): void {
    const { view } = this.#backlog.take();
    const tick = tickOf(this.#now());
    this.store.update((state) => {
      if (view === state.view && this.#whole === state.whole && (state.whole || tick === state.tick)) return state;
      return { ...seen(state, view, this.#whole), tick };
    });
  }
}
