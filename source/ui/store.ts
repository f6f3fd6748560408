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

/** Twenty-five frames a second, and those of keys: more is not seen, and costs us and the terminal. */
export const frameMilliseconds = 40;
/** After a frame that was dear, so many times as long a pause: drawing never takes more than a third of a core. */
const rest = 2;

/** Calls `work` at most once a frame: at once after a pause, else when the frame is due. */
export class Pace {
  readonly #work: () => void;
  readonly #frame: () => number;
  #timer: NodeJS.Timeout | undefined;
  #next = 0;

  /** @param frame how long a frame stands at least, milliseconds */
  constructor(work: () => void, frame: () => number = () => frameMilliseconds) {
    this.#work = work;
    this.#frame = frame;
  }

  ask(): void {
    if (this.#timer) return;
    // Never in the caller's stack: a burst of events that arrives in one turn is one frame.
    this.#timer = setTimeout(() => this.flush(), Math.max(0, this.#next - performance.now()));
  }

  /** Does now what is due. */
  flush(): void {
    this.stop();
    const start = performance.now();
    const frame = this.#frame();
    this.#next = start + frame;
    this.#work();
    // React draws in a microtask of its own, which stands before this one.
    queueMicrotask(() => {
      const took = performance.now() - start;
      this.#next = start + Math.max(frame, took * (1 + rest));
    });
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
