import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Client, ConnectConfig, NextAuthHandler } from 'ssh2';
import { clientConfig } from './client-config.ts';
import { type ConnectOptions, defaultTimeout } from './connect-options.ts';
import { Conversation } from './conversation.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import { type Denial, denialOf, deny } from './denied.ts';
import { dial } from './dial.ts';
import { connectionError, notConnected, turnedAway } from './explain.ts';
import { judgeHostKey } from './host-key.ts';
import { blobType, type KnownKeys } from './known-hosts.ts';
import type { Library } from './library.ts';
import { type Heard, Login } from './login.ts';
import type { Progress } from './progress.ts';
import { ProxyCommand } from './proxy-command.ts';
import { certificateOf } from './second-connection.ts';
import type { Target } from './target.ts';

/** Enough to recognize a protocol by what it says first. */
const heardAtMost = 256;

/** One connection to make: to whom, under what name, over which earlier one; what known_hosts say of that host. */
export type Hop = {
  readonly target: Target;
  readonly name: string;
  readonly over?: { client: Client; place: string };
  readonly known: KnownKeys;
};

type Settle = { resolve(client: Client): void; reject(error: unknown): void };

/** One try to connect: everything that has to end together when any of it fails. */
export class Attempt {
  readonly #client: Client;
  readonly #hop: Hop;
  readonly #options: ConnectOptions;
  readonly #deadline: Deadline;
  readonly #denial: Denial;
  readonly #conversation: Conversation;
  readonly #login: Login;
  /** Aborted when the attempt has failed. */
  readonly #ended = new AbortController();
  readonly #progress: Progress;
  #socket: Duplex | undefined;
  #settle: Settle | undefined;
  readonly #otherKeys: ReadonlySet<string>;
  #keyBlob: Buffer | undefined;
  /** The type of the host's key, where that was not the right one: the host may have another. */
  otherKeyType: string | undefined;

  /** @param otherKeys types of host keys that are not the right one, and so not to be asked for again */
  constructor(ssh2: Library, hop: Hop, options: ConnectOptions, otherKeys: ReadonlySet<string>) {
    this.#otherKeys = otherKeys;
    const timeout = hop.target.connectTimeout ?? options.timeout ?? defaultTimeout;
    this.#client = new ssh2.Client();
    this.#hop = hop;
    this.#options = options;
    const { target, name } = hop;
    this.#deadline = startDeadline(timeout, (waited) => {
      this.#progress.waited = waited;
      this.#fail(undefined);
    });
    const own = { target, options, deadline: this.#deadline, ended: this.#ended.signal };
    const giveUp = () => this.#fail(undefined);
    this.#denial = denialOf(options.respond, hop);
    this.#conversation = new Conversation({ ...own, name, denied: this.#denial.failed.signal, giveUp });
    this.#login = new Login({ ...own, ssh2 }, this.#conversation);
    this.#progress = {
      target,
      name,
      host: options.name,
      through: hop.over?.place,
      stage: 'dialing',
      heard: Buffer.alloc(0),
      login: this.#login,
      conversation: this.#conversation,
    };
  }

  async run(): Promise<Client> {
    const { signal } = this.#options;
    const aborted = () => this.#end(signal?.reason);
    signal?.addEventListener('abort', aborted, { once: true });
    try {
      return await new Promise<Client>((resolve, reject) => {
        this.#settle = { resolve, reject };
        this.#dial();
      });
    } finally {
      signal?.removeEventListener('abort', aborted);
      this.#deadline.stop();
    }
  }

  /** Whether the host went away while its question waited behind others, and nobody has seen it. */
  unheard(): boolean {
    return this.#conversation.talk === 'queued' && !this.#conversation.seen && !this.#denial.failure;
  }

  /** Whether it was taken for one too many, before anything was said that concerns this host or login. */
  turnedAway(): boolean {
    return turnedAway(this.#progress);
  }

  #dial(): void {
    const { target, over } = this.#hop;
    if (!over) {
      this.#handshake(dial(target));
      return;
    }
    try {
      over.client.forwardOut('127.0.0.1', 0, target.address, target.port, (error, channel) => {
        if (error) this.#fail(error);
        else if (this.#settle) this.#handshake(channel);
        else channel.close();
      });
    } catch (error) {
      this.#fail(error);
    }
  }

  #handshake(socket: Duplex): void {
    this.#socket = socket;
    if (socket instanceof ProxyCommand) this.#progress.proxy = socket;
    const client = this.#client;
    client.on('error', (error) => this.#trouble(error));
    client.on('close', () => this.#fail(undefined));
    client.once('connect', () => this.#reach('greeting'));
    client.once('handshake', () => this.#reach('login'));
    client.once('change password', () => {
      this.#progress.passwordExpired = true;
      this.#fail(undefined);
    });
    client.once('ready', () => this.#settled()?.resolve(client));
    try {
      client.connect({ ...this.#config(), sock: socket as Socket });
    } catch (error) {
      this.#fail(error);
      return;
    }
    const listen = (chunk: Buffer) => {
      const progress = this.#progress;
      progress.heard = Buffer.concat([progress.heard, chunk]).subarray(0, heardAtMost);
      if (progress.heard.includes('SSH-')) this.#reach('key exchange');
      if (progress.stage !== 'greeting' || progress.heard.length === heardAtMost) socket.off('data', listen);
    };
    socket.on('data', listen);
  }

  #config(): ConnectConfig {
    return clientConfig(this.#hop, this.#options, this.#otherKeys, {
      hostVerifier: (blob: Buffer, verify: (trusted: boolean) => void) => this.#verify(blob, verify),
      authHandler: (methods, partial, next) => {
        // ssh2 says null before the host has said anything.
        this.#offer({ methods: Array.isArray(methods) ? methods : undefined, partial: partial === true }, next);
      },
    });
  }

  /** Runs at every key exchange, also those in the middle of a session, where the key must be the one of before. */
  #verify(blob: Buffer, verify: (trusted: boolean) => void): void {
    if (this.#keyBlob) {
      verify(this.#keyBlob.equals(blob));
      return;
    }
    const fetchCertificate = (keyType: string) => certificateOf(this.#hop, keyType, this.#options);
    judgeHostKey({ ...this.#hop, blob, fetchCertificate }, this.#options, this.#deadline).then(
      ({ refusal, otherMayDo }) => {
        if (otherMayDo) this.otherKeyType = blobType(blob);
        if (refusal) this.#end(refusal);
        else this.#keyBlob = blob;
        verify(refusal === undefined);
      },
      (error) => {
        this.#end(error);
        verify(false);
      },
    );
  }

  #offer(heard: Heard, next: NextAuthHandler): void {
    this.#login.next(heard).then(
      (method) => {
        if (!this.#settle) return;
        if (method) next(method);
        else this.#fail(undefined);
      },
      (error) => this.#end(error),
    );
  }

  #reach(stage: Progress['stage']): void {
    this.#progress.stage = stage;
  }

  /** Of ssh2's errors, those about one key are followed by the next key; the others end the attempt. */
  #trouble(error: Error & { level?: string }): void {
    const aboutOneKey = error.level === 'agent' || /^Error (while )?signing/.test(error.message);
    if (!aboutOneKey) this.#fail(error);
  }

  #fail(error: unknown): void {
    if (!this.#settle) return;
    const known = this.#denial.failure;
    const why = known
      ? notConnected(this.#progress, known)
      : connectionError(this.#progress, error instanceof Error ? error : undefined);
    this.#end(why);
    if (!known && this.#conversation.seen) deny(this.#denial, why.failure);
  }

  #end(error: unknown): void {
    const settle = this.#settled();
    if (!settle) return;
    this.#ended.abort();
    settle.reject(error);
    // A refused key is still told to the host by ssh2, so the socket is ended after what is under way.
    setImmediate(() => this.#socket?.destroy());
  }

  #settled(): Settle | undefined {
    const settle = this.#settle;
    this.#settle = undefined;
    return settle;
  }
}
