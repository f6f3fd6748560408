/** A record that several monitors write: each event stands there once, and none is missing. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Event } from '../../source/plan/event.ts';
import { journalIn } from '../../source/world/journal.ts';

const top = mkdtempSync(join(tmpdir(), 'flw-shared-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

const time = '2026-11-20T09:41:00.000Z';
const notice = (sequence: number): Event => ({ type: 'notice', text: `✓ "sequence":999 ${sequence}`, sequence, time });
const notices = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => notice(from + at));
const sequencesIn = async (directory: string) =>
  (await journalIn(directory).read('1')).map((event) => ('sequence' in event ? event.sequence : undefined));

/** A project with as many monitors, each in a process of its own as far as they know. */
function project(monitors: number) {
  const directory = mkdtempSync(join(top, 'project-'));
  const file = join(directory, '.fl-wizard', 'runs', '1', 'events.jsonl');
  return { directory, file, monitors: Array.from({ length: monitors }, () => journalIn(directory)) };
}

describe('a record that several monitors write', () => {
  it('has each event once, whoever is how far, and none is missing', async () => {
    const steps = fc.array(fc.record({ who: fc.nat(2), count: fc.integer({ min: 1, max: 5 }) }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const { directory, monitors } = project(3);
        const done = [0, 0, 0];
        for (const { who, count } of all) {
          const from = (done[who] ?? 0) + 1;
          done[who] = from + count - 1;
          await monitors[who]?.append('1', notices(from, from + count - 1));
        }
        const most = Math.max(...done);
        expect(await sequencesIn(directory)).toEqual(Array.from({ length: most }, (_, at) => at + 1));
      }),
      { numRuns: 40 },
    );
  });

  it('has what was lost on the host, and what came behind the gap that a power cut leaves', async () => {
    const { directory, monitors } = project(2);
    await monitors[0]?.append('1', notices(1, 5));
    await monitors[1]?.append('1', notices(1, 3));
    for (const each of monitors) await each.append('1', notices(10_004, 10_005));
    await monitors[1]?.append('1', notices(10_005, 10_006));
    expect(await sequencesIn(directory)).toEqual([1, 2, 3, 4, 5, 10_004, 10_005, 10_006]);
  });

  it('has what no sequence says of, of each', async () => {
    const { directory, monitors } = project(2);
    for (const each of monitors) await each.append('1', [notice(1), { type: 'notice', text: 'ours', time }]);
    expect(await sequencesIn(directory)).toEqual([1, undefined, undefined]);
  });

  it('goes on where another one was cut, or what it holds is none of ours', async () => {
    const { directory, file, monitors } = project(2);
    const [a, b] = monitors;
    await a?.append('1', notices(1, 4));
    truncateSync(file, statSync(file).size - 10);
    await b?.append('1', notices(1, 5));
    await a?.append('1', notices(5, 6));
    expect(await sequencesIn(directory)).toEqual([1, 2, 3, 4, 5, 6]);
    appendFileSync(file, 'null\n[7]\n{"sequence":"8"}\n');
    await a?.append('1', notices(7, 7));
    await b?.append('1', notices(6, 8));
    expect(await sequencesIn(directory)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('begins anew where it was set aside by another one: hosts that were made anew count from 1 again', async () => {
    const { directory, monitors } = project(2);
    const [a, b] = monitors;
    await a?.append('1', notices(1, 9));
    await b?.setAside('1');
    await a?.append('1', notices(1, 2));
    await b?.append('1', notices(1, 3));
    expect(await sequencesIn(directory)).toEqual([1, 2, 3]);
  });

  it('of which much was written by another one is looked through at its end only', async () => {
    const { file, monitors } = project(2);
    const [a, b] = monitors;
    for (let from = 1; from <= 40_001; from += 10_000) await a?.append('1', notices(from, from + 9999));
    expect(statSync(file).size).toBeGreaterThan(3 << 20);
    await b?.append('1', notices(49_999, 50_001));
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(50_001);
  });
});
