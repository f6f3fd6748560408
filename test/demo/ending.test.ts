/** What the demo tells of trouble: its hosts are gone by the time anybody reads it. */
import { describe, expect, it } from 'vitest';
import { afterwards, cutShort } from '../../source/demo/ending.ts';
import type { Event, Happening } from '../../source/plan/event.ts';
import { emptyView, fold } from '../../source/plan/reduce.ts';

const time = '2026-11-20T09:41:00Z';
const failure = {
  exitCode: 5 as const,
  host: 'client1',
  doing: 'Starting client1',
  why: 'it ended',
  said: ['ValueError: no data'],
  hint: 'fl-wizard logs client1 tells more',
  byHand: 'fl-wizard ssh client1 -- python',
};
const { byHand: _, ...mended } = { ...failure, hint: 'mend ./app' };

describe('trouble of a demo', () => {
  it('names no command for hosts that are gone, and keeps what the code said', () => {
    const told = (event: Event) => afterwards(event, 'mend ./app');
    expect(told({ type: 'host-failed', step: 'launch', host: 'client1', failure, time })).toMatchObject({
      failure: mended,
    });
    const finished = { type: 'step-finished', step: 'launch', outcome: 'failed', failures: [failure], time } as const;
    expect(told(finished)).toEqual({ ...finished, failures: [mended] });
    const check = { name: 'client', kind: 'state', ok: false, detail: 'it ended', hint: failure.hint } as const;
    expect(told({ type: 'check-finished', step: 'launch', check, time })).toMatchObject({
      check: { hint: 'mend ./app' },
    });
  });

  it('has no warning of its CA’s key, which is nobody’s', () => {
    const check = { name: 'ca.crt', kind: 'state', ok: true, detail: 'its key not encrypted' } as const;
    const event = { type: 'check-finished', step: 'certs', time } as const;
    expect(afterwards({ ...event, check: { ...check, hint: 'encrypt it' } }, 'again')).toEqual({ ...event, check });
  });

  it('keeps what can be done on this machine, and all else', () => {
    const hint = 'apt install python3-venv';
    const event = {
      type: 'host-failed',
      step: 'preflight',
      host: 'server',
      failure: { ...failure, hint },
      time,
    } as const;
    expect(afterwards(event, 'x')).toMatchObject({ failure: { hint } });
    const other = { type: 'notice', text: 'fl-wizard logs', time } as const;
    expect(afterwards(other, 'x')).toBe(other);
  });
});

describe('a demo that was left before its end', () => {
  const told = (...events: readonly object[]) =>
    fold(
      emptyView,
      events.map((event, at) => ({ sequence: at + 1, run: '1', time, ...event }) as unknown as Event & Happening),
    );
  const started = { type: 'run-started', rounds: 3 };
  const round = { type: 'round-finished', round: 1, rounds: 3, seconds: 1, metrics: {} };
  const going = told(started, round);

  it('says that all it started was stopped, where the weights lie, and what tells of the run', () => {
    expect(cutShort(going, true, '/tmp/x')).toEqual([
      'Interrupted: all that the demo started was stopped.',
      'The weights of 1 round lie in /tmp/x/.fl-wizard/hosts/server/home/fl-wizard/demo/runs/1/',
      'fl-wizard report -C /tmp/x tells of the run.',
    ]);
    expect(cutShort(told(started), false, '/tmp/x')).toEqual([
      'All that the demo started was stopped.',
      'fl-wizard report -C /tmp/x tells of the run.',
    ]);
  });

  it('names no folder that does not stay, and nothing at all of a run that came to its end', () => {
    expect(cutShort(going, true)).toEqual(['Interrupted: all that the demo started was stopped.']);
    expect(cutShort(emptyView, true, '/tmp/x')).toEqual(['Interrupted: all that the demo started was stopped.']);
    expect(cutShort(emptyView, false, '/tmp/x')).toEqual([]);
    expect(cutShort(told(started, round, { type: 'run-finished', outcome: 'changed' }), true, '/tmp/x')).toEqual([]);
  });
});
