import { describe, expect, it } from 'vitest';
import { runText, serverRun } from '../../source/commands/run-state.ts';
import type { HostFacts, RunFacts } from '../../source/plan/host-facts.ts';
import { hostFacts } from '../steps/facts.ts';

const run: RunFacts = { run: '2', rounds: 12, done: 2, finished: false };
const facts = (state: HostFacts['process']['state'], phase: string, more: Partial<RunFacts> = {}) =>
  hostFacts('server', {
    process: { state },
    server: { phase, port: 9092, monitorPort: 1, run: '2' },
    runs: [
      { ...run, run: '1' },
      { ...run, ...more },
    ],
  });

describe('how far a server is', () => {
  it.each([
    ['in a round', facts('running', 'fit'), '2: fit, round 3 of 12'],
    ['in its last round', facts('running', 'evaluate', { done: 11 }), '2: evaluate, round 12 of 12'],
    ['between two rounds', facts('running', 'waiting'), '2: waiting, round 2 of 12'],
    ['behind the last', facts('running', 'lingering', { done: 12 }), '2: lingering, round 12 of 12'],
    // What it said before it was stopped is not so now.
    ['where it was stopped', facts('stopped', 'fit'), '2: round 2 of 12'],
    ['before anything is told', facts('running', 'waiting', { rounds: 0 }), '2: waiting'],
    ['where nothing is known', undefined, '2'],
  ])('%s', (_, found, text) => {
    expect(runText({ run: '2', ...serverRun(found, '2') })).toBe(text);
  });

  it('is nothing for a client', () => expect(runText({})).toBe(''));
});
