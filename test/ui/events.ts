/** Events as the engine and the server send them, for tests of the screens. */
import type { Event, Happening, ServerEvent } from '../../source/plan/event.ts';
import { emptyView, reduce, type View } from '../../source/plan/reduce.ts';

export const start = new Date('2026-11-20T09:41:00Z');

/** Gives happenings their times, one second apart, from `start` on. */
export function timed(happenings: readonly Happening[], from = 0): Event[] {
  return happenings.map((each, at) => ({
    ...each,
    time: new Date(start.getTime() + (from + at) * 1000).toISOString(),
  }));
}

export function viewOf(events: readonly Event[]): View {
  return events.reduce(reduce, emptyView);
}

export const stepTitles = [
  { id: 'config', title: 'Configuration' },
  { id: 'preflight', title: 'Look at the hosts' },
  { id: 'certs', title: 'Certificates' },
  { id: 'deploy', title: 'Deploy' },
  { id: 'permissions', title: 'Permissions' },
  { id: 'launch', title: 'Launch' },
  { id: 'verify', title: 'Verify' },
  { id: 'monitor', title: 'Monitor' },
] as const;

export const sessionStart: Happening = { type: 'session-started', version: 1, steps: stepTitles };

/** The proof as launch makes it through the server, and verify through each client. */
export const proof: readonly Happening[] = [
  ['accepted', 'client1’s certificate', 'let in as FLClient1'],
  ['refused', 'no certificate', 'refused: handshake failure'],
  ['refused', 'somebody else’s CA', 'refused: unknown authority'],
  ['refused', 'the server’s as a client', 'refused: wrong purpose'],
  ['refused', 'expired', 'refused: certificate has expired'],
  ['refused', 'revoked', 'refused: certificate revoked'],
].map(([kind, name, detail]) => ({
  type: 'check-finished',
  step: 'verify',
  check: { name: name ?? '', kind: kind as 'accepted', ok: true, detail: detail ?? '', host: 'server' },
}));

export type RunShape = {
  readonly clients: number;
  readonly rounds: number;
  readonly done: number;
  readonly bad?: boolean;
};

/** A run with so many rounds finished, the next one under way. */
export function runEvents({ clients, rounds, done, bad = false }: RunShape): ServerEvent[] {
  const names = Array.from({ length: clients }, (_, at) => `client${at + 1}`);
  const run = '20261120-094100';
  const events: ServerEvent[] = [
    { type: 'server-started', port: 9092, monitorPort: 40_123 },
    {
      type: 'run-started',
      rounds,
      minClients: 2,
      roundTimeout: 1800,
      flower: '1.41.0',
      strategy: 'FedAvg',
      clients: names,
    },
    ...names.map(
      (client, at): ServerEvent => ({ type: 'client-changed', client, state: 'connected', address: `10.0.0.${at}` }),
    ),
    ...Array.from({ length: done }, (_, at) => roundEvents(at + 1, rounds, names, bad)).flat(),
  ];
  if (done < rounds) {
    const missing = names.slice(1);
    events.push({
      type: 'phase-changed',
      phase: 'fit',
      round: done + 1,
      rounds,
      waiting: { have: 1, need: clients, missing },
    });
    events.push(
      ...names.map(
        (client, at): ServerEvent => ({
          type: 'client-changed',
          client,
          state: at === 0 ? 'idle' : 'training',
          samples: 1200 + at,
          seconds: 2.5,
        }),
      ),
    );
  }
  return events.map((event, at) => ({ ...event, sequence: at + 1, run }));
}

function roundEvents(round: number, rounds: number, names: readonly string[], bad: boolean): ServerEvent[] {
  const failed = bad && round === 2 ? 1 : 0;
  const ok = names.length - failed;
  return [
    { type: 'phase-changed', phase: 'fit', round, rounds },
    {
      type: 'round-finished',
      round,
      rounds,
      seconds: 2.4 + round / 10,
      fit: { ok, failed },
      evaluate: { ok: names.length, failed: 0 },
      loss: 1.2 / round,
      metrics: { accuracy: 1 - 0.4 / round, f1: 1 - 0.5 / round },
      bytes: 98_000_000,
      weights: `round-${round}-weights.npz`,
      ...(failed ? { failures: [{ client: 'client2', phase: 'fit', reason: 'timed out' }] } : {}),
    },
    { type: 'notice', text: `round ${round}: loss ${(1.2 / round).toFixed(3)}, saved round-${round}-weights.npz` },
  ];
}
