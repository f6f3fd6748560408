import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, test } from 'vitest';

const script = join(import.meta.dirname, '..', '..', 'scripts/support/lock.js');
const top = mkdtempSync(join(tmpdir(), 'fl-lock-'));
afterAll(() => rmSync(top, { recursive: true }));

/** A process that takes the lock and keeps it while it reads its stdin, telling both by a line and in the file `log`. */
function holder(folder: string): ChildProcess {
  const code = `
    import { appendFileSync } from 'node:fs';
    import { withLock } from ${JSON.stringify(script)};
    const tell = (word) => {
      appendFileSync(${JSON.stringify(`${folder}.log`)}, word + ' ');
      console.log(word);
    };
    await withLock('x', async () => {
      tell('in');
      for await (const _ of process.stdin);
      tell('out');
    }, { folder: ${JSON.stringify(folder)} });`;
  return spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['pipe', 'pipe', 'pipe'] });
}

async function line(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no stdout');
  const [text] = await once(createInterface(child.stdout), 'line');
  return String(text);
}

test('the second waits, says for whom, and gets its turn', async () => {
  const folder = join(top, 'two');
  const first = holder(folder);
  expect(await line(first)).toBe('in');
  const second = holder(folder);
  const [told] = await once(second.stderr ?? second, 'data');
  expect(String(told)).toContain(`process ${first.pid}`);
  const entered = line(second);
  first.stdin?.end();
  expect(await entered).toBe('in');
  second.stdin?.end();
  await once(second, 'close');
  expect(existsSync(join(folder, 'x.lock'))).toBe(false);
});

test('a lock whose process was killed is taken over', async () => {
  const folder = join(top, 'killed');
  const first = holder(folder);
  await line(first);
  first.kill('SIGKILL');
  await once(first, 'close');
  expect(readFileSync(join(folder, 'x.lock/owner.json'), 'utf8')).toContain(String(first.pid));
  const second = holder(folder);
  expect(await line(second)).toBe('in');
  second.stdin?.end();
  await once(second, 'close');
});

test.runIf(process.platform === 'linux')('a process number that was given anew does not hold a lock', async () => {
  const folder = join(top, 'reused');
  mkdirSync(join(folder, 'x.lock'), { recursive: true });
  writeFileSync(join(folder, 'x.lock/owner.json'), JSON.stringify({ pid: process.pid, start: '1' }));
  const second = holder(folder);
  expect(await line(second)).toBe('in');
  second.stdin?.end();
  await once(second, 'close');
});

test('of many at once over a dead lock, one at a time is in', async () => {
  const folder = join(top, 'many');
  mkdirSync(join(folder, 'x.lock'), { recursive: true });
  // No process has this number: it is over the highest that Linux and macOS give.
  writeFileSync(join(folder, 'x.lock/owner.json'), JSON.stringify({ pid: 2 ** 30 }));
  const children = Array.from({ length: 6 }, () => holder(folder));
  for (const child of children) child.stdin?.end();
  await Promise.all(children.map((child) => once(child, 'close')));
  // The file and not the lines: pipes of six processes can be read in another order than they were written.
  expect(readFileSync(`${folder}.log`, 'utf8')).toBe('in out '.repeat(6));
});
