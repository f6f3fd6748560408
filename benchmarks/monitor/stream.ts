/** The way to the server's monitor, as a session goes it; the relay of a host is a connection of our own here. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Network } from '../../source/network/network.ts';
import { parseNetwork } from '../../source/network/read.ts';
import type { ServerEvent } from '../../source/plan/event.ts';
import { Secret } from '../../source/plan/secret.ts';
import { watch } from '../../source/rpc/watch.ts';
import { placesOf } from '../../source/steps/shared.ts';
import { openBridge } from '../../source/world/bridge.ts';

export function networkIn(folder: string): Network {
  const file = join(folder, 'fl-network.yaml');
  return parseNetwork(readFileSync(file, 'utf8'), file);
}

export async function* events(
  folder: string,
  port: number,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<readonly ServerEvent[]> {
  const network = networkIn(folder);
  const { ca, operator } = placesOf(folder, network);
  const bridge = await openBridge(async () => {
    const socket = connect(port, '127.0.0.1').setNoDelay(true);
    await once(socket, 'connect');
    return socket;
  });
  try {
    const identity = {
      certificate: readFileSync(operator.certificate, 'utf8'),
      key: new Secret(readFileSync(operator.key, 'utf8')),
    };
    const dial = { path: bridge.path, ca: readFileSync(ca.certificate, 'utf8'), identity };
    yield* watch({ ...dial, serverName: network.address }, '1', after, signal);
  } finally {
    await bridge.close();
  }
}
