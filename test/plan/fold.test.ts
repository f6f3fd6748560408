/** Many events at once: the same view as one by one, and at a price that does not grow with the clients. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event, ServerEvent } from '../../source/plan/event.ts';
import { emptyView, fold, reduce } from '../../source/plan/reduce.ts';

const time = '2026-11-20T09:41:00.000Z';
const tally = { ok: 1, failed: 0 };
const name = fc.constantFrom('client1', 'client2', 'client3', '__proto__');
const number = fc.integer({ min: 1, max: 4 });

const told: fc.Arbitrary<ServerEvent> = fc.oneof(
  fc.record({ type: fc.constant('run-started' as const), rounds: number, clients: fc.array(name, { maxLength: 3 }) }),
  fc.record({ type: fc.constant('server-started' as const), port: number }),
  fc.record({
    type: fc.constant('client-changed' as const),
    client: name,
    state: fc.constantFrom('training' as const, 'idle' as const),
    round: number,
    seconds: number,
  }),
  fc.record({
    type: fc.constant('connection-accepted' as const),
    client: name,
    address: name,
    serial: name,
    fingerprint: name,
  }),
  fc.record({
    type: fc.constant('round-finished' as const),
    round: number,
    rounds: number,
    seconds: number,
    fit: fc.constant(tally),
    evaluate: fc.constant(tally),
    metrics: fc.constant({}),
    failures: fc.array(fc.record({ client: name, phase: name, reason: name }), { maxLength: 2 }),
  }),
  fc.record({ type: fc.constant('process-seen' as const), member: fc.oneof(name, fc.constant('server')) }),
  fc.record({ type: fc.constant('notice' as const), text: name }),
  fc.record({ type: fc.constant('run-finished' as const), outcome: fc.constant('changed' as const) }),
);
const ofSession: fc.Arbitrary<Event> = fc.record({
  type: fc.constant('step-started' as const),
  step: fc.constantFrom('monitor', 'verify'),
  time: fc.constant(time),
});
const marks = { sequence: fc.integer({ min: 1, max: 40 }), run: fc.constantFrom('1', '2'), time: fc.constant(time) };
const happened = fc.oneof(
  { weight: 9, arbitrary: fc.tuple(told, fc.record(marks)).map(([event, more]): Event => ({ ...event, ...more })) },
  { weight: 1, arbitrary: ofSession },
);

it('many at once are what they are one by one, however they come', () => {
  fc.assert(
    fc.property(fc.array(happened, { maxLength: 60 }), fc.integer({ min: 1, max: 60 }), (events, at) => {
      const known = events.slice(0, at).reduce(reduce, emptyView);
      const before = structuredClone(known);
      expect(fold(known, events.slice(at))).toEqual(events.reduce(reduce, emptyView));
      // Who holds an older view sees it as it was.
      expect(known).toEqual(before);
    }),
  );
});

/** What a thousand clients tell, in turn. */
const changes = (count: number, clients: number): readonly Event[] =>
  Array.from({ length: count }, (_, at) => ({
    type: 'client-changed',
    client: `client${at % clients}`,
    state: at % 2 === 0 ? 'training' : 'idle',
    round: 1 + Math.floor(at / clients),
    seconds: 1.5,
    sequence: at + 1,
    run: '1',
    time,
  }));

const rounds = (count: number): readonly Event[] =>
  Array.from({ length: count }, (_, at) => ({
    type: 'round-finished',
    round: at + 1,
    rounds: count,
    seconds: 1,
    fit: tally,
    evaluate: tally,
    metrics: {},
    sequence: at + 1,
    run: '1',
    time,
  }));

/** CPU of it, microseconds: the best of three, since a collection of what was before is nobody's. */
function cost(events: readonly Event[]): number {
  const once = () => {
    const before = process.cpuUsage();
    let view = emptyView;
    for (let at = 0; at < events.length; at += 300) view = fold(view, events.slice(at, at + 300));
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  return Math.min(once(), once(), once());
}

describe('events that come by the ten thousand', () => {
  it('cost about the same with a thousand clients as with ten', () => {
    const [few, many] = [cost(changes(30_000, 10)), cost(changes(30_000, 1000))];
    // One by one it is more than fifty times as much.
    expect(many / few).toBeLessThan(8);
  });

  it('are folded in a time that grows with their number and not with its square', () => {
    const [short, long] = [cost(rounds(3000)), cost(rounds(30_000))];
    expect(long / short).toBeLessThan(60);
  });

  it('leave a view that is no larger after a hundred thousand of them', () => {
    const size = (count: number) => JSON.stringify(fold(emptyView, changes(count, 1000))).length;
    expect(size(100_000)).toBeLessThan(1.1 * size(70_000));
  });
});
