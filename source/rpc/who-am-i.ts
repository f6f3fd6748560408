/** One real RPC at the training port: who does the server say that we are? Never `Join`. */
import { status } from '@grpc/grpc-js';
import type { Seen } from '../plan/proof.ts';
import { channelOptions, credentialsOf, type Dial, target } from './dial.ts';
import { IdentityClient } from './services.ts';

type Answer = { name: string; uri: string; fingerprint: string };

/** Who somebody is to a server that does not ask. */
export const nobody = 'nobody: the server does not ask who it is';

/** What happened below the RPC, which gRPC itself doesn't tell. */
export type Wire = { readonly received: number; readonly ended: boolean; readonly failure: Error | undefined };

/**
 * @param wire read after the call: a refusal counts only if the server was there and closed the connection itself
 * @param seconds after which nothing is proved
 */
export function whoAmI(dial: Dial, wire: Wire, seconds: number): Promise<Seen> {
  const client = new IdentityClient(target(dial), credentialsOf(dial), channelOptions(dial));
  const method = client.WhoAmI;
  if (typeof method !== 'function') throw new Error('no WhoAmI in the descriptors');
  return new Promise<Seen>((resolve) => {
    method.call(
      client,
      {},
      { deadline: Date.now() + seconds * 1000 },
      (error: { code: number; details: string } | null, answer?: Answer) => {
        client.close();
        resolve(
          error ? refusal(error, wire) : { outcome: 'accepted', identity: answer?.uri || answer?.name || 'unnamed' },
        );
      },
    );
  });
}

function refusal(error: { code: number; details: string }, wire: Wire): Seen {
  if (error.code === status.PERMISSION_DENIED || error.code === status.UNAUTHENTICATED)
    return { outcome: 'refused', by: 'policy', reason: error.details };
  // TLS let us through to a server that has no WhoAmI: plain Flower, our protection is not there.
  if (error.code === status.UNIMPLEMENTED) return { outcome: 'accepted', identity: nobody };
  if (wire.failure) return { outcome: 'unclear', reason: wire.failure.message };
  if (error.code === status.UNAVAILABLE && wire.received > 0 && wire.ended)
    return { outcome: 'refused', by: 'handshake', reason: 'the server closed the connection in the handshake' };
  return { outcome: 'unclear', reason: `${status[error.code] ?? error.code}: ${error.details}` };
}
