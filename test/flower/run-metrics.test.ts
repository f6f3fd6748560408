import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientsCsv, MetricsReader, metricsJson, roundsCsv } from '../../source/flower/run-metrics.ts';
import type { Event } from '../../source/plan/event.ts';

const time = '2026-11-20T09:41:00Z';
const idle = (client: string, round: number, more: object): Event =>
  ({ type: 'client-changed', time, client, state: 'idle', round, ...more }) as Event;
const busy = (client: string, state: 'training' | 'evaluating'): Event =>
  ({ type: 'client-changed', time, client, state }) as Event;
const ended = (round: number, more: object = {}): Event =>
  ({
    ...{ type: 'round-finished', time, round, rounds: 3, seconds: 2.5, metrics: {} },
    ...{ fit: { ok: 1, failed: 0 }, evaluate: { ok: 1, failed: 0 } },
    ...more,
  }) as Event;

function read(events: readonly Event[]) {
  const reader = new MetricsReader();
  for (const event of events) reader.add(event);
  return reader.metrics('7');
}

const events: readonly Event[] = [
  { type: 'run-started', time, run: '7', rounds: 3, strategy: 'FedAvg' } as unknown as Event,
  busy('a', 'training'),
  idle('a', 1, { samples: 10, seconds: 1, bytesUp: 5 }),
  busy('a', 'evaluating'),
  idle('a', 1, { samples: 4, loss: 0.5, metrics: { accuracy: 0.7 } }),
  ended(1, {
    ...{ loss: 0.5, metrics: { accuracy: 0.7, seconds: 9 } },
    failures: [{ client: 'b', phase: 'fit', reason: 'ValueError: "x", y' }],
  }),
  // What was under way when the server was killed counts for nothing.
  idle('a', 2, { samples: 99 }),
  { type: 'server-started', time } as unknown as Event,
  ended(2),
  { type: 'run-finished', time, outcome: 'changed' } as unknown as Event,
];

describe('the metrics of a run', () => {
  it('are each round’s, and each client’s in each phase, failures with their reason', () => {
    const metrics = read(events);
    expect(metrics).toMatchObject({ run: '7', finished: true, outcome: 'changed', strategy: 'FedAvg', rounds: 3 });
    expect(metrics.results.map(({ round, clients }) => [round, clients.length])).toEqual([
      [1, 3],
      [2, 0],
    ]);
    expect(JSON.parse(metricsJson(metrics))).toEqual(metrics);
  });

  it('are tables for other programs, quoted as RFC 4180 says; a metric may be called as a column is', () => {
    expect(roundsCsv(read(events))).toBe(
      [
        'round,loss,seconds,fit_ok,fit_failed,evaluate_ok,evaluate_failed,bytes,not_finite,accuracy,metrics.seconds',
        '1,0.5,2.5,1,0,1,0,,,0.7,9',
        '2,,2.5,1,0,1,0,,,,',
        '',
      ].join('\n'),
    );
    expect(clientsCsv(read(events))).toBe(
      [
        'round,client,phase,samples,seconds,loss,bytes_up,bytes_down,failure,accuracy',
        '1,a,fit,10,1,,5,,,',
        '1,a,evaluate,4,,0.5,,,,0.7',
        '1,b,fit,,,,,,"ValueError: ""x"", y",',
        '',
      ].join('\n'),
    );
  });

  it('have what was never a finite number as well, by its name', () => {
    const all = read([
      ended(1, { metrics: { f1: 0.5 }, notFinite: ['auc'] }),
      ended(2, { notFinite: ['loss', 'auc'] }),
    ]);
    expect(roundsCsv(all).split('\n')).toEqual([
      'round,loss,seconds,fit_ok,fit_failed,evaluate_ok,evaluate_failed,bytes,not_finite,f1,auc',
      '1,,2.5,1,0,1,0,,auc,0.5,',
      '2,,2.5,1,0,1,0,,loss;auc,,',
      '',
    ]);
  });

  it.each(['=HYPERLINK("http://x")', '+1', '-1', '@SUM(A1)', '\tx'])('are no formula by their names: %j', (name) => {
    expect(roundsCsv(read([ended(1, { metrics: { [name]: 1 } })])).split('\n')[0]).toMatch(/,"?'/);
  });

  it('have as many cells in each row as in the header, whatever they are called', () => {
    const named = fc.dictionary(fc.string({ unit: 'binary' }), fc.double({ noNaN: true, noDefaultInfinity: true }));
    fc.assert(
      fc.property(fc.array(named, { minLength: 1 }), (all) => {
        const table = parse(roundsCsv(read(all.map((metrics, at) => ended(at, { metrics })))));
        expect(table).toHaveLength(all.length + 1);
        expect(new Set(table.map(({ length }) => length)).size).toBe(1);
      }),
    );
  });

  it('of a run that goes on after its end tell of no end, and how many rounds it has then', () => {
    const again = { type: 'server-started', time, port: 9092 } as Event;
    const resumed = read([...events, again, ended(3, { rounds: 4 })]);
    expect(resumed).toMatchObject({ finished: false, rounds: 4 });
    expect(resumed.outcome).toBeUndefined();
  });

  it('hold no formula for a spreadsheet, and as many cells in each row, whatever a client says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (reason, client) => {
        const failures = [{ client, phase: 'fit', reason }];
        const text = clientsCsv(read([ended(1, { failures })]));
        const cells = parse(text);
        expect(new Set(cells.map(({ length }) => length)).size).toBe(1);
        for (const cell of cells.flat()) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
      }),
      { seed: 20_260_101 },
    );
  });
});

/** CSV as RFC 4180 has it. */
function parse(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\n|$)/g)) {
    if (quoted === undefined && plain === '' && end === '') break;
    rows.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === '\n') rows.push([]);
  }
  return rows.filter((row) => row.length > 0);
}
