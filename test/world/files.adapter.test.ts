import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { listLocal, makeFolder, readLocal, removeLeftovers, writeLocal } from '../../source/world/files.ts';
import { isRoot, program, scratch, shell } from './child.ts';

const top = scratch();
let number = 0;
/** A new folder for a test. */
const folder = () => {
  const path = join(top, String(++number));
  mkdirSync(path);
  return path;
};
const mode = (path: string) => (lstatSync(path).mode & 0o7777).toString(8);

let writer: string;
beforeAll(async () => {
  writer = await program(
    top,
    `import { makeFolder, writeLocal } from './source/world/files.ts';
     const [path, content, mode, parent] = process.argv.slice(2);
     try {
       if (parent) await makeFolder(parent, 0o700);
       await writeLocal(path, content, Number(mode));
       console.log('written');
     } catch (error) {
       console.log(JSON.stringify(error.failure ?? String(error)));
       process.exit(error.failure?.exitCode ?? 1);
     }`,
  );
});

/** Writes in a process of its own. `before` stands in front of node. */
const write = (path: string, content: string, { before = '', first = '', parent = '' } = {}) =>
  shell(
    `${first} exec ${before} "$1" "$2" "$3" "$4" "$5" $6`,
    process.execPath,
    writer,
    path,
    content,
    String(0o600),
    parent,
  );

describe('a file', () => {
  it.each(['000', '022', '077', '777'])('has its mode whatever the umask is: %s', (umask) => {
    const path = folder();
    const parent = join(path, 'keys');
    expect(write(join(parent, 'ca.key'), 'secret', { first: `umask ${umask};`, parent })).toMatchObject({ code: 0 });
    expect([mode(parent), mode(join(parent, 'ca.key'))]).toEqual(['700', '600']);
  });

  it('gets its mode also where another one was there, and its folder too', async () => {
    const path = folder();
    writeFileSync(join(path, 'ca.key'), 'old', { mode: 0o644 });
    chmodSync(path, 0o755);
    await makeFolder(path, 0o700);
    await writeLocal(join(path, 'ca.key'), 'new', 0o600);
    expect([mode(path), mode(join(path, 'ca.key')), readFileSync(join(path, 'ca.key'), 'utf8')]).toEqual([
      '700',
      '600',
      'new',
    ]);
    expect(readdirSync(path)).toEqual(['ca.key']);
  });

  it('is not written through a link that was planted', async () => {
    const path = folder();
    writeFileSync(join(path, 'victim'), 'untouched');
    symlinkSync(join(path, 'victim'), join(path, 'ca.key'));
    const failure = { exitCode: 3, doing: `Writing ${join(path, 'ca.key')}`, why: expect.stringContaining('link') };
    await expect(writeLocal(join(path, 'ca.key'), 'secret', 0o600)).rejects.toMatchObject({ failure });
    expect(readFileSync(join(path, 'victim'), 'utf8')).toBe('untouched');
    expect(readlinkSync(join(path, 'ca.key'))).toBe(join(path, 'victim'));
    expect(readdirSync(path).sort()).toEqual(['ca.key', 'victim']);
  });

  it('is not made in a folder that is a link', async () => {
    const path = folder();
    mkdirSync(join(path, 'victim'), { mode: 0o755 });
    symlinkSync(join(path, 'victim'), join(path, 'keys'));
    await expect(makeFolder(join(path, 'keys'), 0o700)).rejects.toMatchObject({ failure: { exitCode: 3 } });
    expect(mode(join(path, 'victim'))).toBe('755');
  });

  it.runIf(existsSync('/proc'))(
    'is given up where Linux says as often as it is asked that its parent is not there',
    async () => {
      await expect(makeFolder('/proc/fl-wizard/keys', 0o700)).rejects.toMatchObject({ failure: { exitCode: 3 } });
    },
  );

  it('in the way of a folder is named (3)', async () => {
    const path = folder();
    writeFileSync(join(path, 'keys'), '');
    await expect(makeFolder(join(path, 'keys'), 0o700)).rejects.toMatchObject({ failure: { exitCode: 3 } });
    await expect(makeFolder(join(path, 'keys', 'deep'), 0o700)).rejects.toMatchObject({ failure: { exitCode: 3 } });
    await expect(writeLocal(join(path, 'nowhere', 'a'), '', 0o600)).rejects.toMatchObject({ failure: { exitCode: 3 } });
  });

  it('is read with its mode, or is not there', async () => {
    const path = folder();
    writeFileSync(join(path, 'a'), 'text');
    chmodSync(join(path, 'a'), 0o640);
    expect(await readLocal(join(path, 'a'))).toEqual({ content: Buffer.from('text'), mode: 0o640 });
    expect(await readLocal(join(path, 'b'))).toBeUndefined();
    await expect(readLocal(path)).rejects.toMatchObject({ failure: { exitCode: 3, doing: `Reading ${path}` } });
  });

  it('is no pipe, which would be waited for, and no folder', async () => {
    const path = folder();
    execFileSync('mkfifo', [join(path, 'pipe')]);
    mkdirSync(join(path, 'folder'));
    for (const [name, why] of [
      ['pipe', 'it is no regular file'],
      ['folder', 'a folder stands in its place'],
    ] as const)
      await expect(readLocal(join(path, name))).rejects.toMatchObject({ failure: { exitCode: 3, why } });
  });

  it('has its folders made, all of them, and a disk that is read-only is told as such', () => {
    const path = folder();
    expect(write(join(path, 'a', 'b', 'ca.key'), 'new', { parent: join(path, 'a', 'b') }).code).toBe(0);
    const failed = write(join(path, 'c', 'd', 'ca.key'), 'new', {
      parent: join(path, 'c', 'd'),
      before: 'strace -f -qq -o /dev/null -e trace=mkdir,mkdirat -e inject=mkdir,mkdirat:error=EROFS',
    });
    expect([failed.code, failed.text]).toEqual([3, expect.stringContaining('the file system is read-only')]);
  });

  it('of an app is listed, without caches and links', async () => {
    const path = folder();
    for (const name of ['a.py', 'deep/b.py', '__pycache__/c.pyc', '.git/config', 'deep/venv/x', 'd.pyc']) {
      mkdirSync(join(path, name, '..'), { recursive: true });
      writeFileSync(join(path, name), '');
    }
    symlinkSync('/etc/passwd', join(path, 'link'));
    expect(await listLocal(path)).toEqual(['a.py', 'deep/b.py']);
    expect(await listLocal(join(path, 'nowhere'))).toBeUndefined();
  });
});

describe('killed at a system call', () => {
  const dying = (call: string, inject: string) =>
    `strace -f -qq -o /dev/null -e trace=${call} -e inject=${call}:${inject}:when=1`;
  const renames = 'rename,renameat,renameat2';

  it.each([
    ['before it is synced', 'fsync', ['old']],
    ['while it is renamed', renames, ['old', 'new']],
  ])('%s, there is the old file or the new one', async (_, call, possible) => {
    const path = folder();
    writeFileSync(join(path, 'ca.key'), 'old', { mode: 0o600 });
    const killed = write(join(path, 'ca.key'), 'new', { before: dying(call, 'signal=SIGKILL') });
    expect(killed.text).not.toContain('written');
    expect(possible).toContain(readFileSync(join(path, 'ca.key'), 'utf8'));
    for (const name of readdirSync(path)) expect(mode(join(path, name))).toBe('600');
    // The next run removes what was left.
    await removeLeftovers(path);
    expect(readdirSync(path)).toEqual(['ca.key']);
  });

  it('a new one is not there at all', () => {
    const path = folder();
    write(join(path, 'ca.key'), 'new', { before: dying('fsync', 'signal=SIGKILL') });
    expect(readdirSync(path)).not.toContain('ca.key');
  });

  it.each([
    ['fsync', 'ENOSPC', /the disk is full; what was there before is untouched/],
    [renames, 'EDQUOT', /quota/],
    ['fsync', 'EIO', /the disk can’t read or write it/],
  ])('that fails, %s with %s, the old file stays and nothing is left (3)', (call, error, why) => {
    const path = folder();
    writeFileSync(join(path, 'ca.key'), 'old');
    const failed = write(join(path, 'ca.key'), 'new', { before: dying(call, `error=${error}`) });
    expect(failed.code).toBe(3);
    expect(failed.text).toMatch(why);
    expect(readdirSync(path)).toEqual(['ca.key']);
    expect(readFileSync(join(path, 'ca.key'), 'utf8')).toBe('old');
  });
});

describe.runIf(isRoot)('a file system', () => {
  /** In a mount namespace of its own, so that nothing of it stays. */
  const within = (mount: string, path: string, content: string) =>
    shell(
      `unshare -m sh -c 'mount --make-rprivate / && ${mount} && "$@"; code=$?; ls -A "$0"; cat "$0/ca.key" | head -c 3; exit $code' "$1" "$2" "$3" "$1/ca.key" "$4" ${0o600}`,
      path,
      process.execPath,
      writer,
      content,
    );

  it('that is full keeps the old file (3)', () => {
    const path = folder();
    const full = within('mount -t tmpfs -o size=64k none "$0" && printf old > "$0/ca.key"', path, 'x'.repeat(100_000));
    expect(full.code).toBe(3);
    expect(full.text).toContain('the disk is full');
    expect(full.text).toMatch(/\nca\.key\nold$/);
    expect(statSync(path).isDirectory()).toBe(true);
  });

  it('that is read-only is named, and nothing is made (3)', () => {
    const path = folder();
    writeFileSync(join(path, 'ca.key'), 'old');
    const readOnly = within('mount --bind "$0" "$0" && mount -o remount,ro,bind "$0"', path, 'new');
    expect(readOnly.code).toBe(3);
    expect(readOnly.text).toContain('the file system is read-only');
    expect(readOnly.text).toMatch(/\nca\.key\nold$/);
  });
});

describe('leftovers', () => {
  it('are removed as deep as is said, and nothing else is', async () => {
    const path = folder();
    const names = [
      '.a.key.00.fl-wizard-tmp',
      'k/.b.key.00.fl-wizard-tmp',
      'k/k/.c.fl-wizard-tmp',
      'k/k/k/.d.fl-wizard-tmp',
    ];
    for (const name of [...names, 'k/mine.fl-wizard-tmp', 'k/.mine']) {
      mkdirSync(join(path, name, '..'), { recursive: true });
      writeFileSync(join(path, name), '');
    }
    await removeLeftovers(path, 2);
    expect((await listLocal(path))?.toSorted()).toEqual(['k/.mine', 'k/k/k/.d.fl-wizard-tmp', 'k/mine.fl-wizard-tmp']);
    await removeLeftovers(join(path, 'nowhere'));
  });
});
