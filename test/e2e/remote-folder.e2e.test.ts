/** What hosts do to files and commands: full disks, folders that are closed, links, umasks, login scripts, shells, sudo. */
import { createHash } from 'node:crypto';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Failure } from '../../source/plan/failure.ts';
import { startNetwork, type TestNetwork, ubuntu } from '../helpers/hosts.ts';
import { edit, tutorialApp } from '../helpers/project.ts';
import { canRunSshd, on, type Sshd, type SshdOptions, startSshd } from '../helpers/sshd.ts';
import { tool } from '../helpers/tools.ts';
import { type Ended, of, wizard } from '../helpers/wizard.ts';

const names = ['ca.crt', 'client1.crt', 'client1.key'];

describe.skipIf(!canRunSshd)('a host', () => {
  let network: TestNetwork;
  let client1: Sshd;
  const others: Sshd[] = [];
  let number = 0;

  beforeAll(async () => {
    network = await startNetwork({ app: tutorialApp(), algorithm: 'ec', clients: 1 });
    // Another host in the place of client1: with a small disk, and one that is mounted read-only.
    client1 = await another('client1-disks', {
      mounts: [
        'mkdir -p "$1/home/small" "$1/home/closed"',
        `mount -t tmpfs -o size=64k,uid=${ubuntu},mode=700 tmpfs "$1/home/small"`,
        `mount -t tmpfs -o uid=${ubuntu},mode=700 tmpfs "$1/home/closed"`,
        `install -d -o ${ubuntu} -m 700 "$1/home/closed/fl"`,
        'mount -o remount,ro "$1/home/closed"',
      ],
    });
    for (const words of [['config'], ['certs', '--offline']]) {
      const { code, stderr } = await wizard([...words, '--yes', '-C', network.project]);
      if (code !== 0) throw new Error(stderr);
    }
  });
  afterAll(async () => {
    await Promise.all(others.map((host) => host.stop()));
    await network?.stop();
  });

  async function another(name: string, options: Partial<SshdOptions> = {}): Promise<Sshd> {
    const host = await startSshd({ directory: join(network.directory, 'hosts'), user: 'ubuntu', ...options, name });
    others.push(host);
    return host;
  }

  /** deploy to that host alone, into a folder of its own. */
  function deployTo(host: Sshd, certificates: string | undefined, python?: string): Promise<Ended> {
    const project = join(network.directory, `project-${number++}`);
    cpSync(network.project, project, { recursive: true });
    edit(project, ({ clients: [first] }) => {
      if (!first) return;
      Object.assign(first.ssh, { port: host.port, hostKey: host.fingerprint });
      first.remote = { ...(certificates ? { certificates } : {}), ...(python ? { python } : {}) };
    });
    const words = ['--only-certificates', '--only', 'client1', '--yes', '--json'];
    return wizard(['deploy', ...words, '-C', project]);
  }

  const failure = ({ events }: Ended): Failure | undefined => of(events, 'host-failed')[0]?.failure;
  const ours = (name: string) => readFileSync(join(network.project, 'fl_network', name));
  const digest = (content: Buffer | string) => createHash('sha256').update(content).digest('hex');
  /** Names of a folder there, and digests of its files. */
  const found = (host: Sshd, folder: string) =>
    on(host, `cd ${folder} && ls -A && sha256sum *`).trim().split('\n').sort();
  const wanted = () => [...names, ...names.map((name) => `${digest(ours(name))}  ${name}`)].sort();
  const modes = (host: Sshd, folder: string) => on(host, `cd ${folder} && stat -c %a . *`).trim().split('\n');

  function arrived(done: Ended, host: Sshd, folder: string): void {
    expect([failure(done), done.code]).toEqual([undefined, 0]);
    expect(found(host, folder)).toEqual(wanted());
    expect(modes(host, folder)).toEqual(['700', '644', '644', '600']);
  }

  test('whose disk is full: 5 with path and disk, no half of a file, the old one whole; then the rest', async () => {
    on(client1, 'mkdir -m 700 small/fl && echo old >small/fl/client1.key && chmod 600 small/fl/client1.key');
    on(client1, 'head -c 1M /dev/zero >small/filling; true');
    const done = await deployTo(client1, '~/small/fl');
    expect(done.code).toBe(5);
    const folder = join(client1.home, 'small', 'fl');
    expect(failure(done)).toMatchObject({
      exitCode: 5,
      host: 'client1',
      why: `no space left for ${folder}/ca.crt (the disk that holds ${folder})`,
      hint: expect.stringContaining('free some space'),
    });
    expect(found(client1, 'small/fl')).toEqual(['client1.key', `${digest('old\n')}  client1.key`].sort());
    on(client1, 'rm small/filling');
    arrived(await deployTo(client1, '~/small/fl'), client1, 'small/fl');
  });

  test.each([
    ['is mounted read-only', 'true', '~/closed/fl', /closed.*Read-only file system/],
    [
      'belongs into one that is closed to its owner',
      'mkdir -m 500 shut',
      '~/shut/fl',
      /shut.*Permission denied|may not write/,
    ],
  ])('where the folder %s: 5 with its path and what to try', async (_, prepare, folder, why) => {
    on(client1, prepare);
    const done = await deployTo(client1, folder);
    expect(done.code).toBe(5);
    expect(failure(done)).toMatchObject({ exitCode: 5, host: 'client1', why: expect.stringMatching(why) });
    expect(failure(done)?.hint).toMatch(/remote\.certificates|sudo/);
  });

  test('whose folder is closed to its owner gets it opened, to the owner alone', async () => {
    on(client1, 'mkdir -m 500 mine');
    arrived(await deployTo(client1, '~/mine'), client1, 'mine');
    expect(on(client1, 'stat -c %a mine').trim()).toBe('700');
  });

  test('with links at the targets: they are replaced, and what they led to is untouched', async () => {
    on(client1, 'mkdir -m 700 links && echo mine >victim');
    on(client1, 'cd links && ln -s ../victim client1.key && ln -s ../nowhere client1.crt');
    arrived(await deployTo(client1, '~/links'), client1, 'links');
    expect(on(client1, 'cat victim; ls nowhere 2>&1; true')).toMatch(/^mine\n.*No such file/);
  });

  test('with a link in the folder’s place: 5, and nothing behind it', async () => {
    on(client1, 'mkdir -m 700 behind && ln -s behind front');
    const done = await deployTo(client1, '~/front');
    expect([done.code, failure(done)?.why]).toEqual([5, expect.stringContaining('is a link')]);
    expect(on(client1, 'ls -A behind')).toBe('');
  });

  describe('whose login script', () => {
    /** Waits as long as a host is waited for: begun at once, and looked at last. */
    let reader: Promise<[Sshd, Ended]>;
    beforeAll(() => {
      reader = withScript('reads-all', 'cat >/dev/null');
      reader.catch(() => undefined);
    });

    async function withScript(name: string, script: string): Promise<[Sshd, Ended]> {
      const host = await another(`script-${name}`);
      on(host, `cat >.bashrc <<'END'\n${script}\nEND`);
      return [host, await deployTo(host, '~/fl')];
    }

    test.each([
      ['sets umask 000', 'umask 000'],
      ['sets umask 077', 'umask 077'],
      ['prints lines, braces and escapes', 'echo welcome; echo "{"; echo "{\\"line\\": 7}"; printf "\\r\\e[0m"; echo'],
      ['prints to stderr', 'echo "stty: standard input: Inappropriate ioctl for device" >&2'],
      ['takes three seconds', 'sleep 3'],
    ])('%s: the files arrive with their modes', async (name, script) => {
      const [host, done] = await withScript(name.replaceAll(/\W/g, '-'), script);
      expect([failure(done), done.code]).toEqual([undefined, 0]);
      on(host, 'rm .bashrc');
      arrived(done, host, 'fl');
    });

    test.each([
      ['reads a line of it', 'read line'],
      ['becomes another program', 'exec tmux attach'],
      ['ends', 'exit 0'],
    ])('%s: 5 with the host’s name, and no waiting', async (name, script) => {
      const [, done] = await withScript(name.replaceAll(/\W/g, '-'), script);
      expect(done.code).toBe(5);
      expect(failure(done)).toMatchObject({ exitCode: 5, host: 'client1', doing: expect.stringContaining('client1') });
      expect(failure(done)?.why).toBeTruthy();
      expect(failure(done)?.hint).toContain('login script');
    });

    test('reads all that is for us: given up in the end (5), with what to look for', async () => {
      const [, done] = await reader;
      expect(done.code).toBe(5);
      expect(failure(done)).toMatchObject({ host: 'client1', why: expect.stringContaining('did not answer') });
      expect(failure(done)?.hint).toContain('login script');
    });
  });

  test.each(['fish', 'zsh', 'tcsh', 'dash'])('whose login shell is %s', async (shell) => {
    const path = tool(shell);
    if (!path) throw new Error(`${shell} is missing`);
    const host = await another(`shell-${shell}`, { shell: path });
    arrived(await deployTo(host, '~/fl'), host, 'fl');
    arrived(await deployTo(host, undefined), host, '/etc/ssl/fl_network');
  });

  test('whose home has a space and a quote in its name', async () => {
    const home = join(network.directory, 'hosts', 'spaced', "home of o'neil");
    const host = await another('spaced', {
      environment: { HOME: home },
      mounts: [`mkdir -p "${home}"`, `chown ${ubuntu}:${ubuntu} "${home}"`],
    });
    arrived(await deployTo(host, '~/fl'), host, '"$HOME/fl"');
  });

  test.each([
    ['wants a password', 'ubuntu ALL=(ALL) ALL'],
    ['wants a terminal', 'Defaults requiretty\nubuntu ALL=(ALL) NOPASSWD:ALL'],
    ['knows us not', ''],
  ])('whose sudo %s: 5, no waiting, and the line to type', async (name, rule) => {
    const file = '/etc/sudoers.d/test';
    const mounts = [
      'mkdir -p /etc/sudoers.d',
      `printf '%s\\n' '${rule.replaceAll('\n', "' '")}' >${file}`,
      `chmod 440 ${file}`,
    ];
    const host = await another(`sudo-${name.replaceAll(' ', '-')}`, { sudo: false, mounts });
    const done = await deployTo(host, undefined);
    expect(done.code).toBe(5);
    expect(failure(done)).toMatchObject({ host: 'client1', why: expect.stringContaining('/etc/ssl/fl_network') });
    expect(failure(done)?.hint).toContain('sudo install -d -o ubuntu -m 0700 /etc/ssl/fl_network');
  });

  test('that watches each call: a key’s file is 0600 before its first byte, whatever the umask', async () => {
    const host = await another('watched');
    const traced =
      'exec strace -f -qq -s 40 -o "$HOME/calls.$$" -e trace=openat,fchmod,chmod,write,rename /usr/bin/python3 "$@"';
    on(host, `cat >watched-python <<'END'\n#!/bin/sh\numask 000\n${traced}\nEND\nchmod 755 watched-python`);
    arrived(await deployTo(host, '~/fl', join(host.home, 'watched-python')), host, 'fl');
    const calls = on(host, 'cat calls.*').split('\n');
    const at = calls.findIndex((call) => /openat\(.*client1\.key.*O_CREAT/.test(call));
    expect(calls[at]).toMatch(/O_EXCL.*O_NOFOLLOW.*, 0600\) = (\d+)$/);
    const handle = /= (\d+)$/.exec(calls[at] ?? '')?.[1];
    const renamed = calls.findIndex((call, place) => place > at && /rename\(.*client1\.key"/.test(call));
    const between = calls.slice(at + 1, renamed);
    expect(between.some((call) => call.includes(`write(${handle}, "-----BEGIN`))).toBe(true);
    for (const call of between.filter((each) => /f?chmod\(/.test(each))) expect(call).toMatch(/, 0600\) += 0/);
  });
});
