/** The digests that certificates are signed with here; md5 and sha1 are broken. */
export type Digest = 'sha256' | 'sha384' | 'sha512';

/** Below this an RSA key is refused everywhere (NIST SP 800-57, the CA/Browser Forum, OpenSSL's security level 2). */
export const leastBits = 2048;

/** OpenSSL's own limit; a handshake with such a key takes seconds already. */
export const mostBits = 16_384;

const digests: ReadonlyMap<string, Digest> = new Map([
  ['default', 'sha256'],
  ['sha256', 'sha256'],
  ['sha384', 'sha384'],
  ['sha512', 'sha512'],
]);

/** The key size that a text names, or undefined where it names none that is used here. */
export function bitsNamed(text: string): number | undefined {
  const bits = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 0;
  return bits >= leastBits && bits <= mostBits ? bits : undefined;
}

/** The digest that a text names, as OpenSSL does without regard to case, or undefined where it is not used here. */
export function digestNamed(text: string): Digest | undefined {
  return digests.get(text.toLowerCase());
}

/** Why a key size was refused. */
export function bitsTrouble(text: string): string {
  return `default_bits: a key has ${leastBits} to ${mostBits} bits here, not ${JSON.stringify(text.slice(0, 40))}`;
}

/** Why a digest was refused. */
export function digestTrouble(text: string): string {
  return `default_md: sha256, sha384 or sha512 sign here, not ${JSON.stringify(text.slice(0, 40))}`;
}
