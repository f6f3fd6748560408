import { createECDH, randomBytes } from 'node:crypto';
import { field, WireReader } from './wire.ts';

/**
 * The first messages of an SSH connection (RFC 4253, 4 to 8), up to the host's key: all of them are sent in the clear,
 * and none needs a secret of ours.
 */

/** Numbers of messages. */
export const message = { disconnect: 1, keyExchangeInit: 20, keyExchangeStart: 30, keyExchangeReply: 31 } as const;

export const greeting = 'SSH-2.0-fl-wizard\r\n';

/** What only a later, encrypted part would use. The host has to find one of each that it knows. */
const ciphers = [
  'aes128-ctr',
  'aes256-ctr',
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'chacha20-poly1305@openssh.com',
];
const macs = [
  'hmac-sha2-256',
  'hmac-sha2-512',
  'hmac-sha2-256-etm@openssh.com',
  'hmac-sha2-512-etm@openssh.com',
  'hmac-sha1',
];
const compressions = ['none', 'zlib@openssh.com', 'zlib'];

/**
 * Our half of each key exchange: anything that the host takes for one, as nothing is ever encrypted with what comes
 * of it. The same numbers open all of them (RFC 4253, 8; RFC 5656, 4; RFC 8731, 3).
 */
const halves: Readonly<Record<string, () => Buffer>> = {
  'curve25519-sha256': () => randomBytes(32),
  'curve25519-sha256@libssh.org': () => randomBytes(32),
  'ecdh-sha2-nistp256': () => createECDH('prime256v1').generateKeys(),
  // Below each prime, and positive.
  'diffie-hellman-group14-sha256': () => Buffer.concat([Buffer.from([1]), randomBytes(250)]),
  'diffie-hellman-group16-sha512': () => Buffer.concat([Buffer.from([1]), randomBytes(250)]),
};

/** A message as it is sent before there are keys: padded to 8 bytes, 4 of them at least. */
export function packet(payload: Buffer): Buffer {
  const missing = 8 - ((4 + 1 + payload.length) % 8);
  const length = missing < 4 ? missing + 8 : missing;
  return field(Buffer.concat([Buffer.from([length]), payload, randomBytes(length)]));
}

const names = (list: readonly string[]) => field(list.join(','));

/** What we propose: certificates only. */
export function proposal(hostKeyAlgorithms: readonly string[]): Buffer {
  const lists = [
    Object.keys(halves),
    hostKeyAlgorithms,
    ciphers,
    ciphers,
    macs,
    macs,
    compressions,
    compressions,
    [],
    [],
  ];
  // No guess follows, and four zeros are reserved.
  return Buffer.concat([Buffer.from([message.keyExchangeInit]), randomBytes(16), ...lists.map(names), Buffer.alloc(5)]);
}

/** What the host proposes, as far as it matters here; `undefined` where it is no proposal. */
export function readProposal(
  payload: Buffer,
): { readonly keyExchanges: readonly string[]; readonly hostKeyAlgorithms: readonly string[] } | undefined {
  const reader = new WireReader(payload);
  reader.take(1 + 16);
  const [keyExchanges, hostKeyAlgorithms] = [reader.text().split(','), reader.text().split(',')];
  return reader.broken ? undefined : { keyExchanges, hostKeyAlgorithms };
}

/** The message that has the host show its key: of all ways that we propose, the first one that it knows counts. */
export function start(keyExchanges: readonly string[]): Buffer | undefined {
  const chosen = Object.entries(halves).find(([name]) => keyExchanges.includes(name));
  return chosen && Buffer.concat([Buffer.from([message.keyExchangeStart]), field(chosen[1]())]);
}

/** The host's key or certificate in its reply; `undefined` where it is none. */
export function readReply(payload: Buffer): Buffer | undefined {
  const reader = new WireReader(payload);
  reader.take(1);
  const key = reader.field();
  return reader.broken ? undefined : key;
}
