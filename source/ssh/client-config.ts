import type { ConnectConfig } from 'ssh2';
import type { Hop } from './attempt.ts';
import type { ConnectOptions } from './connect-options.ts';
import { keyTypeOf, preferredAlgorithms } from './host-key-algorithms.ts';

const defaultKeepalive = 10_000;
const missedSigns = 3;

/** Fast ones first. Group exchange looks for primes and blocks for 1.4 s, so it is what is left when nothing else is. */
const keyExchanges: NonNullable<NonNullable<ConnectConfig['algorithms']>['kex']> = [
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'ecdh-sha2-nistp521',
  'diffie-hellman-group14-sha256',
  'diffie-hellman-group16-sha512',
  'diffie-hellman-group18-sha512',
  'diffie-hellman-group-exchange-sha256',
];

/**
 * What ssh2 is told for one connection. Without its `hostVerifier` it would take any key, so both callbacks are required.
 * @param otherKeys types of host keys not to ask for, unless nothing else were left
 */
export function clientConfig(
  { target, known }: Hop,
  options: ConnectOptions,
  otherKeys: ReadonlySet<string>,
  callbacks: Required<Pick<ConnectConfig, 'hostVerifier' | 'authHandler'>>,
): ConnectConfig {
  const all = preferredAlgorithms(known.own);
  const wanted = all.filter((algorithm) => !otherKeys.has(keyTypeOf(algorithm)));
  return {
    username: target.user,
    // Off: ours stands still while a question is open.
    readyTimeout: 0,
    keepaliveInterval: options.keepalive ?? defaultKeepalive,
    keepaliveCountMax: missedSigns,
    algorithms: { kex: keyExchanges, serverHostKey: wanted.length > 0 ? wanted : [...all] },
    ...callbacks,
  };
}
