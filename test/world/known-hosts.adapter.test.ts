import { execFile, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { findKeys, type KnownKeys, knownHostsLine } from '../../source/ssh/known-hosts.ts';
import { knownHostsFile, recordHostKey } from '../../source/world/known-hosts.ts';
import { makeKey } from '../ssh/made-keys.ts';
import { failureOf } from '../ssh/real.ts';
import { isRoot, program, scratch, shell } from './child.ts';

const run = promisify(execFile);
const top = scratch();
let number = 0;
const newFile = (text?: string) => {
  const folder = join(top, String(++number));
  mkdirSync(folder);
  const file = join(folder, 'known_hosts');
  if (text !== undefined) writeFileSync(file, text);
  return file;
};
const key = makeKey();
const find = (file: string, name = 'a'): Promise<KnownKeys> => findKeys([knownHostsFile(file)], { own: name });
const places = async (file: string, name?: string) => (await find(file, name)).own.map(({ place }) => place);

/** Records lines, or looks for `a`, and says how it went. */
let child: string;
beforeAll(async () => {
  child = await program(
    top,
    `import { findKeys } from './source/ssh/known-hosts.ts';
     import { knownHostsFile, recordHostKey } from './source/world/known-hosts.ts';
     const [file, line, count] = process.argv.slice(2);
     try {
       for (let each = 0; each < Number(count); each++) await recordHostKey(file, line + each);
       if (!line) console.log((await findKeys([knownHostsFile(file)], { own: 'a' })).own[0].place);
       if (!line) console.log(process.resourceUsage().maxRSS);
     } catch (error) {
       console.log(error.failure.exitCode, error.failure.doing, error.failure.why, error.failure.hint);
     }`,
  );
});

describe('a host key that is recorded', () => {
  it('is understood by ssh-keygen, whatever the address and the port', async () => {
    const file = newFile();
    for (const address of ['a.example', '10.0.0.1', '2001:db8::1', 'fe80::1%eth0', 'UPPER.example']) {
      for (const port of [22, 2222]) await recordHostKey(file, knownHostsLine(address, port, key.blob));
    }
    for (const name of ['a.example', '10.0.0.1', '2001:db8::1', 'fe80::1%eth0', 'upper.example']) {
      for (const each of [name, `[${name}]:2222`]) {
        const found = spawnSync('ssh-keygen', ['-F', each, '-f', file], { encoding: 'utf8' });
        expect(found.stdout).toContain(`${each} ${key.line}`);
        expect(await places(file, each)).toHaveLength(1);
      }
    }
  });

  it('has a line of its own, where the one before was left open, and only its owner reads it', async () => {
    const file = newFile(`# mine\nold ${key.line}`);
    chmodSync(file, 0o644);
    await recordHostKey(file, `a ${key.line}`);
    await recordHostKey(file, `b ${key.line}`);
    expect(readFileSync(file, 'utf8')).toBe(`# mine\nold ${key.line}\na ${key.line}\nb ${key.line}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('lies in a folder that is made for it', async () => {
    const file = join(top, 'project', '.fl-wizard', 'known_hosts');
    await recordHostKey(file, `a ${key.line}`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700);
  });

  it('is neither lost nor torn among many at once, in this process and in others', async () => {
    const file = newFile('left open');
    const others = ['x', 'y', 'z'].map((name) => run(process.execPath, [child, file, `${name} ${key.line} `, '100']));
    const here = Array.from({ length: 100 }, (_, each) => recordHostKey(file, `w ${key.line} ${each}`));
    await Promise.all([...others, ...here]);
    const lines = readFileSync(file, 'utf8').split('\n');
    const expected = ['w', 'x', 'y', 'z'].flatMap((name) =>
      Array.from({ length: 100 }, (_, each) => `${name} ${key.line} ${each}`),
    );
    expect(lines.filter((line) => line !== '').toSorted()).toEqual(['left open', ...expected].toSorted());
  });

  it('goes through no link, into no folder and no pipe', async () => {
    const link = newFile();
    writeFileSync(`${link}.real`, '');
    symlinkSync(`${link}.real`, link);
    const folder = newFile();
    mkdirSync(folder);
    const pipe = newFile();
    spawnSync('mkfifo', [pipe]);
    for (const [file, why] of [
      [link, 'it is a link'],
      [folder, 'a folder stands in its place'],
      [pipe, 'it is no regular file'],
    ] as const) {
      expect(await failureOf(recordHostKey(file, 'a'))).toMatchObject({
        exitCode: 3,
        doing: `Recording a host key in ${file}`,
        why: expect.stringContaining(why),
      });
    }
    expect(readFileSync(`${link}.real`, 'utf8')).toBe('');
  });
});

describe('known_hosts', () => {
  it('need not be there, and may be links, to a file or to nothing', async () => {
    expect(await places(newFile())).toEqual([]);
    const link = newFile();
    symlinkSync(newFile(`a ${key.line}`), link);
    expect(await places(link)).toEqual([`${link}:1`]);
    const nothing = newFile();
    symlinkSync('/dev/null', nothing);
    expect(await places(nothing)).toEqual([]);
  });

  it.each([
    ['a folder', 'a folder stands in its place', (file: string) => mkdirSync(file)],
    ['a pipe', 'it is no regular file', (file: string) => spawnSync('mkfifo', [file])],
    ['a device', 'it is no regular file', (file: string) => symlinkSync('/dev/zero', file)],
    ['a link to itself', 'link', (file: string) => symlinkSync(file, file)],
  ])('that are %s are an error, not empty', async (_, why, make) => {
    const file = newFile();
    make(file);
    expect(await failureOf(find(file))).toEqual({
      exitCode: 3,
      doing: `Reading the known host keys in ${file}`,
      why: expect.stringContaining(why),
      hint: 'make it a file that you may read, or move it away',
    });
  });

  it.runIf(isRoot)('that may not be read are an error too', () => {
    const file = newFile(`a ${key.line}`);
    chmodSync(file, 0o600);
    // The program and its folder are open to everybody; what is in it is not.
    chmodSync(top, 0o755);
    const { text } = shell('exec setpriv --reuid 65534 --clear-groups "$@"', process.execPath, child, file);
    expect(text).toContain(`3 Reading the known host keys in ${file} permission denied`);
  });

  it('of fifty megabytes, lines or a single one, cost little memory', () => {
    const file = newFile(`a${','.repeat(2 ** 21)} ${key.line}\n`);
    const many = Array.from({ length: 10_000 }, (_, each) => `host${each} ${key.line}\n`).join('');
    while (statSync(file).size < 25_000_000) appendFileSync(file, many);
    const before = readFileSync(file, 'latin1').split('\n').length;
    // A hole reads as zeros: one line of 25 MB.
    truncateSync(file, 50_000_000);
    appendFileSync(file, `\na ${key.line}`);
    const { text } = shell('exec "$@"', process.execPath, child, file);
    const [place, kilobytes] = text.trim().split('\n');
    // The first line is longer than any that is held.
    expect(place).toBe(`${file}:${before + 1}`);
    expect(Number(kilobytes)).toBeLessThan(250_000);
  });
});
