/** Turns of the event loop, for work that comes in thousands: keys, timers and the screen get theirs in between. */

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Lets those who wait pass one at a time, one each turn of the event loop.
 * A thousand EC keys are ready within milliseconds, and Node would hand them all out in one turn; what their owners
 * do with them (a millisecond each) would then hold up keys, timers and the screen.
 */
export class Turnstile {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when all who came before have had a turn of their own. */
  pass(): Promise<void> {
    this.#last = this.#last.then(turn);
    return this.#last;
  }
}

/** So long may a loop go on without letting anything else have a turn, milliseconds. */
const longest = 4;

/** For a loop over what comes without a pause, such as a thousand checks: it takes a breath now and then. */
export class Breath {
  #last = performance.now();

  /** A turn of the event loop to wait for, where the last one is too long ago; most often there is none. */
  take(): Promise<void> | undefined {
    return performance.now() - this.#last < longest ? undefined : this.#turn();
  }

  async #turn(): Promise<void> {
    await turn();
    this.#last = performance.now();
  }
}
