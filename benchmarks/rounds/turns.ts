/** Two Flower servers that take turns, round by round: a burst of load on the machine then hits both. */
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { newFolder } from '../process.ts';

export type Round = { readonly seconds: number; readonly server: number; readonly clients: number };

/** Linux counts in hundredths of a second (USER_HZ). */
const ticks = 100;

/** A process with its session, which is that of what started it, and its seconds of CPU (proc_pid_stat(5)). */
function cpuOf(pid: number): { session: number; cpu: number } {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const [user = 0, system = 0] = fields.slice(11, 13).map(Number);
    return { session: Number(fields[3]), cpu: (user + system) / ticks };
  } catch {
    return { session: 0, cpu: 0 };
  }
}

function cpuOfSession(session: number): number {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.map(cpuOf).reduce((sum, one) => sum + (one.session === session ? one.cpu : 0), 0);
}

/** One side: a server that asks before each round, and what its rounds took. */
class Side {
  readonly rounds: Round[] = [];
  failure: string | undefined;
  #socket: Socket | undefined;
  #asked: (() => void) | undefined;
  #server = 0;

  listen(): string {
    const path = join(newFolder(), 'turns');
    createServer((socket) => {
      this.#socket = socket;
      createInterface({ input: socket }).on('line', (line) => this.#heard(JSON.parse(line)));
    })
      .listen(path)
      .unref();
    return path;
  }

  #heard({ failed, server }: { failed?: string; server?: number }): void {
    if (failed === undefined) {
      this.#server = server ?? 0;
      this.#asked?.();
    } else {
      this.failure ??= failed;
      this.go();
    }
  }

  go(): void {
    this.#socket?.write('\n');
  }

  /** Waits until it asks for its next round. */
  asks(): Promise<void> {
    return new Promise((resolve) => {
      this.#asked = resolve;
    });
  }

  async round(session: number): Promise<Round> {
    const [all, own] = [cpuOfSession(session), cpuOf(this.#server).cpu];
    const ended = this.asks();
    const begun = performance.now();
    this.go();
    await ended;
    const seconds = (performance.now() - begun) / 1000;
    const server = cpuOf(this.#server).cpu - own;
    return { seconds, server, clients: cpuOfSession(session) - all - server };
  }
}

/** What starts a side: it is given the path that its server asks at, and gives the session of its processes. */
export type Start = (turns: string) => number;

/**
 * Round by round, in turn.
 * @returns what each round of each side took; the first, in which memory is asked for, is not among them
 * @throws Error where a client failed: then there is nothing to compare
 */
export async function inTurn<Name extends string>(
  starts: Readonly<Record<Name, Start>>,
  rounds: number,
): Promise<ReadonlyMap<Name, readonly Round[]>> {
  const sides = new Map<Name, { side: Side; session: number }>();
  // One after the other: some forty Pythons that start at once take each other's time.
  for (const [name, start] of Object.entries<Start>(starts) as [Name, Start][]) {
    const side = new Side();
    const ready = side.asks();
    const session = start(side.listen());
    await ready;
    sides.set(name, { side, session });
  }
  for (let round = 0; round <= rounds; round++)
    // Whoever comes second finds the machine as the first left it, which is worth a hundredth: each is first in turn.
    for (const { side, session } of round % 2 === 0 ? sides.values() : [...sides.values()].reverse()) {
      const took = await side.round(session);
      if (side.failure !== undefined) throw new Error(side.failure);
      if (round > 0) side.rounds.push(took);
    }
  return new Map([...sides].map(([name, { side }]) => [name, side.rounds]));
}
