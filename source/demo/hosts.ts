import { chmod, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { sha256 } from '../plan/digest.ts';
import { exit, UserError } from '../plan/failure.ts';
import { fingerprint } from '../ssh/known-hosts.ts';
import { loadSsh2 } from '../ssh/library.ts';
import { publicBlob } from '../ssh/openssh-key.ts';
import { hostKey } from './key.ts';
import { endMarked, marker } from './processes.ts';
import { type RunningServer, startServer } from './server.ts';

export { makeSshKey, type SshKey } from './key.ts';

/** What the demo's hosts are made from. */
export type DemoOptions = {
  readonly names: readonly string[];
  /** Holds a folder for each host, with its home and its host key. */
  readonly directory: string;
  /** Added to the environment of every command: where a Python environment is cached, say. */
  readonly environment: Readonly<Record<string, string>>;
  /** The only key that may log in: a line as in authorized_keys. */
  readonly authorizedKey: string;
};

/** One host of the demo, on 127.0.0.1. */
export type DemoHost = {
  readonly name: string;
  readonly port: number;
  readonly home: string;
  /** `SHA256:…` */
  readonly hostKeyFingerprint: string;
  /** The host key as SSH sends it. */
  readonly publicKey: Buffer;
};

/** The hosts of a demo. */
export type DemoHosts = {
  readonly hosts: readonly DemoHost[];
  /** Ends every connection, every process that was started through one, and the servers. May be called twice. */
  close(): Promise<void>;
};

/** What a command finds without being told, as in a login without a profile. */
const surroundings = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' };

/**
 * Starts SSH hosts inside this process: real key exchange, real login, commands run by /bin/sh in a home of each
 * host's own. They end with the process or by `close`.
 * @throws UserError (exit 2) where `authorizedKey` is no public key
 */
export async function startDemoHosts(options: DemoOptions): Promise<DemoHosts> {
  const ssh2 = await loadSsh2();
  const loginKey = ssh2.utils.parseKey(options.authorizedKey);
  if (loginKey instanceof Error) {
    throw new UserError({
      exitCode: exit.invalid,
      doing: 'Starting the hosts of the demo',
      why: 'the login key is no public key',
    });
  }
  // Marks what we start, so that close() finds also what has left its session.
  // Of the folder, which one demo holds at a time: what one that was killed has left behind is ended by the next.
  const token = sha256(resolve(options.directory)).slice(0, 32);
  await endMarked(token);
  const environment = { ...surroundings, ...options.environment, [marker]: token };
  const servers: RunningServer[] = [];
  const start = async (name: string): Promise<DemoHost> => {
    const home = join(options.directory, name, 'home');
    await mkdir(home, { recursive: true, mode: 0o700 });
    await chmod(home, 0o700);
    const key = await hostKey(join(options.directory, name, 'host_key'));
    const server = await startServer(ssh2, { hostKey: key, loginKey, home, environment });
    servers.push(server);
    const blob = publicBlob(key);
    return { name, port: server.port, home, hostKeyFingerprint: fingerprint(blob), publicKey: blob };
  };
  const close = async () => {
    await Promise.all([...servers.map((server) => server.close()), endMarked(token)]);
    // A command that arrived at the last moment may have started something meanwhile.
    await endMarked(token);
  };
  try {
    return { hosts: await Promise.all(options.names.map(start)), close };
  } catch (error) {
    await close();
    throw error;
  }
}
