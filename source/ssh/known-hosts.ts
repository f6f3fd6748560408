import { createHash } from 'node:crypto';
import { nameMatcher } from './name-matcher.ts';

/** One line of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
export type KnownHost = {
  readonly marker: 'none' | 'revoked' | 'cert-authority';
  readonly matches: (name: string) => boolean;
  readonly keyType: string;
  readonly blob: Buffer;
};

/** The lines of one known_hosts file that mean something, in their order. */
export type KnownHosts = readonly KnownHost[];

/** What the known hosts say about a key; `changed` holds the fingerprints of the keys that were expected. */
export type Verdict = 'known' | 'unknown' | 'revoked' | { readonly changed: readonly string[] };

const defaultPort = 22;

/** The name under which OpenSSH files a host: the address, and the port where it isn't 22. */
export function knownName(address: string, port: number): string {
  const name = address.toLowerCase();
  return port === defaultPort ? name : `[${name}]:${port}`;
}

/** A key's fingerprint as OpenSSH prints it: `SHA256:` and base64 without padding. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** The key type that a public key blob names itself (RFC 4253, 6.6), or `undefined` where it is no such blob. */
export function blobType(blob: Buffer): string | undefined {
  if (blob.length < 4) return undefined;
  const length = blob.readUInt32BE(0);
  if (length === 0 || length > 64 || blob.length < 4 + length) return undefined;
  return blob.toString('latin1', 4, 4 + length);
}

/** A line for a known_hosts file, without a line break at its end. */
export function knownHostsLine(address: string, port: number, blob: Buffer): string {
  return `${knownName(address, port)} ${blobType(blob) ?? 'unknown'} ${blob.toString('base64')}`;
}

/**
 * Reads a known_hosts file. Lines that OpenSSH would skip (comments, unknown markers, broken base64, a key that
 * isn't of the type it says) are left out; nothing throws.
 */
export function parseKnownHosts(text: string): KnownHosts {
  return text.split(/\r?\n/).flatMap((line) => parseLine(line) ?? []);
}

function parseLine(line: string): KnownHost | undefined {
  const words = line.trim().split(/[ \t]+/);
  if (words[0]?.startsWith('#')) return undefined;
  const marker = words[0]?.startsWith('@') ? words.shift() : '';
  const [names, keyType, base64] = words;
  if (!names || !keyType || !base64) return undefined;
  if (marker !== '' && marker !== '@revoked' && marker !== '@cert-authority') return undefined;
  const blob = Buffer.from(base64, 'base64');
  if (blobType(blob) !== keyType) return undefined;
  const matches = nameMatcher(names);
  if (!matches) return undefined;
  return {
    marker: marker === '' ? 'none' : marker === '@revoked' ? 'revoked' : 'cert-authority',
    matches,
    keyType,
    blob,
  };
}

/** The lines for a host, over all files. */
function linesFor(files: readonly KnownHosts[], name: string): KnownHost[] {
  return files.flat().filter((line) => line.matches(name));
}

/**
 * What is known about the key that a host shows, decided as OpenSSH does under `StrictHostKeyChecking=yes`:
 * a revoked key is refused; a host with known keys that shows any other, of whatever type, has changed; a host on
 * another port is also known by its plain name. Host certificates are not supported, so `@cert-authority` lines
 * say nothing here.
 */
export function lookUp(
  files: readonly KnownHosts[],
  address: string,
  port: number,
  keyType: string,
  keyBlob: Buffer,
): Verdict {
  const plainName = knownName(address, defaultPort);
  const lines = linesFor(files, knownName(address, port));
  const same = (line: KnownHost) => line.keyType === keyType && line.blob.equals(keyBlob);
  const plainLines = port === defaultPort ? lines : linesFor(files, plainName);
  if ([...lines, ...plainLines].some((line) => line.marker === 'revoked' && same(line))) return 'revoked';
  const trusted = lines.filter((line) => line.marker === 'none');
  if (trusted.some(same)) return 'known';
  if (trusted.length > 0) return { changed: [...new Set(trusted.map((line) => fingerprint(line.blob)))] };
  return plainLines.some((line) => line.marker === 'none' && same(line)) ? 'known' : 'unknown';
}

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
 */
export function preferredAlgorithms(
  files: readonly KnownHosts[],
  address: string,
  port: number,
): readonly HostKeyAlgorithm[] {
  const named = linesFor(files, knownName(address, port));
  const lines = named.length > 0 ? named : linesFor(files, knownName(address, defaultPort));
  const types = new Set(lines.filter((line) => line.marker === 'none').map((line) => line.keyType));
  const known = algorithms.filter((algorithm) => types.has(keyTypeOf(algorithm)));
  return [...known, ...algorithms.filter((algorithm) => !known.includes(algorithm))];
}
