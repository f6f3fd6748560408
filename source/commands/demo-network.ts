/** The demo's hosts, and the network that names them: what is special of a demo. */
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { hostAddress, hostsFolder, networkName } from '../demo/ending.ts';
import type { DemoHosts } from '../demo/hosts.ts';
import { completeNetwork, type Network } from '../network/network.ts';
import { inspectNetwork } from '../network/read.ts';
import { defaults } from '../network/schema.ts';
import type { Draft } from '../network/write.ts';
import { haveFolder, makeFolder, readLocal, writeLocal } from '../world/files.ts';
import { withParts } from './app-source.ts';
import type { Call } from './context.ts';
import { writeProject } from './init.ts';
import { templateFolders } from './templates.ts';

export type Wish = {
  readonly clients: number;
  readonly rounds?: number;
  readonly keep: boolean;
  readonly app?: string;
};

/** The server stays this long after the last round, seconds: for the last proof and the last state. */
const linger = 60;

/** Starts the hosts, and writes the project that names them. @throws UserError (2, 3) */
export async function prepare(
  call: Call,
  wish: Wish,
  directory: string,
): Promise<{ hosts: DemoHosts; network: Network }> {
  const { makeSshKey, startDemoHosts } = await import('../demo/hosts.ts');
  const own = join(directory, '.fl-wizard');
  await haveFolder(directory, 0o755);
  await makeFolder(own, 0o700);
  const key = await makeSshKey();
  const identityFile = join(own, 'demo_key');
  await writeLocal(identityFile, key.privatePem.reveal(), 0o600);
  const clientNames = Array.from({ length: wish.clients }, (_, at) => `client${at + 1}`);
  const hosts = await startDemoHosts({
    names: ['server', ...clientNames],
    directory: join(directory, hostsFolder),
    environment: environmentOf(call),
    authorizedKey: key.publicLine,
  });
  try {
    const network = await writeNetwork(call, wish, directory, identityFile, clientNames, hosts);
    return { hosts, network };
  } catch (error) {
    await hosts.close();
    throw error;
  }
}

/** Package indexes and caches are the user's own: so one Python environment serves every demo. */
function environmentOf({ io }: Call): Record<string, string> {
  const kept = Object.entries(io.env).filter(
    ([name, value]) =>
      value !== undefined &&
      /^(PATH|PIP_|UV_|SSL_CERT_|REQUESTS_CA_BUNDLE$|https?_proxy$|HTTPS?_PROXY$|no_proxy$|NO_PROXY$)/.test(name),
  );
  const cache = { XDG_CACHE_HOME: io.env.XDG_CACHE_HOME ?? join(io.home, '.cache') };
  return { ...Object.fromEntries(kept.map(([name, value]) => [name, value ?? ''])), ...cache };
}

async function writeNetwork(
  call: Call,
  wish: Wish,
  directory: string,
  identityFile: string,
  clientNames: readonly string[],
  { hosts }: DemoHosts,
): Promise<Network> {
  const ssh = hosts.map(({ port, hostKeyFingerprint }) => ({
    host: hostAddress,
    user: call.io.user,
    port,
    identityFile,
    hostKey: hostKeyFingerprint,
  }));
  const [server] = ssh;
  if (!server) throw new Error('the demo has no server');
  const clients = clientNames.flatMap((name, at) => (ssh[at + 1] ? [{ name, ssh: ssh[at + 1] ?? server }] : []));
  const app = wish.app === undefined ? templateFolders('numpy') : [resolve(call.io.cwd, wish.app)];
  const draft: Draft = {
    name: networkName,
    address: 'localhost',
    names: ['127.0.0.1'],
    server,
    clients: await withParts(clients, app),
    algorithm: 'ec',
    flower: {
      ...flowerVersion(call),
      port: await freePort(),
      linger,
      ...(wish.rounds === undefined ? {} : { rounds: wish.rounds }),
      ...(wish.app === undefined ? { minClients: wish.clients } : {}),
    },
    // Each pretend host has its certificates in its own home: /etc belongs to the machine.
    remote: { certificates: '~/fl_network' },
  };
  await writeProject(directory, join(directory, 'fl-network.yaml'), draft, app);
  const { value } = inspectNetwork(
    (await readLocal(join(directory, 'fl-network.yaml')))?.content.toString('utf8') ?? '',
  );
  if (!value) throw new Error('the demo wrote a network that can not be read');
  return completeNetwork(value);
}

/** On Python 3.10 the newest Flower that installs is an older one; preflight says so for real hosts. */
function flowerVersion({ io }: Call): { version?: string } {
  const asked = spawnSync(defaults.python, ['-c', 'import sys; print(sys.version_info[:2] == (3, 10))'], {
    env: { PATH: io.env.PATH ?? '' },
    encoding: 'utf8',
  });
  return asked.stdout?.trim() === 'True' ? { version: '1.30.0' } : {};
}

/** One of this machine that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolvePort(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
