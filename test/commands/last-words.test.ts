/** What is said below the screen by a session that was left before its end. */
import { describe, expect, it } from 'vitest';
import { say } from '../../source/commands/say.ts';
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
    const told = expect.stringMatching(goesOn);
    expect(lastWords(viewOf(...begun('monitor')), false)).toEqual([told]);
    expect(lastWords(viewOf(...begun('monitor')), true)).toEqual(['Interrupted.', told]);
  });

  it('of a run that is over is told nothing of the kind', () => {
    expect(lastWords(viewOf(...begun('monitor'), ended), false)).toEqual([]);
    expect(lastWords(viewOf(...begun('monitor'), ended), true)).toEqual(['Interrupted.']);
  });

  it('of a demo’s that is gone as well; what was lost else goes on', () => {
    const lost = (why: string): Happening => ({ type: 'link-changed', state: 'lost', why });
    expect(lastWords(viewOf(...begun('monitor'), lost(hostsGone)), false)).toEqual([]);
    expect(lastWords(viewOf(...begun('monitor'), lost('refused')), false)).toEqual([expect.stringMatching(goesOn)]);
  });
});

it('who interrupts a step is told how far it came, and how to go on', () => {
  const planned: Happening = { type: 'plan-ready', step: 'launch', actions: [{ text: 'start' }] };
  const goOn = 'Interrupted. The same command goes on from here.';
  expect(lastWords(viewOf(...begun('deploy')), true)).toEqual([goOn]);
  expect(lastWords(viewOf(...begun('launch'), planned), true)).toEqual([goOn, expect.stringMatching(goesOn)]);
  // Of the wizard there is no other command to type again.
  expect(lastWords(viewOf(...begun('deploy')), true, 'wizard')).toEqual([
    'Interrupted. To go on from here, type fl-wizard and choose Go on.',
  ]);
  const actions = [{ text: 'one' }, { text: 'two' }];
  const half = viewOf(
    ...begun('deploy'),
    { type: 'plan-ready', step: 'deploy', actions },
    { type: 'action-finished', step: 'deploy', action: 0, outcome: 'changed' },
  );
  expect(lastWords(half, true)).toEqual(['Interrupted: 1 of 2 done. fl-wizard deploy does the rest.']);
});

it('what is said is wrapped at words in a terminal, and a line a sentence in a pipe', async () => {
  const said: string[] = [];
  const sentence = 'Interrupted: 1 of 2 done. fl-wizard deploy does the rest.';
  const on = (more: object) =>
    say({ io: { stderr: { ...more, write: (text: string) => said.push(text) } } } as never, [sentence]);
  await on({ isTTY: true, columns: 40 });
  await on({});
  expect(said).toEqual([`Interrupted: 1 of 2 done. fl-wizard\ndeploy does the rest.\n`, `${sentence}\n`]);
});
