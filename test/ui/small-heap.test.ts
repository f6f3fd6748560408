/** V8 complains on the terminal of a flag that it does not know, over whatever the screen shows there. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getHeapSpaceStatistics } from 'node:v8';
import { expect, it, vi } from 'vitest';
import { keepHeapSmall } from '../../source/ui/small-heap.ts';

const source = readFileSync(join(import.meta.dirname, '../../source/ui/small-heap.ts'), 'utf8');

function said(flag: string): string {
  const script = `require('node:v8').setFlagsFromString(process.argv[1])`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script, '--', flag], { encoding: 'utf8' });
  return stdout + stderr;
}

const flags = source.match(/(?<=')--[a-z-]+(?:=\d+)?(?=')/g) ?? [];

it('the flags that keep the heap small are such as this V8 knows', () => {
  expect(flags).toHaveLength(3);
  expect(flags.map(said)).toEqual(['', '', '']);
  expect(said(`${flags[1]}-or-so`)).toContain('unrecognized flag');
});

it('garbage is collected before there is much of it, and nobody else is given the collector', async () => {
  vi.useFakeTimers();
  const end = keepHeapSmall();
  try {
    const held = () =>
      getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')?.space_used_size ?? 0;
    const made: object[][] = [];
    /** Megabytes of objects, and those before them are garbage. */
    const make = () => {
      made[0] = Array.from({ length: 400_000 }, (_, at) => ({ at }));
      vi.advanceTimersByTime(1000);
    };
    for (let warm = 0; warm < 5; warm++) make();
    const before = held();
    for (let more = 0; more < 20; more++) make();
    expect(held()).toBeLessThan(before + 30_000_000);
    expect(made[0]).toHaveLength(400_000);
    expect((globalThis as { gc?: unknown }).gc).toBeUndefined();
  } finally {
    end();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  }
});
