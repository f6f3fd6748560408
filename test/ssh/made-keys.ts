/** Keys and certificates of SSH, made by hand: ones that ssh-keygen would never make, too. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { field } from '../../source/ssh/wire.ts';

export type TestKey = {
  readonly type: string;
  readonly blob: Buffer;
  readonly line: string;
  readonly secret: KeyObject;
};

const curves: Readonly<Record<string, string>> = {
  'ecdsa-sha2-nistp256': 'P-256',
  'ecdsa-sha2-nistp384': 'P-384',
  'ecdsa-sha2-nistp521': 'P-521',
};

/** A number as SSH writes it, zero or more. */
export function mpint(bytes: Buffer): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? Buffer.alloc(0) : bytes.subarray(start);
  return field((digits[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.alloc(1), digits]) : digits);
}

/** A key pair: `ssh-ed25519`, `ssh-rsa` or one of the curves. */
export function makeKey(type = 'ssh-ed25519', bits = 2048): TestKey {
  const namedCurve = curves[type];
  const { publicKey, privateKey } = namedCurve
    ? generateKeyPairSync('ec', { namedCurve })
    : type === 'ssh-rsa'
      ? generateKeyPairSync('rsa', { modulusLength: bits })
      : generateKeyPairSync('ed25519');
  const { x = '', y = '', e = '', n = '' } = publicKey.export({ format: 'jwk' });
  const [left, right, exponent, modulus] = [x, y, e, n].map((part) => Buffer.from(part, 'base64url'));
  const fields = namedCurve
    ? [
        field(type.slice('ecdsa-sha2-'.length)),
        field(Buffer.concat([Buffer.from([4]), left ?? '', right ?? ''] as Buffer[])),
      ]
    : type === 'ssh-rsa'
      ? [mpint(exponent ?? Buffer.alloc(0)), mpint(modulus ?? Buffer.alloc(0))]
      : [field(left ?? '')];
  const blob = Buffer.concat([field(type), ...fields]);
  return { type, blob, line: `${type} ${blob.toString('base64')}`, secret: privateKey };
}

const hashes: Readonly<Record<string, string>> = {
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
  'rsa-sha2-256': 'sha256',
  'rsa-sha2-512': 'sha512',
  'ssh-rsa': 'sha1',
};

/** A signature as SSH sends it. */
export function signature(
  key: TestKey,
  bytes: Buffer,
  algorithm = key.type === 'ssh-rsa' ? 'rsa-sha2-512' : key.type,
): Buffer {
  const hash = hashes[algorithm];
  if (key.type === 'ssh-ed25519') return Buffer.concat([field(algorithm), field(sign(null, bytes, key.secret))]);
  if (key.type === 'ssh-rsa') return Buffer.concat([field(algorithm), field(sign(hash, bytes, key.secret))]);
  const both = sign(hash, bytes, { key: key.secret, dsaEncoding: 'ieee-p1363' });
  const half = both.length / 2;
  return Buffer.concat([
    field(algorithm),
    field(Buffer.concat([mpint(both.subarray(0, half)), mpint(both.subarray(half))])),
  ]);
}

export type CertificateOptions = {
  readonly kind?: number;
  readonly principals?: readonly string[];
  readonly validAfter?: bigint;
  readonly validBefore?: bigint;
  /** Names and values by turns. */
  readonly options?: readonly string[];
  readonly algorithm?: string;
  readonly type?: string;
};

const u32 = (value: number) => Buffer.from([value >>> 24, value >>> 16, value >>> 8, value]);
function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

/** A certificate for a host's key by a CA; without options one that holds for ever, for `a`. */
export function certify(
  key: Pick<TestKey, 'type' | 'blob'>,
  authority: TestKey,
  options: CertificateOptions = {},
): Buffer {
  const body = Buffer.concat([
    field(options.type ?? `${key.type}-cert-v01@openssh.com`),
    field(randomBytes(32)),
    key.blob.subarray(4 + key.type.length),
    u64(1n),
    u32(options.kind ?? 2),
    field('test'),
    field(Buffer.concat((options.principals ?? ['a']).map(field))),
    u64(options.validAfter ?? 0n),
    u64(options.validBefore ?? 0xffff_ffff_ffff_ffffn),
    field(Buffer.concat((options.options ?? []).map(field))),
    field(''),
    field(''),
    field(authority.blob),
  ]);
  return Buffer.concat([body, field(signature(authority, body, options.algorithm))]);
}
