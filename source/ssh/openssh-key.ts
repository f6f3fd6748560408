import { type KeyObject, randomBytes } from 'node:crypto';
import { field } from './wire.ts';

const keyType = 'ssh-ed25519';
/** The format pads its private part to the block size of its cipher; 8 where there is none (OpenSSH, PROTOCOL.key). */
const blockSize = 8;

function parts(key: KeyObject): { seed: Buffer; point: Buffer } {
  const { d, x, crv } = key.export({ format: 'jwk' });
  if (crv !== 'Ed25519' || !d || !x) throw new TypeError('not an Ed25519 private key');
  return { seed: Buffer.from(d, 'base64url'), point: Buffer.from(x, 'base64url') };
}

/** The public key of an Ed25519 private key as SSH sends it (RFC 8709, 4). */
export function publicBlob(key: KeyObject): Buffer {
  return Buffer.concat([field(keyType), field(parts(key).point)]);
}

/** The public key as a line for authorized_keys. */
export function publicLine(key: KeyObject, comment: string): string {
  return `${keyType} ${publicBlob(key).toString('base64')} ${comment}`;
}

/**
 * An Ed25519 private key, not encrypted, in OpenSSH's own format, which ssh2 and every ssh read. Node writes PKCS#8
 * only, which neither ssh2 nor older ssh take for Ed25519.
 * @throws TypeError where the key is of another kind
 */
export function privateKeyFile(key: KeyObject, comment = ''): string {
  const { seed, point } = parts(key);
  const check = randomBytes(4);
  const secret = [check, check, field(keyType), field(point), field(Buffer.concat([seed, point])), field(comment)];
  const length = secret.reduce((sum, bytes) => sum + bytes.length, 0);
  const padding = Buffer.from(
    Array.from({ length: (blockSize - (length % blockSize)) % blockSize }, (_, index) => index + 1),
  );
  const keys = Buffer.alloc(4);
  keys.writeUInt32BE(1);
  const all = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...['none', 'none', ''].map(field),
    keys,
    field(publicBlob(key)),
    field(Buffer.concat([...secret, padding])),
  ]);
  const lines = all.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n');
}

/**
 * The public key that a private or public key file shows without a passphrase, as SSH sends it; `undefined` where
 * the file hides it (encrypted PEM) or is none of these.
 */
export function publicBlobOf(text: string): Buffer | undefined {
  const line = /^(?:ssh-|ecdsa-|sk-)\S+ +([A-Za-z0-9+/=]+)/.exec(text.trim());
  if (line?.[1]) return Buffer.from(line[1], 'base64');
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END/.exec(text)?.[1];
  if (!body) return undefined;
  const bytes = Buffer.from(body, 'base64');
  // The magic, then cipher, kdf and its options, the number of keys, and the public key.
  let at = 'openssh-key-v1\0'.length;
  for (let skipped = 0; skipped < 3; skipped++) {
    if (bytes.length < at + 4) return undefined;
    at += 4 + bytes.readUInt32BE(at);
  }
  at += 4;
  if (bytes.length < at + 4) return undefined;
  return bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at));
}
