/** A world's time that a test moves: pauses end when their time has come, and nothing else takes any. */
import type { World } from '../../source/plan/world.ts';

type Pause = { readonly due: number; over(): void };

/** Whatever follows from what has just happened has happened. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class Clock {
  /** Milliseconds. */
  now = 0;
  readonly #pauses = new Set<Pause>();

  readonly pause: World['pause'] = (milliseconds, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const pause: Pause = {
        due: this.now + milliseconds,
        over: () => {
          this.#pauses.delete(pause);
          signal.removeEventListener('abort', pause.over);
          resolve();
        },
      };
      this.#pauses.add(pause);
      signal.addEventListener('abort', pause.over, { once: true });
    });

  /** Lets so much time pass, in the order of what is due. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.now + milliseconds;
    await settled();
    for (;;) {
      const [next] = [...this.#pauses].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
      if (!next) break;
      this.now = Math.max(this.now, next.due);
      next.over();
      await settled();
    }
    this.now = end;
  }
}
