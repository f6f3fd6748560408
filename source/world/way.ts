/**
 * Tries the way from each client's host to the server's port, before Flower listens there: a listener of ours is opened on
 * the server's host for those seconds. It shows a certificate made for this once, so that whoever opens TLS on the way is
 * known by another one.
 */
import { randomBytes, X509Certificate } from 'node:crypto';
import pLimit from 'p-limit';
import * as z from 'zod';
import { type Member, type Network, splitHostPort } from '../network/network.ts';
import { isAddress } from '../pki/names.ts';
import { failureOf } from '../plan/failure.ts';
import type { Endpoint } from '../plan/host-facts.ts';
import type { Secret } from '../plan/secret.ts';
import type { Climbed, Way, Ways } from '../plan/way.ts';
import { pairOf, placesOf } from '../steps/shared.ts';
import { checked, known, present } from './answer.ts';
import { readLocal } from './files.ts';
import type { Remote } from './remote.ts';

/** What the listener on the server's host is, for those who come to it. */
type Listening = {
  readonly port: number;
  /** Only the listener knows it; absent where the running server answers. */
  readonly token?: string;
  /** The certificate that TLS has to show; absent where that can't be tried. */
  readonly certificate?: string;
  /** Resolves when the port is nobody's again. */
  close(): Promise<void>;
};

type Place = {
  readonly directory: string;
  readonly remote: Remote;
  /** Hosts at once. */
  readonly parallel: number;
};

const words = z.string().transform((text) => text.slice(0, 300));
const answer = z
  .object({
    rung: z.enum(['dns', 'tcp', 'hello', 'transfer', 'tls', 'top']),
    trouble: known(words),
    said: known(words),
    from: known(words),
    to: known(words),
    seenAs: known(words),
    certificate: known(z.string().max(65_536)),
  })
  .transform((value) => present(value) as Omit<Climbed, 'tls' | 'intruder'> & { readonly certificate?: string });

export async function tryWays(
  { directory, remote, parallel }: Place,
  network: Network,
  clients: readonly Member[],
  running: Endpoint | undefined,
  signal: AbortSignal,
): Promise<Ways> {
  const listening = running
    ? await runningServer(directory, network, running)
    : await listen(remote, network, signal).catch((error: unknown) => failureOf(error, 'Opening the port').why);
  if (typeof listening === 'string') {
    const untried = { untried: listening };
    return { ways: new Map(clients.map(({ name }) => [name, Promise.resolve(untried)])), closed: Promise.resolve() };
  }
  const limit = pLimit(parallel);
  const ways = clients.map((client) => [client.name, limit(() => climb(remote, client, listening, signal))] as const);
  const closed = Promise.allSettled(ways.map(([, way]) => way)).then(() => listening.close());
  return { ways: new Map(ways), closed };
}

/** The running server shows its own certificate. */
async function runningServer(directory: string, network: Network, { port }: Endpoint): Promise<Listening> {
  const file = await readLocal(pairOf(placesOf(directory, network), 'server').certificate);
  const certificate = file && certificateIn(file.content);
  return { port, ...(certificate ? { certificate } : {}), close: async () => undefined };
}

async function listen(remote: Remote, network: Network, signal: AbortSignal): Promise<Listening> {
  const { port } = network.flower;
  const { pem, key } = await throwawayPair(network);
  const token = randomBytes(16).toString('hex');
  const request = { verb: 'listen', port, token, certificate: pem, key: key.reveal() };
  const stream = await remote.open(network.server, request, `Opening port ${port} on the server's host`);
  const cut = () => stream.destroy();
  // Known from the start: a host that is lost meanwhile says it once.
  const ended = new Promise<void>((resolve) => stream.once('close', resolve));
  stream.on('error', () => undefined).resume();
  signal.addEventListener('abort', cut, { once: true });
  return {
    port,
    token,
    certificate: new X509Certificate(pem).raw.toString('base64'),
    async close() {
      signal.removeEventListener('abort', cut);
      // It ends with its standard input, and the stream with it.
      stream.end();
      let impatient: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        impatient = setTimeout(resolve, goodbye);
      });
      await Promise.race([ended, late]);
      clearTimeout(impatient);
      cut();
    },
  };
}

/** Good for this once: its key is known to two machines, and to no disk. */
async function throwawayPair(network: Network): Promise<{ readonly pem: string; readonly key: Secret }> {
  const [{ createAuthority, createRequest, issueCertificate, newSerial }, { generateKey, keyPem }] = await Promise.all([
    import('../pki/certificate.ts'),
    import('../pki/key.ts'),
  ]);
  const now = Date.now();
  const digest = 'sha256';
  const notBefore = new Date(now - eitherWay);
  const term = (days: number) => ({ digest, notBefore, notAfter: new Date(now + days * eitherWay) }) as const;
  const [own, key] = await Promise.all([generateKey({ algorithm: 'ec' }), generateKey({ algorithm: 'ec' })]);
  const authority = {
    certificate: createAuthority({ ...term(2), subject: [['CN', 'fl-wizard preflight']], key: own }),
    key: own,
  };
  const address = isAddress(network.address);
  const sans = { dns: address ? [] : [network.address], ips: address ? [network.address] : [], uris: [] };
  const request = createRequest({ subject: [['CN', network.address]], purpose: 'server', sans, key, digest });
  const pem = issueCertificate({ ...term(1), authority, request, purpose: 'server', sans, serial: newSerial() });
  return { pem, key: keyPem(key) };
}

/** A listener that does not end is cut off after this many milliseconds. */
const goodbye = 3000;

/** A day, whatever the hosts' clocks say. Milliseconds. */
const eitherWay = 86_400_000;

async function climb(remote: Remote, client: Member, listening: Listening, signal: AbortSignal): Promise<Way> {
  const { host } = splitHostPort(client.dial);
  const port = client.dialWritten ? splitHostPort(client.dial).port : listening.port;
  const tls = listening.certificate !== undefined;
  const request = { verb: 'climb', host, port, token: listening.token ?? null, tls };
  try {
    const { certificate, ...climbed } = checked(
      answer,
      await remote.call(client, request, `Trying the way from ${client.name}`, { signal }),
    );
    const intruder =
      certificate !== undefined && certificate !== listening.certificate ? namesOf(certificate) : undefined;
    return { climbed: { ...climbed, tls, ...(intruder ? { intruder } : {}) } };
  } catch (error) {
    if (signal.aborted) throw error;
    return { untried: failureOf(error, 'Trying the way').why };
  }
}

function certificateIn(content: Buffer): string | undefined {
  try {
    return new X509Certificate(content).raw.toString('base64');
  } catch {
    return undefined;
  }
}

/** Whose a certificate is that nobody asked for. It comes from a stranger, and may be none. */
function namesOf(certificate: string): { readonly subject: string; readonly issuer: string } {
  try {
    const { subject, issuer } = new X509Certificate(Buffer.from(certificate, 'base64'));
    return { subject: oneLine(subject), issuer: oneLine(issuer) };
  } catch {
    return { subject: 'unreadable', issuer: 'unreadable' };
  }
}

const oneLine = (name: string) => name.replace(/\s*\n\s*/g, ', ').slice(0, 200);
