import { describe, expect, it } from 'vitest';
import type { Event, ServerEvent } from '../../source/plan/event.ts';
import { reduce } from '../../source/plan/reduce.ts';
import { answeredIn, fitOf, laggards } from '../../source/ui/answered.ts';
import { renderFrame } from '../../source/ui/once.ts';
import { unlearnedSince } from '../../source/ui/run-facts.ts';
import { viewOf } from './events.ts';

const names = ['client1', 'client2', 'client3', 'client4'];
const at = (seconds: number) => new Date(Date.UTC(2026, 10, 20, 9, 0, seconds));
let sequence = 0;
const told = (seconds: number, event: ServerEvent): Event => {
  sequence += 1;
  return { ...event, sequence, run: '1', time: at(seconds).toISOString() };
};
const client = (seconds: number, name: string, more: object) =>
  told(seconds, { type: 'client-changed', client: name, state: 'idle', round: 1, ...more } as ServerEvent);

function inFit(...answers: readonly (readonly [string, object])[]) {
  sequence = 0;
  return viewOf([
    told(0, { type: 'run-started', rounds: 9, clients: names }),
    told(0, { type: 'phase-changed', phase: 'fit', round: 1, rounds: 9 }),
    ...names.map((name) => client(0, name, { state: 'training' })),
    ...answers.map(([name, more]) => client(2, name, more)),
  ]);
}

const good = { seconds: 1.5, samples: 7 };
const bad = { state: 'failed', seconds: 0.1, detail: 'raised ValueError' };

describe('a round that goes on', () => {
  it('tells who has answered, with failures too, and who is waited for', () => {
    expect(answeredIn(inFit().run)).toEqual({ have: 0, need: 4, missing: names });
    const { run } = inFit(['client1', good], ['client2', bad]);
    expect(answeredIn(run)).toEqual({ have: 2, need: 4, missing: ['client3', 'client4'] });
    expect(fitOf(run, 1)).toEqual({ ok: 1, failed: 1 });
    expect(run.clients[1]?.fitSeconds).toBeUndefined();
  });

  it('shows it in its row and in the line of who is waited for', () => {
    const view = inFit(['client1', good], ['client2', good], ['client3', good]);
    const options = { columns: 80, now: at(40), hosts: {}, network: 'xray', colors: false, unicode: true };
    const shown = renderFrame(view, options);
    expect(shown).toMatch(/ 1 +3\/4 \+/);
    expect(shown).toContain('waiting for client4 (3/4 have answered), 40 s');
    expect(shown).toMatch(/client4 +training .*others took 1.5 s/);
  });

  it('has no tick for a fit that failed, while it evaluates', () => {
    const all = inFit(...names.map((name) => [name, bad] as const));
    const { run } = viewOf([told(3, { type: 'phase-changed', phase: 'evaluate', round: 1, rounds: 9 })]);
    const view = { ...all, run: { ...all.run, ...(run.phase ? { phase: run.phase } : {}) } };
    const options = { columns: 80, now: at(4), hosts: {}, network: 'xray', colors: false, unicode: true };
    expect(renderFrame(view, options)).toMatch(/ 1 +0\/4 ! +…/);
  });

  it('names who takes far longer than the others, and nobody in a round that is slow for all', () => {
    const { run } = inFit(['client1', good], ['client2', good], ['client3', good]);
    expect([...laggards(run, at(20)).keys()]).toEqual([]);
    expect([...laggards(run, at(40))]).toEqual([['client4', 'others took 1.5 s']]);
    expect([...laggards(inFit().run, at(400)).keys()]).toEqual([]);
    const slow = inFit(['client1', { ...good, seconds: 90 }], ['client2', { ...good, seconds: 80 }]);
    expect([...laggards(slow.run, at(100)).keys()]).toEqual([]);
  });
});

it('says since when no client has trained, and why', () => {
  const round = (number: number, ok: number, failed: number): Event =>
    told(number, {
      type: 'round-finished',
      round: number,
      rounds: 9,
      seconds: 1,
      fit: { ok, failed },
      evaluate: { ok: 4, failed: 0 },
      metrics: {},
      ...(failed > 0 ? { failures: [{ client: 'client4', phase: 'fit', reason: 'raised MemoryError' }] } : {}),
    });
  sequence = 0;
  const events = [round(1, 4, 0), round(2, 0, 4), round(3, 0, 4)];
  events.push(told(4, { type: 'phase-changed', phase: 'fit', round: 4, rounds: 9 }));
  const view = viewOf(events);
  expect(unlearnedSince(view.run.finished)).toBe(1);
  const options = { columns: 80, now: at(5), hosts: {}, network: 'xray', colors: false, unicode: true };
  expect(renderFrame(view, options)).toContain('no client has trained since round 1: client4 raised MemoryError');
  sequence = 0;
  const none = viewOf([round(1, 0, 4), told(2, { type: 'phase-changed', phase: 'fit', round: 2, rounds: 9 })]);
  expect(renderFrame(none, options)).toContain('no client has trained yet: client4 raised MemoryError');
  expect(unlearnedSince(viewOf([round(1, 4, 0), round(2, 1, 3)]).run.finished)).toBeUndefined();
});

it('keeps the row of a round that was trained and waits for clients to evaluate it', () => {
  const view = inFit(['client1', good], ['client2', { state: 'lost', detail: 'the connection was lost' }]);
  const missing = ['client2'];
  const waits = {
    type: 'phase-changed',
    phase: 'waiting',
    round: 1,
    rounds: 9,
    waiting: { have: 1, need: 2, missing },
  };
  const time = at(5).toISOString();
  const after = reduce(view, { ...waits, sequence: 99, run: '1', time } as Event);
  const options = { columns: 80, now: at(6), hosts: {}, network: 'xray', colors: false, unicode: true };
  const shown = renderFrame(after, options);
  expect(shown).toMatch(/ 1 +1\/2 ! +…/);
  expect(shown).toMatch(/round 1\/9/);
  expect(shown).toContain('waiting for client2 (1/2)');
});

it('tells how many samples a client learns from, and since when nothing was heard of it, whoever says that it was stopped', () => {
  const told = (seconds: number, more: object) => ({ ...more, time: at(seconds).toISOString() }) as Event;
  const own = { type: 'client-changed', client: 'client1', run: '1', round: 1 };
  const view = viewOf([
    told(1, { ...own, state: 'idle', samples: 558, seconds: 1, sequence: 1 }),
    told(2, { ...own, state: 'idle', samples: 140, seconds: 1, loss: 0.2, sequence: 2 }),
    told(9, { type: 'client-changed', client: 'client1', state: 'stopped' }),
  ]);
  expect(view.run.clients[0]).toMatchObject({ samples: 558, loss: 0.2, state: 'stopped', seen: at(2).toISOString() });
});
