/** What the real agent says of a process and what it takes; the host is a folder of this machine. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Agent } from '../../source/world/agent.ts';
import { readUsage } from '../../source/world/usage.ts';
import { until } from '../helpers/project.ts';
import { root } from '../helpers/wizard.ts';
import { scratch } from './child.ts';
import { runner } from './runner.ts';

const top = scratch();
const programs = join(root, 'templates', 'host');
const megabyte = 1024 * 1024;
let number = 0;
const started: ChildProcess[] = [];
afterAll(() => {
  for (const { pid } of started) if (pid) process.kill(-pid, 'SIGKILL');
});

type Wish = { readonly pid?: number | undefined; readonly gpu?: string; readonly agent?: Agent };

/** A host on which a supervisor of ours tells of a process, with an nvidia-smi that is the test's. */
function host({ pid, gpu, agent = new Agent(programs) }: Wish = {}) {
  const home = join(top, String(++number));
  mkdirSync(join(home, 'n', 'python', 'bin'), { recursive: true });
  mkdirSync(join(home, 'bin'));
  writeFileSync(join(home, 'n', 'client1.json'), '{}');
  const told = { state: 'running', pid, since: '2026-11-20T09:41:00Z', restarts: 2 };
  const script = (path: string, text: string) => writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  if (pid !== undefined) script(join(home, 'n', 'python', 'bin', 'python'), `echo '${JSON.stringify(told)}'`);
  if (gpu !== undefined) script(join(home, 'bin', 'nvidia-smi'), gpu);
  const there = runner(home, '022', `${join(home, 'bin')}:/usr/bin:/bin`);
  const request = { verb: 'usage', home: '~/n', name: 'client1', unit: 'fl-wizard-n-client1.service' };
  const look = async () =>
    readUsage(await agent.call(there, { name: 'client1', python: 'python3' }, request, 'Looking'));
  return { home, look };
}

/** The agent's programs for a host that is made otherwise. */
function programsWith(changes: Readonly<Record<string, string>>): string {
  const copy = join(top, String(++number));
  cpSync(programs, copy, { recursive: true });
  const part = join(copy, 'usage.py');
  for (const [from, to] of Object.entries(changes)) {
    const text = readFileSync(part, 'utf8');
    expect(text).toContain(from);
    writeFileSync(part, text.replace(from, to));
  }
  return copy;
}

/** A process in a session of its own, as our supervisor starts one; it has said `word` once it is as it has to be. */
async function begin(code: string): Promise<number> {
  const child = spawn('python3', ['-c', code], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(child);
  await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
  return child.pid ?? 0;
}

/** It holds 60 MB, and a child of it in yet another session 40 MB and a core. */
const family = `
import os, sys, time
held = b"x" * 60_000_000
parent = os.getpid()
if os.fork() == 0:
    os.setsid()
    more = b"y" * 40_000_000
    print("ready", flush=True)
    while os.getppid() == parent:
        pass
    os._exit(0)
time.sleep(3600)
`;

describe('what a process takes of its host', () => {
  it('is told with what it started: memory, and CPU seconds that grow by what was done', async () => {
    const pid = await begin(family);
    const { look } = host({ pid });
    const first = await look();
    expect(first.process).toEqual({ state: 'running', pid, since: '2026-11-20T09:41:00Z', restarts: 2 });
    expect(first.taken?.memory).toBeGreaterThan(100_000_000);
    expect(first.taken?.memory).toBeLessThan(200_000_000);
    let last = first;
    await until('another CPU second', async () => {
      last = await look();
      return (last.taken?.cpu ?? 0) - (first.taken?.cpu ?? 0) >= 1;
    });
    // One core: nothing is counted twice.
    const spent = (last.taken?.cpu ?? 0) - (first.taken?.cpu ?? 0);
    expect(spent).toBeLessThan(1.5 * ((last.taken?.at ?? 0) - (first.taken?.at ?? 0)) + 0.2);
    expect(last.taken?.process).toBe(first.taken?.process);
    expect(last.gpus).toEqual([]);
  });

  it('keeps the time of what has ended, and is another one under the same number', async () => {
    const work = 'import os, time\nuntil = time.process_time() + 0.3\nwhile time.process_time() < until: pass';
    const code = `import subprocess, time\nsubprocess.run(["python3", "-c", ${JSON.stringify(work)}])\nprint("done", flush=True)\ntime.sleep(3600)`;
    const { look } = host({ pid: await begin(code) });
    expect((await look()).taken?.cpu).toBeGreaterThanOrEqual(0.3);
    const other = host({ pid: await begin('print("there", flush=True)\nimport time\ntime.sleep(3600)') });
    expect((await other.look()).taken?.process).not.toBe((await look()).taken?.process);
  });

  it('is nothing where none lives', async () => {
    expect(await host().look()).toEqual({ process: { state: 'none' }, gpus: [] });
    // Its supervisor has not seen yet that it has ended.
    const { look } = host({ pid: 2 ** 30 });
    expect(await look()).not.toHaveProperty('taken');
  });

  it('is that of all that systemd keeps in its unit, and of nothing else', async () => {
    const [proc, groups] = [join(top, 'proc'), join(top, 'cgroup')];
    const copy = programsWith({
      'PROC = "/proc"': `PROC = "${proc}"`,
      'CGROUPS = "/sys/fs/cgroup"': `CGROUPS = "${groups}"`,
    });
    const unit = 'fl-wizard-n-client1.service';
    const group = `/system.slice/${unit}`;
    const ticks = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout);
    const page = Number(spawnSync('getconf', ['PAGESIZE'], { encoding: 'utf8' }).stdout);
    /** CPU time in ticks: its own as user and in the kernel, and that of the children it has waited for. */
    const living = (pid: number, parent: number, session: number, times: string, pages: number, name = 'python3') => {
      mkdirSync(join(proc, String(pid)), { recursive: true });
      const stat = `${pid} (${name}) S ${parent} ${session} ${session} 0 -1 4 0 0 0 0 ${times} 20 0 1 0 ${pid}00 0 ${pages} 0`;
      writeFileSync(join(proc, String(pid), 'stat'), `${stat}\n`);
    };
    living(1, 0, 1, '900 900 0 0', 900);
    living(70, 1, 70, '100 20 3 0', 10, 'my (app) 1 2 3');
    living(71, 70, 70, '200 0 0 0', 5);
    // A daemon that has left its session and has another parent, and a child of that one.
    living(80, 1, 80, '400 0 0 0', 3);
    living(81, 80, 80, '0 800 0 0', 2);
    living(90, 1, 90, '900 0 0 0', 900);
    mkdirSync(join(proc, 'self'));
    writeFileSync(join(proc, 'self', 'stat'), '');
    writeFileSync(join(proc, '70', 'cgroup'), `0::${group}\n`);
    mkdirSync(join(groups, group), { recursive: true });
    writeFileSync(join(groups, group, 'cgroup.procs'), '70\n71\n80\n4711\n');
    const { home, look } = host({ agent: new Agent(copy) });
    mkdirSync(join(home, '.config', 'systemd', 'user'), { recursive: true });
    writeFileSync(join(home, '.config', 'systemd', 'user', unit), '[Service]\n');
    const shown = 'ActiveState=active\nMainPID=70\nNRestarts=3\nStateChangeTimestamp=Mon 2026-11-23 22:10:05 UTC';
    writeFileSync(join(home, 'bin', 'systemctl'), `#!/bin/sh\ncat <<'END'\n${shown}\nEND\n`, { mode: 0o755 });
    const { process: kept, taken } = await look();
    expect(kept).toMatchObject({ state: 'starting', pid: 70, restarts: 3, since: '2026-11-23T22:10:05Z' });
    expect(taken).toMatchObject({ process: '70 7000', cpu: 1523 / ticks, memory: 20 * page });
    // Where the group is another one's, the session is all that is known.
    writeFileSync(join(proc, '70', 'cgroup'), '0::/user.slice\n');
    expect((await look()).taken).toMatchObject({ cpu: 323 / ticks, memory: 15 * page });
  });

  it('is what ps shows, where there is no /proc', async () => {
    const copy = programsWith({ 'PROC = "/proc"': 'PROC = "/nowhere"' });
    const pid = await begin(family);
    const { home, look } = host({ pid, agent: new Agent(copy) });
    const { taken } = await look();
    expect(taken?.memory).toBeGreaterThan(100_000_000);
    // As macOS prints it.
    const lines = [
      ` ${pid}     1  ${pid}  2048  1:02.50 Mon Nov 23 22:10:05 2026`,
      `90001 ${pid} 90001  1024 1-01:00:00 Mon Nov 23 22:10:06 2026`,
      '    1     0     1  9999  0:00.00 Mon Nov 23 20:00:00 2026',
      'ps: something else',
    ];
    writeFileSync(join(home, 'bin', 'ps'), `#!/bin/sh\ncat <<'END'\n${lines.join('\n')}\nEND\n`, { mode: 0o755 });
    const mac = await look();
    expect(mac.taken).toMatchObject({
      process: `${pid} Mon Nov 23 22:10:05 2026`,
      cpu: 62.5 + 86_400 + 3600,
      memory: 3 * megabyte,
    });
  });
});

describe('the GPUs of a host', () => {
  it('are those that nvidia-smi knows, asked for what can be read by a program', async () => {
    const words = '--query-gpu=utilization.gpu,memory.used,memory.total --format=csv,noheader,nounits';
    const { look } = host({ gpu: `[ "$*" = '${words}' ] && printf '35, 1024, 24576\\n0, 3, 24576\\n'` });
    expect((await look()).gpus).toEqual([
      { use: 0.35, memory: 1024 * megabyte, total: 24_576 * megabyte },
      { use: 0, memory: 3 * megabyte, total: 24_576 * megabyte },
    ]);
  });

  it('are left out where they tell nothing of it, and where the driver is in trouble', async () => {
    const { look } = host({ gpu: "printf '[N/A], 1024, 24576\\n-5, 1, 2\\ngarbage\\n1,2,3,4\\n7, 1, 2\\n'" });
    expect((await look()).gpus).toEqual([{ use: 0.07, memory: megabyte, total: 2 * megabyte }]);
    expect((await host({ gpu: 'echo "NVIDIA-SMI has failed"; exit 9' }).look()).gpus).toEqual([]);
  });

  it('are not waited for where it hangs', async () => {
    const { look } = host({ gpu: 'exec sleep 3600' });
    const begun = Date.now();
    expect((await look()).gpus).toEqual([]);
    expect(Date.now() - begun).toBeLessThan(15_000);
  });
});

describe('an answer', () => {
  const answer = (more: Record<string, unknown>) => ({ process: { state: 'running' }, taken: null, gpus: [], ...more });
  const taken = { pid: 7, started: '1', at: 1, cpu: 1, memory: 1 };
  it.each([
    ['CPU time below zero', { taken: { ...taken, cpu: -1 } }],
    ['memory that is no number', { taken: { ...taken, memory: 'much' } }],
    ['memory beyond all numbers', { taken: { ...taken, memory: 1e300 } }],
    ['a start as long as a book', { taken: { ...taken, started: 'x'.repeat(101) } }],
    ['a GPU that is busier than it can be', { gpus: [[101, 1, 2]] }],
    ['a GPU with endless memory', { gpus: [[1, 1, 1e16]] }],
    ['more GPUs than any host has', { gpus: Array(65).fill([1, 1, 1]) }],
  ])('with %s is none of our agent', (_, more) => {
    expect(readUsage(answer({ taken }))).toMatchObject({ taken: { process: '7 1', cpu: 1 } });
    expect(() => readUsage(answer(more))).toThrow(/can't be read/);
  });
});
