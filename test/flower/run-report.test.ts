import { describe, expect, it } from 'vitest';
import { ReportReader, type RunReport } from '../../source/flower/run-report.ts';
import type { Event } from '../../source/plan/event.ts';
import { heapHeld } from '../helpers/held.ts';
import { journalOf } from '../helpers/journals.ts';

const time = '2026-11-20T09:41:00Z';
const event = (type: string, more: object = {}) => ({ type, time, ...more }) as unknown as Event;
const tally = { fit: { ok: 1, failed: 1 }, evaluate: { ok: 2, failed: 0 } };
const round = (number: number, more: object = {}) =>
  event('round-finished', { round: number, rounds: 3, seconds: 2, metrics: {}, ...tally, ...more });

function read(events: Iterable<Event | Record<string, unknown>>): RunReport {
  const reader = new ReportReader();
  for (const each of events) reader.add(each as Event);
  return reader.report('7');
}

describe('the report of a run', () => {
  it('sums up rounds, clients and failures', () => {
    const failures = [{ client: 'b', phase: 'fit', reason: 'no data' }];
    const report = read([
      event('run-started', { rounds: 2, clients: ['a', 'b'], minClients: 2 }),
      event('connection-accepted', { client: 'a', address: '10.0.0.1:5', serial: '1', fingerprint: 'ab' }),
      event('client-changed', { client: 'a', state: 'training', round: 1 }),
      event('client-changed', { client: 'a', state: 'idle', round: 1, samples: 10, seconds: 3, bytesUp: 5 }),
      event('client-changed', { client: 'a', state: 'evaluating', round: 1 }),
      event('client-changed', {
        client: 'a',
        state: 'idle',
        round: 1,
        samples: 2,
        loss: 0.4,
        metrics: { accuracy: 0.9 },
      }),
      round(1, { loss: 0.4, metrics: { other: 1, accuracy: 0.9 }, bytes: 10, failures }),
      round(2, { loss: 0.3, metrics: { other: 2, accuracy: 0.8 }, bytes: 10, failures }),
      event('run-finished', { outcome: 'changed' }),
    ]);
    expect(report).toMatchObject({ finished: true, ended: time, failed: 2, bytes: 20, seconds: 4, minClients: 2 });
    expect(report.best).toEqual({
      ...{ best: { round: 2, loss: 0.3, accuracy: 0.8, evaluated: 2 }, by: 'loss', among: 2, fewer: 0 },
    });
    expect(report.metrics.lines.map(({ name }) => name)).toEqual(['accuracy', 'other']);
    expect(report.loss).toEqual([
      [1, 0.4],
      [2, 0.3],
    ]);
    const [a, b] = report.clients.clients;
    expect(a).toMatchObject({
      fits: 1,
      evaluations: 1,
      samples: 10,
      fitSeconds: 3,
      loss: 0.4,
      fingerprint: 'ab',
      state: 'idle',
    });
    expect(b).toMatchObject({ client: 'b', fits: 0, failed: 2 });
    expect(report.failures.said).toEqual([{ what: failures[0], count: 2, first: 1, last: 2 }]);
    expect(report.clientLosses).toEqual([{ name: 'a', points: [[1, 0.4]] }]);
  });

  it('of a run that goes on after its end has no end', () => {
    const report = read([
      event('server-started', { port: 1 }),
      round(1),
      event('run-finished', { outcome: 'failed', detail: 'x' }),
      event('server-started', { port: 1, resumedAfter: 1 }),
    ]);
    expect(report).toMatchObject({ finished: false, starts: { count: 2 } });
    expect([report.ended, report.outcome]).toEqual([undefined, undefined]);
  });

  it('knows whom the server refused, not each port of it, and not what a probe of ours tried', () => {
    const refused = (port: number, more: object = {}) =>
      event('connection-refused', { address: `10.0.0.9:${port}`, reason: 'expired', ...more });
    const { said } = read([refused(1), refused(2), refused(3, { probe: true })]).refused;
    expect(said).toEqual([{ what: { who: '10.0.0.9', reason: 'expired' }, count: 2, first: time, last: time }]);
  });

  it('does not grow with names of metrics, of clients, and with reasons', () => {
    const report = read(
      Array.from({ length: 5000 }, (_, at) =>
        round(at + 1, { metrics: { [`m${at}`]: 1 }, failures: [{ client: `c${at}`, phase: 'fit', reason: `r${at}` }] }),
      ),
    );
    expect(report.metrics).toMatchObject({ lines: { length: 24 }, more: true });
    expect([report.clients.clients.length, report.clients.beyond > 0]).toEqual([2000, true]);
    expect([report.failures.said.length, report.failures.beyond]).toEqual([200, 4800]);
    expect([report.rows.first.length, report.rows.last.length, report.rows.count]).toEqual([100, 100, 5000]);
  });

  it('holds of a hundred thousand events what it holds of ten thousand', () => {
    const course = { rounds: 6000, clients: 4 };
    const reader = new ReportReader();
    let count = 0;
    let early = 0;
    for (const each of journalOf({ ...course, failsEvery: 7 })) {
      reader.add(each as Event);
      if (++count === 10_000) early = heapHeld();
    }
    expect(count).toBeGreaterThan(90_000);
    // Measured: under 0.6 MB, of courses that are not at their bound yet. Held as a whole it would be 40 MB.
    expect(heapHeld() - early).toBeLessThan(3_000_000);
    expect(reader.report('1').rows.count).toBe(course.rounds);
  });
});
