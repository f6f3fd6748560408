/**
 * What gRPC, OpenSSL, Node and Python say when a connection fails, as cause and remedy. The hosts' runtime says the same
 * of what its Flower clients meet (explain.py); each words is one that a real peer was seen to cause. Pure.
 */

export type Cause = { readonly why: string; readonly hint: string };

const renew = 'fl-wizard certs --allow-reissue, then fl-wizard deploy --only-certificates';
const place = 'fl-wizard deploy --only-certificates puts the right pair in place';
const stranger = 'is the port, or the address that clients dial, that of another program? fl-wizard preflight looks';
const serving = 'fl-wizard status; fl-wizard logs server';

type Table = readonly (readonly [words: RegExp, why: string, hint: string])[];

/** How this side judged the server's certificate: that does not mend itself. */
const ofServer: Table = [
  [
    /Hostname Verification Check failed|does not match certificate's altnames|(?:hostname|IP address) mismatch/i,
    'the server’s certificate does not hold the name that is dialed',
    'add it to server.names in fl-network.yaml, then fl-wizard config, certs --allow-reissue, deploy --only-certificates',
  ],
  [
    /certificate has expired/i,
    'the server’s certificate has expired, or the clock here is ahead',
    `${renew}; fl-wizard preflight compares the clocks`,
  ],
  [
    /certificate is not yet valid/i,
    'the server’s certificate is not valid yet: a clock is wrong',
    'fl-wizard preflight tells whose clock is off; timedatectl set-ntp true sets it right',
  ],
  [
    /uns(?:uitable|upported) certificate purpose/i,
    'what the server shows is no server’s certificate, but a client’s',
    place,
  ],
  [
    /key[ _]usage[ _]bit[ _]incorrect/i,
    'what the server shows may not be used by a server (a CA’s own, perhaps)',
    place,
  ],
  [
    /self[- ]signed certificate(?! in)/i,
    'the server shows a certificate that it signed itself, not one of this network’s CA',
    stranger,
  ],
  [
    /self[- ]signed certificate in|unable to get (?:local )?issuer|unable to verify the first|certificate[ _]verify[ _]failed/i,
    'the server’s certificate is not signed by this network’s CA (ca.crt)',
    `is it another server, or does something between open the connection? If the CA is new: ${place}`,
  ],
];

/** What the server said of the certificate that it was shown, by an alert of TLS. */
const ofOurs: Table = [
  [
    /alert[ _]certificate[ _]required|did[ _]not[ _]return[ _]a[ _]certificate/i,
    'the server wants a client certificate, and none was shown',
    place,
  ],
  [
    /alert[ _]certificate[ _]expired/i,
    'the server finds this certificate expired',
    `${renew}; fl-wizard cert lists the dates`,
  ],
  [/alert[ _]certificate[ _]revoked/i, 'the server finds this certificate revoked', renew],
  [/alert[ _]unknown[ _]ca/i, 'the server does not know the CA that signed this certificate', place],
  [/alert[ _](?:unsupported|bad)[ _]certificate/i, 'the server does not take this certificate for a client’s', place],
  [
    /alert[ _]protocol[ _]version|unsupported[ _]protocol/i,
    'the two sides have no version of TLS in common',
    'TLS 1.2 or newer is needed: bring Python and OpenSSL of that host up to date',
  ],
  [
    /alert[ _]handshake[ _]failure/i,
    'the server ended the handshake: no client certificate that it accepts, or no cipher in common',
    place,
  ],
  [
    /TSI_DATA_CORRUPTED/,
    'the server ended the connection behind the handshake: it did not accept this client’s certificate',
    place,
  ],
];

/** Who is there at all. */
const ofWay: Table = [
  [
    /wrong[ _]version[ _]number|packet[ _]length[ _]too[ _]long|http request/i,
    'what listens there speaks no TLS: it is another program, or was not started by fl-wizard',
    stranger,
  ],
  [/ALPN/, 'what listens there speaks TLS, but no gRPC', stranger],
  [
    /DNS resolution failed|errors resolving|Name resolution failed|ENOTFOUND|EAI_AGAIN|not known|Domain name not found/i,
    'its name could not be resolved there',
    'check the name, or set dial to an address (fl-network.yaml)',
  ],
  [/refused/i, 'nothing listens there', serving],
  [
    /No route to host|Network is unreachable|EHOSTUNREACH|ENETUNREACH/,
    'there is no way to it',
    'check address, network and firewall; fl-wizard preflight tries the way',
  ],
  [
    /timed? ?out|ETIMEDOUT|FD Shutdown|tcp handshaker shutdown|DEADLINE_EXCEEDED|Deadline exceeded/i,
    'it does not answer',
    'check the firewall or security group of the server’s port; fl-wizard preflight tries the way',
  ],
  [
    /socket disconnected before secure TLS|UNEXPECTED_EOF|EOF occurred|Socket closed/i,
    'the server closed the connection: it went away, or it did not accept the certificate',
    `${serving}; fl-wizard cert lists the dates`,
  ],
  [/reset|EPIPE|ECONNRESET/i, 'the connection was reset: the server went away, or something between cuts it', serving],
  [/Connection dropped/, 'nothing comes through the connection to the server any more', serving],
  [/keepalive/i, 'the server did not answer for too long: the network between is cut', serving],
];

/** Why the policy refused, which says so in words of its own: only what to do is missing. */
const policy: readonly (readonly [words: RegExp, hint: string])[] = [
  [/is revoked/, renew],
  [/has expired/, renew],
  [/fingerprint differs/, place],
  [/is not on the list/, 'fl-wizard deploy brings the allow-list up to date'],
  [/list of operators|list of clients/, place],
  [/everybody is refused/, 'fl-wizard deploy writes the policy anew'],
  [/names nobody/, renew],
];

/** The first whose words are found: a sentence of gRPC's holds several layers of one failure. */
function causeIn(table: Table, text: string): Cause | undefined {
  const found = table.find(([words]) => words.test(text));
  return found && { why: found[1], hint: found[2] };
}

/** The cause of a failed connection, where the words are known. */
export function tlsCause(text: string): Cause | undefined {
  return causeIn([...ofServer, ...ofOurs, ...ofWay], text);
}

/** Why this side did not take the server for the network's, if that is what the words say. */
export function wrongServerCause(text: string): Cause | undefined {
  return causeIn(ofServer, text);
}

/** What to do where the policy refuses one that should be let in. */
export function policyHint(reason: string): string | undefined {
  return policy.find(([words]) => words.test(reason))?.[1];
}
