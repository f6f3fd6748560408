import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Failure } from '../../source/plan/failure.ts';
import { UserError } from '../../source/plan/failure.ts';
import { type ConnectOptions, connect } from '../../source/ssh/session.ts';
import type { Target } from '../../source/ssh/target.ts';

const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

/** A TCP server that does with each connection what it is told. */
function serve(greet: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    greet(socket);
  });
  servers.push(server);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

const targetAt = (port: number, address = '127.0.0.1'): Target => ({
  address,
  port,
  user: 'nobody',
  identityFiles: [],
  identitiesOnly: true,
  proxyJump: [],
});
const options: ConnectOptions = { name: 'client1', knownHosts: [], trust: async () => false, timeout: 300 };

async function failureOf(target: Target, more: Partial<ConnectOptions> = {}): Promise<Failure> {
  const error = await connect(target, { ...options, ...more }).then(
    () => new Error('it connected'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof UserError) return error.failure;
  throw error;
}

describe('connect', () => {
  it('says that nothing listens there, at once', async () => {
    const port = await serve(() => {});
    await new Promise((resolve) => servers.pop()?.close(resolve));
    expect(await failureOf(targetAt(port), { timeout: 60_000 })).toEqual({
      exitCode: 4,
      host: 'client1',
      doing: `Connecting to client1 (127.0.0.1:${port})`,
      why: `refused: nothing listens on port ${port} there`,
      hint: expect.stringContaining('ssh.port'),
    });
  });

  it('says that a name is unknown', async () => {
    const failure = await failureOf(targetAt(22, 'fl-wizard-test.invalid'), { timeout: 10_000 });
    expect(failure).toMatchObject({ exitCode: 4, why: 'the name fl-wizard-test.invalid is unknown here' });
  });

  it('gives up on a server that says nothing', async () => {
    const failure = await failureOf(targetAt(await serve(() => {})));
    expect(failure).toMatchObject({ exitCode: 4, why: 'it took the connection and then said nothing more for 0.3 s' });
  });

  it('gives up on a greeting that never ends', async () => {
    const endless = (socket: Socket) => {
      const say = () => socket.write('welcome\r\n', () => setImmediate(() => socket.writable && say()));
      say();
    };
    const failure = await failureOf(targetAt(await serve(endless)), { timeout: 5000 });
    expect(failure).toMatchObject({ exitCode: 4, why: expect.stringContaining('it said "welcome"') });
  });

  it('gives up on one endless line', async () => {
    const endless = (socket: Socket) => {
      const say = () => socket.write('x'.repeat(1000), () => setImmediate(() => socket.writable && say()));
      say();
    };
    const failure = await failureOf(targetAt(await serve(endless)), { timeout: 5000 });
    expect(failure).toMatchObject({ exitCode: 4, why: expect.stringContaining('no SSH server: it said "xxx') });
  });

  it('recognizes a web server', async () => {
    const web = (socket: Socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\nX: y\r\n\r\n'));
    const failure = await failureOf(targetAt(await serve(web)), { timeout: 5000 });
    expect(failure.why).toBe('what answers there is no SSH server: it said "HTTP/1.1 400 Bad Request"');
  });

  it('shows nothing of a greeting that could move a cursor', async () => {
    const evil = (socket: Socket) => socket.end('\x1b]0;evil\x07\x1b[2J\u202e\r\n');
    const failure = await failureOf(targetAt(await serve(evil)), { timeout: 5000 });
    expect(JSON.stringify(failure)).not.toMatch(/\\u001b|\\u0007|\u202e/);
  });

  it('tries again where it is turned away, then says so', async () => {
    let times = 0;
    const busy = (socket: Socket) => {
      times++;
      socket.end('Exceeded MaxStartups\r\n');
    };
    const failure = await failureOf(targetAt(await serve(busy)), { timeout: 5000 });
    expect(failure.why).toBe('it turned the connection away: Exceeded MaxStartups');
    expect(times).toBe(5);
  });

  it('ends in the key exchange where the other side breaks off', async () => {
    const half = (socket: Socket) => socket.end('SSH-2.0-half\r\n');
    const failure = await failureOf(targetAt(await serve(half)), { timeout: 5000 });
    expect(failure).toMatchObject({ exitCode: 4, why: expect.stringContaining('no agreement on how to talk') });
  });

  it('ends by the signal with its reason', async () => {
    const controller = new AbortController();
    const port = await serve(() => controller.abort(new Error('stopped by the user')));
    const connecting = connect(targetAt(port), { ...options, timeout: 60_000, signal: controller.signal });
    await expect(connecting).rejects.toThrow('stopped by the user');
    await expect(connect(targetAt(port), { ...options, signal: controller.signal })).rejects.toThrow('stopped by');
  });
});
