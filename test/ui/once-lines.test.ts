/** One frame for a pipe: what a table has no room for stands below it in full. */
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import type { Happening, ServerEvent } from '../../source/plan/event.ts';
import { renderFrame } from '../../source/ui/once.ts';
import { proof, runEvents, sessionStart, timed, viewOf } from './events.ts';

const reason =
  'raised ValueError: the file /data/client2/images/train-labels-idx1-ubyte.gz has 59,998 labels and 60,000 images, and both have to be as many';

function shownOf(events: readonly Happening[], columns = 80): string {
  const all = timed([sessionStart, ...proof, ...events]);
  const now = new Date(all.at(-1)?.time ?? '');
  const view = viewOf(all);
  return renderFrame(view, { columns, now, hosts: {}, network: 'xray', colors: false, unicode: true });
}

/** As somebody reads it who goes on at the next line. */
const read = (shown: string) => shown.replaceAll(/\s+/g, ' ');

const failing = (round: number, why = reason): ServerEvent => ({
  type: 'round-finished',
  round,
  rounds: 12,
  seconds: 1,
  fit: { ok: 1, failed: 1 },
  evaluate: { ok: 2, failed: 0 },
  loss: 1 / round,
  metrics: {},
  failures: [{ client: 'client2', phase: 'fit', reason: why }],
});
const run = runEvents({ clients: 2, rounds: 12, done: 1 });

describe('one frame for a pipe', () => {
  it('tells why a client is in trouble to the end, and cuts no line', () => {
    const shown = shownOf([...run, { type: 'client-changed', client: 'client2', state: 'failed', detail: reason }]);
    expect(read(shown)).toContain(`client2: ${reason}`);
    for (const line of shown.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(80);
  });

  it('tells each failure once, with all of its rounds, and what the sign means', () => {
    const shown = read(shownOf([...run, failing(2), failing(3), failing(4), failing(7), failing(9, 'timed out')]));
    expect(shown).toContain(`rounds 2-4, 7: client2 failed in fit: ${reason}`);
    expect(shown.split(reason)).toHaveLength(2);
    expect(shown).toContain('1/2 ! means that 1 of 2 clients brought a result, and the others failed');
    // There is room for it in the table.
    expect(shown).not.toContain('round 9: client2');
  });

  it('tells a reason in full once: of the run, of its rounds and of a client it is the same', () => {
    const lost: ServerEvent = { type: 'client-changed', client: 'client2', state: 'failed', detail: reason };
    const going = read(shownOf([...run, failing(2), failing(3), lost]));
    expect(going).toContain(`rounds 2-3: client2 failed in fit: ${reason}`);
    expect(going).toContain('client2: as above · failed 2x');
    expect(going.split(reason)).toHaveLength(2);
    const detail = `none of its rounds brought new weights: client2: ${reason}`;
    const failed = read(shownOf([...run, failing(2), lost, { type: 'run-finished', outcome: 'failed', detail }]));
    expect(failed).toContain(detail);
    expect(failed).toContain('round 2: client2 failed in fit: as above');
    expect(failed.split(reason)).toHaveLength(2);
    // Another client's is its own.
    const other: ServerEvent = { type: 'client-changed', client: 'client1', state: 'failed', detail: reason };
    expect(read(shownOf([...run, failing(2), other]))).toContain(`client1: ${reason}`);
  });

  it('says nothing twice where there is room, and explains no sign that is not shown', () => {
    const shown = shownOf([...run, { type: 'client-changed', client: 'client2', state: 'lost', detail: 'reset' }]);
    expect(shown.match(/reset/g)).toHaveLength(1);
    expect(shown).not.toContain('means that');
  });

  it('tells why a run has failed, or is halted, to the end', () => {
    const detail = `none of its rounds brought new weights: client2: ${reason}`;
    const failed = shownOf([...run, { type: 'run-finished', outcome: 'failed', detail }]);
    expect(read(failed)).toContain(detail);
    const halted = shownOf([...run, { type: 'phase-changed', phase: 'halted', round: 2, rounds: 12, detail }]);
    expect(read(halted)).toContain(detail);
    for (const line of [failed, halted].join('\n').split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(80);
  });

  it('is no picture of a reader’s terminal: what a host says acts on none', () => {
    const shown = shownOf([...run, failing(2, `\x1b[2J\r${reason}`)]);
    expect(shown).not.toContain('\x1b');
    expect(shown).not.toContain('\r');
  });

  it('says since when nothing is known where a host can’t be asked, and whose word the end of a run is', () => {
    const lost = { type: 'link-changed', state: 'lost', why: 'the address does not answer' } as const;
    const finished: Happening = { type: 'session-finished', outcome: 'failed', exitCode: 4 };
    const going = read(shownOf([...run, lost, finished]));
    expect(going).toMatch(/○ not heard for 1 s .* nothing heard since \d\d:\d\d: the address does not answer ─/);
    expect(going).not.toMatch(/trying again|● training/);
    const end = { type: 'run-finished', outcome: 'changed', sequence: 99, run: '20261120-094100' } as const;
    const over = read(shownOf([...run, end, lost, finished]));
    expect(over).toContain('✓ finished');
    expect(over).toContain(
      "This is what this machine remembers; the server's host can't be asked: the address does not",
    );
  });

  it('names each metric as the strategy does, with its last value and its range', () => {
    const events = runEvents({ clients: 2, rounds: 12, done: 4 });
    expect(shownOf(events)).toMatch(/^ accuracy +0\.900 {2}\(0\.600 to 0\.900\)$/m);
  });
});
