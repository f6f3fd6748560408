import type { KnownKey, KnownKeys } from './known-hosts.ts';

/** What the known hosts say about a key. */
export type Verdict =
  | 'known'
  | 'unknown'
  | { readonly revoked: KnownKey }
  /** The keys that were expected. */
  | { readonly changed: readonly KnownKey[] };

/**
 * What is known about the key that a host shows, decided as OpenSSH does under `StrictHostKeyChecking=yes`: a revoked
 * key is refused; a host with known keys that shows any other, of whatever type, has changed; a host on another port
 * of which nothing is known is also known by its plain name.
 */
export function lookUp({ own, plain }: KnownKeys, blob: Buffer): Verdict {
  const revoked = revokedIn(own, [blob]);
  if (revoked) return { revoked };
  const trusted = own.filter(({ marker }) => marker === 'none');
  if (trusted.some((key) => key.blob.equals(blob))) return 'known';
  if (trusted.length > 0) return { changed: trusted };
  const revokedByPlainName = revokedIn(plain, [blob]);
  if (revokedByPlainName) return { revoked: revokedByPlainName };
  return plain.some((key) => key.marker === 'none' && key.blob.equals(blob)) ? 'known' : 'unknown';
}

/** The line that revokes one of these keys. */
export function revokedIn(lines: readonly KnownKey[], blobs: readonly Buffer[]): KnownKey | undefined {
  return lines.find(({ marker, blob }) => marker === 'revoked' && blobs.some((each) => each.equals(blob)));
}
