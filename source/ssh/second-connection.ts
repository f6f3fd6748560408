import type { Duplex } from 'node:stream';
import type { Hop } from './attempt.ts';
import type { FetchedCertificate } from './certificate-lookup.ts';
import { type ConnectOptions, defaultTimeout } from './connect-options.ts';
import { dial } from './dial.ts';
import { fetchCertificate } from './fetch-certificate.ts';

type Way = Pick<Hop, 'target' | 'over'>;

/** Asks a host that is being connected to for its certificate, on one more connection that goes the same way. */
export function certificateOf(way: Way, keyType: string, options: ConnectOptions): Promise<FetchedCertificate> {
  const limit = AbortSignal.timeout(way.target.connectTimeout ?? options.timeout ?? defaultTimeout);
  const stop = options.signal ? AbortSignal.any([limit, options.signal]) : limit;
  return fetchCertificate(() => dialAgain(way, stop), keyType, stop);
}

async function dialAgain({ target, over }: Way, stop: AbortSignal): Promise<Duplex> {
  if (!over) return dial(target);
  return new Promise((resolve, reject) => {
    stop.addEventListener('abort', () => reject(new Error('it took too long')), { once: true });
    over.client.forwardOut('127.0.0.1', 0, target.address, target.port, (error, channel) => {
      if (error) reject(error);
      else if (stop.aborted) channel.close();
      else resolve(channel);
    });
  });
}
