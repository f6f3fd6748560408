/** State outside of React that its pictures subscribe to, and the pace at which events become pictures. */

/** One value that can be watched. */
export class Store<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  readonly get = (): T => this.#value;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of this.#listeners) listener();
  }

  update(change: (value: T) => T): void {
    this.set(change(this.#value));
  }
}

/** Thirty frames a second: more is not seen, and costs the terminal. */
export const frameMilliseconds = 33;

/** Calls `work` at most once a frame: at once after a pause, else when the frame is due. */
export class Pace {
  readonly #work: () => void;
  #timer: NodeJS.Timeout | undefined;
  #last = 0;

  constructor(work: () => void) {
    this.#work = work;
  }

  ask(): void {
    if (this.#timer) return;
    const wait = Math.max(0, this.#last + frameMilliseconds - performance.now());
    // Never in the caller's stack: a burst of events that arrives in one turn is one frame.
    this.#timer = setTimeout(() => this.flush(), wait);
  }

  /** Does now what is due. */
  flush(): void {
    this.stop();
    this.#last = performance.now();
    this.#work();
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
