/** `fl-wizard ssh` and its lines against real hosts: whom it reaches, whom it trusts, what it passes on. */
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { knownHostsLine } from '../../source/ssh/known-hosts.ts';
import { processesWith, until } from '../helpers/project.ts';
import { start } from '../helpers/pty.ts';
import { canRunSshd, type Sshd, startSshd } from '../helpers/sshd.ts';
import { program, wizard } from '../helpers/wizard.ts';
import { netcat } from '../ssh/real.ts';

const run = promisify(execFile);
const knownLine = (host: Sshd, at = 0) =>
  `${knownHostsLine('127.0.0.1', host.port, Buffer.from(host.publicKeys[at]?.split(' ')[1] ?? '', 'base64'))}\n`;

describe.skipIf(!canRunSshd)('fl-wizard ssh', () => {
  let folder: string;
  let home: string;
  let gate: Sshd;
  let inner: Sshd;
  let host: Sshd;
  const projects = () => readdirSync(folder).filter((name) => name.startsWith('project-'));

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'flw-ssh-'));
    chmodSync(folder, 0o755);
    const at = { directory: join(folder, 'hosts') };
    [gate, inner, host] = await Promise.all([
      startSshd({ ...at, name: 'gate' }),
      startSshd({ ...at, name: 'inner' }),
      startSshd({ ...at, name: 'host', hostKeyTypes: ['ed25519', 'rsa'] }),
    ]);
    home = join(folder, 'home');
    mkdirSync(join(home, '.ssh'), { recursive: true });
    const way = (name: string, to: Sshd) =>
      `Host ${name}\n HostName 127.0.0.1\n Port ${to.port}\n User root\n IdentityFile ${to.identityFile}\n`;
    const pump = (to: Sshd) => `${netcat(to.port)} # %h`;
    const config = [
      way('gate', gate),
      `${way('inner', inner)} ProxyJump gate\n`,
      `${way('commanded', host).replace('127.0.0.1', 'nowhere.invalid')} ProxyCommand ${pump(host)}\n`,
      `${way('both', host)} ProxyJump through\n`,
      `${way('through', gate).replace('127.0.0.1', 'nowhere.invalid')} ProxyCommand ${pump(gate)}\n`,
      way('again', host),
    ];
    writeFileSync(join(home, '.ssh', 'config'), config.join(''), { mode: 0o600 });
  });
  afterAll(async () => {
    await Promise.all([gate, inner, host].map((each) => each.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  /** A project whose server is `host`, and whose clients are as written; `known` is what the project knows. */
  function project(
    clients: Readonly<Record<string, string>> = { client1: 'host: unused.invalid' },
    known = '',
  ): string {
    const directory = join(folder, `project-${projects().length}`);
    mkdirSync(join(directory, '.fl-wizard'), { recursive: true });
    writeFileSync(join(directory, '.fl-wizard', 'known_hosts'), known);
    const lines = Object.entries(clients).map(([name, ssh]) => `  - {name: ${name}, ssh: {${ssh}}}\n`);
    const own = `host: 127.0.0.1, port: ${host.port}, user: root, identityFile: ${host.identityFile}`;
    const text = `version: 1\nname: x\nserver: {address: fl.example.org, ssh: {${own}}}\nclients:\n${lines.join('')}`;
    writeFileSync(join(directory, 'fl-network.yaml'), text);
    return directory;
  }
  const env = () => ({ HOME: home, SSH_AUTH_SOCK: '' });
  const ssh = (directory: string, words: readonly string[], input = '') =>
    wizard(['ssh', '-C', directory, ...words], { env: env(), input });
  /** The printed line, run by a shell as a user would. */
  const runLine = async (directory: string, words: readonly string[]) => {
    const { stdout, code, stderr } = await ssh(directory, ['--show-commands', ...words]);
    expect([code, stderr]).toEqual([0, '']);
    return (await run('/bin/sh', ['-c', stdout])).stdout;
  };

  it('runs a command, each word as it was typed, with its streams and its code', async () => {
    const directory = project(undefined, knownLine(host));
    writeFileSync(join(host.home, 'a b'), '');
    const listed = await ssh(directory, ['server', '--', 'ls', 'a b']);
    expect([listed.stdout, listed.stderr, listed.code]).toEqual(['a b\n', '', 0]);
    const odd = ["it's", '$HOME', '*', 'a;b', '-n', ''];
    const printed = await ssh(directory, ['server', '--', 'printf', '%s\\n', ...odd]);
    expect(printed.stdout).toBe(`${odd.join('\n')}\n`);
    const ended = await ssh(directory, ['server', '--', 'sh', '-c', 'cat; echo trouble >&2; exit 42'], 'read here');
    expect([ended.stdout, ended.stderr, ended.code]).toEqual(['read here', 'trouble\n', 42]);
    expect((await ssh(directory, ['server'], 'echo "a shell in $HOME"\n')).stdout).toContain(`a shell in ${host.home}`);
  });

  it('has a terminal for a command by -t only', async () => {
    const directory = project(undefined, knownLine(host));
    const words = ['ssh', '-C', directory, 'server', '--', 'sh', '-c', 'test -t 0 && echo a terminal || echo none'];
    const plain = start(words, { env: env() });
    expect((await plain.end()).screen).toContain('none');
    const terminal = start(['ssh', '-t', ...words.slice(1)], { env: env() });
    const { screen, code } = await terminal.end();
    expect([screen.includes('a terminal'), code]).toEqual([true, 0]);
  });

  it('refuses a host key that nobody knows, and records it where that is asked for', async () => {
    const directory = project();
    const unknown = await ssh(directory, ['server', '--', 'echo', 'in']);
    expect([unknown.stdout, unknown.code]).toEqual(['', 255]);
    expect(unknown.stderr).toContain('Host key verification failed');
    rmSync(join(directory, '.fl-wizard'), { recursive: true });
    expect((await ssh(directory, ['--accept-new-host-keys', 'server', '--', 'echo', 'in'])).stdout).toBe('in\n');
    expect(readFileSync(join(directory, '.fl-wizard', 'known_hosts'), 'utf8')).toBe(knownLine(host));
    expect(existsSync(join(home, '.ssh', 'known_hosts'))).toBe(false);
    expect((await ssh(directory, ['server', '--', 'echo', 'again'])).stdout).toBe('again\n');
  });

  it('tells a program which key was trusted without a look at it', async () => {
    const words = ['preflight', '--json', '--accept-new-host-keys', '--only', 'server', '-C', project()];
    const { events } = await wizard(words, { env: env() });
    const texts = events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
    const key = createHash('sha256').update(Buffer.from(host.publicKeys[0]?.split(' ')[1] ?? '', 'base64'));
    expect(texts).toEqual([expect.stringContaining(`SHA256:${key.digest('base64').replace(/=+$/, '')}`)]);
  });

  it('never takes a changed host key', async () => {
    const directory = project(undefined, knownLine(host).replace(/ ssh.*/, ` ${gate.publicKeys[0]}`));
    const changed = await ssh(directory, ['--accept-new-host-keys', 'server', '--', 'echo', 'in']);
    expect([changed.stdout, changed.code]).toEqual(['', 255]);
    expect(changed.stderr).toContain('REMOTE HOST IDENTIFICATION HAS CHANGED');
  });

  it("knows what the user's known_hosts knows", async () => {
    writeFileSync(join(home, '.ssh', 'known_hosts'), knownLine(host));
    expect((await ssh(project(), ['server', '--', 'echo', 'in'])).stdout).toBe('in\n');
    rmSync(join(home, '.ssh', 'known_hosts'));
  });

  it('takes the pinned key and no other, whatever is known; its line too', async () => {
    const pinned = (key: string) => ({
      client1: `host: 127.0.0.1, port: ${gate.port}, user: root, identityFile: ${gate.identityFile}, hostKey: "${key}"`,
    });
    const right = project(pinned(gate.fingerprint), knownLine(gate).replace(/ ssh.*/, ` ${host.publicKeys[0]}`));
    expect((await ssh(right, ['client1', '--', 'echo', 'in'])).stdout).toBe('in\n');
    expect(await runLine(right, ['client1', '--', 'echo', 'in'])).toBe('in\n');
    const wrong = project(pinned(host.fingerprint), knownLine(gate));
    for (const words of [['client1'], ['--accept-new-host-keys', 'client1']]) {
      const refused = await ssh(wrong, [...words, '--', 'echo', 'in']);
      expect([refused.stdout, refused.code]).toEqual(['', 255]);
      expect(refused.stderr).toContain('Host key verification failed');
    }
    await expect(runLine(wrong, ['client1', '--', 'echo', 'in'])).rejects.toMatchObject({ code: 255, stdout: '' });
  });

  it('goes through a jump host, whose key is looked up by itself; the pinned one is that of the last', async () => {
    const through = (key: string) => ({ client1: `host: inner, hostKey: "${key}"` });
    const known = project(through(inner.fingerprint), knownLine(gate));
    expect((await ssh(known, ['client1', '--', 'sh', '-c', 'echo $HOME'])).stdout).toBe(`${inner.home}\n`);
    expect(await runLine(known, ['client1', '--', 'sh', '-c', 'echo $HOME'])).toBe(`${inner.home}\n`);
    for (const directory of [project(through(inner.fingerprint)), project(through(gate.fingerprint), knownLine(gate))])
      expect(await ssh(directory, ['client1', '--', 'echo', 'in'])).toMatchObject({ code: 255, stdout: '' });
  });

  it.each(['commanded', 'both'])('goes by a ProxyCommand: %s', async (alias) => {
    const client = `host: ${alias}, hostKey: "${host.fingerprint}"`;
    const directory = project({ client1: client }, `[nowhere.invalid]:${gate.port} ${gate.publicKeys[0]}\n`);
    const words = ['client1', '--', 'sh', '-c', 'echo $HOME'];
    // The server's entry is the same host, but for the way there.
    expect(await ssh(directory, words)).toMatchObject({ stdout: `${host.home}\n`, stderr: '', code: 0 });
    expect(await runLine(directory, words)).toBe(`${host.home}\n`);
  });

  it('prints the line and does nothing', async () => {
    const directory = project();
    const { stdout, code } = await ssh(directory, ['--show-commands', 'server', '--', 'ls', 'a b']);
    const [ours, users] = [join(directory, '.fl-wizard'), join(home, '.ssh')].map((at) => join(at, 'known_hosts'));
    expect(stdout).toBe(
      `ssh -F none -o Port=${host.port} -i ${host.identityFile} -o 'UserKnownHostsFile="${ours}" "${users}"' ` +
        `-o StrictHostKeyChecking=yes root@127.0.0.1 'ls '\\''a b'\\'''\n`,
    );
    expect(code).toBe(0);
  });

  it('ends with its ssh by a signal', async () => {
    const directory = project(undefined, knownLine(host));
    const seconds = `1000.${Math.random().toString().slice(2, 12)}`;
    const words = ['ssh', '-C', directory, 'server', '--', 'sh', '-c', `echo started; exec sleep ${seconds}`];
    const child = spawn(process.execPath, [program, ...words], { env: { ...process.env, ...env() } });
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([143, null]);
    await until('the end of its ssh', () => processesWith('ssh').every((line) => !line.includes(`${seconds}'`)));
  });

  it('names the hosts there are where there is none of that name', async () => {
    const { code, stderr } = await ssh(project(), ['client9']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/there is no "client9" in .*fl-network\.yaml\n {2}Try {2}it has server, client1/);
  });

  it('says that there is no ssh', async () => {
    const directory = project();
    const alone = { ...env(), PATH: [join(folder, 'no-such'), join(folder, 'neither')].join(delimiter) };
    const { code, stderr } = await wizard(['ssh', '-C', directory, 'server'], { env: alone });
    expect(code).toBe(3);
    expect(stderr).toContain(
      'Starting ssh failed.\n  Why  there is no program of that name on the PATH\n  Try  install',
    );
  });

  it.each([
    ['ssh', 'server', '--', 'true'],
    ['preflight', '--yes'],
    ['up', '--yes'],
    ['status'],
    ['logs'],
    ['stop', '--yes'],
    ['certs', '--yes'],
  ])('goes to no host where two are one: %s', async (command, ...rest) => {
    const directory = project({ client1: 'host: elsewhere.invalid', client2: 'host: again' }, knownLine(host));
    const before = readdirSync(directory, { recursive: true });
    const { code, stderr } = await wizard([command, '-C', directory, ...rest], { env: env() });
    expect(code).toBe(2);
    expect(stderr).toContain(
      `server.ssh.host (127.0.0.1) and clients[1].ssh.host (again) are the same SSH server: 127.0.0.1, port ${host.port}`,
    );
    expect(readdirSync(directory, { recursive: true })).toEqual(before);
  });
});
