/** One real RPC at the training port: who does the server say that we are? Never `Join`. */
import { X509Certificate } from 'node:crypto';
import type { PeerCertificate } from 'node:tls';
import { status } from '@grpc/grpc-js';
import { sha256 } from '../plan/digest.ts';
import { UserError } from '../plan/failure.ts';
import type { Presented, Seen, Tried } from '../plan/proof.ts';
import { tlsCause } from '../plan/tls-errors.ts';
import { channelOptions, credentialsOf, type Dial, type Identity, target } from './dial.ts';
import { greetingOf } from './server-hello.ts';
import { IdentityClient } from './services.ts';

type Answer = { name: string; uri: string; fingerprint: string; address?: string };
type Trouble = { code: number; details: string };

/** Who somebody is to a server that does not ask. */
export const nobody = 'nobody: the server does not ask who it is';

/** What happened below the RPC, which gRPC itself doesn't tell. */
export type Wire = {
  readonly received: number;
  readonly ended: boolean;
  readonly failure: Error | undefined;
  /** The first bytes that came. */
  readonly head: Buffer;
};

/** What was heard of a server: all of a try but the address that the bytes went to. */
export type Heard = Omit<Tried, 'to'>;

/** RFC 8446, 6.2: the server speaks no version that was offered. */
const protocolVersion = 70;

/**
 * @param wire read after the call: a refusal counts only if the server was there and closed the connection itself
 * @param seconds after which nothing is proved
 */
export async function whoAmI(dial: Dial, wire: Wire, seconds: number): Promise<Heard> {
  let presented: Presented | undefined;
  const answer = await ask(dial, seconds, (certificate) => {
    presented = { fingerprint: sha256(certificate.raw), notAfter: new Date(certificate.valid_to).toISOString() };
  });
  const greeting = greetingOf(wire.head);
  return {
    seen:
      'details' in answer
        ? refusal(answer, wire, dial)
        : { outcome: 'accepted', identity: answer.uri || answer.name || 'unnamed' },
    ...(greeting?.kind === 'hello' ? { tls: greeting.tls } : {}),
    ...(dial.identity ? { shown: fingerprintOf(dial.identity) } : {}),
    ...(presented ? { presented } : {}),
    ...('details' in answer ? {} : { word: wordOf(answer) }),
  };
}

function ask(
  dial: Dial,
  seconds: number,
  presented: (certificate: PeerCertificate) => void,
): Promise<Answer | Trouble> {
  const client = new IdentityClient(target(dial), credentialsOf(dial, presented), channelOptions(dial));
  const method = client.WhoAmI;
  if (typeof method !== 'function') throw new Error('no WhoAmI in the descriptors');
  return new Promise((resolve) => {
    const deadline = Date.now() + seconds * 1000;
    method.call(client, {}, { deadline }, (error: Trouble | null, answer?: Answer) => {
      client.close();
      resolve(error ?? answer ?? { name: '', uri: '', fingerprint: '' });
    });
  });
}

const fingerprintOf = ({ certificate }: Identity) => sha256(new X509Certificate(certificate).raw);

function wordOf({ uri, fingerprint, address = '' }: Answer): NonNullable<Tried['word']> {
  return { uri, fingerprint, address };
}

function refusal(error: Trouble, wire: Wire, { limit }: Dial): Seen {
  if (error.code === status.PERMISSION_DENIED || error.code === status.UNAUTHENTICATED)
    return { outcome: 'refused', by: 'policy', reason: error.details };
  // TLS let us through to a server that has no WhoAmI: plain Flower, our protection is not there.
  if (error.code === status.UNIMPLEMENTED) return { outcome: 'accepted', identity: nobody };
  if (wire.failure) return unclear(wire.failure);
  const greeting = greetingOf(wire.head);
  if (limit && greeting?.kind === 'alert' && greeting.alert === protocolVersion)
    return { outcome: 'refused', by: 'version', reason: `the server speaks nothing as old as ${limit}` };
  // A refusal counts only from a server that has begun a handshake: anything else may have been anybody.
  if (error.code === status.UNAVAILABLE && wire.ended && greeting?.kind === 'hello')
    return { outcome: 'refused', by: 'handshake', reason: 'the server closed the connection in the handshake' };
  if (greeting?.kind === 'other') return unclear(new Error('wrong version number'));
  return unclear(new Error(`${status[error.code] ?? error.code}: ${error.details}`));
}

/** Nothing is proved, and why: in our words where they are known. */
function unclear(error: Error): Seen {
  if (error instanceof UserError) {
    const { why, hint } = error.failure;
    return { outcome: 'unclear', reason: why, ...(hint ? { hint } : {}) };
  }
  const { message: said } = error;
  const cause = tlsCause(said);
  return { outcome: 'unclear', reason: cause?.why ?? said, ...(cause ? { hint: cause.hint } : {}), said };
}
