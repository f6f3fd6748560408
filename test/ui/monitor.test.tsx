import fc from 'fast-check';
import { renderToString } from 'ink';
import { cleanup, render } from 'ink-testing-library';
import stringWidth from 'string-width';
import { afterEach, describe, expect, it } from 'vitest';
import type { Happening, ServerEvent } from '../../source/plan/event.ts';
import type { View } from '../../source/plan/reduce.ts';
import { Monitor } from '../../source/ui/monitor.tsx';
import { monitorLines } from '../../source/ui/monitor-lines.ts';
import { renderFrame } from '../../source/ui/once.ts';
import { firstTable } from '../../source/ui/table-state.ts';
import { proof, runEvents, sessionStart, start, timed, viewOf } from './events.ts';

afterEach(cleanup);

const base = {
  network: 'xray',
  hosts: { client1: 'ubuntu@10.0.0.11' },
  colors: false,
  unicode: true,
  now: new Date(start.getTime() + 50_000),
};

function viewWith(events: readonly ServerEvent[]): View {
  return viewOf(timed([sessionStart, ...proof, ...events]));
}

function frame(view: View, columns: number, rows: number, more: object = {}): string {
  return renderToString(<Monitor {...base} {...more} view={view} columns={columns} rows={rows} />, { columns });
}

const training = viewWith(runEvents({ clients: 2, rounds: 12, done: 4, bad: true }));

describe('the live table', () => {
  it('shows at 80x24 who is waited for, the rounds newest first, the clients and the log', () => {
    const shown = render(<Monitor {...base} view={training} columns={80} rows={24} />).lastFrame() ?? '';
    expect(shown).toMatch(/^ xray +● training +run 20261120-094100 +MUTUAL TLS ✓ 5 of 5 refused, \d\d:\d\d/);
    expect(shown).toMatch(/round 5\/12 +█+.* 33% +elapsed \d+ s +~\d+ s left/);
    expect(shown).toMatch(/waiting for client2 \(1\/2\), \d+ s; limit 30 min/);
    expect(shown).toMatch(/ROUND +FIT +EVAL +LOSS +ACCURACY +F1 +TIME +UP\+DOWN +NOTE/);
    const rounds = [...shown.matchAll(/^ +(\d+) +\S+.*[…]|^ +(\d+) +\d\/\d/gm)].map((each) =>
      Number(each[1] ?? each[2]),
    );
    expect(rounds).toEqual([5, 4, 3, 2]);
    expect(shown).toMatch(/ 2 +1\/2 ! .* client2 timed out/);
    expect(shown).toMatch(/client1 +idle +\d+ s +ubuntu@10\.0\.0\.11 +1,200 +2\.5 s/);
    expect(shown).toMatch(/client2 +training/);
    expect(shown).toContain('round 4: loss 0.300, saved round-4-weights.npz');
    expect(shown).toContain('q leave, keeps running');
    expect(shown).toMatch(/loss +0\.300 .*accuracy +0\.900/);
  });

  it('shows what is not finite as that, also in the last round, and no round without a loss as the best', () => {
    const rounds = runEvents({ clients: 2, rounds: 3, done: 3 }).map((event) => {
      if (event.type !== 'round-finished' || event.round === 1) return event;
      const { loss: _, ...rest } = event;
      return { ...rest, metrics: { f1: 0.9 }, notFinite: ['loss', 'accuracy'] };
    });
    const detail = '2 of its 3 rounds brought no new weights: client2: raised ValueError: no data';
    const last = { sequence: 99, run: '20261120-094100', type: 'run-finished', outcome: 'changed', detail } as const;
    const shown = frame(viewWith([...rounds, last]), 120, 30);
    expect(shown).toMatch(/ROUND +FIT +EVAL +LOSS +ACCURACY +F1/);
    expect(shown).toMatch(/ 3 +2\/2 +2\/2 +not finite +not finite +0\.900/);
    expect(shown).toMatch(/ 1 +2\/2 .* best/);
    expect(shown).toMatch(
      /finished \d\d:\d\d · best round 1 by loss · 2 of its 3 rounds brought no new weights: client2/,
    );
  });

  it('says of a run whose server is gone that nobody trains', () => {
    const events = runEvents({ clients: 2, rounds: 12, done: 3 });
    const detail = 'the server is stopped, and the run has not ended';
    const last = { type: 'phase-changed', phase: 'halted', round: 4, rounds: 12, detail } as const;
    const shown = frame(viewWith([...events, last]), 80, 24);
    expect(shown).toMatch(/^ xray +● not running/);
    expect(shown).toContain(` ${detail}`);
    expect(shown).not.toMatch(/left|● training/);
  });

  it('says where a strategy waits for more clients than there are', () => {
    const waiting = { have: 2, need: 5, missing: [] as readonly string[] };
    const events = runEvents({ clients: 2, rounds: 12, done: 0 });
    const last = { type: 'phase-changed' as const, run: '1', sequence: 999, phase: 'waiting' as const };
    const shown = frame(viewWith([...events, { ...last, round: 1, rounds: 12, waiting }]), 80, 24);
    expect(shown).toMatch(/waiting for 5 clients, and all 2 there are have come, \d+/);
    const until = new Date(base.now.getTime() + 12_000).toISOString();
    const lacking = { ...last, round: 1, rounds: 12, waiting: { have: 2, need: 3, missing: ['client2'] } };
    expect(frame(viewWith([...events, { ...lacking, until }]), 80, 24)).toContain(
      'waiting for client2 (2/3); begins without it in 12 s',
    );
  });

  it('offers to see faults alone where there are any', () => {
    const well = viewWith(runEvents({ clients: 2, rounds: 12, done: 4 }));
    expect(frame(well, 160, 40)).not.toContain('f faults');
    expect(frame(training, 160, 40)).toContain('f faults');
  });

  it('shows more where there is more room', () => {
    const shown = frame(training, 120, 40);
    expect(shown).toContain('WEIGHTS');
    expect(shown).toContain('round-3-weights.npz');
    expect(shown).toMatch(/^ +1 +2\/2/m);
  });

  it('keeps what is important at 40x12', () => {
    const shown = frame(training, 40, 12);
    for (const word of [
      'xray',
      'training',
      'round 5/12',
      'waiting for client2',
      'ROUND',
      'LOSS',
      'ACCURACY',
      'client1',
      'q leave',
    ])
      expect(shown).toContain(word);
    expect(shown).not.toContain('WEIGHTS');
  });

  it('tells in a corner of a screen what matters first', () => {
    expect(frame(training, 20, 5).split('\n')).toEqual([
      '● training',
      'round 5/12 33%',
      'waits for client2',
      'loss 0.300   q leave',
      'accuracy 0.900',
    ]);
    expect(frame(training, 20, 5, { leave: '' })).not.toContain('q leave');
    expect(frame(training, 20, 7)).toContain('q leave');
    expect(frame(training, 12, 1)).toBe('● training');
  });

  it('tells how a run ended', () => {
    const finished = viewWith([
      ...runEvents({ clients: 2, rounds: 3, done: 3 }),
      { type: 'run-finished', outcome: 'changed' },
    ]);
    expect(frame(finished, 80, 24)).toMatch(/finished \d\d:\d\d · best round 3/);
    const failed = viewWith([
      ...runEvents({ clients: 2, rounds: 3, done: 1 }),
      { type: 'run-finished', outcome: 'failed', detail: 'all clients were lost' },
    ]);
    expect(frame(failed, 80, 24)).toMatch(/failed \d\d:\d\d after 1 of 3 rounds: all clients were lost/);
  });

  it('shows something before anything has happened', () => {
    const shown = frame(viewOf([]), 80, 24);
    expect(shown).toContain('no round has finished yet');
    expect(shown).toContain('no client is known yet');
  });

  it('says of a run that was there before us that it is read, and not that nothing has happened', () => {
    const shown = frame(viewOf(timed([{ type: 'past-known', last: 31, run: '1' }])), 80, 24);
    expect(shown).toContain('the rounds so far are being read');
    expect(shown).not.toContain('no round has finished yet');
  });

  it('counts what the server refused, as the verdict does: wrong servers are the clients’ to refuse', () => {
    const check = { name: 'a server of another CA', host: 'client1', kind: 'refused', ok: true, detail: '' } as const;
    const more: readonly Happening[] = [
      { type: 'check-finished', step: 'verify', check },
      { type: 'check-finished', step: 'verify', check: { ...check, name: 'revoked' } },
    ];
    const [seen, wrong] = [true, false].map((ok) =>
      frame(viewOf(timed([...proof, ...more.map((each) => ({ ...each, check: { ...check, ok } }))])), 80, 24),
    );
    expect(frame(viewOf(timed([...proof, ...more])), 80, 24)).toContain('MUTUAL TLS ✓ 6 of 6 refused');
    expect(seen).toContain('MUTUAL TLS ✓ 5 of 5 refused');
    expect(wrong, 'one that was taken for the server is a wrong one').toContain('MUTUAL TLS ✗ 1 wrong');
  });

  it('names a proof that came out wrong', () => {
    const wrong = viewOf(
      timed([
        {
          type: 'check-finished',
          step: 'verify',
          check: { name: 'no certificate', kind: 'refused', ok: false, detail: 'let in' },
        },
      ]),
    );
    expect(frame(wrong, 80, 24)).toContain('MUTUAL TLS ✗ 1 wrong');
  });

  it('lays out only the clients that are seen, those in trouble first', () => {
    const events = runEvents({ clients: 1000, rounds: 3, done: 1 });
    const lost: ServerEvent = {
      type: 'client-changed',
      client: 'client777',
      state: 'lost',
      detail: 'no word for 40 s',
    };
    const view = viewWith([...events, lost]);
    const shown = frame(view, 80, 24);
    expect(shown).toMatch(/CLIENT 1-\d+\/1,000/);
    expect(shown).toMatch(/client777 +lost/);
    expect(shown).toContain('1 lost');
    const state = { ...firstTable, selected: 'client900' };
    expect(frame(view, 80, 24, { state })).toMatch(/❯client900 /);
    expect(shown.split('\n').length).toBeLessThanOrEqual(24);
  });

  it('draws with ASCII alone where that is all there is', () => {
    expect(frame(training, 80, 24, { unicode: false })).toMatch(/^[ -~\n]*$/);
  });
});

describe('hostile names', () => {
  const evil = '\x1b]0;owned\x07\x1b[2J\u202eevil\r\b漢字\u200b';
  const view = viewWith([
    { type: 'run-started', rounds: 3, clients: [evil, '__proto__', 'constructor'] },
    { type: 'client-changed', client: evil, state: 'failed', detail: `${evil}${evil}`, host: evil },
    {
      type: 'round-finished',
      round: 1,
      rounds: 3,
      seconds: 1,
      fit: { ok: 1, failed: 0 },
      evaluate: { ok: 1, failed: 0 },
      metrics: { [evil]: 0.5, ...Object.fromEntries([['__proto__', 1]]) },
      weights: evil,
      failures: [{ client: evil, phase: 'fit', reason: evil }],
    },
    { type: 'notice', text: evil.repeat(500) },
    { type: 'connection-refused', address: evil, reason: evil },
  ]);

  it('are shown inert and stay in their place', () => {
    for (const [columns, rows] of [
      [120, 40],
      [80, 24],
      [40, 12],
    ] as const) {
      const shown = frame(view, columns, rows);
      expect(shown).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u200b]/);
      expect(shown).toContain('evil');
      for (const line of shown.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
    }
  });
});

describe('one frame for a pipe', () => {
  const names = [
    'accuracy',
    'f1',
    'a_rather_long_name_of_a_metric',
    ...Array.from({ length: 12 }, (_, at) => `metric_${at}`),
  ];
  const metrics = Object.fromEntries(names.map((name, at) => [name, at / 10]));
  const view = viewWith([
    ...runEvents({ clients: 40, rounds: 3, done: 1 }),
    {
      type: 'round-finished',
      round: 2,
      rounds: 3,
      seconds: 1,
      fit: { ok: 2, failed: 0 },
      evaluate: { ok: 2, failed: 0 },
      loss: 0.5,
      metrics,
    },
  ]);

  it('names each metric in full, shows every client, and has no escapes', () => {
    const shown = renderFrame(view, { ...base, columns: 80 });
    for (const name of names) expect(shown.toLowerCase()).toContain(name);
    for (let at = 1; at <= 40; at += 1) expect(shown).toMatch(new RegExp(`client${at} `));
    expect(shown).not.toContain('\x1b');
    for (const line of shown.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(80);
    expect(shown.endsWith('\n')).toBe(true);
  });

  it('can be limited to a terminal’s rows', () => {
    expect(
      renderFrame(view, { ...base, columns: 80, rows: 24 })
        .trimEnd()
        .split('\n').length,
    ).toBeLessThanOrEqual(24);
  });
});

const name = fc.oneof(fc.constantFrom('client1', 'client2', '漢字'), fc.string({ unit: 'binary', maxLength: 12 }));
const real = fc.oneof(fc.double(), fc.constantFrom(0, 1, -1, Number.NaN, Infinity));
const tally = fc.record({ ok: fc.nat(2000), failed: fc.nat(9) });
const serverEvent: fc.Arbitrary<ServerEvent> = fc.oneof(
  fc.record({
    type: fc.constant('run-started' as const),
    rounds: fc.nat(500),
    clients: fc.array(name, { maxLength: 40 }),
  }),
  fc.record({
    type: fc.constant('phase-changed' as const),
    phase: fc.constantFrom(
      'waiting' as const,
      'fit' as const,
      'evaluate' as const,
      'lingering' as const,
      'ended' as const,
    ),
    round: fc.nat(500),
    rounds: fc.nat(500),
    waiting: fc.record({ have: fc.nat(99), need: fc.nat(99), missing: fc.array(name, { maxLength: 9 }) }),
  }),
  fc.record({
    type: fc.constant('client-changed' as const),
    client: name,
    state: fc.constantFrom('idle' as const, 'training' as const, 'failed' as const, 'lost' as const),
    detail: fc.string({ unit: 'binary' }),
    samples: fc.nat(),
    seconds: fc.double(),
  }),
  fc.record({
    type: fc.constant('round-finished' as const),
    round: fc.nat(500),
    rounds: fc.nat(500),
    seconds: real,
    fit: tally,
    evaluate: tally,
    loss: real,
    metrics: fc.dictionary(name, real, { maxKeys: 8 }),
    bytes: fc.nat(),
  }),
  fc.record({ type: fc.constant('notice' as const), text: fc.string({ unit: 'binary' }) }),
  fc.record({
    type: fc.constant('run-finished' as const),
    outcome: fc.constantFrom('changed' as const, 'failed' as const),
  }),
);

it('fits into any terminal, whatever happens', () => {
  fc.assert(
    fc.property(
      fc.array(serverEvent, { maxLength: 60 }),
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 60 }),
      (events, columns, rows) => {
        const view = viewWith(events);
        const lines = monitorLines({ ...base, view, columns, rows });
        expect(lines.length).toBeLessThanOrEqual(rows);
        for (const line of lines)
          expect(stringWidth(line.map((span) => span.text).join(''))).toBeLessThanOrEqual(columns);
      },
    ),
    { numRuns: 120 },
  );
});
