/** What the real agent finds of ours on a host, and removes; the host is a folder of this machine. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Member } from '../../source/network/network.ts';
import { belongingsOf } from '../../source/world/belongings.ts';
import { network } from '../plan/fakes.ts';
import { scratch } from './child.ts';
import { remoteAt } from './here.ts';

const top = scratch();
chmodSync(top, 0o755);
const client1 = network.clients[0] as Member;
const environmentName = 'python-0123456789abcdef';

let number = 0;
function host() {
  const base = join(top, String(++number));
  const [home, certificates] = [join(base, 'fl-wizard', 'xray'), join(base, 'etc', 'fl_network')];
  const environment = join(base, '.cache', 'fl-wizard', environmentName);
  mkdirSync(join(base, '.cache', 'fl-wizard', 'uv', 'archive-v0'), { recursive: true });
  for (const folder of ['app', 'logs', 'runs/1', 'state', 'runtime/p'])
    mkdirSync(join(home, folder), { recursive: true });
  for (const folder of [certificates, join(environment, 'bin'), join(base, '.cache', 'fl-wizard', 'wheels')])
    mkdirSync(folder, { recursive: true });
  for (const name of ['ca.crt', 'client1.crt', 'client1.key', '.client1.key.0a.fl-wizard-tmp'])
    writeFileSync(join(certificates, name), name);
  writeFileSync(join(home, 'client1.json'), '{}');
  writeFileSync(join(home, 'initial-weights-2.npz'), 'x'.repeat(1000));
  writeFileSync(`${environment}.lock`, '');
  symlinkSync(environment, join(home, 'python'));
  for (const name of ['.complete', 'bin/python']) writeFileSync(join(environment, name), '');
  const remote = remoteAt(base);
  /** Links a home to the environment, as a deploy does. */
  const use = (by: string) =>
    remote.call(
      client1,
      { verb: 'make-environment', path: environment, link: join(by, 'python'), requirements: [], pip: {}, wheels: [] },
      'Linking',
    );
  const paths = { home, certificates, environment, policy: join(home, 'policy') };
  const look = () => belongingsOf(remote, client1, paths, new AbortController().signal);
  const remove = (request: object) =>
    remote.call(
      client1,
      { verb: 'remove', certificates, home, files: [], folder: false, names: [], environment: null, ...request },
      'Removing',
    );
  return { base, home, certificates, environment, look, remove, use };
}

describe('what was placed on a host', () => {
  it('is found, with its size, and removed to the last name', async () => {
    const { base, certificates, environment, look, remove } = host();
    const found = await look();
    expect(found).toMatchObject({
      home: {
        exists: true,
        names: ['app', 'client1.json', 'initial-weights-2.npz', 'logs', 'python', 'runs', 'runtime', 'state'],
        others: [],
        bytes: 1002,
      },
      certificates: {
        exists: true,
        names: ['.client1.key.0a.fl-wizard-tmp', 'ca.crt', 'client1.crt', 'client1.key'],
        others: [],
        sudo: false,
      },
      environment: { path: environment, users: [] },
    });
    await remove({ files: found.certificates.names, folder: true });
    expect(existsSync(certificates)).toBe(false);
    await remove({ names: found.home.names });
    await remove({ environment });
    expect(readdirSync(base)).toEqual(['etc']);
    expect(await look()).toMatchObject({
      home: { exists: false, names: [] },
      certificates: { exists: false, names: [] },
    });
    // The second time there is nothing to do, and nothing fails.
    await remove({ files: found.certificates.names, names: found.home.names });
  });

  it('is nothing of somebody else’s: names, links and the environment of another network stay', async () => {
    const { base, home, certificates, environment, look, remove, use } = host();
    const victim = join(base, 'victim');
    mkdirSync(victim);
    writeFileSync(join(victim, 'photo'), 'dear');
    for (const folder of [home, certificates]) writeFileSync(join(folder, 'notes.txt'), 'mine');
    symlinkSync(victim, join(home, 'policy'));
    // Under another home than ours: only the environment itself knows of it.
    const other = join(base, 'trials', 'spring', 'net');
    await use(home);
    await use(other);
    const found = await look();
    expect(found).toMatchObject({
      home: { others: ['notes.txt'] },
      certificates: { others: ['notes.txt'] },
      environment: { users: [other] },
    });
    await remove({ files: found.certificates.names, names: found.home.names });
    expect(readdirSync(home)).toEqual(['notes.txt']);
    expect(readdirSync(certificates)).toEqual(['notes.txt']);
    expect(readFileSync(join(victim, 'photo'), 'utf8')).toBe('dear');
    expect(existsSync(environment)).toBe(true);
    // Also once our link to it is gone: what stays is told, and is nobody's of whom nothing is known.
    expect(await look()).toMatchObject({ environment: { path: environment, users: [other] } });
    rmSync(join(other, 'python'));
    expect((await look()).environment).toBeUndefined();
  });

  it('shares an environment until the last one leaves it, and a home that is gone does not keep it', async () => {
    const { base, home, environment, look, remove, use } = host();
    const [other, gone] = [join(base, 'trials', 'net'), join(base, 'gone', 'net')];
    for (const each of [home, other, gone]) await use(each);
    expect(readdirSync(`${environment}.users`)).toHaveLength(3);
    rmSync(gone, { recursive: true });
    expect((await look()).environment?.users).toEqual([other]);
    // Planned before the other came, it stays all the same; our own mark has gone with our link.
    await remove({ names: ['python'] });
    await remove({ environment });
    expect(existsSync(environment)).toBe(true);
    expect(readdirSync(`${environment}.users`)).toHaveLength(2);
    await remove({ home: other, names: ['python'], environment });
    expect(existsSync(environment)).toBe(false);
    expect(existsSync(join(base, '.cache'))).toBe(false);
  });

  it('is not what a link of somebody’s leads to', async () => {
    const { base, home, look } = host();
    const elsewhere = join(base, 'conda');
    mkdirSync(join(elsewhere, 'bin'), { recursive: true });
    rmSync(join(home, 'python'));
    symlinkSync(elsewhere, join(home, 'python'));
    expect((await look()).environment).toBeUndefined();
  });

  it('that can’t be removed is named (5), and the folder that is not empty stays', async () => {
    const { certificates, remove } = host();
    await expect(remove({ files: ['client1.key'], folder: true })).rejects.toMatchObject({
      failure: { exitCode: 5, host: 'client1', why: expect.stringContaining(certificates) },
    });
    expect(readdirSync(certificates)).toContain('ca.crt');
    expect(readdirSync(certificates)).not.toContain('client1.key');
  });

  it('leaves nothing of a module that is removed: no compiled file, no package that is empty', async () => {
    const { home, remove } = host();
    const lib = join(home, 'app', 'lib', 'deep');
    mkdirSync(join(lib, '__pycache__'), { recursive: true });
    for (const name of [
      'net.py',
      '__pycache__/net.cpython-312.pyc',
      '__pycache__/network.cpython-312.pyc',
      'network.py',
    ])
      writeFileSync(join(lib, name), 'x');
    await remove({ names: ['app/lib/deep/net.py'] });
    expect(readdirSync(lib).sort()).toEqual(['__pycache__', 'network.py']);
    expect(readdirSync(join(lib, '__pycache__'))).toEqual(['network.cpython-312.pyc']);
    await remove({ names: ['app/lib/deep/network.py', 'app/never-there.py'] });
    expect(readdirSync(join(home, 'app'))).toEqual([]);
  });

  it('is removed by two at once, where hosts share what is theirs', async () => {
    const { environment, remove } = host();
    for (let at = 0; at < 400; at++) {
      mkdirSync(join(environment, `p${at}`, 'q'), { recursive: true });
      writeFileSync(join(environment, `p${at}`, 'q', 'a'), '');
    }
    await Promise.all([remove({ environment }), remove({ environment }), remove({ environment })]);
    expect(existsSync(environment)).toBe(false);
  });
});
