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
  { name: 'revoked', expected: 'refused', title: 'revoked' },
  { name: 'unlisted', expected: 'refused', title: 'a name that is not on the allow-list' },
  { name: 'impostor', expected: 'refused', title: 'a client’s name, another key' },
  { name: 'operator', expected: 'refused', title: 'the operator’s as a client' },
];

export function caseOf(name: CaseName): Case {
  const found = cases.find((each) => each.name === name);
  if (!found) throw new Error(`no such case: ${name}`);
  return found;
}

/** What came back from one try. Only a real answer or a real refusal counts; anything else proves nothing. */
export type Seen =
  | { readonly outcome: 'accepted'; readonly identity: string }
  | { readonly outcome: 'refused'; readonly by: 'handshake' | 'policy'; readonly reason: string }
  | { readonly outcome: 'unclear'; readonly reason: string };
