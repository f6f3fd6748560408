/** A host that hangs in a step: at which one it stands, and since when. */
import { expect, it } from 'vitest';
import { progressLines } from '../../source/ui/step-lines.ts';
import { start, timed, viewOf } from './events.ts';

const [begun, asked, first, second, printed] = timed([
  { type: 'session-started', version: 1, steps: [{ id: 'launch', title: 'Launch' }] },
  {
    type: 'plan-ready',
    step: 'launch',
    actions: [{ text: 'start it', host: 'hosp-b' }, { text: 'wait for the clients' }],
  },
  { type: 'action-started', step: 'launch', action: 0 },
  { type: 'action-started', step: 'launch', action: 1 },
  { type: 'action-output', step: 'launch', action: 0, host: 'hosp-b', line: 'starting' },
]).map((event) => ({ ...event, time: start.toISOString() }));

function shown(events: readonly (typeof begun)[], seconds: number): string {
  const [step] = viewOf(events.flatMap((event) => event ?? [])).steps;
  if (!step) throw new Error('no step');
  const now = new Date(start.getTime() + seconds * 1000);
  const lines = progressLines(step, 80, { rows: 10, roomy: 10 }, { tick: 0, now });
  return lines.map((line) => line.map(({ text }) => text).join('')).join('\n');
}

it('a host that says nothing for ten seconds says so at its own line, and nobody else does', () => {
  const events = [begun, asked, first, second];
  expect(shown(events, 9)).not.toContain('says nothing');
  expect(shown(events, 10)).toMatch(/hosp-b +start it\n +says nothing for 10 s\n.*wait for the clients$/);
  const late = printed && { ...printed, time: new Date(start.getTime() + 8_000).toISOString() };
  expect(shown([...events, late], 12)).toMatch(/hosp-b +start it\n +starting\n/);
  expect(shown([...events, late], 45)).toMatch(/\n +says nothing for 37 s; last: starting\n/);
});
