/** The way from a client's host to the server's port, as it was tried. */

/** The rungs of the ladder in their order; `top` is the end of it. */
export type Rung = 'dns' | 'tcp' | 'hello' | 'transfer' | 'tls' | 'top';

/** What a client's host found. */
export type Climbed = {
  /** The rung that broke, or `top`. */
  readonly rung: Rung;
  /** How it broke: `refused`, `timeout`, `reset`, `closed`, `other` (somebody else answers), or the system's words. */
  readonly trouble?: string;
  /** What answered instead of our listener. */
  readonly said?: string;
  /** The address that the client's host sends from, and the one that it dials. */
  readonly from?: string;
  readonly to?: string;
  /** The address that the server saw it come from. */
  readonly seenAs?: string;
  /** The certificate that a TLS handshake was shown; set where it is not the one that was to be shown. */
  readonly intruder?: { readonly subject: string; readonly issuer: string };
  /** Whether TLS was tried: not where the server's Python can't, or nothing is known to compare with. */
  readonly tls: boolean;
};

/** All ways as they are tried, by client; `closed` resolves when the port is nobody's again. */
export type Ways = { readonly ways: ReadonlyMap<string, Promise<Way>>; readonly closed: Promise<void> };

/** What came of it: the climb, or why it could not be made. */
export type Way = { readonly climbed: Climbed } | Untried;

/** `unwanted`: nobody wanted it to be tried, so that it was not is nothing to be minded. */
export type Untried = { readonly untried: string; readonly unwanted?: boolean };
