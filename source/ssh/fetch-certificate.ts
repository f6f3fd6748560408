import type { Duplex } from 'node:stream';
import type { FetchedCertificate } from './certificate-lookup.ts';
import { certificateAlgorithms } from './host-key-algorithms.ts';
import { Incoming } from './incoming.ts';
import { greeting, message, packet, proposal, readProposal, readReply, start } from './key-exchange.ts';
import { plain } from './said.ts';

/**
 * Asks a host for its certificate. ssh2 can't negotiate one, so this says just enough on a connection of its own that
 * the host shows it. Nothing here proves that the host has its key, and nothing has to: the certificate binds a
 * plain key to names by the CA's signature, and that the host holds this plain key is proved by ssh2's key exchange.
 * @param keyType the type of the plain key that is already shown, the first to ask for
 * @param stop ends it
 */
export async function fetchCertificate(
  dial: () => Promise<Duplex>,
  keyType: string,
  stop: AbortSignal,
): Promise<FetchedCertificate> {
  let stream: Duplex | undefined;
  const end = () => stream?.destroy(new Error('it took too long'));
  stop.addEventListener('abort', end, { once: true });
  try {
    stream = await dial();
    // A stream that fails after all was read must not end the program.
    stream.on('error', () => undefined);
    if (stop.aborted) end();
    return await converse(stream, certificateAlgorithms(keyType));
  } catch (error) {
    return { problem: plain(error instanceof Error ? error.message : String(error)) };
  } finally {
    stop.removeEventListener('abort', end);
    stream?.destroy();
  }
}

async function converse(stream: Duplex, algorithms: readonly string[]): Promise<FetchedCertificate> {
  const incoming = new Incoming(stream);
  stream.write(Buffer.concat([Buffer.from(greeting), packet(proposal(algorithms))]));
  await incoming.greeting();
  const theirs = readProposal(await next(incoming, message.keyExchangeInit));
  if (!theirs) return { problem: 'it sent no packet of SSH' };
  // It would close the connection without a word about why.
  if (!algorithms.some((algorithm) => theirs.hostKeyAlgorithms.includes(algorithm))) return { none: true };
  const opening = start(theirs.keyExchanges);
  if (!opening) return { problem: `no key exchange in common (it has ${theirs.keyExchanges.join(', ')})` };
  stream.write(packet(opening));
  const blob = readReply(await next(incoming, message.keyExchangeReply));
  return blob ? { blob } : { problem: 'it sent no packet of SSH' };
}

/** The next message of a kind; others (ignore, debug) may come before it at any time. */
async function next(incoming: Incoming, kind: number): Promise<Buffer> {
  for (;;) {
    const payload = await incoming.packet();
    if (payload[0] === kind) return payload;
    if (payload[0] === message.disconnect) throw new Error('it ended the connection');
  }
}
