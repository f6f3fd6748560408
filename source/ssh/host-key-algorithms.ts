import { certificateType } from './host-certificate.ts';
import type { KnownKey } from './known-hosts.ts';

/** Host key algorithms by preference: small and fast keys first; SHA-1 signatures (`ssh-rsa`) last. */
const algorithms = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
] as const;

export type HostKeyAlgorithm = (typeof algorithms)[number];

/** The type of key that an algorithm signs with: three algorithms share the RSA key (RFC 8332). */
export function keyTypeOf(algorithm: HostKeyAlgorithm): string {
  return algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm;
}

/**
 * The host key algorithms to ask a host for, those of its known keys first: a host with several keys then shows one
 * that we know, and isn't taken for changed (OpenSSH orders its HostKeyAlgorithms the same way).
 * @param known the keys under the host's own name
 */
export function preferredAlgorithms(known: readonly KnownKey[]): readonly HostKeyAlgorithm[] {
  const types = new Set(known.filter((line) => line.marker === 'none').map((line) => line.keyType));
  const first = algorithms.filter((algorithm) => types.has(keyTypeOf(algorithm)));
  return [...first, ...algorithms.filter((algorithm) => !first.includes(algorithm))];
}

/** The algorithms by which a host shows its certificates, those for keys of a type first. SHA-1 is none of them. */
export function certificateAlgorithms(keyType: string): readonly string[] {
  const plain = algorithms.filter((algorithm) => algorithm !== 'ssh-rsa');
  const first = plain.filter((algorithm) => keyTypeOf(algorithm) === keyType);
  return [...first, ...plain.filter((algorithm) => !first.includes(algorithm))].map(certificateType);
}
