/** The way to the server, climbed by the real agent over sockets that behave as firewalls and proxies do. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completeNetwork, type Member, type Network } from '../../source/network/network.ts';
import { createAuthority } from '../../source/pki/certificate.ts';
import { generateKey, keyPem } from '../../source/pki/key.ts';
import type { Endpoint } from '../../source/plan/host-facts.ts';
import type { Climbed, Way } from '../../source/plan/way.ts';
import { Agent, type AgentHost } from '../../source/world/agent.ts';
import { Calls } from '../../source/world/calls.ts';
import type { Connections } from '../../source/world/connections.ts';
import { Remote } from '../../source/world/remote.ts';
import { Transcript } from '../../source/world/transcript.ts';
import { tryWays } from '../../source/world/way.ts';
import { freePort, root } from '../helpers/wizard.ts';
import { scratch } from './child.ts';
import { unasked } from './here.ts';
import { runner } from './runner.ts';

const directory = scratch();
const transcript = new Transcript(directory, true);
const home = join(directory, 'home');
mkdirSync(home);
const host = runner(home);
/** Every host is this machine. */
const connections = {
  session: async () => host,
  agentHost: async ({ name }: Member): Promise<AgentHost> => ({ name, python: 'python3' }),
} as unknown as Connections;
const remote = new Remote(
  new Calls({ agent: new Agent(join(root, 'templates', 'host')), connections, sudo: unasked, transcript }),
);
const servers: Server[] = [];
const children: ReturnType<typeof spawn>[] = [];
let port = 0;

beforeAll(async () => {
  port = await freePort();
});
afterAll(() => {
  for (const server of servers) server.close();
  for (const child of children) child.kill('SIGKILL');
});

/** A network whose clients dial these places. */
function networkOf(dials: readonly string[]): Network {
  return completeNetwork({
    version: 1,
    name: 'xray',
    flower: { port },
    server: { address: '127.0.0.1', ssh: { host: 'server' } },
    clients: dials.map((dial, at) => ({ name: `client${at + 1}`, ssh: { host: `c${at}` }, dial })),
  });
}

async function ways(dials: readonly string[], running?: Endpoint): Promise<readonly Way[]> {
  const network = networkOf(dials);
  const signal = new AbortController().signal;
  const tried = await tryWays({ directory, remote, parallel: 16 }, network, network.clients, running, signal);
  const found = await Promise.all(tried.ways.values());
  await tried.closed;
  return found;
}

async function climbed(dial: string): Promise<Climbed> {
  const [way] = await ways([dial]);
  if (!way || !('climbed' in way)) throw new Error(`not climbed: ${way?.untried}`);
  return way.climbed;
}

async function listening(server: Server): Promise<string> {
  servers.push(server);
  // Who comes hangs up as it likes.
  server.on('connection', (socket) => socket.on('error', () => undefined));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Something between that passes bytes on to the server's port, and does as it likes with those who come. */
const between = (meddle: (guest: Socket, onward: Socket) => void) =>
  listening(
    createServer((guest) => {
      const onward = connect(port, '127.0.0.1');
      for (const socket of [guest, onward]) socket.on('error', () => undefined);
      guest.on('close', () => onward.destroy());
      onward.on('close', () => guest.end());
      meddle(guest, onward);
    }),
  );

/** A port whose queue is full: what is sent there gets no answer, as behind a firewall that drops. */
async function full(): Promise<string> {
  const script = `import socket, sys
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(0)
held = [socket.socket() for _ in range(4)]
for each in held: each.setblocking(False); each.connect_ex(s.getsockname())
print(s.getsockname()[1], flush=True); sys.stdin.read()`;
  const child = spawn('python3', ['-c', script]);
  children.push(child);
  for await (const line of createInterface({ input: child.stdout })) return `127.0.0.1:${line}`;
  throw new Error('no port');
}

describe('the way to the server', () => {
  it('is climbed by all clients at once, and the port is closed again', async () => {
    const found = await ways([`127.0.0.1:${port}`, `localhost:${port}`]);
    expect(found).toEqual([
      { climbed: { rung: 'top', from: '127.0.0.1', to: '127.0.0.1', seenAs: '127.0.0.1', tls: true } },
      { climbed: expect.objectContaining({ rung: 'top', tls: true }) },
    ]);
    // A port that is free now may be somebody else's by then; nobody listens on this one.
    expect(await climbed('127.0.0.1:1')).toMatchObject({ rung: 'tcp', trouble: 'refused' });
    // Our listener ends with its stream: the port can be had at once.
    const again = await ways([`127.0.0.1:${port}`]);
    expect(again).toEqual([{ climbed: expect.objectContaining({ rung: 'top' }) }]);
  });

  it('is climbed by many at once, and who hangs up ends nobody else’s', async () => {
    const found = await ways(Array.from({ length: 12 }, () => `127.0.0.1:${port}`));
    expect(found.map((way) => 'climbed' in way && [way.climbed.rung, way.climbed.trouble])).toEqual(
      Array(12).fill(['top', undefined]),
    );
  });

  it('breaks at a name that nobody knows', async () => {
    expect(await climbed('nowhere.invalid:9092')).toEqual({ rung: 'dns', trouble: expect.any(String), tls: true });
  });

  it('breaks where nothing answers', async () => {
    expect(await climbed(await full())).toMatchObject({ rung: 'tcp', trouble: 'timeout' });
  });

  it('breaks at another server', async () => {
    const web = await listening(createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    expect(await climbed(web)).toMatchObject({ rung: 'hello', trouble: 'other', said: 'HTTP/1.1 400 Bad Request' });
  });

  it('breaks at a balancer with nothing behind it', async () => {
    const balancer = await listening(createServer((socket) => socket.end()));
    expect(await climbed(balancer)).toMatchObject({ rung: 'hello', trouble: 'closed' });
  });

  it('breaks at one that resets', async () => {
    const guard = await between((guest, onward) => {
      guest.pipe(onward);
      onward.once('data', () => guest.resetAndDestroy());
    });
    expect(await climbed(guard)).toMatchObject({ rung: 'hello', trouble: 'reset' });
  });

  it('breaks where a megabyte does not pass', async () => {
    const narrow = await between((guest, onward) => {
      let passed = 0;
      onward.pipe(guest);
      // What is too large is lost without a word.
      guest.on('data', (chunk) => {
        passed += chunk.length;
        if (passed < 10_000) onward.write(chunk);
      });
    });
    expect(await climbed(narrow)).toMatchObject({ rung: 'transfer', trouble: 'timeout', seenAs: '127.0.0.1' });
  });

  it('breaks where TLS is ended', async () => {
    const guard = await between((guest, onward) => {
      onward.pipe(guest);
      guest.once('data', (chunk: Buffer) => {
        if (chunk[0] === 0x16) guest.resetAndDestroy();
        else {
          onward.write(chunk);
          guest.pipe(onward);
        }
      });
    });
    expect(await climbed(guard)).toMatchObject({ rung: 'tls', trouble: 'reset' });
  });

  it('names who opens TLS by the certificate that is shown', async () => {
    const key = await generateKey({ algorithm: 'ec' });
    const certificate = createAuthority({
      subject: [
        ['O', 'Corp'],
        ['CN', 'TLS proxy'],
      ],
      key,
      digest: 'sha256',
      notBefore: new Date(Date.now() - 1000),
      notAfter: new Date(Date.now() + 1e6),
    });
    const opener = createTlsServer({ cert: certificate, key: keyPem(key).reveal() });
    opener.on('tlsClientError', () => undefined);
    const proxy = await between((guest, onward) => {
      onward.pipe(guest);
      guest.once('data', (chunk: Buffer) => {
        guest.pause();
        guest.unshift(chunk);
        if (chunk[0] === 0x16) {
          onward.unpipe(guest);
          opener.emit('connection', guest);
        } else guest.pipe(onward);
      });
    });
    const { rung, intruder } = await climbed(proxy);
    expect({ rung, intruder }).toEqual({
      rung: 'top',
      intruder: { subject: 'O=Corp, CN=TLS proxy', issuer: 'O=Corp, CN=TLS proxy' },
    });
  });

  it('ends where the server’s host is lost in the middle', async () => {
    let streams: Duplex[] = [];
    const lossy = {
      session: async () => ({
        ...host,
        open: async (words: readonly string[]) => {
          const stream = await host.open(words);
          streams.push(stream);
          return stream;
        },
      }),
      agentHost: connections.agentHost,
    } as unknown as Connections;
    const own = new Remote(
      new Calls({ agent: new Agent(join(root, 'templates', 'host')), connections: lossy, sudo: unasked, transcript }),
    );
    const network = networkOf([`127.0.0.1:${port}`]);
    const place = { directory, remote: own, parallel: 16 };
    const tried = await tryWays(place, network, network.clients, undefined, new AbortController().signal);
    for (const stream of streams) stream.destroy();
    streams = [];
    await Promise.all(tried.ways.values());
    await tried.closed;
  });

  it('is not climbed where the port can’t be opened, and says why', async () => {
    const holder = createServer();
    servers.push(holder);
    holder.listen(port, '0.0.0.0');
    await once(holder, 'listening');
    expect(await ways(['127.0.0.1:1'])).toEqual([{ untried: expect.stringContaining('Address already in use') }]);
    await new Promise((resolve) => holder.close(resolve));
  });

  it('ends at TLS where our own server runs, and compares nothing that it can’t', async () => {
    const server = await listening(createServer((socket) => socket.end()));
    const endpoint = { host: '', port: Number(server.split(':')[1]) };
    const [way] = await ways([server], endpoint);
    expect(way).toEqual({ climbed: { rung: 'top', from: '127.0.0.1', to: '127.0.0.1', tls: false } });
  });
});
