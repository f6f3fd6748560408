/**
 * Lets those who wait pass one at a time, one each turn of the event loop.
 * A thousand EC keys are ready within milliseconds, and Node would hand them all out in one turn; what their owners
 * do with them (2 ms each) would then hold up keys, timers and the screen for seconds.
 */
export class Turnstile {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when all who came before have had a turn of their own. */
  pass(): Promise<void> {
    this.#last = this.#last.then(() => new Promise((resolve) => setImmediate(resolve)));
    return this.#last;
  }
}
