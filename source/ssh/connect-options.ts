import type { Secret } from '../plan/secret.ts';
import type { LoginQuestion } from '../plan/step.ts';
import type { KnownHosts } from './known-hosts.ts';

/** A host's key that was never seen before. */
export type TrustQuestion = {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly keyType: string;
  readonly fingerprint: string;
  readonly blob: Buffer;
};

/** Far more than a slow link needs, and short enough to wait for. */
export const defaultTimeout = 10_000;

/** Questions of one host at one login, to be asked together, each once. */
export type LoginRequest = {
  readonly questions: readonly LoginQuestion[];
  /** Aborted once the host no longer waits: then nothing is to be asked, and what is open is to be closed. */
  readonly withdrawn: AbortSignal;
  /** To be called when the first of them is seen: from then on a failure is nothing to try again. */
  shown(): void;
};

/** How to connect, beyond where to. */
export type ConnectOptions = {
  /** The host's name for messages: `client1`. */
  readonly name: string;
  readonly knownHosts: readonly KnownHosts[];
  /**
   * Whether to trust a key on first contact; never asked for a changed one. Hosts that are given the same function
   * share its answers: one jump host is asked about once.
   */
  trust(question: TrustQuestion): Promise<boolean>;
  /**
   * The passphrase of a key file, `undefined` for none; asked once a file by whoever shares this function, and with a
   * note again where the answer was wrong.
   */
  passphrase?(question: { readonly file: string; readonly note?: string }): Promise<Secret | undefined>;
  /**
   * What a person types for a host that wants a password or a code; `undefined` where nobody does. Absent where nobody
   * is there, so that no host begins to ask. Hosts that are given the same function share the memory of who was refused.
   */
  respond?(request: LoginRequest): Promise<readonly Secret[] | undefined>;
  /** The socket of the ssh-agent (SSH_AUTH_SOCK). */
  readonly agent?: string | undefined;
  /** Milliseconds for each hop to connect, greet and log in, not counting questions. */
  readonly timeout?: number;
  /** Milliseconds between signs of life; after three without an answer the connection is lost. Default 10,000. */
  readonly keepalive?: number;
  readonly signal?: AbortSignal;
};
