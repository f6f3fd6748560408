/** The proof in the monitor's head: it is of one process, and says so once that is not the one that runs. */
import { describe, expect, it } from 'vitest';
import type { Event, Happening } from '../../source/plan/event.ts';
import { headLines } from '../../source/ui/monitor-head.ts';
import { viewOf } from './events.ts';

const at = (second: number) => new Date(Date.UTC(2026, 10, 20, 9, 41, second)).toISOString();
const told = (second: number, happening: Happening): Event => ({ ...happening, time: at(second) });
const server = (second: number, sequence: number, resumedAfter?: number): Event => {
  const more = resumedAfter === undefined ? {} : { resumedAfter };
  return told(second, { type: 'server-started', port: 9092, ...more, sequence, run: '1' });
};
const known = (second: number, refused = 48): Event =>
  told(second, { type: 'proof-known', proof: { refused, admitted: 1, wrong: 0, at: at(second) }, run: '1' });
const training = (sequence: number): Event =>
  told(0, { type: 'phase-changed', phase: 'fit', round: 1, rounds: 9, sequence, run: '1' });

function badge(events: readonly Event[], columns = 100) {
  const [head = []] = headLines({ view: viewOf(events), network: 'xray', columns, now: new Date(at(50)) });
  const text = head.map((each) => each.text).join('');
  const dim = head.some((each) => each.text.includes('MUTUAL') && each.tone === 'dim');
  return { text, dim, green: head.some((each) => /✓ ?$/.test(each.text) && each.tone === 'good') };
}

describe('the proof in the head', () => {
  const proved = [server(1, 1), training(2), known(5)];

  it('is of the process that was tried', () => {
    expect(badge(proved)).toMatchObject({
      text: expect.stringContaining('MUTUAL TLS ✓ 48 of 48 refused, '),
      green: true,
    });
  });

  it.each([
    ['behind a round', 1],
    ['before the first round', undefined],
  ])('is of another one once the server was started again %s, until a newer proof is known', (_, after) => {
    const again = [...proved, server(9, 3, after)];
    const { text, green } = badge(again);
    expect(text).toMatch(/MUTUAL TLS proved \d\d:\d\d, before the restart/);
    expect(green).toBe(false);
    expect(badge(again, 50)).toMatchObject({ text: expect.stringContaining('mTLS ?'), green: false });
    expect(badge([...again, known(12, 9)]).text).toContain('MUTUAL TLS ✓ 9 of 9 refused');
  });

  it('is past where no server runs, by the run’s phase or by its process', () => {
    const halted = told(9, { type: 'phase-changed', phase: 'halted', round: 1, rounds: 9 });
    const failed = told(9, { type: 'process-seen', member: 'server', state: 'failed' });
    for (const gone of [halted, failed]) {
      const { text, green } = badge([...proved, gone]);
      expect(text).toMatch(/MUTUAL TLS was proved \d\d:\d\d/);
      expect(green).toBe(false);
    }
  });

  it('is not known any more since nothing is heard of the server, and green again once it is', () => {
    const lost = told(9, { type: 'link-changed', state: 'lost', why: 'timed out', since: '2026-11-20T09:43:00Z' });
    const { text, green, dim } = badge([...proved, lost]);
    expect(text).toMatch(/MUTUAL TLS proved \d\d:41, unknown since \d\d:43 /);
    expect([green, dim]).toEqual([false, true]);
    expect(badge([...proved, lost], 50)).toMatchObject({ text: expect.stringContaining('mTLS ?'), green: false });
    expect(badge([...proved, lost, told(12, { type: 'link-changed', state: 'back' })]).green).toBe(true);
    const ended = told(8, { type: 'run-finished', outcome: 'changed', sequence: 9, run: '1' });
    expect(badge([...proved, ended]).green).toBe(true);
    expect(badge([...proved, ended, lost]).text).toMatch(/MUTUAL TLS was proved \d\d:41/);
  });

  it('of a server whose clock is ahead is known by the tries that it refused since', () => {
    const refused = (second: number, probe: boolean): Event =>
      told(second, { type: 'connection-refused', address: '', reason: 'x', probe, sequence: 4, run: '1' });
    const again = [...proved, server(19, 3, 1), known(12, 9)];
    expect(badge([...again, refused(20, true)]).text).toContain('MUTUAL TLS ✓ 9 of 9 refused');
    expect(badge([...again, refused(20, false)]).text).toContain('before the restart');
    expect(badge([...again, refused(20, true), server(30, 5, 1)]).text).toContain('before the restart');
  });

  it('is the newer one of what was tried here and what another command has recorded', () => {
    const check = { name: 'no certificate', host: 'server', kind: 'refused', ok: true, detail: 'refused' } as const;
    const here = told(20, { type: 'check-finished', step: 'verify', check });
    expect(badge([...proved, here]).text).toContain('✓ 1 of 1 refused');
    expect(badge([...proved, here, known(30, 83)]).text).toContain('✓ 83 of 83 refused');
    expect(badge([...proved, here, known(15, 83)]).text).toContain('✓ 1 of 1 refused');
  });

  it('is short where a long name leaves no room for it', () => {
    const view = viewOf([...proved, server(9, 3, 1)]);
    const [head = []] = headLines({ view, network: 'x'.repeat(40), columns: 80, now: new Date(at(50)) });
    expect(head.map((each) => each.text).join('')).toContain('mTLS ?');
  });
});
