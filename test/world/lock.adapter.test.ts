import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { abandonedIn, noteInLock } from '../../source/world/lock.ts';
import { line, program, scratch, start } from './child.ts';

const top = scratch();
let number = 0;
const project = () => join(top, `project-${++number}`);
const locks = (directory: string) =>
  readdirSync(join(directory, '.fl-wizard')).filter((name) => name.startsWith('lock'));

let taker: string;
beforeAll(async () => {
  taker = await program(
    top,
    `import { noteInLock, takeLock } from './source/world/lock.ts';
     const [directory, command, step] = process.argv.slice(2);
     const alive = (pid) => { try { process.kill(pid, 0); return true; } catch (error) { return error.code === 'EPERM'; } };
     const began = performance.now();
     try {
       const processes = { pid: process.pid, alive };
       const release = await takeLock(directory, command, new Date('2026-01-02T03:04:05Z'), processes);
       const at = new Date('2026-01-02T03:05:00Z');
       if (step) await noteInLock(directory, processes, { step: 'certs', state: 'done' }, at);
       if (step) await noteInLock(directory, processes, { step: 'deploy', state: 'asked' }, at);
       if (step && step !== 'asked') await noteInLock(directory, processes, { step: 'deploy', state: 'doing' }, at);
       if (step === 'another') await noteInLock(directory, processes, { step: 'launch', state: 'asked', another: true }, at);
       if (step === 'doing') for (const state of ['asked', 'doing']) await noteInLock(directory, processes, { step: 'launch', state, another: true }, at);
       if (step === 'done') await noteInLock(directory, processes, { step: 'deploy', state: 'done' }, at);
       console.log('held');
       for await (const _ of process.stdin);
       await release();
     } catch (error) {
       console.log(JSON.stringify({ ...error.failure, stack: error.failure ? '' : error.stack, took: performance.now() - began }));
     }`,
  );
});

async function released(child: ReturnType<typeof start>): Promise<void> {
  child.stdin?.end();
  // One that was turned away has ended by itself.
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

describe('the lock', () => {
  it('turns a second process away within a second (7), and names who holds it', async () => {
    const directory = project();
    const first = start(taker, [directory, 'up']);
    expect(await line(first)).toBe('held');
    const second = start(taker, [directory, 'certs']);
    const failure = JSON.parse(await line(second));
    expect(failure).toMatchObject({ exitCode: 7, doing: `Locking ${directory}` });
    expect(failure.why).toBe(
      `\`fl-wizard up\` holds it: process ${first.pid} on ${hostname()}, since 2026-01-02T03:04:05.000Z`,
    );
    expect(failure.took).toBeLessThan(1000);
    await released(first);
    expect(locks(directory)).toEqual([]);
    const third = start(taker, [directory, 'certs']);
    expect(await line(third)).toBe('held');
    await released(third);
  });

  it('of one that was killed is taken over', async () => {
    const directory = project();
    const first = start(taker, [directory, 'up']);
    await line(first);
    first.kill('SIGKILL');
    await once(first, 'close');
    expect(locks(directory)).toEqual(['lock']);
    const second = start(taker, [directory, 'certs']);
    expect(await line(second)).toBe('held');
    expect(JSON.parse(readFileSync(join(directory, '.fl-wizard', 'lock'), 'utf8')).pid).toBe(second.pid);
    await released(second);
  });

  it.each([
    ['deploy', { command: 'up', step: 'deploy', time: '2026-01-02T03:05:00.000Z', done: 'certs' }],
    ['asked', { command: 'up', time: '2026-01-02T03:04:05.000Z', asked: 'deploy', done: 'certs' }],
    ['another', { command: 'up', time: '2026-01-02T03:04:05.000Z', asked: 'launch', done: 'certs', another: true }],
    ['doing', { command: 'up', step: 'launch', time: '2026-01-02T03:05:00.000Z', done: 'certs' }],
    ['done', { command: 'up', time: '2026-01-02T03:04:05.000Z', done: 'deploy' }],
    ['', { command: 'up', time: '2026-01-02T03:04:05.000Z' }],
  ])('of one that was killed tells which step it was in, if any: %j', async (step, left) => {
    const directory = project();
    const child = start(taker, [directory, 'up', step]);
    await line(child);
    const processes = { pid: 1, alive: (pid: number) => pid === child.pid && child.signalCode === null };
    // Of one that lives there is nothing to tell, and nobody else writes into its lock.
    expect(await abandonedIn(directory, processes)).toBeUndefined();
    await noteInLock(directory, processes, { step: 'purge', state: 'doing' }, new Date());
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(await abandonedIn(directory, processes)).toEqual(left);
    const next = start(taker, [directory, 'certs']);
    await line(next);
    await released(next);
    expect(await abandonedIn(directory, processes)).toBeUndefined();
  });

  it.each([
    [
      'a process number that was given anew',
      { pid: process.pid, started: '1', host: hostname(), time: '', command: 'up' },
    ],
    ['garbage', undefined],
  ])('with %s is taken over', async (_, holder) => {
    const directory = project();
    mkdirSync(join(directory, '.fl-wizard'), { recursive: true });
    writeFileSync(join(directory, '.fl-wizard', 'lock'), holder ? JSON.stringify(holder) : '{"pid":');
    const child = start(taker, [directory, 'certs']);
    expect(await line(child)).toBe('held');
    await released(child);
  });

  it.each(['{"pid":1}', '{"pid":0,"started":"","host":"a","time":"t","command":"up"}', 'garbage', ''])(
    'that is none of ours, %s, is taken over',
    async (text) => {
      const directory = project();
      mkdirSync(join(directory, '.fl-wizard'), { recursive: true });
      writeFileSync(join(directory, '.fl-wizard', 'lock'), text);
      const child = start(taker, [directory, 'up']);
      expect(await line(child)).toBe('held');
      await released(child);
      expect(locks(directory)).toEqual([]);
    },
  );

  it('of another machine is not judged: it counts', async () => {
    const directory = project();
    mkdirSync(join(directory, '.fl-wizard'), { recursive: true });
    const holder = { pid: 1, started: '', host: 'elsewhere', time: '2026', command: 'up' };
    writeFileSync(join(directory, '.fl-wizard', 'lock'), JSON.stringify(holder));
    const child = start(taker, [directory, 'certs']);
    expect(JSON.parse(await line(child)).why).toContain('process 1 on elsewhere');
    await released(child);
  });

  it('lets one of many in over a dead one', async () => {
    const directory = project();
    mkdirSync(join(directory, '.fl-wizard'), { recursive: true });
    const dead = { pid: 2 ** 30, started: '1', host: hostname(), time: '2026', command: 'up' };
    writeFileSync(join(directory, '.fl-wizard', 'lock'), JSON.stringify(dead));
    const children = Array.from({ length: 5 }, () => start(taker, [directory, 'certs']));
    const said = await Promise.all(children.map(line));
    expect(said.filter((text) => text === 'held')).toHaveLength(1);
    expect(said.filter((text) => text !== 'held').map((text) => JSON.parse(text).exitCode)).toEqual([7, 7, 7, 7]);
    await Promise.all(children.map(released));
    expect(locks(directory)).toEqual([]);
  });
});
