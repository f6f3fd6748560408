import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'ssh2';
import { Attempt, type Hop } from './attempt.ts';
import type { ConnectOptions } from './connect-options.ts';
import { denialOf } from './denied.ts';
import { notConnected } from './explain.ts';
import { hostNames } from './host-key.ts';
import { findKeys } from './known-hosts.ts';
import { type Library, loadSsh2 } from './library.ts';

/**
 * Connects and logs in to one host.
 * @throws UserError (exit 4) that says how far it got, why, and what to try; the reason of `options.signal`
 */
export async function openConnection(way: Omit<Hop, 'known'>, options: ConnectOptions): Promise<Client> {
  const denied = denialOf(options.respond, way).failure;
  if (denied) throw notConnected({ ...way, host: options.name, through: way.over?.place }, denied);
  const ssh2 = await loadSsh2();
  const { target } = way;
  // A pinned fingerprint wins over all files, so that they need not even be there to read.
  const known = await findKeys(target.hostKey === undefined ? options.knownHosts : [], hostNames(target));
  const hop = { ...way, known };
  const otherKeys = new Set<string>();
  let mismatch: unknown;
  // What is pinned or certified may be any of a host's keys: it is asked for another type until one fits.
  for (;;) {
    const { client, error, attempt } = await unlessBusy(ssh2, hop, options, otherKeys);
    if (client) return client;
    if (attempt.otherKeyType === undefined || otherKeys.has(attempt.otherKeyType)) throw mismatch ?? error;
    mismatch ??= error;
    otherKeys.add(attempt.otherKeyType);
  }
}

/** sshd lets only so many log in at once (MaxStartups, 10 by default) and turns others away: a short wait cures that. */
const retryAfter = [100, 250, 500, 1000];

/** Many hosts ask one after the other, and sshd waits for two minutes: who was not heard meanwhile dials again. */
const mostUnheard = 5;

type Outcome = { readonly client?: Client; readonly error?: unknown; readonly attempt: Attempt };

async function unlessBusy(
  ssh2: Library,
  hop: Hop,
  options: ConnectOptions,
  otherKeys: ReadonlySet<string>,
): Promise<Outcome> {
  let unheard = 0;
  for (let times = 0; ; times++) {
    options.signal?.throwIfAborted();
    const attempt = new Attempt(ssh2, hop, options, otherKeys);
    try {
      return { client: await attempt.run(), attempt };
    } catch (error) {
      if (attempt.unheard() && !options.signal?.aborted && unheard++ < mostUnheard) continue;
      const wait = retryAfter[times];
      if (wait === undefined || !attempt.turnedAway()) return { error, attempt };
      // Spread, so that those who were turned away together don't come back together.
      await sleep(wait * (0.5 + Math.random()), undefined, options.signal ? { signal: options.signal } : {});
    }
  }
}
