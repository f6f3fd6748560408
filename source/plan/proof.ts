/** The connections that are tried at a running port, and what each must end in. Pure. */

export type CaseName =
  | 'right'
  | 'none'
  | 'foreign'
  | 'server'
  | 'expired'
  | 'revoked'
  | 'unlisted'
  | 'impostor'
  | 'operator';

export type Case = {
  readonly name: CaseName;
  readonly expected: 'accepted' | 'refused';
  /**
   * Where TLS itself can't refuse it: what the policy has to say. A refusal for another reason proves nothing about this
   * one (an expired probe would be refused as well, and the CRL never asked).
   */
  readonly because?: RegExp;
  /** As a check's name: "no certificate". */
  readonly title: string;
};

/** The order is that of the screens: who belongs in, then who does not. */
export const cases: readonly Case[] = [
  { name: 'right', expected: 'accepted', title: 'a client’s own certificate' },
  { name: 'none', expected: 'refused', title: 'no certificate' },
  { name: 'foreign', expected: 'refused', title: 'somebody else’s CA' },
  { name: 'server', expected: 'refused', title: 'the server’s as a client' },
  { name: 'expired', expected: 'refused', title: 'expired' },
  { name: 'revoked', expected: 'refused', title: 'revoked', because: /is revoked/ },
  {
    name: 'unlisted',
    expected: 'refused',
    title: 'a name that is not on the allow-list',
    because: /is not on the list/,
  },
  { name: 'impostor', expected: 'refused', title: 'a client’s name, another key', because: /fingerprint differs/ },
  { name: 'operator', expected: 'refused', title: 'the operator’s as a client', because: /list of operators/ },
];

export function caseOf(name: CaseName): Case {
  const found = cases.find((each) => each.name === name);
  if (!found) throw new Error(`no such case: ${name}`);
  return found;
}

/** A refusal for another reason than the case's own is no proof of it. */
export function judged(which: CaseName, seen: Seen): Seen {
  const { because } = caseOf(which);
  // Whom the server does not speak to at all, it does not let in.
  if (seen.outcome === 'refused' && seen.by === 'version') return seen;
  if (!because || seen.outcome !== 'refused' || (seen.by === 'policy' && because.test(seen.reason))) return seen;
  return { outcome: 'unclear', reason: `it was refused for another reason (${seen.reason})` };
}

/** What a try shows beyond the case: how TLS was limited. */
export type Limit = 'TLS 1.2';

/** The name of a check with such a limit. */
export const limitedName = (name: string, limit: Limit) => `${name}, with ${limit}`;
/** The same without it: screens tell both in one. */
export const unlimitedName = (name: string) => name.replace(/, with TLS 1\.2$/, '');

/** What was negotiated, as it stood on the wire. */
export type Tls = { readonly version: string; readonly cipher: string };

/** A certificate as it was presented in a handshake. */
export type Presented = {
  /** SHA-256 of its DER, lower-case hexadecimal, as all fingerprints here. */
  readonly fingerprint: string;
  /** RFC 3339. */
  readonly notAfter: string;
};

/** The server's own word on who came. */
export type Word = {
  readonly uri: string;
  readonly fingerprint: string;
  /** Where it came from, by the server's answer to this very try. */
  readonly address?: string;
};

/** One try with all that was seen of it. What is left out could not be seen. */
export type Tried = {
  readonly seen: Seen;
  /** What was dialed, HOST:PORT. */
  readonly to: string;
  readonly tls?: Tls;
  /** Fingerprint of the certificate that was shown to the server. */
  readonly shown?: string;
  readonly presented?: Presented;
  readonly word?: Word;
};

/**
 * What came back from one try. Only a real answer or a real refusal counts; anything else proves nothing. `hint`: what to
 * try; `said`: the words of the library below.
 */
export type Seen =
  | { readonly outcome: 'accepted'; readonly identity: string }
  | { readonly outcome: 'refused'; readonly by: 'handshake' | 'policy' | 'version'; readonly reason: string }
  | { readonly outcome: 'unclear'; readonly reason: string; readonly hint?: string; readonly said?: string };
