/** Tries at a running port, and the monitor's stream: TLS ends here, the bytes go through a host's SSH connection. */
import { hostPort, type Member, type Network } from '../network/network.ts';
import type { ServerEvent } from '../plan/event.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { ProcessLook } from '../plan/host-facts.ts';
import type { CaseName, Tried } from '../plan/proof.ts';
import { Secret } from '../plan/secret.ts';
import type { Trial } from '../plan/world.ts';
import type { Dial, Identity } from '../rpc/dial.ts';
import { madeOnHosts, pairOf, placesOf, probeOf } from '../steps/shared.ts';
import { type Bridge, openBridge } from './bridge.ts';
import { readLocal } from './files.ts';
import { probeOnHost } from './host-probe.ts';
import type { Remote } from './remote.ts';

type Place = { readonly directory: string; readonly remote: Remote };
type Files = { readonly certificate: string; readonly key: string };

/** A handshake and one RPC take milliseconds; this is for a slow link. */
const probeSeconds = 20;

async function text(path: string): Promise<string> {
  const file = await readLocal(path);
  if (file) return file.content.toString('utf8');
  throw new UserError({
    exitCode: exit.proof,
    doing: 'Proving mutual TLS',
    why: `${path} is not there`,
    hint: 'fl-wizard certs',
  });
}

/**
 * Who may watch. A colleague's machine has what is in the repository, and this is not.
 * @throws UserError (3) where it is not here
 */
async function operatorIdentity(files: Files): Promise<Identity> {
  const found = await Promise.all([files.certificate, files.key].map(readLocal));
  const missing = [files.certificate, files.key].filter((_, at) => !found[at]);
  if (missing.length === 0) return identity(files);
  throw new UserError({
    exitCode: exit.local,
    doing: 'Watching the run',
    why: `only operators are let in, and ${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not here`,
    hint: 'copy .fl-wizard/operator.crt and operator.key (0600) from the machine that made the certificates; there, fl-wizard certs makes them. Without them: fl-wizard monitor --once',
  });
}

async function identity({ certificate, key }: Files): Promise<Identity> {
  const [pem, secret] = await Promise.all([text(certificate), text(key)]);
  return { certificate: pem, key: new Secret(secret) };
}

/** Whose certificate a case presents. */
function filesOf(place: Place, network: Network, which: CaseName, through: Member): Files | undefined {
  const places = placesOf(place.directory, network);
  const client = through.role === 'client' ? through.name : (network.clients[0]?.name ?? 'client1');
  switch (which) {
    case 'none':
      return undefined;
    case 'right':
      return pairOf(places, client);
    case 'server':
      return pairOf(places, 'server');
    case 'operator':
      return places.operator;
    default:
      return probeOf(places, which);
  }
}

async function bridge(
  place: Place,
  through: Member,
  to: { host: string; port: number },
  doing: string,
): Promise<Bridge> {
  return openBridge(() => place.remote.relay(through, to, doing));
}

/**
 * One try at the training port with a real RPC that joins nothing. What shows a certificate whose key was made on a host
 * is tried there: `through` is then that host.
 * @param to where the running server serves, as seen from there
 */
export async function probe(
  place: Place,
  network: Network,
  { which, through, limit }: Trial,
  to: { host: string; port: number },
): Promise<Tried> {
  const address = hostPort(to.host, to.port);
  if (madeOnHosts(network) && (which === 'right' || which === 'server'))
    return { ...(await probeOnHost(place, network, through, to, probeSeconds)), to: address };
  const { whoAmI } = await import('../rpc/who-am-i.ts');
  const files = filesOf(place, network, which, through);
  const open = await bridge(place, through, to, `Reaching the server's port through ${through.name}`);
  try {
    const dial: Dial = {
      path: open.path,
      ca: await text(placesOf(place.directory, network).ca.certificate),
      serverName: network.address,
      ...(files ? { identity: await identity(files) } : {}),
      ...(limit ? { limit } : {}),
    };
    return { ...(await whoAmI(dial, open.seen, probeSeconds)), to: address };
  } finally {
    await open.close();
  }
}

/** The run's events from the monitor on the loopback of the server's host. */
export async function* watchServer(
  place: Place,
  network: Network,
  server: NonNullable<ProcessLook['server']>,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<readonly ServerEvent[]> {
  const places = placesOf(place.directory, network);
  const [{ watch }, operator] = await Promise.all([import('../rpc/watch.ts'), operatorIdentity(places.operator)]);
  const to = { host: '127.0.0.1', port: server.monitorPort };
  const open = await bridge(place, network.server, to, 'Reaching the monitor');
  try {
    const dial: Dial = {
      path: open.path,
      ca: await text(places.ca.certificate),
      serverName: network.address,
      identity: operator,
    };
    yield* watch(dial, server.run, after, signal);
  } finally {
    await open.close();
  }
}
