import type { Duplex, Readable } from 'node:stream';
import type { Client } from 'ssh2';
import type { ConnectOptions } from './connect-options.ts';
import { openConnection } from './connection.ts';
import { execute, type Line, type RunOptions, type RunResult, startCommand } from './execute.ts';
import { Hops, ofHost, type Passage } from './hops.ts';
import type { KnownHosts } from './known-hosts.ts';
import { leave } from './leave.ts';
import { place } from './place.ts';
import { answerPrompts, type Prompted } from './prompted.ts';
import { plain } from './said.ts';
import type { Target } from './target.ts';

export type { ConnectOptions, TrustQuestion } from './connect-options.ts';
export type { RunOptions, RunResult } from './execute.ts';
export type { Prompted } from './prompted.ts';

/** A command's stdin and stdout, and its stderr, which has to be read too or the command stands still. */
export type CommandStream = Duplex & { readonly stderr: Readable };

/** A login on a host. */
export type Session = {
  /**
   * Runs a command to its end; a code other than 0 is a result and no error.
   * @throws UserError: exit 4 connection lost, exit 5 ended by a signal or printed too much
   */
  run(words: readonly string[], options?: RunOptions): Promise<RunResult>;
  /**
   * Starts a command as a stream, for relays; `end()` closes its stdin alone.
   * @param prompted the command asks for a secret first, and the stream is there once it was answered, or has ended
   */
  open(words: readonly string[], prompted?: Prompted): Promise<CommandStream>;
  close(): void;
  /** Resolves when the connection has ended, whoever ended it; never rejects. */
  readonly closed: Promise<void>;
  alive(): boolean;
};

/** As `ConnectOptions`; known hosts may be looked up for each host on the way, since each may have files of its own. */
export type SessionOptions = Omit<ConnectOptions, 'knownHosts'> & {
  readonly knownHosts: readonly KnownHosts[] | ((hop: Target) => Promise<readonly KnownHosts[]>);
  /** Connections to jump hosts that are shared with others; without it the hosts on the way are this session's own. */
  readonly hops?: Hops;
};

/**
 * Logs in to a host, hop by hop, each host's key checked on the way.
 * @throws UserError (exit 4): not reached, not the known host, or login failed; the reason of `options.signal`
 */
export async function connect(target: Target, options: SessionOptions): Promise<Session> {
  const hops = options.hops ?? new Hops();
  const passages: Passage[] = [];
  const open = async (hop: Target, name: string): Promise<Client> => {
    const knownHosts = typeof options.knownHosts === 'function' ? await options.knownHosts(hop) : options.knownHosts;
    const [before, through] = [passages.at(-1)?.client, target.proxyJump[passages.length - 1]];
    const over = before && through ? { over: { client: before, place: place(through) } } : {};
    const client = await openConnection({ target: hop, name, ...over }, { ...options, knownHosts });
    heardIsAlive(client);
    return client;
  };
  try {
    for (const [at, hop] of target.proxyJump.entries()) {
      const way = JSON.stringify(target.proxyJump.slice(0, at + 1));
      passages.push(await hops.take(way, () => open(hop, `${hop.address}, the way to ${options.name}`)));
    }
    return sessionOver(await open(target, options.name), passages, options.name);
  } catch (error) {
    release(passages);
    throw ofHost(error, options.name);
  }
}

/** The farthest first: it says goodbye through the others. */
function release(passages: readonly Passage[]): void {
  for (const passage of passages.toReversed()) passage.release();
}

function sessionOver(client: Client, passages: readonly Passage[], name: string): Session {
  let lost: string | undefined;
  let trouble: string | undefined;
  client.on('error', (error) => {
    trouble = error.message === 'Keepalive timeout' ? 'the host stopped answering' : plain(error.message);
  });
  const closed = new Promise<void>((resolve) => {
    client.once('close', () => {
      lost = trouble ?? 'it was closed';
      release(passages);
      resolve();
    });
  });
  const line: Line = { client, name, lost: () => lost };
  return {
    run: (words, options) => execute(line, words, options),
    open: async (words, prompted) => {
      const { channel, ended } = await startCommand(line, words);
      if (prompted) await Promise.race([ended, new Promise<void>((ask) => answerPrompts(channel, prompted, ask))]);
      return channel;
    },
    close: () => leave(client),
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
