import { once } from 'node:events';
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Hops } from '../../source/ssh/hops.ts';
import { knownHostsLine, parseKnownHosts } from '../../source/ssh/known-hosts.ts';
import type { Target } from '../../source/ssh/target.ts';
import { canRunSshd, type Sshd, startSshd } from '../helpers/sshd.ts';
import { failureOf, logIn, scratch, targetOf } from './real.ts';

describe.skipIf(!canRunSshd)('jumps', () => {
  const folder = scratch();
  let outer: Sshd;
  let inner: Sshd;
  let host: Sshd;
  let closed: Sshd;
  beforeAll(async () => {
    const at = { directory: folder.path };
    [outer, inner, host, closed] = await Promise.all([
      startSshd({ ...at, name: 'outer' }),
      startSshd({ ...at, name: 'inner', user: 'ubuntu' }),
      startSshd({ ...at, name: 'host' }),
      startSshd({ ...at, name: 'closed', config: ['AllowTcpForwarding no'] }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([outer, inner, host, closed].map((each) => each.stop()));
    folder.remove();
  });
  const unpinned = (target: Target): Target => {
    const { hostKey, ...rest } = target;
    return rest;
  };

  it('lead through several hosts, as several users', async () => {
    const session = await logIn(host, { proxyJump: [targetOf(outer), targetOf(inner)] });
    const { stdout } = await session.run(['sh', '-c', 'set -- $SSH_CONNECTION; echo "$HOME $1"']);
    expect(stdout).toBe(`${host.home} 127.0.0.1\n`);
    const input = Buffer.alloc(5_000_000, 'x');
    expect((await session.run(['wc', '-c'], { input })).stdout.trim()).toBe('5000000');
    session.close();
    await session.closed;
  });

  it("check every hop's key", async () => {
    const trust = vi.fn(async () => true);
    const through = { proxyJump: [unpinned(targetOf(outer)), targetOf(inner)] };
    expect(await failureOf(logIn(host, through))).toMatchObject({
      exitCode: 4,
      host: 'client1',
      doing: 'Checking the host key of 127.0.0.1, the way to client1',
      why: expect.stringContaining(outer.fingerprint),
      hint: expect.stringMatching(/--accept-new-host-keys\nor log in to it once with ssh$/),
    });
    (await logIn(host, through, { trust })).close();
    expect(trust).toHaveBeenCalledTimes(1);
    const changed = [parseKnownHosts(`[127.0.0.1]:${outer.port} ${host.publicKeys[0]}`)];
    expect((await failureOf(logIn(host, through, { trust, knownHosts: changed }))).why).toContain('the known one is');
    expect(trust).toHaveBeenCalledTimes(1);
  });

  it('share the connection to a hop, which lives as long as somebody goes through it, and is made anew when it is lost', async () => {
    const wires: Socket[] = [];
    const front = createServer((socket) => {
      wires.push(socket);
      const onward = dial(outer.port, '127.0.0.1');
      for (const each of [socket, onward]) each.on('error', () => undefined);
      socket.pipe(onward).pipe(socket);
    }).listen(0, '127.0.0.1');
    await once(front, 'listening');
    const { port } = front.address() as AddressInfo;
    const proxyJump = [targetOf(outer, { port })];
    const hops = new Hops();
    const [first, second] = await Promise.all([
      logIn(host, { proxyJump }, { hops }),
      logIn(inner, { proxyJump }, { hops, name: 'client2' }),
    ]);
    expect(wires).toHaveLength(1);
    first.close();
    await first.closed;
    expect((await second.run(['echo', 'still here'])).stdout).toBe('still here\n');
    // The cable to the hop is pulled: the next one dials it again.
    wires[0]?.destroy();
    await second.closed;
    const third = await logIn(host, { proxyJump }, { hops });
    expect(wires).toHaveLength(2);
    const gone = once(wires[1] as Socket, 'close');
    third.close();
    await gone;
    front.close();
  });

  it('that can’t be made fail for all who wait for them, each by its own name', async () => {
    const hops = new Hops();
    const proxyJump = [{ ...targetOf(outer), identityFiles: [] }];
    const failures = await Promise.all(
      ['client1', 'client2'].map((name) => failureOf(logIn(host, { proxyJump }, { hops, name }))),
    );
    expect(failures.map(({ host: who, doing }) => [who, doing])).toEqual(
      ['client1', 'client2'].map((name) => [
        name,
        `Connecting to 127.0.0.1, the way to ${name} (127.0.0.1:${outer.port})`,
      ]),
    );
  });

  it('know hops by known_hosts', async () => {
    const blob = Buffer.from(outer.publicKeys[0]?.split(' ')[1] ?? '', 'base64');
    const knownHosts = [parseKnownHosts(knownHostsLine('127.0.0.1', outer.port, blob))];
    (await logIn(host, { proxyJump: [unpinned(targetOf(outer))] }, { knownHosts })).close();
  });

  it('say that the hop can not reach the host', async () => {
    const failure = await failureOf(logIn(host, { port: 1, proxyJump: [targetOf(outer)] }));
    expect(failure).toMatchObject({
      exitCode: 4,
      doing: `Connecting to client1 (127.0.0.1:1) through 127.0.0.1:${outer.port}`,
    });
    expect(failure.why).toMatch(/could not reach it: .*refused/i);
  });

  it('say that the hop forbids forwarding', async () => {
    const failure = await failureOf(logIn(host, { proxyJump: [targetOf(closed)] }));
    expect(failure.why).toMatch(/forbids/);
    expect(failure.hint).toContain('AllowTcpForwarding');
  });

  it('say that nothing listens at the hop, and where the hop is named', async () => {
    const failure = await failureOf(logIn(host, { proxyJump: [{ ...targetOf(outer), port: 1 }] }));
    expect(failure).toMatchObject({
      doing: 'Connecting to 127.0.0.1, the way to client1 (127.0.0.1:1)',
      hint: expect.stringMatching(/^check proxyJump \(/),
    });
  });

  it('say at which hop the login failed', async () => {
    const failure = await failureOf(logIn(host, { proxyJump: [{ ...targetOf(outer), identityFiles: [] }] }));
    expect(failure).toMatchObject({ doing: `Connecting to 127.0.0.1, the way to client1 (127.0.0.1:${outer.port})` });
    expect(failure.why).toContain('there was no key to try');
  });

  it('end with the hop', async () => {
    const hop = await startSshd({ directory: folder.path, name: 'short-lived' });
    const session = await logIn(host, { proxyJump: [targetOf(hop)] });
    const channel = await session.open(['sh', '-c', 'echo started; exec sleep 1000']);
    await once(channel, 'data');
    const running = failureOf(session.run(['sleep', '1000']));
    await hop.stop();
    expect(await running).toMatchObject({ exitCode: 4 });
    await session.closed;
  });
});
