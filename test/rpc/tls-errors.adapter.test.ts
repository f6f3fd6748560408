/** What grpc-js, Node and openssl say of real peers that are not as they should be, and what is made of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, connect as dialSocket, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Authority } from '../../source/pki/certificate.ts';
import { keyPem } from '../../source/pki/key.ts';
import { UserError } from '../../source/plan/failure.ts';
import { policyHint, tlsCause } from '../../source/plan/tls-errors.ts';
import { watch } from '../../source/rpc/watch.ts';
import { whoAmI } from '../../source/rpc/who-am-i.ts';
import { openBridge } from '../../source/world/bridge.ts';
import { ec, type Leaf, makeAuthority, makeLeaf, openssl as runOpenssl } from '../pki/helpers.ts';

const folder = mkdtempSync(join(tmpdir(), 'flw-tls-'));
const serverName = 'scriptchain.co';
const sans = { dns: ['other.example'], ips: [], uris: [] };
const servers: Server[] = [];
let ours: Authority;
let caFile: string;

const pair = ({ certificate, key }: Leaf) => ({ cert: certificate, key: keyPem(key).reveal() });

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const tls = (options: TlsOptions) =>
  listening(createTlsServer({ ALPNProtocols: ['h2'], ...options }).on('secureConnection', (socket) => socket.end()));
const plain = (serve: (socket: Socket) => void) =>
  listening(createServer((socket) => serve(socket.on('error', () => undefined))));

beforeAll(async () => {
  ours = await makeAuthority(ec);
  caFile = join(folder, 'ca.crt');
  writeFileSync(caFile, ours.certificate);
});
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function dialed(port: number): Promise<Socket> {
  const socket = dialSocket({ port, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect');
  return socket;
}

/** What the wizard makes of a try at the port. */
async function tried(port: number): Promise<string> {
  const bridge = await openBridge(() => dialed(port));
  const { seen } = await whoAmI({ path: bridge.path, ca: ours.certificate, serverName }, bridge.seen, 10);
  await bridge.close();
  return seen.outcome === 'unclear' ? `${seen.reason}; ${seen.hint}` : seen.outcome;
}

/** What Node's own client says of it. */
function node(port: number, more: object = {}): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', ca: ours.certificate, servername: serverName, ...more });
  return new Promise((resolve) => {
    socket.on('secureConnect', () => socket.write('PRI'));
    socket.on('error', (error) => resolve(error.message));
    socket.on('close', () => resolve('closed'));
  });
}

/** What openssl's client says of it. */
async function openssl(port: number): Promise<string> {
  const judging = ['-CAfile', caFile, '-verify_return_error', '-verify_hostname', serverName, '-purpose', 'sslserver'];
  const child = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...judging]);
  let said = '';
  child.stdout.on('data', (chunk) => (said += String(chunk)));
  child.stderr.on('data', (chunk) => (said += String(chunk)));
  child.stdin.on('error', () => undefined).end();
  await once(child, 'close');
  return said;
}

const why = (text: string) => tlsCause(text)?.why ?? `no words for: ${text}`;

describe('a server that is not ours', () => {
  const selfSigned = (): { cert: string; key: string } => {
    const words = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${serverName}`];
    const { text } = runOpenssl(...words, '-addext', `subjectAltName=DNS:${serverName}`, '-keyout', '-', '-out', '-');
    const block = (name: string) =>
      text.match(new RegExp(`-----BEGIN ${name}-----[^]*?-----END ${name}-----`))?.[0] ?? '';
    return { cert: block('CERTIFICATE'), key: block('PRIVATE KEY') };
  };
  it.each([
    [
      'of another CA',
      async () => pair(await makeLeaf(await makeAuthority(ec), 'server')),
      'not signed by this network’s CA',
    ],
    ['with another name', async () => pair(await makeLeaf(ours, 'server', { sans })), 'does not hold the name'],
    ['that has expired', async () => pair(await makeLeaf(ours, 'server', { days: -0.5 })), 'has expired'],
    ['that is a client', async () => pair(await makeLeaf(ours, 'client')), 'no server’s certificate, but a client’s'],
    ['that signed itself', async () => selfSigned(), 'that it signed itself'],
  ])('%s is named by all three', async (_, made, words) => {
    const port = await tls(await made());
    expect(await tried(port)).toContain(words);
    expect(why(await node(port))).toContain(words);
    expect(why(await openssl(port))).toContain(words);
  });

  it('ends a monitor for good, which would otherwise dial it for ever', async () => {
    const port = await tls(pair(await makeLeaf(ours, 'server', { days: -0.5 })));
    const bridge = await openBridge(() => dialed(port));
    const dial = { path: bridge.path, ca: ours.certificate, serverName };
    const watching = watch(dial, '1', 0, new AbortController().signal).next();
    const error = await watching.catch((thrown: unknown) => thrown);
    await bridge.close();
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ failure: { exitCode: 6, why: expect.stringContaining('has expired') } });
  });
});

describe('a server that refuses the client', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('is understood by its alert in %s', async (version) => {
    // OpenSSL's own server sends alerts, which Node's does not: it closes.
    const { cert, key } = pair(await makeLeaf(ours, 'server'));
    const files = { cert: join(folder, 'server.crt'), key: join(folder, 'server.key') };
    writeFileSync(files.cert, cert);
    writeFileSync(files.key, key, { mode: 0o600 });
    const words = ['s_server', '-accept', '127.0.0.1:0', '-cert', files.cert, '-key', files.key, '-CAfile', caFile];
    const child = spawn('openssl', [...words, '-Verify', '1', '-verify_return_error', '-alpn', 'h2']);
    try {
      const port = await accepting(child.stdout);
      const as = async (leaf?: Leaf) => why(await node(port, { ...(leaf ? pair(leaf) : {}), maxVersion: version }));
      expect(await as()).toMatch(version === 'TLSv1.3' ? /none was shown/ : /no client certificate that it accepts/);
      expect(await as(await makeLeaf(ours, 'client', { days: -0.5 }))).toContain('finds this certificate expired');
      expect(await as(await makeLeaf(await makeAuthority(ec, 'Else'), 'client'))).toContain('does not know the CA');
      expect(await as(await makeLeaf(ours, 'server'))).toContain('for a client’s');
    } finally {
      child.kill();
    }
  });

  /** `ACCEPT 127.0.0.1:PORT` */
  async function accepting(output: NodeJS.ReadableStream): Promise<number> {
    let said = '';
    for await (const chunk of output) {
      said += String(chunk);
      const [, port] = /ACCEPT \S*:(\d+)/.exec(said) ?? [];
      if (port !== undefined) return Number(port);
    }
    throw new Error(said);
  }
});

describe('somebody else at the port', () => {
  it.each([
    ['speaks no TLS', (socket: Socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), 'speaks no TLS'],
    [
      'resets',
      (socket: Socket) => void socket.once('data', () => socket.resetAndDestroy()),
      'the connection was reset',
    ],
  ])('that %s', async (_, serve, words) => {
    const port = await plain(serve);
    expect(why(await node(port))).toContain(words);
    expect((await tried(port)).includes('refused')).toBe(false);
  });

  it('that is nobody, or has no address', async () => {
    const port = await plain(() => undefined);
    await new Promise((done) => servers.pop()?.close(done));
    expect(why(await node(port))).toBe('nothing listens there');
    expect(why(await openssl(port))).toBe('nothing listens there');
    const unknown = await new Promise<string>((resolve) =>
      dialSocket(1, 'nowhere.invalid').on('error', (error) => resolve(error.message)),
    );
    expect(why(unknown)).toContain('could not be resolved');
  });
});

describe('words', () => {
  it('that nobody knows are left as they are', () => {
    expect(tlsCause('INTERNAL: something new')).toBeUndefined();
    expect(policyHint('something new')).toBeUndefined();
  });

  it('of the policy have a remedy', () => {
    expect(policyHint('the certificate 01ab of client1 is revoked')).toContain('certs --allow-reissue');
    expect(policyHint('spiffe://x is not on the list of clients')).toContain('fl-wizard deploy');
    expect(policyHint('this certificate of client1 is not on the list: its fingerprint differs')).toContain(
      '--only-cert',
    );
  });
});
