import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { WheelFile } from '../../source/flower/wheels.ts';
import { exit } from '../../source/plan/failure.ts';
import { Agent, type CallOptions, type Request, type Runner } from '../../source/world/agent.ts';
import { copyWheels } from '../../source/world/copy-wheels.ts';
import type { Doing } from '../../source/world/perform.ts';
import { readWheelhouse } from '../../source/world/wheelhouse.ts';
import { watchHeld } from '../helpers/held.ts';
import { makeWheel } from '../helpers/wheels.ts';
import { root } from '../helpers/wizard.ts';
import { network } from '../plan/fakes.ts';
import { scratch } from './child.ts';
import { runner } from './runner.ts';

const top = scratch();
const agent = new Agent(join(root, 'templates', 'host'));
let number = 0;
const folder = () => {
  const path = join(top, String(++number));
  mkdirSync(path, { mode: 0o700 });
  return path;
};
const [member] = network.clients;
if (!member) throw new Error('no client');
const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

/** Copies to a home; every request is noted with what it asks for. */
function copying(home: string, over: Runner = runner(home)) {
  const lines: string[] = [];
  const requests: Request[] = [];
  const remote = {
    call: (_: unknown, request: Request, doing: string, more: CallOptions = {}) => {
      requests.push(request);
      return agent.call(over, { name: 'client1', python: 'python3' }, request, doing, more);
    },
  } as unknown as Doing['remote'];
  const report = { line: (text: string) => void lines.push(text), check: () => {}, event: () => {} };
  const copy = (wheels: readonly WheelFile[]) =>
    copyWheels(wheels, join(home, 'python'), member ?? network.server, {
      remote,
      report,
      signal: new AbortController().signal,
    });
  const store = join(home, '.cache', 'fl-wizard', 'wheels');
  return { lines, requests, copy, store, stored: () => readdirSync(store).sort() };
}

async function wheelhouse(...sizes: readonly number[]): Promise<readonly WheelFile[]> {
  const path = folder();
  for (const [at, padding] of sizes.entries()) makeWheel(path, { name: `wheel${at}`, padding });
  return readWheelhouse(path);
}

/** A connection that is cut after so many bytes. */
function cutAfter(home: string, bytes: number): Runner {
  const inner = runner(home);
  return {
    run: inner.run,
    async open(words) {
      const stream = await inner.open(words);
      const write = stream.write.bind(stream);
      let left = bytes;
      stream.write = ((chunk: Buffer, ...rest: []) => {
        const fits = chunk.subarray(0, left);
        left -= fits.length;
        const took = write(fits, ...rest);
        // What was written reaches the other side before the end does.
        if (left === 0) stream.end();
        return took;
      }) as typeof stream.write;
      return stream;
    },
  };
}

describe('wheels', () => {
  it('are copied once, those of the host’s own included that another environment brought', async () => {
    const home = folder();
    const [first, second] = await wheelhouse(10_000, 20_000);
    if (!first || !second) throw new Error('no wheels');
    const { copy, lines, requests, store, stored } = copying(home);
    expect(await copy([first])).toEqual([{ name: first.name, size: first.size, sha256: sha256(first.file) }]);
    expect(lines[0]).toMatch(/^copying 1 wheel, \d+ kB$/);
    await copy([first, second]);
    expect(requests.at(-1)).toMatchObject({ verb: 'receive-wheels', wheels: [{ name: second.name, offset: 0 }] });
    expect(stored()).toEqual([first.name, second.name]);
    for (const each of [first, second]) expect(sha256(join(store, each.name))).toBe(sha256(each.file));
    const told = lines.length;
    await copy([first, second]);
    expect(requests.at(-1)?.verb).toBe('wheels-here');
    expect(lines).toHaveLength(told);
  });

  it('with other bytes under the same name are copied again', async () => {
    const home = folder();
    const [wheel] = await wheelhouse(10_000);
    if (!wheel) throw new Error('no wheel');
    const { copy, store } = copying(home);
    await copy([wheel]);
    writeFileSync(join(store, wheel.name), Buffer.alloc(wheel.size));
    await copy([wheel]);
    expect(sha256(join(store, wheel.name))).toBe(sha256(wheel.file));
  });

  it('go on where a connection was cut, in the middle of one', async () => {
    const home = folder();
    const wheels = await wheelhouse(1_000_000, 6_000_000);
    const cut = copying(home, cutAfter(home, 4_000_000));
    await expect(cut.copy(wheels)).rejects.toMatchObject({
      failure: { exitCode: exit.remote, host: 'client1', hint: 'run it again: it goes on where this one ended' },
    });
    const again = copying(home);
    await again.copy(wheels);
    const [{ wheels: sent } = { wheels: [] }] = again.requests.filter(({ verb }) => verb === 'receive-wheels');
    const [only, ...more] = sent as { name: string; offset: number }[];
    expect(more).toEqual([]);
    expect(only?.name).toBe(wheels[1]?.name);
    expect(only?.offset).toBeGreaterThan(1_000_000);
    expect(again.lines[0]).toMatch(/from [\d.]+ MB on$/);
    for (const { name, file } of wheels) expect(sha256(join(again.store, name))).toBe(sha256(file));
    expect(again.stored()).toHaveLength(2);
  });

  it('that came damaged are thrown away, and come whole the next time', async () => {
    const home = folder();
    const [wheel] = await wheelhouse(50_000);
    if (!wheel) throw new Error('no wheel');
    const { copy, store, stored } = copying(home);
    mkdirSync(store, { recursive: true });
    writeFileSync(join(store, `.${sha256(wheel.file)}.fl-wizard-tmp`), 'not its first bytes');
    await expect(copy([wheel])).rejects.toMatchObject({
      failure: { exitCode: exit.remote, why: expect.stringContaining('arrived damaged') },
    });
    expect(stored()).toEqual([]);
    await copy([wheel]);
    expect(stored()).toEqual([wheel.name]);
  });

  it('that are all there under the name of a copy under way are put in their place', async () => {
    const home = folder();
    const [wheel] = await wheelhouse(50_000);
    if (!wheel) throw new Error('no wheel');
    const { copy, store, stored, requests } = copying(home);
    mkdirSync(store, { recursive: true });
    copyFileSync(wheel.file, join(store, `.${sha256(wheel.file)}.fl-wizard-tmp`));
    await copy([wheel]);
    expect([stored(), requests.length]).toEqual([[wheel.name], 1]);
  });

  it('are not copied for an environment that is made', async () => {
    const home = folder();
    mkdirSync(join(home, 'python', 'bin'), { recursive: true });
    for (const name of ['.complete', 'bin/python']) writeFileSync(join(home, 'python', name), '');
    const { copy, requests } = copying(home);
    await copy(await wheelhouse(1000));
    expect(requests.map(({ verb }) => verb)).toEqual(['wheels-here']);
  });

  it('leave no old halves behind', async () => {
    const home = folder();
    const { copy, store, stored } = copying(home);
    mkdirSync(store, { recursive: true });
    for (const [name, age] of [
      ['.old.fl-wizard-tmp', 8],
      ['.new.fl-wizard-tmp', 6],
    ] as const) {
      writeFileSync(join(store, name), '');
      const time = Date.now() / 1000 - age * 86_400;
      utimesSync(join(store, name), time, time);
    }
    await copy([]);
    expect(stored()).toEqual(['.new.fl-wizard-tmp']);
  });

  it('that are cut short here while they are copied end it, and say so (3)', async () => {
    const home = folder();
    const [wheel] = await wheelhouse(8_000_000);
    if (!wheel) throw new Error('no wheel');
    const inner = runner(home);
    const over: Runner = {
      run: inner.run,
      async open(words) {
        const stream = await inner.open(words);
        const write = stream.write.bind(stream);
        stream.write = ((chunk: Buffer) => {
          if (chunk.length > 100_000) truncateSync(wheel.file, 1_000_000);
          return write(chunk);
        }) as typeof stream.write;
        return stream;
      },
    };
    await expect(copying(home, over).copy([wheel])).rejects.toMatchObject({ failure: { exitCode: exit.local } });
  });

  it('of 300 MB are never held: they are read as fast as the host takes them', async () => {
    const home = folder();
    const wheels = await wheelhouse(300_000_000);
    const held = watchHeld();
    const { copy, store } = copying(home);
    await copy(wheels);
    const most = held.end();
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(40_000_000);
    expect(statSync(join(store, wheels[0]?.name ?? '')).size).toBe(wheels[0]?.size);
    rmSync(home, { recursive: true });
  });
});

describe('a wheelhouse', () => {
  it('tells what each wheel needs, by its own word', async () => {
    const path = folder();
    makeWheel(path, { name: 'tiny', requires: ['less>=1', 'more; extra == "x"'] });
    writeFileSync(join(path, 'broken-1.0-py3-none-any.whl'), 'no zip');
    writeFileSync(join(path, 'README.txt'), '');
    expect(await readWheelhouse(path)).toEqual([
      { file: join(path, 'broken-1.0-py3-none-any.whl'), name: 'broken-1.0-py3-none-any.whl', size: 6 },
      {
        file: join(path, 'tiny-1.0-py3-none-any.whl'),
        name: 'tiny-1.0-py3-none-any.whl',
        size: expect.any(Number),
        requires: ['less>=1', 'more; extra == "x"'],
      },
    ]);
  });

  it('without wheels is none (2)', async () => {
    await expect(readWheelhouse(join(top, 'nothing'))).rejects.toMatchObject({
      failure: { exitCode: exit.invalid, hint: expect.stringContaining('fl-wizard wheels') },
    });
  });
});
