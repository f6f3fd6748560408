/** A try at the training port that is made on a host, with the pair that lies there: its key never leaves it. */
import * as z from 'zod';
import type { Member, Network } from '../network/network.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { Seen } from '../plan/proof.ts';
import type { Remote } from './remote.ts';

/** What gRPC and the server say is a sentence; a host that says more is cut off. */
const words = z.string().transform((text) => text.slice(0, 500));
const seen: z.ZodType<Seen> = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('accepted'), identity: words }),
  z.object({ outcome: z.literal('refused'), by: z.enum(['handshake', 'policy']), reason: words }),
  z.object({ outcome: z.literal('unclear'), reason: words }),
]);

/**
 * What came of it, by the rules of rpc/who-am-i.ts, which the runtime keeps as well.
 * @param host dials, and shows its own certificate
 * @throws UserError (5) where it could not be tried
 */
export async function probeOnHost(
  { remote }: { readonly remote: Remote },
  network: Network,
  host: Member,
  to: { readonly host: string; readonly port: number },
  seconds: number,
): Promise<Seen> {
  const doing = `Dialing the server from ${host.name}`;
  const answer = await remote.call(
    host,
    {
      verb: 'probe',
      home: host.remote.home,
      certificates: host.remote.certificates,
      name: host.name,
      ...to,
      targetName: network.address,
      seconds,
    },
    doing,
  );
  const read = seen.safeParse(answer);
  if (read.success) return read.data;
  throw new UserError({ exitCode: exit.remote, host: host.name, doing, why: 'its answer can’t be read' });
}
