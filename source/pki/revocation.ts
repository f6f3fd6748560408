import { type Authority, openAuthority } from './authority.ts';
import { der } from './der.ts';
import { authorityKeyIdentifier, crlNumber } from './extensions.ts';
import { pemText, signatureAlgorithm, signed } from './signing.ts';
import type { Digest } from './strength.ts';

/** What a revocation list is made from. */
export type CrlOrder = {
  readonly authority: Authority;
  /** Serials in hex and when they were revoked; one that comes twice is listed once. */
  readonly revoked: readonly { readonly serial: string; readonly date: Date }[];
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** Grows with every list of this CA. */
  readonly number: number;
  /** sha256 where left out. */
  readonly digest?: Digest;
};

/**
 * A revocation list, version 2 (RFC 5280, 5.1), PEM.
 * @throws UserError (6) where key and certificate of the CA don't belong together.
 */
export function createCrl({ authority, revoked, thisUpdate, nextUpdate, number, digest = 'sha256' }: CrlOrder): string {
  const signer = openAuthority(authority);
  const dates = new Map(revoked.map(({ serial, date }) => [serial.toLowerCase(), date]));
  const entries = [...dates].map(([serial, date]) => der.sequence(der.integer(serial), der.time(date)));
  const toBeSigned = der.sequence(
    der.integer('01'),
    signatureAlgorithm(authority.key, digest),
    signer.name,
    der.time(thisUpdate),
    der.time(nextUpdate),
    // An empty list is left out altogether (5.1.2.6).
    ...(entries.length > 0 ? [der.sequence(...entries)] : []),
    der.tagged(0, [der.sequence(authorityKeyIdentifier(signer.identifier), crlNumber(number))]),
  );
  return pemText('X509 CRL', signed(toBeSigned, authority.key, digest));
}
