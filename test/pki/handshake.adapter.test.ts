import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type SecureVersion, type TlsOptions } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Authority } from '../../source/pki/certificate.ts';
import { createCrl } from '../../source/pki/certificate.ts';
import { inspectCertificate } from '../../source/pki/inspect.ts';
import { generateKey, keyPem } from '../../source/pki/key.ts';
import { ec, inDays, type Leaf, makeAuthority, makeLeaf, rsa } from './helpers.ts';

const pem = ({ certificate, key }: Leaf | Authority) => ({ cert: certificate, key: keyPem(key).reveal() });

/** What came of a connection, as the client sees it by reading on: "welcome", or the code of an error. */
async function dial(
  server: TlsOptions,
  client: Leaf | undefined,
  ca: string,
  host: string,
  version: SecureVersion,
): Promise<string> {
  const both = { minVersion: version, maxVersion: version };
  let refused = '';
  const listener = createServer({ requestCert: true, rejectUnauthorized: true, ...server, ...both }, (socket) => {
    socket.on('error', () => undefined);
    socket.end('welcome');
  });
  listener.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    refused = error.code ?? error.message;
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const servername = /^[\d.]+$/.test(host) ? {} : { servername: host };
  const socket = connect({ host: '127.0.0.1', port, ca, ...servername, ...(client ? pem(client) : {}), ...both });
  let heard = '';
  socket.on('data', (data) => {
    heard += data;
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    heard ||= error.code ?? error.message;
  });
  await once(socket, 'close').catch(() => undefined);
  if (!socket.closed) await once(socket, 'close');
  listener.close();
  await once(listener, 'close');
  return refused ? `refused: ${refused}` : heard;
}

describe.each<[SecureVersion, 'rsa' | 'ec']>([
  ['TLSv1.2', 'rsa'],
  ['TLSv1.3', 'rsa'],
  ['TLSv1.2', 'ec'],
  ['TLSv1.3', 'ec'],
])('%s with %s certificates', (version, algorithm) => {
  const kind = algorithm === 'rsa' ? rsa : ec;
  let authority: Authority;
  let foreign: Authority;
  let leaves: Record<'server' | 'client' | 'expired' | 'stranger', Leaf>;
  let crl: string;

  beforeAll(async () => {
    // The same name for both, so that only the signature tells them apart.
    [authority, foreign] = await Promise.all([makeAuthority(kind), makeAuthority(ec)]);
    const key = await generateKey(kind);
    const [server, client, expired, stranger] = await Promise.all([
      makeLeaf(authority, 'server', { key }),
      makeLeaf(authority, 'client', { key }),
      makeLeaf(authority, 'client', { key, days: -0.5 }),
      makeLeaf(foreign, 'client', { key }),
    ]);
    leaves = { server, client, expired, stranger };
    const revoked = [{ serial: inspectCertificate(client.certificate).serial, date: inDays(0) }];
    crl = createCrl({ authority, revoked, thisUpdate: inDays(-1), nextUpdate: inDays(1), number: 1 });
  }, 60_000);

  const options = () => ({ ca: authority.certificate, ...pem(leaves.server) });
  const enter = (client?: Leaf, more: TlsOptions = {}) =>
    dial({ ...options(), ...more }, client, authority.certificate, 'scriptchain.co', version);

  it('lets the right client in', async () => {
    expect(await enter(leaves.client)).toBe('welcome');
    expect(await dial(options(), leaves.client, authority.certificate, '127.0.0.1', version)).toBe('welcome');
  });

  it('keeps everybody else out', async () => {
    expect(await enter()).toContain('PEER_DID_NOT_RETURN_A_CERTIFICATE');
    expect(await enter(leaves.stranger)).toMatch(/refused: /);
    expect(await enter(leaves.expired)).toMatch(/refused: /);
    expect(await enter(leaves.server)).toMatch(/refused: /);
    expect(await enter(leaves.client, { crl })).toMatch(/refused: /);
  });

  it('is left by the client of a wrong server', async () => {
    const ca = authority.certificate;
    expect(await dial(options(), leaves.client, foreign.certificate, 'scriptchain.co', version)).not.toContain(
      'welcome',
    );
    expect(await dial(options(), leaves.client, ca, 'other.co', version)).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
    const posing = { ca, ...pem(leaves.client) };
    expect(await dial(posing, leaves.client, ca, 'scriptchain.co', version)).not.toContain('welcome');
  });
});
