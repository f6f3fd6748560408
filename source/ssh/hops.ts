import type { Client } from 'ssh2';
import { UserError } from '../plan/failure.ts';
import { leave } from './leave.ts';

/** A connection to a host on the way, and how many go through it. */
type Held = { readonly client: Promise<Client>; users: number };

/** The connection that one host goes through. */
export type Passage = { readonly client: Client; release(): void };

/**
 * Connections to jump hosts, each shared by all who go through it: one login, one question for a code and one connection
 * of the few that sshd lets in at once (MaxStartups), however many hosts lie behind. It ends with the last who uses it.
 */
export class Hops {
  readonly #held = new Map<string, Held>();

  /**
   * @param way all that tells this connection from others: the host and those before it
   * @param open makes the connection
   * @throws what `open` throws; whoever waits for the same one shares that
   */
  async take(way: string, open: () => Promise<Client>): Promise<Passage> {
    const held = this.#held.get(way) ?? this.#begin(way, open);
    held.users += 1;
    const client = await held.client;
    let released = false;
    return {
      client,
      release: () => {
        if (released) return;
        released = true;
        held.users -= 1;
        if (held.users > 0) return;
        this.#forget(way, held);
        leave(client);
      },
    };
  }

  #begin(way: string, open: () => Promise<Client>): Held {
    const held: Held = { client: open(), users: 0 };
    this.#held.set(way, held);
    const forget = () => this.#forget(way, held);
    // What was lost or never came to be is made anew for the next.
    held.client.then((client) => client.once('close', forget), forget);
    return held;
  }

  #forget(way: string, held: Held): void {
    if (this.#held.get(way) === held) this.#held.delete(way);
  }
}

/** The failure of a connection that several waited for, as each of them has to be told of it. */
export function ofHost(error: unknown, name: string): unknown {
  if (!(error instanceof UserError) || error.failure.host === undefined || error.failure.host === name) return error;
  const { host, doing } = error.failure;
  return new UserError({
    ...error.failure,
    host: name,
    doing: doing.replace(`the way to ${host}`, `the way to ${name}`),
  });
}
