import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect as dialSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Authority } from '../../source/pki/certificate.ts';
import { keyPem } from '../../source/pki/key.ts';
import type { ServerEvent } from '../../source/plan/event.ts';
import { exit, UserError } from '../../source/plan/failure.ts';
import { descriptors } from '../../source/rpc/descriptors.ts';
import type { Dial, Identity } from '../../source/rpc/dial.ts';
import { Crowded, eventsOf, Interrupted, watch } from '../../source/rpc/watch.ts';
import { whoAmI } from '../../source/rpc/who-am-i.ts';
import { openBridge } from '../../source/world/bridge.ts';
import { ec, makeAuthority, makeLeaf } from '../pki/helpers.ts';

const folder = mkdtempSync(join(tmpdir(), 'flw-rpc-'));
const path = join(folder, 's');

/** The same descriptors as the hosts have; the server's side is made here. */
const packages = loadFileDescriptorSetFromBuffer(Buffer.from(descriptors, 'base64'), { longs: Number, oneofs: true });
function service(name: string) {
  const found = packages[name];
  if (!found || 'format' in found) throw new Error(`no service ${name}`);
  return found;
}

type Watched = ServerWritableStream<{ after: number; run: string }, unknown>;
let authority: Authority;
let server: Server;
/** What the server does with a watcher, and with one who asks who he is. */
let serve: (call: Watched) => void = (call) => call.end();
/** Members that a newer server has, in bytes. */
let later = Buffer.alloc(0);

/** A short answer with them, in its event and behind it. */
function withLater(answer: Buffer): Buffer {
  if (later.length === 0) return answer;
  const event = Buffer.concat([answer.subarray(2), later]);
  return Buffer.concat([answer.subarray(0, 1), Buffer.from([event.length]), event, later]);
}
let answerWho: { code: number; details: string } | { name: string; uri: string; fingerprint: string };
let operator: Identity;

const monitor = { Watch: (call: Watched) => serve(call) };
const identities = {
  WhoAmI: (_call: ServerUnaryCall<unknown, unknown>, done: sendUnaryData<unknown>) =>
    'code' in answerWho ? done(answerWho) : done(null, answerWho),
};

const identity = async (by: Authority): Promise<Identity> => {
  const { certificate, key } = await makeLeaf(by, 'client');
  return { certificate, key: keyPem(key) };
};

beforeAll(async () => {
  authority = await makeAuthority(ec);
  const { certificate, key } = await makeLeaf(authority, 'server');
  operator = await identity(authority);
  server = new Server();
  const definition = service('flwizard.monitor.v1.MonitorService');
  const method = definition.Watch;
  if (!method) throw new Error('no Watch');
  const responseSerialize = (value: object) => withLater(method.responseSerialize(value));
  server.addService({ ...definition, Watch: { ...method, responseSerialize } }, monitor);
  server.addService(service('flwizard.identity.v1.IdentityService'), identities);
  const pair = { private_key: Buffer.from(keyPem(key).reveal()), cert_chain: Buffer.from(certificate) };
  const credentials = ServerCredentials.createSsl(Buffer.from(authority.certificate), [pair], true);
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix:${path}`, credentials, (error) => (error ? reject(error) : resolve())),
  );
});
afterAll(() => {
  server.forceShutdown();
  rmSync(folder, { recursive: true, force: true });
});

const dial = (more: Partial<Dial> = {}): Dial => ({
  path,
  ca: authority.certificate,
  identity: operator,
  serverName: 'scriptchain.co',
  ...more,
});
const endless = new AbortController().signal;

async function all(events: AsyncIterable<readonly ServerEvent[]>): Promise<ServerEvent[]> {
  const found: ServerEvent[] = [];
  for await (const together of events) found.push(...together);
  return found;
}

const message = (sequence: number, kind: string, body: object) => ({
  event: { sequence, run: '1', time: '2026-11-20T09:41:00.000Z', [kind]: body },
});

describe('watching', () => {
  it('asks for what is missing, and gives each event as the journal has it', async () => {
    let asked: unknown;
    serve = (call) => {
      asked = call.request;
      call.write(message(8, 'run_started', { rounds: 3, min_clients: 2, round_timeout: 1800, clients: ['client1'] }));
      call.write(message(9, 'server_started', { port: 9092, monitor_port: 40_000 }));
      call.write(message(10, 'server_started', { port: 9092, monitor_port: 40_000, resumed_after: 0 }));
      call.write(
        message(11, 'phase_changed', {
          phase: 'waiting',
          round: 0,
          rounds: 3,
          waiting: { have: 1, need: 2, missing: ['client2'] },
        }),
      );
      call.write(
        message(12, 'client_changed', { client: 'client1', state: 'training', bytes_up: 5_000_000_000, loss: 0 }),
      );
      call.write(
        message(13, 'round_finished', {
          round: 1,
          rounds: 3,
          seconds: 1.5,
          fit: { ok: 2, failed: 0 },
          evaluate: { ok: 1, failed: 1 },
          metrics: [
            { key: 'val_accuracy', value: 0.5 },
            { key: 'f1', value: Number.NaN },
          ],
          failures: [{ client: 'client2', phase: 'evaluate', reason: 'timed out' }],
          not_finite: ['f1'],
        }),
      );
      call.write(message(14, 'run_finished', { outcome: 'changed' }));
      call.end();
    };
    const events = await all(watch(dial(), '1', 7, endless));
    expect(asked).toMatchObject({ after: 7, run: '1' });
    const common = (sequence: number, type: string) => ({ type, sequence, run: '1', time: '2026-11-20T09:41:00.000Z' });
    expect(events).toEqual([
      {
        ...common(8, 'run-started'),
        rounds: 3,
        minClients: 2,
        roundTimeout: 1800,
        flower: '',
        strategy: '',
        clients: ['client1'],
      },
      { ...common(9, 'server-started'), port: 9092, monitorPort: 40_000 },
      { ...common(10, 'server-started'), port: 9092, monitorPort: 40_000, resumedAfter: 0 },
      {
        ...common(11, 'phase-changed'),
        phase: 'waiting',
        round: 0,
        rounds: 3,
        waiting: { have: 1, need: 2, missing: ['client2'] },
      },
      {
        ...common(12, 'client-changed'),
        client: 'client1',
        state: 'training',
        bytesUp: 5_000_000_000,
        loss: 0,
      },
      {
        ...common(13, 'round-finished'),
        round: 1,
        rounds: 3,
        seconds: 1.5,
        fit: { ok: 2, failed: 0 },
        evaluate: { ok: 1, failed: 1 },
        metrics: { val_accuracy: 0.5 },
        failures: [{ client: 'client2', phase: 'evaluate', reason: 'timed out' }],
        notFinite: ['f1'],
      },
      { ...common(14, 'run-finished'), outcome: 'changed' },
    ]);
  });

  it('makes no metrics where the journal has none, but for a round', async () => {
    serve = (call) => {
      call.write(message(1, 'client_changed', { client: 'c', state: 'connected' }));
      call.write(message(2, 'round_finished', { round: 1, rounds: 1, fit: { ok: 1 }, evaluate: { ok: 1 } }));
      call.end();
    };
    const [change, round] = await all(watch(dial(), '1', 0, endless));
    expect(change).not.toHaveProperty('metrics');
    expect(round).toMatchObject({ metrics: {} });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'leaves out a loss of %d, which no journal could hold',
    async (loss) => {
      serve = (call) => {
        call.write(message(1, 'client_changed', { client: 'c', state: 'idle', loss, seconds: 1 }));
        call.end();
      };
      const [event] = await all(watch(dial(), '1', 0, endless));
      expect(event).toMatchObject({ seconds: 1 });
      expect(event).not.toHaveProperty('loss');
      expect(JSON.stringify(event)).not.toContain('null');
    },
  );

  it('ends when it is told to, also in the middle of a silence', async () => {
    const controller = new AbortController();
    serve = (call) => void call.write(message(1, 'notice', { text: 'hello' }));
    const seen: ServerEvent[] = [];
    for await (const together of watch(dial(), '1', 0, controller.signal)) {
      seen.push(...together);
      controller.abort();
    }
    expect(seen).toHaveLength(1);
  });

  it.each([
    [status.PERMISSION_DENIED, UserError],
    [status.UNAUTHENTICATED, UserError],
    [status.UNAVAILABLE, Interrupted],
    [status.NOT_FOUND, Interrupted],
  ])('that ends with %i is final or may be tried again', async (code, kind) => {
    serve = (call) => void call.emit('error', { code, details: 'no operator' });
    const error = await all(watch(dial(), '1', 0, endless)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(kind);
    if (error instanceof UserError)
      expect(error.failure).toMatchObject({ exitCode: exit.proof, why: expect.stringContaining('no operator') });
  });

  it.each([
    ['16 watch it already, and it serves no more', Crowded],
    ['Concurrent RPC limit exceeded!', Crowded],
    ['Received message larger than max (5000000 vs 4194304)', Interrupted],
  ])('that found no place says so: %s', async (details, kind) => {
    serve = (call) => void call.emit('error', { code: status.RESOURCE_EXHAUSTED, details });
    const error = await all(watch(dial(), '1', 0, endless)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(kind);
    if (error instanceof Crowded)
      expect(error.failure).toMatchObject({ exitCode: exit.remote, why: expect.stringContaining(details) });
  });

  it('passes over members that a newer server sends, and kinds that it has', async () => {
    later = Buffer.from('fa3e036e6577', 'hex'); // field 1007, a text
    serve = (call) => {
      call.write(message(1, 'notice', { text: 'hello' }));
      // That is what its oneof holds, which nobody here knows: only the marks are left of it.
      call.write({ event: { sequence: 2, run: '1', time: '2026-11-20T09:41:00.000Z' } });
      call.write(message(3, 'run_finished', { outcome: 'changed' }));
      call.end();
    };
    const events = await all(watch(dial(), '1', 0, endless)).finally(() => {
      later = Buffer.alloc(0);
    });
    expect(events.map(({ type, sequence }) => [type, sequence])).toEqual([
      ['notice', 1],
      ['run-finished', 3],
    ]);
    expect(events[0]).toEqual({
      type: 'notice',
      text: 'hello',
      sequence: 1,
      run: '1',
      time: '2026-11-20T09:41:00.000Z',
    });
  });

  it('of a server that is not there may be tried again', async () => {
    await expect(all(watch(dial({ path: join(folder, 'none') }), '1', 0, endless))).rejects.toBeInstanceOf(Interrupted);
  });

  it('takes one event or several of a message, and none of an empty one', () => {
    const told = { type: 'notice', text: 'hello', sequence: 3, run: '1', time: 't' };
    expect(eventsOf({ event: told })).toEqual([told]);
    expect(eventsOf({ events: [told, told] })).toEqual([told, told]);
    expect(eventsOf({ event: { ...told, type: 'round-finished' } })).toEqual([
      { ...told, type: 'round-finished', metrics: {} },
    ]);
    for (const empty of [{}, { events: [] }]) expect(eventsOf(empty)).toEqual([]);
  });
});

describe('who am I', () => {
  const accepted = { name: 'client1', uri: 'spiffe://x/fl/client/client1', fingerprint: '00' };
  /** Through a bridge, as a proof goes: it knows what happened below the RPC. */
  const bridged = (to = path) =>
    openBridge(async () => {
      const socket = dialSocket({ path: to, allowHalfOpen: true });
      await once(socket, 'connect');
      return socket;
    });
  async function through(given: Dial, to = path) {
    const bridge = await bridged(to);
    try {
      return (await whoAmI({ ...given, path: bridge.path }, bridge.seen, 10)).seen;
    } finally {
      await bridge.close();
    }
  }

  it('tells the identity that the server read', async () => {
    answerWho = accepted;
    expect(await through(dial())).toEqual({ outcome: 'accepted', identity: accepted.uri });
    answerWho = { ...accepted, uri: '' };
    expect(await through(dial())).toEqual({ outcome: 'accepted', identity: 'client1' });
  });

  it.each([
    [undefined, 'TLSv1.3'],
    ['TLS 1.2', 'TLSv1.2'],
  ] as const)(
    'tells what was negotiated (at most %s) as Node’s own TLS does, and both certificates',
    async (limit, version) => {
      answerWho = accepted;
      const bridge = await bridged();
      const more = limit ? { limit } : {};
      const heard = await whoAmI({ ...dial(more), path: bridge.path }, bridge.seen, 10);
      await bridge.close();
      const socket = connect({
        socket: dialSocket(path),
        ca: authority.certificate,
        host: 'x',
        maxVersion: version,
        cert: operator.certificate,
        key: operator.key.reveal(),
        ALPNProtocols: ['h2'],
        checkServerIdentity: () => undefined,
      });
      await once(socket, 'secureConnect');
      const raw = (pem: string | Buffer) => new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();
      expect(heard).toMatchObject({
        tls: { version: (socket.getProtocol() ?? '').replace('v', ' '), cipher: socket.getCipher().standardName },
        shown: raw(operator.certificate),
        presented: {
          fingerprint: raw(socket.getPeerCertificate().raw),
          notAfter: new Date(socket.getPeerCertificate().valid_to).toISOString(),
        },
        word: { uri: accepted.uri, fingerprint: accepted.fingerprint },
      });
      socket.destroy();
    },
  );

  it('is told version and cipher of a connection that is then refused', async () => {
    const bridge = await bridged();
    const { identity: _, ...nobody } = dial();
    const heard = await whoAmI({ ...nobody, path: bridge.path }, bridge.seen, 10);
    await bridge.close();
    expect(heard).toMatchObject({ seen: { outcome: 'refused' }, tls: { version: 'TLS 1.3' } });
    expect(heard).not.toHaveProperty('word');
  });

  it('tells a refusal by policy, with its reason', async () => {
    answerWho = { code: status.PERMISSION_DENIED, details: 'revoked' };
    expect(await through(dial())).toEqual({ outcome: 'refused', by: 'policy', reason: 'revoked' });
  });

  it('without a certificate, or with a foreign one, is refused in the handshake', async () => {
    answerWho = accepted;
    const { identity: _, ...nobody } = dial();
    expect(await through(nobody)).toMatchObject({ outcome: 'refused', by: 'handshake' });
    const foreign = await identity(await makeAuthority(ec));
    expect(await through(dial({ identity: foreign }))).toMatchObject({ outcome: 'refused', by: 'handshake' });
  });

  it('at a server that is not ours proves nothing: another CA, another name', async () => {
    answerWho = accepted;
    expect(await through(dial({ ca: (await makeAuthority(ec)).certificate }))).toMatchObject({ outcome: 'unclear' });
    expect(await through(dial({ serverName: 'other.example' }))).toMatchObject({ outcome: 'unclear' });
    // An address counts where the certificate holds it.
    expect(await through(dial({ serverName: '127.0.0.1' }))).toMatchObject({ outcome: 'accepted' });
  });

  it.each([
    ['says nothing and closes', (socket: NodeJS.WritableStream) => void socket.end()],
    ['speaks HTTP', (socket: NodeJS.WritableStream) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('at a port that %s proves nothing', async (_, answer) => {
    const other = join(folder, `other-${Math.random()}`);
    const fake = createServer((socket) => {
      socket.on('error', () => undefined);
      answer(socket);
    }).listen(other);
    await once(fake, 'listening');
    expect((await through(dial(), other)).outcome).toBe('unclear');
    fake.close();
  });

  it('through a bridge that reaches nobody is unclear, with the reason', async () => {
    const bridge = await openBridge(async () => {
      throw new Error('a firewall drops it');
    });
    expect((await whoAmI(dial({ path: bridge.path }), bridge.seen, 10)).seen).toEqual({
      outcome: 'unclear',
      reason: 'a firewall drops it',
      said: 'a firewall drops it',
    });
    await bridge.close();
  });
});
