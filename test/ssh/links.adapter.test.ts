/** Logins and commands over bad links: real sshd behind toxiproxy. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Failure } from '../../source/plan/failure.ts';
import type { ConnectOptions } from '../../source/ssh/session.ts';
import { canRunSshd, type Sshd, startSshd } from '../helpers/sshd.ts';
import { canRunToxiproxy, type Link, startToxiproxy, type Toxic, type Toxiproxy } from '../helpers/toxiproxy.ts';
import { failureOf, logIn, scratch } from './real.ts';

describe.skipIf(!canRunSshd || !canRunToxiproxy)('over a link', () => {
  const folder = scratch();
  let host: Sshd;
  let proxy: Toxiproxy;
  beforeAll(async () => {
    [host, proxy] = await Promise.all([startSshd({ directory: folder.path, name: 'host' }), startToxiproxy()]);
  });
  afterAll(async () => {
    await Promise.all([host?.stop(), proxy?.stop()]);
    folder.remove();
  });

  async function linked(toxics: readonly Toxic[], options: Partial<ConnectOptions> = {}) {
    const link = await proxy.link(host.port);
    await link.poison(...toxics);
    return { link, logIn: () => logIn(host, { port: link.port }, options) };
  }

  it('of 800 ms a login and a command take their time, and come through', async () => {
    const slow = await linked([{ type: 'latency', stream: 'downstream', attributes: { latency: 800 } }]);
    const session = await slow.logIn();
    expect((await session.run(['echo', 'here'])).stdout).toBe('here\n');
    session.close();
  });

  it('that is slow an upload outlasts the keepalive: what comes back meanwhile is a sign of life', async () => {
    const budget = 4 * 150;
    const slow = await linked([], { keepalive: 150 });
    const session = await slow.logIn();
    await slow.link.poison({ type: 'bandwidth', stream: 'upstream', attributes: { rate: 400 } });
    const begun = Date.now();
    const done = await session.run(['wc', '-c'], { input: Buffer.alloc(1_200_000) });
    expect(done.stdout.trim()).toBe('1200000');
    expect(Date.now() - begun).toBeGreaterThan(2 * budget);
    session.close();
  });

  async function inTheMiddle(toxic: Toxic): Promise<Failure> {
    const bad = await linked([], { keepalive: 150 });
    const session = await bad.logIn();
    const running = session.run(['sh', '-c', 'echo started; read x; echo no'], {
      onLine: () => void bad.link.poison(toxic),
      // Longer than what the link will carry, so that the command is still reading.
      input: Buffer.alloc(30_000_000),
    });
    return failureOf(running);
  }

  it.each([
    ['goes silent', 'timeout', 'the host stopped answering'],
    // Told as the end or as the reset, whichever of its two sockets is heard first.
    ['is reset', 'reset_peer', ''],
  ] as const)('that %s in the middle of a command is lost (4), with its host', async (_, type, why) => {
    expect(await inTheMiddle({ type, stream: 'downstream', attributes: { timeout: 0 } })).toMatchObject({
      exitCode: 4,
      host: 'client1',
      doing: expect.stringContaining('on client1'),
      why: expect.stringContaining(`the connection was lost: ${why}`),
    });
  });

  /** How far it got over a link that is cut after so many bytes; nothing where all came through. */
  async function cutAfter(link: Link): Promise<Failure | undefined> {
    const options = { timeout: 20_000, keepalive: 1000 };
    try {
      const session = await logIn(host, { port: link.port }, options);
      const done = await session.run(['sh', '-c', 'wc -c; seq 300'], { input: Buffer.alloc(5000) });
      session.close();
      expect(done.stdout).toMatch(/^5000\n1\n.*\n300\n$/s);
      return undefined;
    } catch (error) {
      return failureOf(Promise.reject(error));
    }
  }

  it.each(['upstream', 'downstream'] as const)(
    'that is cut after any number of bytes %s: an error (4) that names the host, in each stage of it',
    async (stream) => {
      const told: string[] = [];
      for (let bytes = 8; ; bytes = Math.ceil(bytes * 1.5)) {
        const { link } = await linked([{ type: 'limit_data', stream, attributes: { bytes } }]);
        const failure = await cutAfter(link);
        if (!failure) break;
        expect(failure, `${bytes} bytes`).toMatchObject({ exitCode: 4, host: 'client1' });
        expect(failure.hint, `${bytes} bytes`).toBeTruthy();
        told.push(failure.why);
      }
      const all = told.join('\n');
      for (const stage of [/no agreement on how to talk/, /login as root|lost/, /the connection was lost/])
        expect(all).toMatch(stage);
    },
  );
});
