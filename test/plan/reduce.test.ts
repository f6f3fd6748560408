import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event, Happening } from '../../source/plan/event.ts';
import { emptyView, reduce, type View } from '../../source/plan/reduce.ts';
import { check, trouble } from './fakes.ts';

const time = '2026-11-20T09:41:00.000Z';
const viewOf = (happenings: readonly Happening[], from: View = emptyView) =>
  happenings.map((each): Event => ({ ...each, time })).reduce(reduce, from);

const round = (number: number, sequence: number, run = '1', loss = 1): Happening => ({
  type: 'round-finished',
  round: number,
  rounds: 5,
  seconds: 1,
  fit: { ok: 2, failed: 0 },
  evaluate: { ok: 2, failed: 0 },
  loss,
  metrics: {},
  sequence,
  run,
});

const started: Happening = {
  type: 'session-started',
  version: 1,
  steps: [
    { id: 'certs', title: 'Certificates' },
    { id: 'verify', title: 'Verify' },
  ],
};

describe('the steps', () => {
  it('go from waiting to their outcome', () => {
    const events: Happening[] = [
      started,
      { type: 'step-started', step: 'certs' },
      { type: 'plan-ready', step: 'certs', actions: [{ text: 'a' }, { text: 'b', host: 'client1' }] },
      { type: 'action-started', step: 'certs', action: 0 },
      { type: 'action-output', step: 'certs', action: 0, line: 'working' },
      { type: 'action-finished', step: 'certs', action: 0, outcome: 'changed' },
      { type: 'action-started', step: 'certs', action: 1 },
      { type: 'action-finished', step: 'certs', action: 1, outcome: 'failed' },
      { type: 'host-failed', step: 'certs', host: 'client1', failure: trouble(5, 'client1') },
      { type: 'step-finished', step: 'certs', outcome: 'failed' },
      { type: 'session-finished', outcome: 'failed', exitCode: 5 },
    ];
    const states = events.map((_, at) => viewOf(events.slice(0, at + 1)).steps[0]?.status);
    expect(states).toEqual([
      'waiting',
      'looking',
      'planned',
      ...Array(6).fill('doing').slice(0, 6),
      'failed',
      'failed',
    ]);
    const view = viewOf(events);
    expect(view.steps[0]?.actions).toMatchObject([
      { text: 'a', status: 'done', lines: ['working'] },
      { text: 'b', host: 'client1', status: 'failed' },
    ]);
    expect(view.steps[0]?.failures).toEqual([trouble(5, 'client1')]);
    expect(view.steps[1]?.status).toBe('waiting');
    expect([view.current, view.end]).toEqual(['certs', { outcome: 'failed', exitCode: 5 }]);
  });

  it('keep the latest proof: launch’s until verify begins its own', () => {
    const proved = (step: string, ok: boolean): Happening => ({
      type: 'check-finished',
      step,
      check: check('revoked', { kind: 'refused', ok, host: 'server' }),
    });
    const state: Happening = { type: 'check-finished', step: 'verify', check: check('client') };
    const launched = viewOf([started, proved('launch', false), proved('launch', true), state]);
    expect(launched.proof.map(({ ok }) => ok)).toEqual([true]);
    expect(launched.provedAt).toBe(time);
    expect(viewOf([{ type: 'step-started', step: 'verify' }], launched).proof).toEqual([]);
  });

  it('never add up two proofs: a launch after verify begins its own with its first try', () => {
    const through = (step: string, host: string): Happening => ({
      type: 'check-finished',
      step,
      check: check('revoked', { kind: 'refused', ok: true, host }),
    });
    const verified = viewOf([started, ...['server', 'client1', 'client2'].map((host) => through('verify', host))]);
    expect(verified.proof).toHaveLength(3);
    const again = viewOf([{ type: 'step-started', step: 'launch' }], verified);
    expect(again.proof, 'a launch that proves nothing leaves what is known').toHaveLength(3);
    expect(viewOf([through('launch', 'server')], again).proof.map(({ host }) => host)).toEqual(['server']);
  });
});

describe('the run', () => {
  it('shows a round once, by its latest word', () => {
    const { run } = viewOf([round(1, 1, '1', 9), round(1, 2, '1', 8), round(2, 3)]);
    expect(run.finished.map(({ round: each, loss }) => [each, loss])).toEqual([
      [1, 8],
      [2, 1],
    ]);
  });
  it('does not change by what was seen before', () => {
    const before = viewOf([round(1, 1), round(2, 2)]);
    expect(viewOf([round(1, 1, '1', 7), round(2, 2, '1', 7)], before)).toEqual(before);
  });
  it('begins anew with another run', () => {
    const { run } = viewOf([round(1, 1), round(2, 2), round(1, 1, '2')]);
    expect([run.id, run.last, run.finished.length]).toEqual(['2', 1, 1]);
  });
  it('counts restarts, and keeps since when a client and a phase are what they are', () => {
    const at = (seconds: number, happening: Happening): Event => ({
      ...happening,
      time: new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString(),
    });
    const { run } = [
      at(0, { type: 'run-started', rounds: 3, clients: ['c1', 'c2'], sequence: 1, run: '1' }),
      at(1, { type: 'server-started', port: 1, sequence: 2, run: '1' }),
      at(2, { type: 'phase-changed', phase: 'fit', round: 1, rounds: 3, sequence: 3, run: '1' }),
      at(3, { type: 'client-changed', client: 'c1', state: 'training', detail: 'x', sequence: 4, run: '1' }),
      at(4, { type: 'phase-changed', phase: 'fit', round: 1, rounds: 3, sequence: 5, run: '1' }),
      at(5, { type: 'client-changed', client: 'c1', state: 'training', samples: 7, sequence: 6, run: '1' }),
    ].reduce(reduce, emptyView);
    expect(run.phase?.since).toContain(':00:02.');
    expect(run.clients).toEqual([
      expect.objectContaining({ name: 'c1', samples: 7, since: expect.stringContaining(':00:03.') }),
      expect.objectContaining({ name: 'c2', state: 'starting' }),
    ]);
    expect(run.clients[0]?.detail).toBeUndefined();
    const again = reduce(
      { ...emptyView, run },
      at(6, { type: 'server-started', port: 1, resumedAfter: 0, sequence: 7, run: '1' }),
    ).run;
    expect(again.restarts).toBe(1);
    // It knows nobody yet: who was in has to come again.
    expect(again.clients[0]).toMatchObject({
      name: 'c1',
      state: 'starting',
      samples: 7,
      since: '2026-01-01T00:00:06.000Z',
    });
  });
  it('keeps a bounded tail of notices', () => {
    const many = Array.from({ length: 500 }, (_, at): Happening => ({ type: 'notice', text: `n${at}` }));
    const { notices } = viewOf(many).run;
    expect(notices.length).toBeLessThanOrEqual(50);
    expect(notices.at(-1)?.text).toBe('n499');
  });
});

describe('any sequence of events', () => {
  const step = fc.constantFrom('certs', 'verify', 'nothing');
  const client = fc.constantFrom('c1', 'c2', '__proto__');
  const number = fc.nat(4);
  const outcome = fc.constantFrom('changed', 'unchanged', 'declined', 'failed');
  const server = <T extends object>(body: fc.Arbitrary<T>) =>
    fc
      .tuple(body, fc.option(fc.nat(6), { nil: undefined }), fc.constantFrom('1', '2'))
      .map(([event, sequence, run]) => ({ ...event, ...(sequence === undefined ? {} : { sequence, run }) }));
  const tally = fc.record({ ok: number, failed: number });
  const event = fc.oneof(
    fc.constant(started),
    fc.record({ type: fc.constant('step-started'), step }),
    fc.record({ type: fc.constant('plan-ready'), step, actions: fc.array(fc.record({ text: fc.string() })) }),
    fc.record({ type: fc.constantFrom('action-started', 'action-finished'), step, action: fc.integer(), outcome }),
    fc.record({ type: fc.constant('action-output'), step, action: fc.integer(), line: fc.string() }),
    fc.record({ type: fc.constant('check-finished'), step, check: fc.constant(check('c', { kind: 'refused' })) }),
    fc.record({ type: fc.constant('step-finished'), step, outcome }),
    fc.record({ type: fc.constant('session-finished'), outcome, exitCode: fc.constant(0) }),
    server(fc.record({ type: fc.constant('run-started'), rounds: number, clients: fc.array(client) })),
    server(fc.record({ type: fc.constant('phase-changed'), phase: fc.constant('fit'), round: number, rounds: number })),
    server(fc.record({ type: fc.constant('client-changed'), client, state: fc.constantFrom('idle', 'lost') })),
    server(
      fc.record({
        type: fc.constant('round-finished'),
        round: number,
        rounds: number,
        seconds: fc.double(),
        fit: tally,
        evaluate: tally,
        metrics: fc.dictionary(fc.string(), fc.double()),
      }),
    ),
    server(fc.record({ type: fc.constant('notice'), text: fc.string() })),
    server(fc.record({ type: fc.constant('run-finished'), outcome })),
    server(fc.record({ type: fc.constant('something-newer'), payload: fc.anything() })),
  );
  const events = fc.array(
    event.map((each) => ({ ...each, time }) as Event),
    { maxLength: 60 },
  );

  it('never throws, doubles neither a round nor a client, and ignores what it has seen', () => {
    fc.assert(
      fc.property(events, (sequence) => {
        let view = emptyView;
        for (const each of sequence) {
          const next = reduce(view, each);
          const seen = 'sequence' in each ? each.sequence : undefined;
          if (seen !== undefined && 'run' in each && each.run === view.run.id && seen <= view.run.last)
            expect(next).toEqual(view);
          view = next;
          const rounds = view.run.finished.map(({ round: finished }) => finished);
          const names = view.run.clients.map(({ name }) => name);
          expect(new Set(rounds).size).toBe(rounds.length);
          expect(new Set(names).size).toBe(names.length);
        }
      }),
      { numRuns: 300, seed: 20_260_101 },
    );
  });
});
