import type { Conversation } from './conversation.ts';
import type { Login } from './login.ts';
import type { ProxyCommand } from './proxy-command.ts';
import type { Target } from './target.ts';

/** How far a connection got, for saying why it got no further. */
export type Progress = {
  readonly target: Target;
  /** The host's name for messages, and the hop before it: `client2`, `bastion:22`. */
  readonly name: string;
  readonly host: string;
  readonly through: string | undefined;
  /** What makes the connection, where that is not us. */
  proxy?: ProxyCommand;
  stage: 'dialing' | 'greeting' | 'key exchange' | 'login';
  /** The first bytes that came, until the greeting was understood. */
  heard: Buffer;
  /** Milliseconds that were waited, where the deadline passed. */
  waited?: number;
  readonly login: Login;
  readonly conversation: Conversation;
  /** It took the password and wants a new one. */
  passwordExpired?: true;
};

/** Why, and what to try. */
export type Reason = { readonly why: string; readonly hint: string };
