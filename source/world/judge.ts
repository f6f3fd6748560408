/** Whom a client takes for the server: our own gRPC here, and the client's own environment on its host. */
import type { Duplex } from 'node:stream';
import * as z from 'zod';
import type { Member, Network } from '../network/network.ts';
import { type Judged, otherName } from '../plan/wrong-server.ts';
import { placesOf } from '../steps/shared.ts';
import { openBridge } from './bridge.ts';
import { readLocal } from './files.ts';
import { encodeFrame, Frames } from './frames.ts';
import type { Remote } from './remote.ts';
import { type WrongServer, wrongServers } from './wrong-server.ts';

type Place = { readonly directory: string; readonly remote: Remote };
type Dialed = { readonly host: string; readonly port: number };

/** For one server; and for all of a host, where Python takes a second to begin. */
const seconds = 10;
const hostSeconds = 60;

const words = z.string().transform((text) => text.slice(0, 700));
const result = z.object({
  code: words.exactOptional(),
  said: words.exactOptional(),
  reason: words.exactOptional(),
  outcome: words.exactOptional(),
  identity: words.exactOptional(),
  shown: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .exactOptional(),
});
type Result = z.infer<typeof result>;

/** What answers after a handshake has let the client through. */
const answered = new Set(['OK', 'PERMISSION_DENIED', 'UNAUTHENTICATED', 'UNIMPLEMENTED']);

/** @param open dials the running server: the two last judgements are about it */
export async function judgeHere(
  { directory }: Place,
  network: Network,
  open: () => Promise<Duplex>,
): Promise<readonly Judged[]> {
  const { whoAmI } = await import('../rpc/who-am-i.ts');
  const ca = (await readLocal(placesOf(directory, network).ca.certificate))?.content.toString('utf8') ?? '';
  const ask = async (dial: () => Promise<Duplex>, serverName: string) => {
    const bridge = await openBridge(dial);
    try {
      const { seen } = await whoAmI({ path: bridge.path, ca, serverName }, bridge.seen, seconds);
      return seen.outcome === 'unclear' ? (seen.said ?? seen.reason) : '';
    } finally {
      await bridge.close();
    }
  };
  const offers = await wrongServers(directory, network);
  const judged = offers.map(async (offer): Promise<Judged> => {
    if ('missing' in offer) return { ...offer, through: false, said: '' };
    const said = await ask(async () => offer.dial(), network.address);
    return { which: offer.which, said, through: offer.through, presented: offer.presented };
  });
  const named = async (): Promise<Judged> => {
    const said = await ask(open, otherName);
    return { which: 'server-name', said, through: said === '' };
  };
  return Promise.all([...judged, named()]);
}

/** The same by the client's own environment on its host, with the control. @throws UserError (4, 5) */
export async function judgeOnHost(
  { directory, remote }: Place,
  network: Network,
  client: Member,
  to: Dialed,
  signal: AbortSignal,
): Promise<readonly Judged[]> {
  const offers = await wrongServers(directory, network);
  const there = offers.flatMap((offer) => ('missing' in offer ? [] : [offer]));
  const request = {
    verb: 'judge',
    home: client.remote.home,
    certificates: client.remote.certificates,
    name: client.name,
    ...to,
    targetName: network.address,
    otherName,
    offers: there.length,
    seconds,
  };
  const stream = await remote.open(client, request, `Asking ${client.name} whom it takes for the server`);
  const results = await carried(stream, there, AbortSignal.any([signal, AbortSignal.timeout(hostSeconds * 1000)]));
  const missing = 'its runtime gave no answer: fl-wizard deploy brings the newest';
  const judged = offers.map((offer): Judged => {
    if ('missing' in offer) return { ...offer, through: false, said: '' };
    const found = results.get(there.indexOf(offer));
    const about = { which: offer.which, presented: offer.presented };
    if (!found) return { ...about, through: false, said: '', missing };
    return { ...about, through: offer.through || answered.has(found.code ?? ''), said: found.said ?? '' };
  });
  return [...judged, ...ofServer(results, there.length, missing)];
}

/** The running server itself: under another name, and under its own. */
function ofServer(results: ReadonlyMap<number, Result>, from: number, missing: string): readonly Judged[] {
  return (['server-name', 'server-right'] as const).map((which, at) => {
    const found = results.get(from + at);
    if (!found) return { which, through: false, said: '', missing };
    const { outcome, identity, said, reason = '', shown } = found;
    const more = { ...(identity === undefined ? {} : { identity }), ...(shown === undefined ? {} : { shown }) };
    return { which, through: outcome === 'accepted', said: said ?? reason, ...more };
  });
}

/** Hands each connection that the host opens to the server that it is for. @returns the results by their number */
async function carried(
  stream: Duplex,
  offers: readonly WrongServer[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, Result>> {
  const results = new Map<number, Result>();
  const open = new Map<number, Duplex>();
  const stop = () => stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  const frames = new Frames();
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>)
      for (const { kind, number, payload } of frames.take(chunk)) {
        if (kind === 'r') results.set(number, resultOf(payload));
        else if (kind === 'o') accept(offers[Number(payload.toString('latin1'))], number);
        else if (kind === 'd') open.get(number)?.write(payload);
        else open.get(number)?.end();
      }
  } catch {
    // What came before counts; what did not come is not tried.
  } finally {
    signal.removeEventListener('abort', stop);
    for (const end of open.values()) end.destroy();
    stream.on('error', () => undefined).destroy();
  }
  return results;

  function accept(offer: WrongServer | undefined, number: number): void {
    const end = offer?.dial();
    if (!end) return;
    open.set(number, end);
    end.on('data', (data: Buffer) => stream.write(encodeFrame('d', number, data)));
    end.on('end', () => stream.write(encodeFrame('e', number, Buffer.alloc(0))));
  }
}

function resultOf(payload: Buffer): Result {
  try {
    return result.parse(JSON.parse(payload.toString('utf8')));
  } catch {
    return { said: 'its answer can’t be read' };
  }
}
