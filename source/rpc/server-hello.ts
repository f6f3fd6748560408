/**
 * What the first bytes of a server say of the connection. A ServerHello travels in the clear with every version of TLS, so
 * version and cipher are known also where the handshake then fails, and no library has to be asked. Pure.
 */
import type { Tls } from '../plan/proof.ts';

export type Greeting =
  /** It chose. */
  | { readonly kind: 'hello'; readonly tls: Tls }
  /** It ended the handshake at once, with an alert's number (RFC 8446, 6.2). */
  | { readonly kind: 'alert'; readonly alert: number }
  /** It speaks, but no TLS. */
  | { readonly kind: 'other' };

const record = { alert: 21, handshake: 22 } as const;
const serverHello = 2;
const supportedVersions = 43;

const versions: Readonly<Record<number, string>> = {
  769: 'TLS 1.0',
  770: 'TLS 1.1',
  771: 'TLS 1.2',
  772: 'TLS 1.3',
};

/** The standard names of those that anybody still negotiates; others are told by their number. */
const ciphers: Readonly<Record<number, string>> = {
  4865: 'TLS_AES_128_GCM_SHA256',
  4866: 'TLS_AES_256_GCM_SHA384',
  4867: 'TLS_CHACHA20_POLY1305_SHA256',
  49195: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  49196: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  49199: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  49200: 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  52392: 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
  52393: 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
};

const hex = (number: number) => `0x${number.toString(16).padStart(4, '0')}`;

/** @returns nothing while too little has come to tell */
export function greetingOf(bytes: Buffer): Greeting | undefined {
  const [type, major] = bytes;
  if (type === undefined || major === undefined) return undefined;
  if ((type !== record.alert && type !== record.handshake) || major !== 3) return { kind: 'other' };
  try {
    if (type === record.alert) return { kind: 'alert', alert: bytes.readUInt8(6) };
    if (bytes.readUInt8(5) !== serverHello) return { kind: 'other' };
    const end = 9 + bytes.readUIntBE(6, 3);
    return bytes.length < end ? undefined : { kind: 'hello', tls: chosen(bytes.subarray(9, end)) };
  } catch {
    // Cut off: readers of a Buffer throw beyond its end.
    return undefined;
  }
}

/** The body: version (2), random (32), session id (1 and its bytes), cipher (2), compression (1), extensions. */
function chosen(body: Buffer): Tls {
  let at = 34;
  at += 1 + body.readUInt8(at);
  const cipher = body.readUInt16BE(at);
  const version = selectedVersion(body, at + 3) ?? body.readUInt16BE(0);
  return { version: versions[version] ?? hex(version), cipher: ciphers[cipher] ?? hex(cipher) };
}

/** TLS 1.3 calls itself 1.2, and tells in an extension what it is. */
function selectedVersion(body: Buffer, from: number): number | undefined {
  if (from >= body.length) return undefined;
  const end = from + 2 + body.readUInt16BE(from);
  for (let at = from + 2; at < end; at += 4 + body.readUInt16BE(at + 2))
    if (body.readUInt16BE(at) === supportedVersions) return body.readUInt16BE(at + 4);
  return undefined;
}
