/**
 * What Flower's own TLS lets in, measured and not claimed: the demo's server certificate on a plain `start_server`
 * without our runtime, and the same connections that were refused before.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { Secret } from '../plan/secret.ts';
import { openBridge } from '../world/bridge.ts';

export type Comparison = { readonly tried: number; readonly admitted: number };

/** A certificate that mutual TLS refuses; neither for somebody without one. */
export type Intruder = { readonly certificate?: string; readonly key?: string };

export type CompareOptions = {
  /** The demo's Python environment. */
  readonly python: string;
  /** Local folder of ca.crt, server.crt and server.key. */
  readonly folder: string;
  readonly port: number;
  readonly serverName: string;
  readonly intruders: readonly Intruder[];
  readonly signal: AbortSignal;
};

/** Plain Flower, as its documentation has it. Waits for clients that never come, until it is killed. */
const script = [
  'import sys',
  'from pathlib import Path',
  'import flwr as fl',
  'files = tuple(Path(name).read_bytes() for name in sys.argv[2:5])',
  'config = fl.server.ServerConfig(num_rounds=1)',
  'fl.server.start_server(server_address=sys.argv[1], config=config, certificates=files)',
].join('\n');

/** Importing flwr takes a second or two; a machine that needs longer than this is not worth the wait. */
const startSeconds = 20;
const probeSeconds = 10;
const pauseMilliseconds = 100;

/** @returns nothing where the server could not be started: then nothing is said about it */
export async function compare(options: CompareOptions): Promise<Comparison | undefined> {
  const { python, folder, port, signal } = options;
  const files = ['ca.crt', 'server.crt', 'server.key'].map((name) => join(folder, name));
  const server = spawn(python, ['-c', script, `127.0.0.1:${port}`, ...files], {
    stdio: 'ignore',
    env: { FLWR_TELEMETRY_ENABLED: '0', HOME: folder },
  });
  const ended = once(server, 'close').catch(() => undefined);
  try {
    if (!(await serves(port, () => server.exitCode !== null || signal.aborted))) return undefined;
    const ca = await readFile(join(folder, 'ca.crt'), 'utf8');
    const admitted = await Promise.all(options.intruders.map((intruder) => tryOne(options, ca, intruder)));
    return { tried: admitted.length, admitted: admitted.filter(Boolean).length };
  } finally {
    server.kill('SIGKILL');
    await ended;
  }
}

function dialed(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
  });
}

async function serves(port: number, given: () => boolean): Promise<boolean> {
  const until = Date.now() + startSeconds * 1000;
  while (Date.now() < until && !given()) {
    const socket = await dialed(port).catch(() => undefined);
    socket?.destroy();
    if (socket) return true;
    await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds));
  }
  return false;
}

async function tryOne({ port, serverName }: CompareOptions, ca: string, intruder: Intruder): Promise<boolean> {
  const { whoAmI } = await import('../rpc/who-am-i.ts');
  const bridge = await openBridge(() => dialed(port));
  try {
    const { certificate, key } = intruder;
    const identity =
      certificate && key
        ? { certificate: await readFile(certificate, 'utf8'), key: new Secret(await readFile(key, 'utf8')) }
        : undefined;
    const dial = { path: bridge.path, ca, serverName, ...(identity ? { identity } : {}) };
    return (await whoAmI(dial, bridge.seen, probeSeconds)).seen.outcome === 'accepted';
  } finally {
    await bridge.close();
  }
}
