import { once } from 'node:events';
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '../../source/ssh/session.ts';
import { canRunSshd, type Sshd, startSshd } from '../helpers/sshd.ts';
import { failureOf, logIn, scratch } from './real.ts';

/** A link to the host that can be cut, or go silent. */
class Link {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  constructor(port: number) {
    this.#server = createServer((near) => {
      const far = dial(port, '127.0.0.1');
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
      }
      near.pipe(far).pipe(near);
    });
  }
  async listen(): Promise<number> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return (this.#server.address() as AddressInfo).port;
  }
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
  silence(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }
  close(): void {
    this.cut();
    this.#server.close();
  }
}

describe.skipIf(!canRunSshd)('a session', () => {
  const folder = scratch();
  let host: Sshd;
  let session: Session;
  const links: Link[] = [];
  beforeAll(async () => {
    host = await startSshd({ directory: folder.path, name: 'host' });
    session = await logIn(host);
  });
  afterEach(() => {
    for (const link of links.splice(0)) link.close();
  });
  afterAll(async () => {
    session.close();
    await session.closed;
    await host.stop();
    folder.remove();
  });
  async function linked(keepalive?: number): Promise<{ link: Link; session: Session }> {
    const link = new Link(host.port);
    links.push(link);
    const port = await link.listen();
    return { link, session: await logIn(host, { port }, keepalive === undefined ? {} : { keepalive }) };
  }

  it('brings words through unchanged, and both streams and the code back', async () => {
    const words = ["it's", '', '$(id)', 'a b', 'new\nline', ';', 'ä'];
    const result = await session.run([
      'sh',
      '-c',
      'for w; do printf "%s|" "$w"; done; echo no >&2; exit 3',
      'sh',
      ...words,
    ]);
    expect(result).toEqual({ code: 3, stdout: words.map((word) => `${word}|`).join(''), stderr: 'no\n' });
  });

  it.each([0, 1, 127, 255])('returns the code %i', async (code) => {
    expect((await session.run(['sh', '-c', `exit ${code}`])).code).toBe(code);
  });

  it('gives a command an empty stdin, or the input', async () => {
    expect((await session.run(['cat'])).stdout).toBe('');
    expect((await session.run(['cat'], { input: 'täxt' })).stdout).toBe('täxt');
  });

  it('streams 20 MB in and out', async () => {
    const input = Buffer.alloc(20_000_000, 'a line of text\n');
    const counted = await session.run(['sh', '-c', 'cksum; wc -c </dev/null'], { input });
    const expected = await session.run(['cksum'], {
      input: (await session.run(['cat'], { input, limit: 2 ** 25 })).stdout,
    });
    expect(counted.stdout.split('\n')[0]).toBe(expected.stdout.trim());
  });

  it('is content with a command that does not read its input', async () => {
    expect((await session.run(['true'], { input: Buffer.alloc(10_000_000) })).code).toBe(0);
  });

  it('hands on lines as they come', async () => {
    const seen: string[] = [];
    const script = 'echo one; echo two >&2; read x; echo "$x"; printf end';
    const channel = await session.open(['sh', '-c', script]);
    channel.on('data', (chunk: Buffer) => {
      // The answer to the first line makes the third: it must have come before the command's end.
      if (chunk.includes('one')) channel.end('three\n');
    });
    channel.stderr.resume();
    await once(channel, 'close');
    await session.run(['sh', '-c', 'echo one; echo two >&2; printf end'], {
      onLine: (line, stream) => seen.push(`${stream} ${line}`),
    });
    expect(seen.toSorted()).toEqual(['stderr two', 'stdout end', 'stdout one']);
  });

  it('opens a command as a stream whose stdin can be closed alone', async () => {
    const channel = await session.open(['sh', '-c', 'sort; echo end; echo err >&2']);
    channel.end('b\na\n');
    const [stdout, stderr] = await Promise.all([text(channel), text(channel.stderr)]);
    expect([stdout, stderr]).toEqual(['a\nb\nend\n', 'err\n']);
  });

  it('runs many commands at once', async () => {
    const results = await Promise.all(Array.from({ length: 30 }, (_, i) => session.run(['echo', String(i)])));
    expect(results.map((result) => result.stdout)).toEqual(Array.from({ length: 30 }, (_, i) => `${i}\n`));
  });

  it('refuses more output than the limit, and ends the command', async () => {
    const failure = await failureOf(session.run(['yes'], { limit: 100_000 }));
    expect(failure).toMatchObject({ exitCode: 5, host: 'client1', why: 'it printed more than 98 kB' });
  });

  it('reads on beyond the limit where lines are handed on', async () => {
    let lines = 0;
    const result = await session.run(['seq', '100000'], { limit: 10, onLine: () => lines++ });
    expect([lines, result.stdout]).toEqual([100_000, '1\n2\n3\n4\n5\n']);
  });

  it.each(['KILL', 'TERM', 'SEGV'])('reports that SIG%s ended the command', async (signal) => {
    const failure = await failureOf(session.run(['sh', '-c', `kill -${signal} $$`]));
    expect(failure).toMatchObject({ exitCode: 5, host: 'client1', why: `it was ended by SIG${signal}` });
  });

  it('ends a command by the signal with its reason', async () => {
    const controller = new AbortController();
    const running = session.run(['sh', '-c', 'echo started; exec sleep 1000'], {
      signal: controller.signal,
      onLine: () => controller.abort(new Error('stopped by the user')),
    });
    await expect(running).rejects.toThrow('stopped by the user');
    await expect(session.run(['true'], { signal: controller.signal })).rejects.toThrow('stopped by the user');
    expect((await session.run(['echo', 'alive'])).stdout).toBe('alive\n');
  });

  it('notices a connection that is cut in the middle of a command', async () => {
    const { link, session } = await linked();
    const running = session.run(['sh', '-c', 'echo started; exec sleep 1000'], { onLine: () => link.cut() });
    expect(await failureOf(running)).toMatchObject({
      exitCode: 4,
      host: 'client1',
      doing: expect.stringContaining('Running sh -c'),
      why: expect.stringContaining('the connection was lost'),
    });
    await session.closed;
    expect(session.alive()).toBe(false);
    expect((await failureOf(session.run(['true']))).exitCode).toBe(4);
    expect((await failureOf(session.open(['true']))).exitCode).toBe(4);
  });

  it('notices a connection that goes silent, by its keepalive', async () => {
    const { link, session } = await linked(100);
    const running = session.run(['sh', '-c', 'echo started; exec sleep 1000'], { onLine: () => link.silence() });
    expect(await failureOf(running)).toMatchObject({
      exitCode: 4,
      why: 'the connection was lost: the host stopped answering',
    });
  });

  it('stays open over silence on a living connection', async () => {
    const { session } = await linked(50);
    // Twenty keepalives' time spent by the host.
    expect((await session.run(['sleep', '1'])).code).toBe(0);
    session.close();
  });

  it('ends running commands when it is closed', async () => {
    const { session } = await linked();
    const running = failureOf(session.run(['sleep', '1000']));
    session.close();
    expect(await running).toMatchObject({ exitCode: 4 });
    await session.closed;
    expect(session.alive()).toBe(false);
  });
});
