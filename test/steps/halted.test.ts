/** One frame of a run whose server does not train it: what is said of now, and how it ends. */
import { describe, expect, it } from 'vitest';
import type { ServerEvent } from '../../source/plan/event.ts';
import { exit } from '../../source/plan/failure.ts';
import type { Looks, ProcessState } from '../../source/plan/host-facts.ts';
import { haltIn } from '../../source/steps/halted.ts';
import { found, hostFacts } from './facts.ts';

const at = '2026-11-20T09:41:00.000Z';
const event = (more: object) => ({ sequence: 1, run: '1', time: at, ...more }) as unknown as ServerEvent;
const going = [
  event({ type: 'server-started', port: 9092 }),
  event({ type: 'phase-changed', phase: 'fit', round: 2, rounds: 5 }),
];
const over = [...going, event({ type: 'run-finished', outcome: 'changed' })];
const failure = { exitCode: exit.connection, host: 'server', doing: 'Connecting', why: 'timed out' };
const silent: Looks = { server: { failure } };
const process = (state: ProcessState) => found({ server: hostFacts('server', { process: { state } }) });

function told(known: readonly ServerEvent[], looks: Looks) {
  const events: unknown[] = [];
  try {
    for (const each of haltIn(known, '1', looks)) if ('events' in each) events.push(...each.events);
  } catch (error) {
    return { events, trouble: error };
  }
  return { events };
}

describe('one frame', () => {
  it('of a host that can’t be asked claims nothing of the run: nothing is known since the last event', () => {
    const lost = { type: 'link-changed', state: 'lost', why: 'timed out', since: at };
    expect(told(going, silent)).toMatchObject({ events: [lost], trouble: { failure } });
    // That one has ended needs no host; whose word it is, is said.
    expect(told(over, silent)).toEqual({ events: [lost] });
  });

  it.each(['stopped', 'none', 'finished'] as const)(
    'of a server that is %s says in which round, and is no failure',
    (state) => {
      const { events, trouble } = told(going, process(state));
      const detail = `the server is ${state}, and the run has not ended; fl-wizard launch goes on with it`;
      expect(events).toMatchObject([{ type: 'phase-changed', phase: 'halted', round: 2, rounds: 5, detail, time: at }]);
      expect(trouble).toBeUndefined();
    },
  );

  it.each(['failed', 'refused'] as const)('of one that %s is 5 behind it', (state) => {
    const { events, trouble } = told(going, process(state));
    expect(events).toMatchObject([{ detail: expect.not.stringContaining('launch') }]);
    expect(trouble).toMatchObject({ failure: { exitCode: exit.remote } });
  });

  it.each(['running', 'starting'] as const)('of one that is %s is as it was told', (state) => {
    expect(told(going, process(state))).toEqual({ events: [] });
  });
});
