/** Journals of runs that nobody waits for: as many rounds and clients as are wanted, as a server's host writes them. */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

export type Course = {
  readonly rounds: number;
  readonly clients: number;
  /** In so many rounds one client fails; 0: in none. */
  readonly failsEvery?: number;
};

/** Each event of a run, with its time and its number. */
export function* journalOf({ rounds, clients, failsEvery = 0 }: Course): Generator<Record<string, unknown>> {
  let sequence = 0;
  const begin = Date.UTC(2026, 10, 20, 9, 41);
  const names = Array.from({ length: clients }, (_, at) => `hospital-${at + 1}`);
  const event = (type: string, seconds: number, more: object) => ({
    ...{ type, time: new Date(begin + seconds * 1000).toISOString(), sequence: ++sequence, run: '1' },
    ...more,
  });
  yield event('run-started', 0, { rounds, minClients: clients, strategy: 'FedAvg', flower: '1.41.0', clients: names });
  yield event('server-started', 0, { port: 9092 });
  for (let round = 1; round <= rounds; round++) {
    const now = round * 60;
    const failed = failsEvery > 0 && round % failsEvery === 0 ? names[round % clients] : undefined;
    const value = (at: number) => 1 / Math.sqrt(round) + 0.02 * Math.sin(round * 7 + at);
    for (const [at, client] of names.entries()) {
      yield event('client-changed', now, { client, state: 'training', round });
      if (client === failed) continue;
      const fit = { samples: 700 + at, seconds: 20 + at, metrics: { train_loss: value(at) }, bytesUp: 20_000 };
      yield event('client-changed', now + 20, { client, state: 'idle', round, ...fit });
      yield event('client-changed', now + 30, { client, state: 'evaluating', round });
      const judged = { samples: 70, seconds: 2, loss: value(at), metrics: { accuracy: 1 - value(at) / 2 } };
      yield event('client-changed', now + 40, { client, state: 'idle', round, ...judged });
    }
    const good = { ok: failed ? clients - 1 : clients, failed: failed ? 1 : 0 };
    yield event('round-finished', now + 50, {
      ...{ round, rounds, seconds: 50 + 5 * Math.sin(round), fit: good, evaluate: { ...good, failed: 0 } },
      ...{ loss: value(0), metrics: { accuracy: 1 - value(0) / 2, train_loss: value(1) }, bytes: 40_000 * clients },
      ...{ weights: `round-${round}-weights.npz` },
      ...(failed ? { failures: [{ client: failed, phase: 'fit', reason: 'MemoryError: out of memory' }] } : {}),
    });
  }
  yield event('run-finished', rounds * 60 + 60, { outcome: 'changed' });
}

/** Writes one. @returns how many events it has */
export async function writeJournal(path: string, course: Course): Promise<number> {
  const file = createWriteStream(path);
  let count = 0;
  for (const event of journalOf(course)) {
    count++;
    if (!file.write(`${JSON.stringify(event)}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
  return count;
}
