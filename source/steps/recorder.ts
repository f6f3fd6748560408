/** Our own record of a run while it is watched. */
import type { Event } from '../plan/event.ts';
import type { World } from '../plan/world.ts';

/**
 * Between two writings, milliseconds. What a killed monitor loses of its record it is told again; but what waits for long
 * is taken for lasting by the collector, and ten thousand events a second would be.
 */
const pause = 25;

/** So many wait for the disk at most: then it is waited for. */
const most = 5000;

/**
 * Writes events together: at once where none came for a while, else a few times a second. Opening the file for each of
 * ten thousand a second would cost more than all else that is done with them.
 */
export class Recorder {
  readonly #append: (events: readonly Event[]) => Promise<void>;
  #held: Event[] = [];
  #writing: Promise<void> | undefined;
  #hurried = false;
  #hurry: () => void = () => undefined;
  #failure: unknown;

  constructor(journal: Pick<World['journal'], 'append'>, run: string) {
    this.#append = (events) => journal.append(run, events);
  }

  /**
   * @returns what to wait for before the next one, if anything
   * @throws UserError (3) where what came before could not be written
   */
  add(event: Event): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    this.#held.push(event);
    this.#writing ??= this.#write();
    return this.#held.length < most ? undefined : this.flush();
  }

  /** All that was added is on disk. @throws UserError (3) */
  async flush(): Promise<void> {
    this.#hurried = true;
    this.#hurry();
    await this.#writing;
    this.#hurried = false;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #write(): Promise<void> {
    try {
      // What comes in the same turn is written together.
      await new Promise((resolve) => setImmediate(resolve));
      while (this.#held.length > 0) {
        const events = this.#held;
        this.#held = [];
        await this.#append(events);
        await this.#rest();
      }
    } catch (error) {
      this.#failure = error;
    }
    this.#writing = undefined;
  }

  async #rest(): Promise<void> {
    if (this.#hurried) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pause);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
