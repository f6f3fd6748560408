import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quote } from '../../source/ssh/commands.ts';
import { destination, sshWords, type Target } from '../../source/ssh/host.ts';
import { parseKnownHosts } from '../../source/ssh/known-hosts.ts';
import { type ConnectOptions, connect } from '../../source/ssh/session.ts';
import { processesWith, until } from '../helpers/project.ts';
import { canRunSshd, type Sshd, startSshd } from '../helpers/sshd.ts';
import { failureOf, logIn, scratch, strict, targetOf } from './real.ts';

const target = (proxyCommand: string): Target => ({
  address: '10.0.0.11',
  port: 22,
  user: 'nobody',
  identityFiles: [],
  identitiesOnly: true,
  proxyJump: [],
  proxyCommand,
});

/** A number of seconds that nobody else sleeps: to find our processes by. */
const marked = () => `1000.${Math.random().toString().slice(2, 12)}`;

function fail(proxyCommand: string, options: Partial<ConnectOptions> = {}) {
  return failureOf(connect(target(proxyCommand), { ...strict, timeout: 60_000, ...options }));
}

describe('a ProxyCommand', () => {
  it('that is not installed is named by the shell', async () => {
    expect(await fail('fl-wizard-no-such-program ssm start-session')).toEqual({
      exitCode: 4,
      host: 'client1',
      doing: 'Connecting to client1 (10.0.0.11:22) by its ProxyCommand',
      why: 'the ProxyCommand ended with 127: fl-wizard-no-such-program: not found',
      hint: 'install that program, or mend ProxyCommand in ~/.ssh/config; ssh -v HOST shows what ssh makes of it',
    });
  });

  it.each([
    ["sh -c 'echo one >&2; echo two >&2; exit 3'", 'the ProxyCommand ended with 3: two'],
    ["sh -c 'echo token expired >&2; echo >&2; exit 255'", 'the ProxyCommand ended with 255: token expired'],
    ['false', 'the ProxyCommand ended with 1'],
    ['sh -c \'printf "half a line" >&2; kill -9 $$\'', 'the ProxyCommand was ended by SIGKILL: half a line'],
    ['sh -c \'printf "\\033]0;evil\\007\\033[2J\\n" >&2; exit 1\'', 'the ProxyCommand ended with 1: ]0;evil [2J'],
    ["sh -c 'echo Welcome; exit 1'", 'what its ProxyCommand brings is no SSH server: it said "Welcome"'],
  ])('%s fails at once, and why', async (command, why) => {
    expect((await fail(command)).why).toBe(why);
  });

  it('that ends well and brings nothing is tried again, as one that was turned away', async () => {
    const folder = scratch();
    const log = join(folder.path, 'log');
    expect((await fail(`sh -c 'echo x >> ${log}'`)).why).toBe('the ProxyCommand ended with 0');
    expect(readFileSync(log, 'utf8')).toBe('x\n'.repeat(5));
    folder.remove();
  });

  it('that hangs is ended at the connect timeout, with all that it started', async () => {
    const seconds = marked();
    const failure = await fail(`sh -c 'echo waiting for a login >&2; sleep ${seconds} & wait'`, { timeout: 1500 });
    expect(failure.why).toBe('its ProxyCommand brought no answer within 1.5 s: waiting for a login');
    expect(failure.hint).toContain('ConnectTimeout');
    await until('its end', () => processesWith(seconds).length === 0);
  });

  it('that takes no notice of a signal is ended as well', async () => {
    const seconds = marked();
    const deaf = `sh -c 'trap "" TERM HUP INT PIPE; while :; do sleep ${seconds}; done'`;
    await fail(deaf, { timeout: 500 });
    await until('its end', () => processesWith(seconds).length === 0);
  });

  it('is ended by Ctrl-C, with all that it started', async () => {
    const seconds = marked();
    const controller = new AbortController();
    const connecting = connect(target(`sh -c 'sleep ${seconds} & sleep ${seconds}'`), {
      ...strict,
      timeout: 60_000,
      signal: controller.signal,
    });
    await Promise.all([
      expect(connecting).rejects.toThrow('stopped by the user'),
      until('both of them', () => processesWith(`sleep ${seconds} `).length >= 2).then(() =>
        controller.abort(new Error('stopped by the user')),
      ),
    ]);
    await until('their end', () => processesWith(seconds).length === 0);
  });

  it('may talk without end on stderr, and is shown by its last line only', async () => {
    const failure = await fail("sh -c 'yes chatter | head -c 5000000 >&2; echo the end >&2; exit 1'");
    expect(failure.why).toBe('the ProxyCommand ended with 1: the end');
  });

  it('that talks without end on stdout is given up', async () => {
    const seconds = marked();
    const failure = await fail(`sh -c 'yes hello ${seconds}'`, { timeout: 2000 });
    expect(failure.why).toBe(`what its ProxyCommand brings is no SSH server: it said "hello ${seconds}"`);
    await until('its end', () => processesWith(seconds).length === 0);
  });

  it('has more time where ConnectTimeout gives it', async () => {
    const started = Date.now();
    const slow = { ...target('sleep 1000'), connectTimeout: 1000 };
    const failure = await failureOf(connect(slow, { ...strict, timeout: 10 }));
    expect(failure.why).toContain('within 1 s');
    expect(Date.now() - started).toBeGreaterThanOrEqual(990);
  });
});

describe.skipIf(!canRunSshd)('a ProxyCommand to a real sshd', () => {
  const folder = scratch();
  let gate: Sshd;
  let host: Sshd;
  let inner: Sshd;
  beforeAll(async () => {
    const at = { directory: folder.path };
    [gate, host, inner] = await Promise.all([
      startSshd({ ...at, name: 'gate' }),
      startSshd({ ...at, name: 'host' }),
      startSshd({ ...at, name: 'inner' }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([gate, host, inner].map((each) => each.stop()));
    folder.remove();
  });
  /** Through another sshd, by the system's ssh. */
  const through = ({ port }: { readonly port: number }) => {
    const words = ['ssh', ...sshWords(targetOf(gate)), '-o', 'BatchMode=yes', '-W', `127.0.0.1:${port}`];
    return quote([...words, destination(targetOf(gate))]);
  };
  /** What nc does, and a process beside it. */
  const pump = (seconds: string) =>
    `bash -c 'sleep ${seconds} & exec 3<>/dev/tcp/127.0.0.1/${host.port}; cat <&3 & exec cat >&3'`;

  it('logs in, runs commands and moves data as a socket of ours does', async () => {
    const session = await logIn(host, { proxyCommand: through(host) });
    expect((await session.run(['sh', '-c', 'echo $HOME'])).stdout).toBe(`${host.home}\n`);
    const input = Buffer.alloc(5_000_000, 'x');
    expect((await session.run(['cat'], { input })).stdout.length).toBe(5_000_000);
    session.close();
    await session.closed;
  });

  it('ends with the connection, with all that it started', async () => {
    const seconds = marked();
    const session = await logIn(host, { proxyCommand: pump(seconds) });
    expect((await session.run(['echo', 'in'])).stdout).toBe('in\n');
    expect(processesWith(seconds).length).toBeGreaterThan(0);
    session.close();
    await session.closed;
    await until('its end', () => processesWith(seconds).length === 0);
  });

  it('that dies takes the connection along', async () => {
    const session = await logIn(host, { proxyCommand: through(host) });
    const running = failureOf(session.run(['sleep', '1000']));
    const ssh = processesWith(`-W 127.0.0.1:${host.port} `);
    expect(ssh).toHaveLength(1);
    for (const line of ssh) process.kill(Number(line.split(' ')[0]), 'SIGKILL');
    expect(await running).toMatchObject({ exitCode: 4, why: expect.stringContaining('the connection was lost') });
    await session.closed;
  });

  it('leads to a jump host, and from there on', async () => {
    const session = await logIn(inner, { proxyJump: [{ ...targetOf(host), proxyCommand: through(host) }] });
    expect((await session.run(['sh', '-c', 'echo $HOME'])).stdout).toBe(`${inner.home}\n`);
    session.close();
  });

  it('leaves the host key and the login to us', async () => {
    const { hostKey, ...unpinned } = targetOf(host, { proxyCommand: through(host) });
    expect((await failureOf(connect(unpinned, strict))).why).toContain(host.fingerprint);
    const other = [parseKnownHosts(`[127.0.0.1]:${host.port} ${gate.publicKeys[0]}`)];
    expect((await failureOf(connect(unpinned, { ...strict, knownHosts: other }))).why).toContain('the known one is');
    const nobody = await failureOf(logIn(host, { proxyCommand: through(host), identityFiles: [] }));
    expect(nobody.why).toBe('login as root failed; there was no key to try');
    expect(nobody.doing).toBe(`Connecting to client1 (127.0.0.1:${host.port}) by its ProxyCommand`);
  });

  it('says what its own way can not reach', async () => {
    const failure = await failureOf(logIn(host, { proxyCommand: through({ port: 1 }) }));
    expect(failure.why).toMatch(/^the ProxyCommand ended with 255: .*(stdio forwarding failed|refused)/);
  });
});
