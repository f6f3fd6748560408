/** What a process measures of itself while it shows a run, and writes down when it ends. */
import { openSync, readFileSync, readSync, writeFileSync } from 'node:fs';

/** Milliseconds on a clock that all processes here share. */
export const clock = (): number => performance.timeOrigin + performance.now();

/** How long the main thread was ready and another had its core, ms: on a busy machine that is most of a delay. */
function waitingClock(): () => number {
  const file = openSync('/proc/self/schedstat', 'r');
  const bytes = Buffer.alloc(100);
  return () => Number(bytes.toString('latin1', 0, readSync(file, bytes, 0, 100, 0)).split(' ')[1]) / 1e6;
}

const megabyte = 1024 * 1024;
/** Not getrusage: its peak goes back to before the exec, and is the parent's where that was larger. */
const peak = () => Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]) / 1024;

export type Figures = {
  /** Share of a core in the time that counts, and how long that was, seconds. */
  readonly cpu: number;
  readonly seconds: number;
  /** Milliseconds each took, without those in which another process had the core. */
  readonly frames: readonly number[];
  /** From an event's own time to the end of the frame that shows it, milliseconds. */
  readonly latencies: readonly number[];
  /** When each key's frame was painted, on the shared clock: of all keys since the beginning. */
  readonly keys: readonly number[];
  /** When the time that counts began, and ended. */
  readonly from: number;
  readonly to: number;
  /** Megabytes: each second of that time, and the most ever. */
  readonly memory: readonly number[];
  readonly peak: number;
  readonly told: number;
};

/** Events between two whose way is timed: prime to the clients and their phases. */
const stride = 37;

export class Gauge {
  readonly #waited = waitingClock();
  #frames: number[] = [];
  #latencies: number[] = [];
  readonly #keys: number[] = [];
  readonly #memory: number[] = [];
  #pressed = 0;
  #fed = 0;
  #told = 0;
  #held: number[] = [];
  #cpu = process.cpuUsage();
  #from = Number.NaN;

  /** An event that was handed to the screen. */
  fed(time: string): void {
    this.#told += 1;
    if (this.#fed++ % stride === 0) this.#held.push(Date.parse(time));
  }

  pressed(): void {
    this.#pressed += 1;
  }

  /** Times a frame; `draw` ends before the microtasks that follow. */
  frame(draw: () => void): void {
    const [start, waited] = [performance.now(), this.#waited()];
    draw();
    // The screen is drawn in a microtask of React's own, which stands before this one.
    queueMicrotask(() => {
      this.#frames.push(performance.now() - start - (this.#waited() - waited));
      const now = Date.now();
      for (const created of this.#held) this.#latencies.push(now - created);
      this.#held = [];
    });
  }

  /** Something was written to the terminal: what was pressed before is seen. */
  painted(): void {
    for (; this.#pressed > 0; this.#pressed--) this.#keys.push(clock());
  }

  /** Measures for so many seconds after a warm-up, and writes the figures into a file. */
  async measure(warm: number, seconds: number, file: string): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, warm * 1000));
    [this.#frames, this.#latencies, this.#told] = [[], [], 0];
    this.#cpu = process.cpuUsage();
    this.#from = clock();
    const watching = setInterval(() => this.#memory.push(process.memoryUsage.rss() / megabyte), 1000);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    clearInterval(watching);
    const { user, system } = process.cpuUsage(this.#cpu);
    const to = clock();
    const took = (to - this.#from) / 1000;
    const figures: Figures = {
      cpu: (user + system) / 1e6 / took,
      seconds: took,
      frames: this.#frames,
      latencies: this.#latencies,
      keys: this.#keys,
      from: this.#from,
      to,
      memory: this.#memory,
      peak: peak(),
      told: this.#told,
    };
    writeFileSync(file, JSON.stringify(figures));
  }
}

/** What a program is told by whoever started it. */
export type Task = {
  /** Of the project. */
  readonly folder: string;
  readonly port: number;
  readonly warm: number;
  readonly seconds: number;
  /** Lines of log a second. */
  readonly lines: number;
  readonly figures: string;
};

export const taskOf = (argv: readonly string[]): Task => JSON.parse(argv[2] ?? '');
