import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import { field, WireReader } from './wire.ts';

/** A public key as SSH sends it (RFC 4253, 6.6), found to be one. */
export type PublicKey = {
  readonly type: string;
  readonly blob: Buffer;
  /** `undefined` for keys on hardware tokens, which sign in a way of their own. */
  readonly key: KeyObject | undefined;
};

/** How many fields follow the type. */
const fieldCounts: Readonly<Record<string, number>> = {
  'ssh-ed25519': 1,
  'ecdsa-sha2-nistp256': 2,
  'ecdsa-sha2-nistp384': 2,
  'ecdsa-sha2-nistp521': 2,
  'ssh-rsa': 2,
  'sk-ssh-ed25519@openssh.com': 2,
  'sk-ecdsa-sha2-nistp256@openssh.com': 3,
};

/** What OpenSSH takes for an RSA key at all (SSH_RSA_MINIMUM_MODULUS_SIZE), and as the longest number. */
const rsaBits = { least: 1024, most: 16_384 };

/** The key in a blob of its own; `undefined` where it is none, or something follows it. */
export function parsePublicKey(blob: Buffer): PublicKey | undefined {
  const reader = new WireReader(blob);
  const key = readPublicKey(reader.text(), reader);
  return reader.more ? undefined : key;
}

/** Reads the fields of a key whose type is known already: so they stand in certificates too. */
export function readPublicKey(type: string, reader: WireReader): PublicKey | undefined {
  const count = Object.hasOwn(fieldCounts, type) ? fieldCounts[type] : undefined;
  if (count === undefined) return undefined;
  const fields = Array.from({ length: count }, () => reader.field());
  if (reader.broken) return undefined;
  const blob = Buffer.concat([type, ...fields].map(field));
  if (type.startsWith('sk-')) return { type, blob, key: undefined };
  const key = keyObject(type, fields);
  return key && { type, blob, key };
}

function keyObject(type: string, fields: readonly Buffer[]): KeyObject | undefined {
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = fields;
  const jwk =
    type === 'ssh-ed25519' ? edwards(first) : type === 'ssh-rsa' ? rsa(first, second) : curve(type, first, second);
  if (!jwk) return undefined;
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    // OpenSSL says that it is no key, such as a point that isn't on its curve.
    return undefined;
  }
}

function edwards(point: Buffer): JsonWebKey | undefined {
  return point.length === 32 ? { kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') } : undefined;
}

function rsa(exponent: Buffer, modulus: Buffer): JsonWebKey | undefined {
  const [e, n] = [positive(exponent), positive(modulus)];
  if (!e || !n) return undefined;
  const bits = n.length * 8 - Math.clz32(n[0] ?? 0) + 24;
  if (bits < rsaBits.least || bits > rsaBits.most) return undefined;
  return { kty: 'RSA', e: e.toString('base64url'), n: n.toString('base64url') };
}

const curves: Readonly<Record<string, { readonly crv: string; readonly bytes: number; readonly hash: string }>> = {
  nistp256: { crv: 'P-256', bytes: 32, hash: 'sha256' },
  nistp384: { crv: 'P-384', bytes: 48, hash: 'sha384' },
  nistp521: { crv: 'P-521', bytes: 66, hash: 'sha512' },
};

function curve(type: string, name: Buffer, point: Buffer): JsonWebKey | undefined {
  const known = curves[type.replace('ecdsa-sha2-', '')];
  if (!known || type !== `ecdsa-sha2-${name.toString('latin1')}`) return undefined;
  // 4: both coordinates, not compressed; OpenSSH takes no other form.
  if (point.length !== 1 + 2 * known.bytes || point[0] !== 4) return undefined;
  const [x, y] = [point.subarray(1, 1 + known.bytes), point.subarray(1 + known.bytes)];
  return { kty: 'EC', crv: known.crv, x: x.toString('base64url'), y: y.toString('base64url') };
}

/** The bytes of an `mpint` without leading zeros; `undefined` where it is zero or below. */
function positive(number: Buffer): Buffer | undefined {
  if ((number[0] ?? 0) & 0x80) return undefined;
  const start = number.findIndex((byte) => byte !== 0);
  return start < 0 ? undefined : number.subarray(start);
}

/** The algorithm that a signature says it was made with. */
export function signatureAlgorithm(signature: Buffer): string {
  return new WireReader(signature).text();
}

/** Whether this key made this signature over these bytes. SHA-1 (`ssh-rsa`) counts for nothing. */
export function hasSigned({ type, key }: PublicKey, signature: Buffer, bytes: Buffer): boolean {
  const reader = new WireReader(signature);
  const algorithm = reader.text();
  const value = reader.field();
  if (!key || reader.broken || reader.more) return false;
  if (type === 'ssh-ed25519') return algorithm === type && verify(null, bytes, key, value);
  if (type === 'ssh-rsa') return hasSignedByRsa(key, algorithm, value, bytes);
  const known = curves[type.replace('ecdsa-sha2-', '')];
  if (!known || algorithm !== type) return false;
  const numbers = new WireReader(value);
  const [r, s] = [positive(numbers.field()), positive(numbers.field())];
  if (!r || !s || numbers.broken || numbers.more || Math.max(r.length, s.length) > known.bytes) return false;
  const both = Buffer.concat([padded(r, known.bytes), padded(s, known.bytes)]);
  return verify(known.hash, bytes, { key, dsaEncoding: 'ieee-p1363' }, both);
}

const rsaHashes: Readonly<Record<string, string>> = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' };

function hasSignedByRsa(key: KeyObject, algorithm: string, value: Buffer, bytes: Buffer): boolean {
  const hash = Object.hasOwn(rsaHashes, algorithm) ? rsaHashes[algorithm] : undefined;
  const length = Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
  return hash !== undefined && verify(hash, bytes, key, padded(value, length));
}

/** Zeros before a number, up to a length. */
function padded(number: Buffer, length: number): Buffer {
  return Buffer.concat([Buffer.alloc(Math.max(0, length - number.length)), number]);
}
