import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DemoHost, type DemoHosts, makeSshKey, startDemoHosts } from '../../source/demo/hosts.ts';
import { UserError } from '../../source/plan/failure.ts';
import { connect, type Session } from '../../source/ssh/session.ts';

const names = Array.from({ length: 12 }, (_, index) => (index === 0 ? 'server' : `client${index}`));
let folder: string;
let publicLine: string;
let demo: DemoHosts;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fl-wizard-demo-'));
  const key = await makeSshKey();
  publicLine = key.publicLine;
  writeFileSync(join(folder, 'key'), key.privatePem.reveal(), { mode: 0o600 });
  writeFileSync(join(folder, 'other'), (await makeSshKey()).privatePem.reveal(), { mode: 0o600 });
  demo = await start('hosts');
});
afterAll(async () => {
  await demo.close();
  rmSync(folder, { recursive: true });
});

const start = (directory: string, hosts: readonly string[] = names) =>
  startDemoHosts({
    names: hosts,
    directory: join(folder, directory),
    environment: { CACHE: 'here' },
    authorizedKey: publicLine,
  });

function hostOf({ hosts }: DemoHosts, name: string): DemoHost {
  const host = hosts.find((each) => each.name === name);
  if (!host) throw new Error(`no host ${name}`);
  return host;
}

function logIn(host: DemoHost, key = 'key'): Promise<Session> {
  const target = {
    address: '127.0.0.1',
    port: host.port,
    user: 'demo',
    identityFiles: [join(folder, key)],
    identitiesOnly: true,
  };
  const pinned = { ...target, proxyJump: [], hostKey: host.hostKeyFingerprint };
  return connect(pinned, { name: host.name, knownHosts: [], trust: async () => false });
}

const alive = (pid: number) => {
  try {
    // A zombie still has its number, but its state says Z.
    return !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
  } catch {
    return false;
  }
};

/** Waits for a sign, looking as often as the loop turns. */
async function until(sign: () => boolean): Promise<void> {
  while (!sign()) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits for what grows to stand still: a round trip over the same connection saw no progress. */
async function standstill(session: Session, grows: () => number): Promise<number> {
  let before = -1;
  while (before !== grows()) {
    before = grows();
    await session.run(['sleep', '0.2']);
  }
  return before;
}

/** Takes what comes until it is this much, or its end. */
async function taken(stream: Readable, bytes: number): Promise<number> {
  let length = 0;
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    length += (chunk as Buffer).length;
    if (length >= bytes) break;
  }
  return length;
}

describe('demo hosts', () => {
  it('each have a port, a host key and a home of their own', async () => {
    for (const property of ['port', 'home', 'hostKeyFingerprint'] as const) {
      expect(new Set(demo.hosts.map((host) => host[property])).size).toBe(names.length);
    }
    const sessions = await Promise.all(demo.hosts.map((host) => logIn(host)));
    const homes = await Promise.all(
      sessions.map((session) => session.run(['sh', '-c', 'echo "$HOME"; pwd -P; echo ~'])),
    );
    expect(homes.map(({ stdout }) => stdout)).toEqual(demo.hosts.map(({ home }) => `${home}\n${home}\n${home}\n`));
    expect(statSync(hostOf(demo, 'client1').home).mode & 0o777).toBe(0o700);
    for (const session of sessions) session.close();
  });

  it('end what hosts in the same folder have left behind that were killed', async () => {
    // Nobody closes these: their process could have been killed.
    const killed = await start('killed', ['server']);
    const session = await logIn(hostOf(killed, 'server'));
    const { stdout } = await session.run(['sh', '-c', 'setsid sleep 1000 >/dev/null 2>&1 & echo $!']);
    const pid = Number(stdout);
    const other = await logIn(hostOf(demo, 'server'));
    const others = Number((await other.run(['sh', '-c', 'setsid sleep 1000 >/dev/null 2>&1 & echo $!'])).stdout);
    expect([alive(pid), alive(others)]).toEqual([true, true]);
    const next = await start('killed', ['server']);
    expect([alive(pid), alive(others)]).toEqual([false, true]);
    process.kill(others);
    for (const each of [session, other]) each.close();
    await Promise.all([killed.close(), next.close()]);
  });

  it('give commands an environment of their own', async () => {
    process.env.FL_WIZARD_TEST_LEAK = 'ours';
    const session = await logIn(hostOf(demo, 'server'));
    const environment = (await session.run(['env'])).stdout.split('\n');
    delete process.env.FL_WIZARD_TEST_LEAK;
    session.close();
    expect(environment).toEqual(expect.arrayContaining(['CACHE=here', 'USER=demo', 'LANG=C.UTF-8']));
    const known = /^(CACHE|HOME|USER|LOGNAME|PATH|LANG|FL_WIZARD_DEMO|PWD|SHLVL|OLDPWD|_)=|^$/;
    expect(environment.filter((line) => !known.test(line))).toEqual([]);
  });

  it('turn other keys away', async () => {
    await expect(logIn(hostOf(demo, 'server'), 'other')).rejects.toThrow('login as demo failed');
  });

  it('offer commands and nothing else', async () => {
    const { Client } = (await import('ssh2')).default;
    const client = new Client();
    const host = hostOf(demo, 'server');
    client.connect({
      host: '127.0.0.1',
      port: host.port,
      username: 'demo',
      privateKey: readFileSync(join(folder, 'key')),
    });
    await once(client, 'ready');
    const refused = (start: (done: (error: Error | undefined) => void) => void) =>
      new Promise((resolve) => start(resolve));
    expect(await refused((done) => client.shell((error) => done(error)))).toBeInstanceOf(Error);
    expect(await refused((done) => client.sftp((error) => done(error)))).toBeInstanceOf(Error);
    expect(await refused((done) => client.exec('true', { pty: true }, (error) => done(error)))).toBeInstanceOf(Error);
    expect(
      await refused((done) => client.forwardOut('', 0, '127.0.0.1', host.port, (error) => done(error))),
    ).toBeInstanceOf(Error);
    expect(await refused((done) => client.forwardIn('127.0.0.1', 0, (error) => done(error)))).toBeInstanceOf(Error);
    client.end();
    await once(client, 'close');
  });

  it('report codes and signals, and keep both streams apart and whole', async () => {
    const session = await logIn(hostOf(demo, 'client1'));
    expect((await session.run(['sh', '-c', 'exit 7'])).code).toBe(7);
    // `exec` leaves no shell that would turn the signal into a code.
    await expect(session.run(['exec', 'sh', '-c', 'kill -KILL $$'])).rejects.toThrow('it was ended by SIGKILL');
    const script = 'seq 600000 & seq 600001 1200000 >&2; wait';
    const { stdout, stderr } = await session.run(['sh', '-c', script], { limit: 2 ** 25 });
    const last = (text: string) => text.trimEnd().split('\n');
    expect([last(stdout).length, last(stdout).at(-1)]).toEqual([600_000, '600000']);
    expect([last(stderr).length, last(stderr).at(-1)]).toEqual([600_000, '1200000']);
    expect(last(stdout).every((line, index) => line === String(index + 1))).toBe(true);
    session.close();
  });

  it('keep both streams whole where one had to wait for its reader after the other', async () => {
    const session = await logIn(hostOf(demo, 'client1'));
    const [bytes, script] = [4_000_000, 'head -c 4000000 /dev/zero; head -c 4000000 /dev/zero >&2; exit 7'];
    const channel = await session.open(['sh', '-c', script]);
    const exit = once(channel, 'exit');
    for (const stream of [channel, channel.stderr]) {
      // Nothing is taken until the window is full, so what is left has to wait there.
      await standstill(session, () => stream.readableLength);
      expect(stream.readableLength).toBeLessThan(bytes);
      expect(await taken(stream, bytes)).toBe(bytes);
    }
    expect((await exit)[0]).toBe(7);
    session.close();
  });

  it('stream 20 MB in and out', async () => {
    const session = await logIn(hostOf(demo, 'client2'));
    const input = Buffer.alloc(20_000_000, 'a line of text\n');
    const { stdout } = await session.run(['cat'], { input, limit: 2 ** 25 });
    expect(Buffer.from(stdout).equals(input)).toBe(true);
    session.close();
  });

  it('hold a command back whose output nobody takes', async () => {
    const session = await logIn(hostOf(demo, 'client3'));
    const counter = join(folder, 'counter');
    const script = `i=0; while :; do i=$((i+1)); echo $i > ${counter}; head -c 1000000 /dev/zero; done`;
    const channel = await session.open(['sh', '-c', script]);
    channel.resume();
    await once(channel, 'data');
    channel.pause();
    expect(await standstill(session, () => Number(readFileSync(counter, 'utf8')))).toBeLessThan(100);
    session.close();
  });

  it('end a command whose connection is gone, with what it started', async () => {
    const session = await logIn(hostOf(demo, 'client4'));
    const channel = await session.open(['sh', '-c', 'sleep 1000 & echo $$ $!; wait']);
    const [chunk] = (await once(channel, 'data')) as [Buffer];
    const pids = chunk.toString().trim().split(' ').map(Number);
    expect(pids.every(alive)).toBe(true);
    session.close();
    await until(() => !pids.some(alive));
  });

  it('end a command whose connection goes while it waits to say what is wrong', async () => {
    const session = await logIn(hostOf(demo, 'client5'));
    const channel = await session.open(['sh', '-c', 'echo $$; exec yes >&2']);
    const [chunk] = (await once(channel, 'data')) as [Buffer];
    const pid = Number(chunk.toString());
    await standstill(session, () => channel.stderr.readableLength);
    session.close();
    await until(() => !alive(pid));
  });

  it('let daemons live on until they are closed, then end them', async () => {
    const own = await start('daemons', ['server', 'client1']);
    const pids: number[] = [];
    for (const host of own.hosts) {
      const session = await logIn(host);
      const stubborn = 'setsid sh -c \'trap "" TERM HUP; while :; do sleep 1000; done\' </dev/null >/dev/null 2>&1 &';
      const gentle = 'setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $!';
      const script = host.name === 'server' ? `${stubborn} echo $!` : gentle;
      pids.push(Number((await session.run(['sh', '-c', script])).stdout));
      session.close();
      await session.closed;
    }
    expect(pids.every(alive)).toBe(true);
    const running = await logIn(hostOf(own, 'client1'));
    const command = running.run(['sleep', '1000']).catch((error: unknown) => error);
    await own.close();
    expect(pids.some(alive)).toBe(false);
    expect(await command).toBeInstanceOf(UserError);
    await running.closed;
    await own.close();
  }, 15_000);

  it('close while somebody is connected who says nothing', async () => {
    const own = await start('silent', ['server']);
    const socket = dial(hostOf(own, 'server').port, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => {});
    await own.close();
    socket.destroy();
  });

  it('are the known hosts when they are started again', async () => {
    const first = await start('again', ['server']);
    await first.close();
    const second = await start('again', ['server']);
    expect(hostOf(second, 'server').hostKeyFingerprint).toBe(hostOf(first, 'server').hostKeyFingerprint);
    expect(hostOf(second, 'server').publicKey).toEqual(hostOf(first, 'server').publicKey);
    await second.close();
    expect(existsSync(hostOf(second, 'server').home)).toBe(true);
  });

  it('refuse to start with what is no public key', async () => {
    await expect(startDemoHosts({ names: [], directory: folder, environment: {}, authorizedKey: 'x' })).rejects.toThrow(
      UserError,
    );
  });
});
