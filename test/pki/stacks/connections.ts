/**
 * Connections in which the client says "level" and the server says it back. Who hears it was let in; with TLS 1.3 nothing
 * less shows that, since the handshake is over for the client before the server has looked at its certificate. The word
 * reads the same from both ends because openssl's server answers with the line reversed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer as createTcpServer, isIP } from 'node:net';
import { checkServerIdentity, connect, createServer, type SecureVersion, type Server, type TLSSocket } from 'node:tls';
import { type Algorithm, type CaName, type LeafName, pemOf } from './certificates.ts';

export const letIn = 'let in';
export type Version = '1.2' | '1.3';
export type Purpose = 'server' | 'client';

const hello = 'level\n';

function only(version: Version): { minVersion: SecureVersion; maxVersion: SecureVersion } {
  return { minVersion: `TLSv${version}`, maxVersion: `TLSv${version}` };
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

/** The name to be verified is a matter of its own: all connections go to 127.0.0.1. */
function to(port: number, host: string) {
  const servername = isIP(host) ? {} : { servername: host };
  const identity: typeof checkServerIdentity = (_, certificate) => checkServerIdentity(host, certificate);
  return { host: '127.0.0.1', port, ...servername, checkServerIdentity: identity };
}

export type Caller = {
  readonly algorithm: Algorithm;
  readonly version: Version;
  readonly leaf?: LeafName;
};

/** Node as a client: `letIn`, or what its connection ended with. Fails where nobody listens: that is no refusal. */
export async function dial(port: number, { algorithm, version, leaf }: Caller): Promise<string> {
  const ca = pemOf(algorithm, 'ca').cert;
  const own = leaf ? pemOf(algorithm, leaf) : {};
  const socket = connect({ ...to(port, 'scriptchain.co'), ca, ...own, ...only(version) });
  let heard = '';
  let trouble: NodeJS.ErrnoException | undefined;
  socket.on('secureConnect', () => socket.write(hello));
  socket.on('data', (data) => {
    heard += data;
    if (heard === hello) socket.end();
  });
  socket.on('error', (error) => {
    trouble ??= error;
  });
  await new Promise((resolve) => socket.once('close', resolve));
  if (trouble?.code === 'ECONNREFUSED') throw trouble;
  return heard === hello ? letIn : `${trouble?.code}: ${trouble?.message}`;
}

export type Listening = {
  readonly port: number;
  /** How many clients it has let in, and how many it has not, or that left it. */
  readonly seen: { in: number; out: number };
  readonly close: () => Promise<unknown>;
};

/** Node as a server, which lets in whom our CA has certified as a client. */
export async function listen(algorithm: Algorithm, version: Version, leaf: LeafName): Promise<Listening> {
  const options = { ...pemOf(algorithm, leaf), ca: pemOf(algorithm, 'ca').cert, ...only(version) };
  const seen = { in: 0, out: 0 };
  const server = createServer({ ...options, requestCert: true, rejectUnauthorized: true }, (socket) => {
    seen.in += 1;
    socket.on('error', () => undefined);
    socket.once('data', (data) => socket.end(data));
  });
  server.on('tlsClientError', () => {
    seen.out += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: portOf(server), seen, close: () => new Promise((resolve) => server.close(resolve)) };
}

export type Question = {
  readonly leaf: LeafName;
  readonly ca: CaName;
  readonly purpose: Purpose;
  /** A name or address that the server has to have; empty where none is asked for. */
  readonly host: string;
};

/** What Node thinks of a leaf that plays its part in a connection: empty, or why not. Nobody ends it for that. */
export async function askNode(algorithm: Algorithm, { leaf, ca: name, purpose, host }: Question): Promise<string> {
  const ca = pemOf(algorithm, name).cert;
  const tolerant = { ca, requestCert: true, rejectUnauthorized: false } as const;
  const server = createServer({ ...tolerant, ...pemOf(algorithm, purpose === 'server' ? leaf : 'server') });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'secureConnection') as Promise<[TLSSocket]>;
  const address = to(portOf(server), host || 'scriptchain.co');
  // Without a name nothing is compared.
  const check = host ? {} : { checkServerIdentity: () => undefined };
  const own = pemOf(algorithm, purpose === 'client' ? leaf : 'client');
  const dialing = connect({ ...tolerant, ...address, ...check, ...own });
  const [[listening]] = await Promise.all([accepted, once(dialing, 'secureConnect')]);
  const { authorized, authorizationError } = purpose === 'server' ? dialing : listening;
  listening.destroy();
  dialing.destroy();
  await new Promise((resolve) => server.close(resolve));
  const why = authorizationError as Error & { code?: string };
  return authorized ? '' : `${why.code ?? why}`;
}

/** All that a program printed until its end, and the first words of it that fit. */
function watch(child: ChildProcess, pattern: RegExp) {
  let text = '';
  const ended = new Promise<string>((resolve) => child.once('close', () => resolve(text)));
  const found = new Promise<RegExpExecArray>((resolve, reject) => {
    const look = (data: string) => {
      text += data;
      const match = pattern.exec(text);
      if (match) resolve(match);
    };
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', look);
    child.once('error', reject);
    child.once('close', () => reject(new Error(`it ended, and said: ${text}`)));
  });
  return { ended, found };
}

/** A program as a client: `letIn`, or all that it said until it ended by itself. */
export async function dialWith([command = '', ...words]: readonly string[]): Promise<string> {
  const child = spawn(command, words, { stdio: 'pipe' });
  // Who is refused may be gone before it has read.
  child.stdin.on('error', () => undefined);
  // Left open: at its end some clients close the connection before the answer has come.
  child.stdin.write(hello);
  const { ended, found } = watch(child, /^level$/m);
  const result = await found.then(
    () => letIn,
    () => ended,
  );
  child.kill('SIGKILL');
  await ended;
  return result;
}

export type Program = { readonly port: number; readonly stop: () => Promise<string> };

/** A program as a server, once it has said that it is ready, with its port in the first group. */
export async function listenWith([command = '', ...words]: readonly string[], ready: RegExp): Promise<Program> {
  const child = spawn(command, words, { stdio: 'pipe' });
  const { ended, found } = watch(child, ready);
  const [, port] = await found;
  const stop = () => {
    child.kill('SIGKILL');
    return ended;
  };
  return { port: Number(port), stop };
}

/** For servers that can't choose a port by themselves. Another process could take it first, but none here does. */
export async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
