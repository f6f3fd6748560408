/**
 * TLS servers that no client of the network may take for its own. They run on this machine and listen nowhere: streams are
 * handed to them. Two keys are made for the occasion and exist in memory only; the others are the probes' of `certs`.
 */
import { isIP } from 'node:net';
import { join } from 'node:path';
import { type Duplex, duplexPair } from 'node:stream';
import { createServer, type Server } from 'node:tls';
import type { Network } from '../network/network.ts';
import {
  type Authority,
  authoritySubject,
  createAuthority,
  createRequest,
  createSelfSigned,
  issueCertificate,
  newSerial,
} from '../pki/certificate.ts';
import { identify } from '../pki/inspect.ts';
import { generateKey, keyPem, openCertificate } from '../pki/key.ts';
import { Secret } from '../plan/secret.ts';
import type { ServerCase } from '../plan/wrong-server.ts';
import { placesOf } from '../steps/shared.ts';
import { readLocal } from './files.ts';

type Pair = { readonly certificate: string; readonly key: Secret };

/** A host's clock may be off by hours: a certificate that is wrong by its dates too would prove nothing of its CA. */
const aroundNow = 86_400_000;

/** One that shows a certificate, and sees whether somebody goes on behind the handshake. */
export class WrongServer {
  readonly which: ServerCase;
  /** SHA-256 of what it shows. */
  readonly presented: string;
  /** Whether a client has taken it for the network's server. */
  through = false;
  readonly #server: Server;

  constructor(which: ServerCase, { certificate, key }: Pair) {
    this.which = which;
    this.presented = identify(openCertificate(certificate).raw).fingerprint;
    const asking = { requestCert: true, rejectUnauthorized: false };
    this.#server = createServer({ cert: certificate, key: key.reveal(), ALPNProtocols: ['h2'], ...asking });
    // A client that refuses ends the handshake: that is what is wanted.
    this.#server.on('tlsClientError', () => undefined);
    // Node's own client judges behind the handshake: only what it then goes on to say means that it was taken in.
    this.#server.on('secureConnection', (socket) => {
      socket
        .on('error', () => undefined)
        .once('data', () => {
          this.through = true;
          socket.end();
        });
    });
  }

  /** A stream whose other end is this server. */
  dial(): Duplex {
    const [near, far] = duplexPair();
    for (const end of [near, far]) end.on('error', () => undefined);
    this.#server.emit('connection', far);
    return near;
  }
}

/** @returns for each case the server, or why there is none */
export async function wrongServers(
  directory: string,
  network: Network,
): Promise<readonly (WrongServer | { readonly which: ServerCase; readonly missing: string })[]> {
  const { probes } = placesOf(directory, network);
  const probe = async (which: ServerCase, name: string) => {
    const [certificate, key] = await Promise.all(
      ['crt', 'key'].map((end) => readLocal(join(probes, `${name}.${end}`))),
    );
    if (!certificate || !key) return { which, missing: `.fl-wizard/probes/${name}.crt is not there: fl-wizard certs` };
    const pair = { certificate: certificate.content.toString('utf8'), key: new Secret(key.content.toString('utf8')) };
    return new WrongServer(which, pair);
  };
  return [
    new WrongServer('server-foreign', await makePair(network, false)),
    new WrongServer('server-self-signed', await makePair(network, true)),
    await probe('server-expired', 'server-expired'),
    await probe('server-client', 'unlisted'),
  ];
}

/** A server's certificate for the network's own name that the network's CA has not signed. */
async function makePair({ name, address, certificates }: Network, selfSigned: boolean): Promise<Pair> {
  const term = { notBefore: new Date(Date.now() - aroundNow), notAfter: new Date(Date.now() + aroundNow) };
  const sans = isIP(address) ? { dns: [], ips: [address], uris: [] } : { dns: [address], ips: [], uris: [] };
  const [digest, purpose] = ['sha256', 'server'] as const;
  const subject = [...certificates.subject.filter(([type]) => type !== 'CN'), ['CN', 'probe-server'] as const];
  const key = await generateKey({ algorithm: 'ec' });
  const own = { subject, key, digest, purpose, sans, ...term };
  if (selfSigned) return { certificate: createSelfSigned(own), key: keyPem(key) };
  const signer = await generateKey({ algorithm: 'ec' });
  // With the name of the network's own CA: only its key tells it apart. A leaf may not end after its CA.
  const ca = { subject: authoritySubject(certificates.subject, name), key: signer, digest, ...term } as const;
  const later = { notAfter: new Date(term.notAfter.getTime() + aroundNow) };
  const authority: Authority = { key: signer, certificate: createAuthority({ ...ca, ...later }) };
  const certificate = issueCertificate({ ...own, authority, request: createRequest(own), serial: newSerial() });
  return { certificate, key: keyPem(key) };
}
