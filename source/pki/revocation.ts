import { exit, UserError } from '../plan/failure.ts';
import { type Authority, openAuthority } from './authority.ts';
import { dateOf, decode, der, items, taggedItem } from './der.ts';
import { authorityKeyIdentifier, crlNumber } from './extensions.ts';
import { serialOf } from './parts.ts';
import { pemBytes, pemText } from './pem.ts';
import { signatureAlgorithm, signed } from './signing.ts';
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

/** What a revocation list says. */
export type CrlFacts = {
  readonly revoked: readonly { readonly serial: string; readonly date: Date }[];
  readonly thisUpdate: Date;
  /** When the next one is due; every list of ours says it. */
  readonly nextUpdate?: Date;
};

/** Reads a revocation list (PEM); its signature is not checked. @throws UserError (6) for what is none. */
export function readCrl(pem: string): CrlFacts {
  try {
    const [body] = items(decode(pemBytes(pem, 'X509 CRL') ?? Buffer.alloc(0)));
    // Version, algorithm and issuer stand before the dates; then the list, where anything is revoked.
    const [, , , thisUpdate, ...rest] = items(body);
    const isTime = rest[0] !== undefined && typeof rest[0].value === 'string';
    const nextUpdate = isTime ? dateOf(rest[0]) : undefined;
    const [list] = isTime ? rest.slice(1) : rest;
    const entries = list && !taggedItem([list], 0) ? items(list) : [];
    const revoked = entries.map((entry) => {
      const [serial, date] = items(entry);
      return { serial: serialOf(serial), date: dateOf(date) };
    });
    return { revoked, thisUpdate: dateOf(thisUpdate), ...(nextUpdate ? { nextUpdate } : {}) };
  } catch {
    throw new UserError({ exitCode: exit.proof, doing: 'Reading a revocation list', why: 'its DER is not valid' });
  }
}
