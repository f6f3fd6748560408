/** V8 complains on the terminal of a flag that it does not know, over whatever the screen shows there. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const source = readFileSync(join(import.meta.dirname, '../../source/ui/small-heap.ts'), 'utf8');

function said(flag: string): string {
  const script = `require('node:v8').setFlagsFromString(process.argv[1])`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script, '--', flag], { encoding: 'utf8' });
  return stdout + stderr;
}

it('the flag that keeps the heap small is one that this V8 knows', () => {
  const [flag = ''] = /(?<=')--[a-z-]+(?=')/.exec(source) ?? [];
  expect(flag).not.toBe('');
  expect(said(flag)).toBe('');
  expect(said(`${flag}-or-so`)).toContain('unrecognized flag');
});
