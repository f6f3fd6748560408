/** What is said below the screen by a session that was left before its end. */
import { describe, expect, it } from 'vitest';
import { lastWords } from '../../source/commands/session.ts';
import type { Event, Happening } from '../../source/plan/event.ts';
import { emptyView, fold } from '../../source/plan/reduce.ts';
import { hostsGone } from '../../source/steps/link.ts';

const time = '2026-11-20T09:41:00Z';
const viewOf = (...events: readonly Happening[]) =>
  fold(
    emptyView,
    events.map((event) => ({ ...event, time }) as Event),
  );
const begun = (id: string): readonly Happening[] => [
  { type: 'session-started', version: 1, steps: [{ id, title: id }] },
  { type: 'step-started', step: id },
];
const ended: Happening = { type: 'run-finished', outcome: 'changed' };
const goesOn = /^What runs on the hosts goes on: .*status.*monitor.*stop/;

describe('who leaves the live table', () => {
  it('is told once that what runs goes on, also before anything was heard of it', () => {
    expect(lastWords(viewOf(...begun('monitor')), false)).toMatch(goesOn);
    const interrupted = lastWords(viewOf(...begun('monitor')), true);
    expect(interrupted.replace('Interrupted. ', '')).toMatch(goesOn);
    expect(interrupted.split('\n')).toHaveLength(2);
  });

  it('of a run that is over is told nothing of the kind', () => {
    expect(lastWords(viewOf(...begun('monitor'), ended), false)).toBe('');
    expect(lastWords(viewOf(...begun('monitor'), ended), true)).toBe('Interrupted.\n');
  });

  it('of a demo’s that is gone as well; what was lost else goes on', () => {
    const lost = (why: string): Happening => ({ type: 'link-changed', state: 'lost', why });
    expect(lastWords(viewOf(...begun('monitor'), lost(hostsGone)), false)).toBe('');
    expect(lastWords(viewOf(...begun('monitor'), lost('refused')), false)).toMatch(goesOn);
  });
});

it('who interrupts a step is told how far it came', () => {
  expect(lastWords(viewOf(...begun('deploy')), true)).toBe('Interrupted.\n');
  const actions = [{ text: 'one' }, { text: 'two' }];
  const half = viewOf(
    ...begun('deploy'),
    { type: 'plan-ready', step: 'deploy', actions },
    { type: 'action-finished', step: 'deploy', action: 0, outcome: 'changed' },
  );
  expect(lastWords(half, true)).toBe('Interrupted: 1 of 2 done. fl-wizard deploy does the rest.\n');
});
