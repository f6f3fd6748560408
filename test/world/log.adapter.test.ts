/** A log as the real agent reads it, once and while it grows; the host is a folder of this machine. */
import { appendFileSync, mkdirSync, renameSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Member } from '../../source/network/network.ts';
import type { Since } from '../../source/plan/span.ts';
import { readLog } from '../../source/world/log.ts';
import { until } from '../helpers/project.ts';
import { network } from '../plan/fakes.ts';
import { scratch } from './child.ts';
import { remoteAt } from './here.ts';

const top = scratch();
const member: Member = { ...network.server, remote: { ...network.server.remote, home: '~/n' } };
let number = 0;

function host() {
  const home = join(top, String(++number));
  mkdirSync(join(home, 'n', 'logs'), { recursive: true });
  const told: string[] = [];
  const file = join(home, 'n', 'logs', 'server.log');
  const read = (follow: boolean, signal = new AbortController().signal, since?: Since) =>
    readLog(remoteAt(home), member, { follow, onLine: (line) => told.push(line), ...(since ? { since } : {}) }, signal);
  const glance = (signal: AbortSignal) =>
    readLog(remoteAt(home), member, { follow: true, glance: true, onLine: (line) => told.push(line) }, signal);
  return { file, told, read, glance };
}

describe('a log', () => {
  it('is told to its end, whatever is in it, and what was cut off at its beginning is left out', async () => {
    const { file, told, read } = host();
    writeFileSync(file, Buffer.concat([Buffer.from('x'.repeat(30_000)), Buffer.from([0x0a, 0x61, 0xff, 0x0a, 0x62])]));
    await read(false);
    expect(told).toEqual(['a\ufffd', 'b']);
  });

  it('that begins where the last bytes begin is told whole; where there is none, nothing is', async () => {
    const { file, told, read } = host();
    await read(false);
    expect(told).toEqual([]);
    writeFileSync(file, `cut\n${'y'.repeat(19_999)}\n`);
    await read(false);
    expect(told.map(({ length }) => length)).toEqual([19_999]);
  });

  it('since a time is what was written from then on, in files that were set aside, too', async () => {
    const { file, told, read } = host();
    const now = Math.floor(Date.now() / 1000);
    const put = (path: string, lines: readonly (readonly [ago: number, text: string])[]) => {
      writeFileSync(path, lines.map(([, text]) => text).join(''));
      // Noted after it was written, as the runtime does.
      const sizes = lines.map((_, at) => lines.slice(0, at + 1).reduce((sum, [, text]) => sum + text.length, 0));
      const times = lines.map(([ago], at) => `${now - ago} ${sizes[at]}\n`);
      writeFileSync(`${path}.times`, times.join(''));
    };
    put(`${file}.2`, [[9000, 'long ago\n']]);
    utimesSync(`${file}.2`, now - 9000, now - 9000);
    put(`${file}.1`, [
      [500, 'old\n'],
      [400, 'set as'],
      [300, 'ide\nlater\n'],
    ]);
    put(file, [
      [200, 'one\n'],
      [100, 'two\n'],
    ]);
    const signal = new AbortController().signal;
    const since = async (ago: number) => {
      told.length = 0;
      await read(false, signal, { ago });
      return [...told];
    };
    expect(await since(150)).toEqual(['two']);
    expect(await since(250)).toEqual(['one', 'two']);
    // A line belongs to the time of its beginning.
    expect(await since(350)).toEqual(['later', 'one', 'two']);
    expect(await since(450)).toEqual(['set aside', 'later', 'one', 'two']);
    expect(await since(99_999)).toEqual(['long ago', 'old', 'set aside', 'later', 'one', 'two']);
    expect(await since(10)).toEqual([]);
    told.length = 0;
    await read(false, signal, { at: now - 150 });
    expect(told).toEqual(['two']);
  });

  it('is followed from before it is there, over its being set aside, until somebody has enough', async () => {
    const { file, told, read } = host();
    const enough = new AbortController();
    const done = read(true, enough.signal);
    writeFileSync(file, 'one\ntw');
    await until('the first line', () => told.includes('one'));
    appendFileSync(file, 'o\nthree\n');
    await until('the third', () => told.includes('three'));
    truncateSync(file);
    appendFileSync(file, 'four\n');
    await until('the fourth', () => told.includes('four'));
    enough.abort();
    await done;
    expect(told).toEqual(['one', 'two', 'three', 'four']);
  });

  it('that is only looked at begins with some ten lines, and what comes too fast is left out at the host, which says so', async () => {
    const { file, told, glance } = host();
    const line = (at: number) => `${String(at).padStart(99, '0')}\n`;
    const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => line(from + at)).join('');
    writeFileSync(file, lines(0, 1000));
    const enough = new AbortController();
    const done = glance(enough.signal);
    await until('the last line', () => told.at(-1) === line(999).trim());
    expect(told.map(Number)).toEqual(Array.from({ length: 15 }, (_, at) => 985 + at));
    told.length = 0;
    // A second of a script that prints a hundred thousand lines in it.
    writeFileSync(`${file}.next`, `${lines(0, 101_000)}half a line`);
    // All of it is there at once, whenever the host looks.
    renameSync(`${file}.next`, file);
    await until('the newest line', () => told.at(-1) === line(100_999).trim());
    expect(told[0]).toMatch(/^\[\d+ bytes are left out here\]$/);
    const left = Number(told[0]?.match(/\d+/)?.[0]);
    const shown = told.slice(1).map(Number);
    expect(shown.length).toBeLessThanOrEqual(200);
    expect(shown).toEqual(Array.from({ length: shown.length }, (_, at) => 101_000 - shown.length + at));
    expect(left).toBe(100 * (100_000 - shown.length));
    told.length = 0;
    // One that began before is not torn by it.
    appendFileSync(file, `${'x'.repeat(30_000)}\n${lines(0, 10)}`);
    await until('the last of all', () => told.at(-1) === line(9).trim());
    expect(told.slice(0, 2)).toEqual(['half a line', '[30001 bytes are left out here]']);
    enough.abort();
    await done;
  });

  it('with a line that never ends comes in pieces', async () => {
    const { file, told, read } = host();
    writeFileSync(file, 'x'.repeat(200_000));
    await read(false, undefined, { ago: 3600 });
    expect(told.map(({ length }) => length)).toEqual([65_536, 65_536, 65_536, 200_000 - 3 * 65_536]);
  });
});
