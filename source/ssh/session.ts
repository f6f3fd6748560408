import type { Duplex, Readable } from 'node:stream';
import type { Client } from 'ssh2';
import type { ConnectOptions } from './connect-options.ts';
import { openConnection } from './connection.ts';
import { execute, type Line, type RunOptions, type RunResult, startCommand } from './execute.ts';
import type { KnownHosts } from './known-hosts.ts';
import { place } from './place.ts';
import { plain } from './said.ts';
import type { Target } from './target.ts';

export type { ConnectOptions, TrustQuestion } from './connect-options.ts';
export type { RunOptions, RunResult } from './execute.ts';

/** A command's stdin and stdout, and its stderr, which has to be read too or the command stands still. */
export type CommandStream = Duplex & { readonly stderr: Readable };

/** A login on a host. */
export type Session = {
  /**
   * Runs a command to its end; a code other than 0 is a result and no error.
   * @throws UserError: exit 4 connection lost, exit 5 ended by a signal or printed too much
   */
  run(words: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Starts a command as a stream, for relays; `end()` closes its stdin alone. */
  open(words: readonly string[]): Promise<CommandStream>;
  close(): void;
  /** Resolves when the connection has ended, whoever ended it; never rejects. */
  readonly closed: Promise<void>;
  alive(): boolean;
};

/** As `ConnectOptions`; known hosts may be looked up for each host on the way, since each may have files of its own. */
export type SessionOptions = Omit<ConnectOptions, 'knownHosts'> & {
  readonly knownHosts: readonly KnownHosts[] | ((hop: Target) => Promise<readonly KnownHosts[]>);
};

/** A host that doesn't answer our goodbye is left after this many milliseconds. */
const goodbye = 1000;

/**
 * Logs in to a host, hop by hop, each host's key checked on the way.
 * @throws UserError (exit 4): not reached, not the known host, or login failed; the reason of `options.signal`
 */
export async function connect(target: Target, options: SessionOptions): Promise<Session> {
  const clients: Client[] = [];
  try {
    let over: { client: Client; place: string } | undefined;
    for (const hop of [...target.proxyJump, target]) {
      const name = hop === target ? options.name : `${hop.address}, the way to ${options.name}`;
      const knownHosts = typeof options.knownHosts === 'function' ? await options.knownHosts(hop) : options.knownHosts;
      const client = await openConnection({ target: hop, name, ...(over && { over }) }, { ...options, knownHosts });
      clients.push(client);
      over = { client, place: place(hop) };
    }
  } catch (error) {
    leave(clients);
    throw error;
  }
  return sessionOver(clients, options.name);
}

function sessionOver(clients: readonly Client[], name: string): Session {
  const client = clients.at(-1);
  if (!client) throw new TypeError('a session needs a connection');
  for (const each of clients) heardIsAlive(each);
  let lost: string | undefined;
  let trouble: string | undefined;
  client.on('error', (error) => {
    trouble = error.message === 'Keepalive timeout' ? 'the host stopped answering' : plain(error.message);
  });
  const closed = new Promise<void>((resolve) => {
    client.once('close', () => {
      lost = trouble ?? 'it was closed';
      // The hops serve nobody else.
      leave(clients.slice(0, -1));
      resolve();
    });
  });
  const line: Line = { client, name, lost: () => lost };
  return {
    run: (words, options) => execute(line, words, options),
    open: async (words) => (await startCommand(line, words)).channel,
    close: () => leave(clients),
    closed,
    alive: () => lost === undefined,
  };
}

/**
 * Whatever is heard is a sign of life. ssh2 takes only answers to its own questions for one, and on a slow link those
 * wait behind the two megabytes that sshd lets us send at once: an upload would count as a lost connection.
 */
function heardIsAlive(client: Client): void {
  const { _sock, _resetKA } = client as Client & { _sock?: Readable; _resetKA?(): void };
  _sock?.on('data', () => _resetKA?.());
}

/** Ends connections, the farthest first: it says goodbye through the others. */
function leave(clients: readonly Client[]): void {
  for (const client of clients.toReversed()) client.end();
  // Unreferenced: an open socket keeps the process alive until then by itself.
  setTimeout(() => {
    for (const client of clients) client.destroy();
  }, goodbye).unref();
}
