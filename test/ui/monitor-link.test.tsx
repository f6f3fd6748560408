/** What the table says of now: while the past is read, live, when nothing is heard, back, stopped, and at the end. */
import { render } from 'ink-testing-library';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import type { Happening, ServerEvent } from '../../source/plan/event.ts';
import type { View } from '../../source/plan/reduce.ts';
import { Monitor } from '../../source/ui/monitor.tsx';
import { proof, runEvents, sessionStart, timed, viewOf } from './events.ts';

const training = runEvents({ clients: 2, rounds: 12, done: 4 });
const over = runEvents({ clients: 2, rounds: 4, done: 4 });
const last = training.length;
const why = 'the host stopped answering';
const lost = { type: 'link-changed', state: 'lost', why } as const;
const back = { type: 'link-changed', state: 'back' } as const;
const run = '20261120-094100';
const told = (event: ServerEvent): ServerEvent => ({ ...event, sequence: 99, run });
const stopped = 'the server is stopped, and the run has not ended; fl-wizard launch goes on with it';
const halted = { type: 'phase-changed', phase: 'halted', round: 5, rounds: 12, detail: stopped } as const;

/** After these events, so many seconds after the last of them. */
function frame(events: readonly Happening[], [columns, rows]: readonly [number, number], later = 0): string {
  const all = timed([sessionStart, ...proof, ...events]);
  const view: View = viewOf(all);
  const now = new Date(Date.parse(all.at(-1)?.time ?? '') + later * 1000);
  const rendered = render(
    <Monitor
      view={view}
      columns={columns}
      rows={rows}
      now={now}
      network="xray"
      hosts={{ client1: 'ubuntu@10.0.0.11' }}
      colors={false}
      unicode
    />,
  );
  return rendered.lastFrame() ?? '';
}

const sizes = [
  [120, 40],
  [80, 24],
  [40, 12],
] as const;

/** What the head says in each state, and what must not be said. */
const states: readonly (readonly [string, readonly Happening[], RegExp, RegExp, RegExp])[] = [
  [
    'reading',
    [{ type: 'past-known', last: 4000, run }, ...training],
    /○ reading/,
    new RegExp(`reading what happened so far: ${last} of 4,`),
    /training|left|elapsed|starting {2}/,
  ],
  ['live', [{ type: 'past-known', last, run }, ...training], /● training/, /waiting for client2/, /reading|heard/],
  ['lost', [...training, lost], /○ not heard for 41 s/, /nothing heard since \d\d:\d\d: the/, /● training|left/],
  ['back', [...training, lost, back], /● training/, /waiting for client2/, /○ not heard|nothing heard/],
  ['stopped', [...training, lost, back, halted], /● not running/, /the server is stopped/, /● training|left|○/],
  [
    'finished',
    [...over, told({ type: 'run-finished', outcome: 'changed' }), lost],
    /✓ finished/,
    /finished \d\d:\d\d · best/,
    /heard for|left/,
  ],
  [
    'failed',
    [...over, told({ type: 'run-finished', outcome: 'failed', detail: 'no client' })],
    /✗ failed/,
    /failed \d\d:\d\d after 4 of 4/,
    /left|● training/,
  ],
];

describe.each(sizes)('at %ix%i, a run that is', (columns, rows) => {
  it.each(states)('%s says so, and nothing else', (_, events, phase, waiting, never) => {
    const shown = frame(events, [columns, rows], 41);
    const head = shown.split('\n').slice(0, 4).join('\n');
    expect(head).toMatch(phase);
    expect(head).toMatch(waiting);
    expect(head).not.toMatch(never);
    for (const line of shown.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
    expect(shown.split('\n').length).toBeLessThanOrEqual(rows);
  });
});

it('a server that was started again is told of once, in a frame of any size', () => {
  const again = told({ type: 'server-started', port: 9092, resumedAfter: 4 });
  const going = { type: 'phase-changed', phase: 'fit', round: 5, rounds: 12 } as const;
  const events = [...training, again, { ...told(going), sequence: 100 }];
  for (const size of sizes) {
    const shown = frame(events, size);
    const server = size[1] >= 24 ? [expect.stringContaining('server up')] : [];
    expect(shown.split('\n').filter((line) => line.includes('server up'))).toEqual(server);
    expect(shown.match(/restarted \d+x|\d+ restart/g)).toEqual(['restarted 1x']);
  }
});

describe('a link that is lost', () => {
  it('stops the clocks, and says why, that it goes on trying, and that training does not need us', () => {
    const [before, later] = [0, 3600].map((seconds) => frame([...training, lost], [120, 40], seconds));
    expect(later).toContain(`: ${why}; trying again, training needs no monitor`);
    expect(later).toContain('○ not heard for 1h 00m');
    const elapsed = (shown = '') => /elapsed \S+ ?\S*/.exec(shown)?.[0];
    expect(elapsed(later)).toBe(elapsed(before));
    const going = (shown = '') => shown.split('\n').find((line) => line.includes('1/2 +'));
    expect(going(before)).toBeDefined();
    expect(going(later)).toBe(going(before));
  });

  it('is lost since something was known last, where nothing was heard since we came', () => {
    const shown = frame([...training, { ...lost, since: '2026-11-20T08:00:00.000Z' }], [120, 40]);
    expect(shown).toMatch(/○ not heard for 1h 4\dm/);
  });

  it('is lost since the first time, whatever is found out of why meanwhile, and the log tells each and the end', () => {
    const events = [...training, lost, { ...lost, why: 'connection refused' }];
    const shown = frame(events, [120, 40], 9);
    expect(shown).toContain('○ not heard for 10 s');
    expect(shown).toMatch(/nothing heard since \d\d:\d\d: connection refused/);
    expect(shown).toContain(`nothing is heard of the server: ${why}`);
    expect(frame([...events, back], [120, 40])).toContain('connected again');
  });
});

describe('what happened before we came', () => {
  it('is no round that goes on, and an end in it that was not the last is none', () => {
    const ended = [...training, told({ type: 'run-finished', outcome: 'failed', detail: 'an older one' })];
    const shown = frame([{ type: 'past-known', last: 120, run }, ...ended], [80, 24]);
    expect(shown).not.toMatch(/1\/2 \+|✗ failed/);
    expect(shown).toContain('reading what happened so far: 99 of 120');
  });

  it('is kept when the run is first told of, and begins anew with another run', () => {
    const view = viewOf(timed([{ type: 'past-known', last: 7, run }, ...training.slice(0, 3)]));
    expect([view.run.past, view.run.last, view.run.id]).toEqual([7, 3, run]);
    const other = viewOf(timed([{ type: 'past-known', last: 7, run }, { ...training[0], run: '2' } as ServerEvent]));
    expect(other.run.past).toBe(0);
  });
});
