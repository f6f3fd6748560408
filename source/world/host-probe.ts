/** A try at the training port that is made on a host, with the pair that lies there: its key never leaves it. */
import * as z from 'zod';
import type { Member, Network } from '../network/network.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { Tried } from '../plan/proof.ts';
import { greetingOf } from '../rpc/server-hello.ts';
import { known, present } from './answer.ts';
import type { Remote } from './remote.ts';

/** What gRPC and the server say is a sentence; a host that says more is cut off. */
const words = z.string().transform((text) => text.slice(0, 500));
const seen = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('accepted'), identity: words }),
  z.object({ outcome: z.literal('refused'), by: z.enum(['handshake', 'policy']), reason: words }),
  z.object({ outcome: z.literal('unclear'), reason: words, said: words.exactOptional() }),
]);
const fingerprint = z.string().regex(/^[0-9a-f]{64}$/);
const heard = z.object({
  shown: known(fingerprint),
  word: known(z.object({ uri: words, fingerprint: words, address: words })),
  /** The first bytes that the server has sent, in hexadecimal. */
  head: z
    .string()
    .max(2048)
    .regex(/^[0-9a-f]*$/)
    .catch(''),
});

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
): Promise<Omit<Tried, 'to'>> {
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
  const [came, more] = [seen.safeParse(answer), heard.safeParse(answer)];
  if (!came.success || !more.success)
    throw new UserError({ exitCode: exit.remote, host: host.name, doing, why: 'its answer can’t be read' });
  const { head, ...about } = more.data;
  const greeting = greetingOf(Buffer.from(head, 'hex'));
  return {
    seen: came.data,
    ...(present(about) as Pick<Tried, 'shown' | 'word'>),
    ...(greeting?.kind === 'hello' ? { tls: greeting.tls } : {}),
  };
}
