import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostPlatform } from '../../source/flower/platform.ts';
import { exit } from '../../source/plan/failure.ts';
import { Secret } from '../../source/plan/secret.ts';
import { gather } from '../../source/world/gather.ts';
import { type Index, makeWheel, startIndex } from '../helpers/wheels.ts';
import { root } from '../helpers/wizard.ts';
import { scratch } from './child.ts';

const top = scratch();
const script = join(root, 'templates', 'here', 'pip_for.py');
const old: HostPlatform = { python: '3.10.4', architecture: 'aarch64', libc: 'glibc 2.31' };
const alpine: HostPlatform = { python: '3.12.1', architecture: 'x86_64', libc: 'musl 1.2.4' };
let index: Index;
let number = 0;

beforeAll(async () => {
  const folder = join(top, 'index');
  const requires = [
    'backport; python_version < "3.11"',
    'gone; sys_platform == "win32"',
    'chip; platform_machine == "aarch64"',
  ];
  makeWheel(folder, { name: 'tiny', requires });
  for (const name of ['backport', 'chip']) makeWheel(folder, { name });
  for (const tag of ['cp310-cp310-manylinux_2_17_aarch64', 'cp310-cp310-manylinux_2_35_aarch64'])
    makeWheel(folder, { name: 'fast', version: tag.includes('17') ? '1.0' : '2.0', tag });
  makeWheel(folder, { name: 'fast', version: '3.0', tag: 'cp312-cp312-musllinux_1_2_x86_64' });
  makeWheel(folder, { name: 'deep', requires: ['source'] });
  writeFileSync(join(folder, 'source-1.0.tar.gz'), 'no wheel');
  index = await startIndex(folder, 'ada:hunter2');
});
afterAll(() => index?.close());

function gathering() {
  const folder = join(top, String(++number));
  mkdirSync(folder);
  const lines: string[] = [];
  const pip = { indexUrl: new Secret(`http://ada:hunter2@127.0.0.1:${index.port}/simple`) };
  const env = { PATH: process.env.PATH, HOME: top, PIP_NO_CACHE_DIR: '1', PIP_CONFIG_FILE: '/dev/null' };
  const { signal } = new AbortController();
  return {
    folder,
    lines,
    gather: (requirements: readonly string[], platform: HostPlatform) =>
      gather(requirements, platform, pip, { script, folder, env, signal, onLine: (line) => lines.push(line) }),
    there: () => readdirSync(folder).sort(),
  };
}

describe('wheels for another machine', () => {
  it('are those of its Python, its processor and its C library, by its own conditions, in one folder for all', async () => {
    const { gather: gatherFor, there, lines } = gathering();
    expect(await gatherFor(['tiny', 'fast'], old)).toEqual({ missing: [] });
    const first = [
      'backport-1.0-py3-none-any.whl',
      'chip-1.0-py3-none-any.whl',
      'fast-1.0-cp310-cp310-manylinux_2_17_aarch64.whl',
      'tiny-1.0-py3-none-any.whl',
    ];
    expect(there()).toEqual(first);
    expect(await gatherFor(['tiny', 'fast'], alpine)).toEqual({ missing: [] });
    expect(there()).toEqual([...first, 'fast-3.0-cp312-cp312-musllinux_1_2_x86_64.whl'].sort());
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.join('\n')).not.toContain('hunter2');
  });

  it('are asked for once', async () => {
    const { gather: gatherFor } = gathering();
    await gatherFor(['tiny'], alpine);
    const asked = index.asked.length;
    expect(await gatherFor(['tiny'], alpine)).toEqual({ missing: [] });
    expect(index.asked).toHaveLength(asked);
  });

  it('that nobody made are named, and the rest is gathered all the same', async () => {
    const { gather: gatherFor, there } = gathering();
    expect(await gatherFor(['source>=1', 'fast', 'tiny'], { ...alpine, python: '3.13.0' })).toEqual({
      missing: ['source>=1', 'fast'],
    });
    expect(there()).toEqual(['tiny-1.0-py3-none-any.whl']);
    const deep = gathering();
    expect(await deep.gather(['deep', 'tiny'], old)).toEqual({ missing: ['source'] });
    expect(deep.there()).toEqual([]);
  });

  it('can’t be gathered without pip, and that is said (3)', async () => {
    const bin = join(top, 'bin');
    mkdirSync(bin);
    writeFileSync(
      join(bin, 'python3'),
      '#!/bin/sh\necho "ModuleNotFoundError: No module named \'pip\'" >&2; exit 1\n',
      {
        mode: 0o755,
      },
    );
    const options = { script, folder: join(top, 'none'), signal: new AbortController().signal, onLine: () => {} };
    for (const PATH of [`${bin}:/bin`, '/nowhere'])
      await expect(gather(['tiny'], old, {}, { ...options, env: { PATH } })).rejects.toMatchObject({
        failure: { exitCode: exit.local, hint: expect.stringContaining('apt install python3-pip') },
      });
    expect(readdirSync(options.folder)).toEqual([]);
  });

  it('that an index does not give are told with its reason', async () => {
    const { folder } = gathering();
    const pip = { indexUrl: new Secret('http://127.0.0.1:9/simple') };
    const env = { PATH: process.env.PATH, HOME: top, PIP_RETRIES: '1', PIP_CONFIG_FILE: '/dev/null' };
    const { signal } = new AbortController();
    const found = await gather(['tiny'], old, pip, { script, folder, env, signal, onLine: () => {} });
    expect(found).toEqual({ missing: [], trouble: 'the package index can’t be reached: Connection refused' });
  });
});
