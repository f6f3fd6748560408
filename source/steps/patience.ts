/** A host that shuts down or starts up answers with less than it has: it is given time. */

/** What systemd keeps comes back with its host; who logs in then may come before all of it, milliseconds. */
const bootMilliseconds = 180_000;

export class Patience {
  readonly #now: () => Date;
  #since: number | undefined;

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** Begins with the first time that it is asked. */
  isOver(): boolean {
    const now = this.#now().getTime();
    this.#since ??= now;
    return now - this.#since >= bootMilliseconds;
  }

  /** All is well again. */
  renew(): void {
    this.#since = undefined;
  }
}
