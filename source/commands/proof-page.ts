/** A proof as one page for an auditor. Pure. */
import type { Proof, ProofCertificate, ProofHost, ProofTry } from '../plan/proven.ts';
import { code, html, type Markup, page, pairs, rows, table } from '../report/markup.ts';

const style = `
tbody.try { break-inside: avoid; border-top: 2px solid var(--ink); } td dt { font-weight: 400; color: var(--soft); }
.wrong td { font-weight: 700; } tbody.wrong { border: 3px solid var(--ink); }
.try tr:first-child td:not(:nth-child(5)) { white-space: nowrap; }
`;

const words: Readonly<Record<ProofTry['outcome'], string>> = {
  accepted: 'let in',
  refused: 'refused',
  refuses: 'the client refuses the server',
  unclear: 'not clear',
  'not tried': 'not tried',
};

function seenAs({ uri, fingerprint, address }: NonNullable<ProofTry['word']>): Markup {
  return html`${uri} <code>${fingerprint}</code>${address === undefined ? '' : ` from ${address}`}`;
}

/** Why there is no word of the server's. */
function unseen({ by, expected, outcome }: ProofTry): string {
  if (by === 'handshake' || by === 'version') return 'nobody: it ended the handshake';
  // Judged by the client alone: a wrong server is one of ours, and to the right one no call is made.
  return expected === 'refuses' || outcome === 'accepted' ? 'not asked' : 'not known';
}

const tryTitles = ['Verdict', 'Through', 'Shown', 'Expected', 'Seen'];

function tryBody(each: ProofTry): Markup {
  const { tls, word } = each;
  const more = pairs([
    ['time', `${each.time} (UTC)`],
    ['TLS', tls ? `${tls.version}, ${tls.cipher}` : 'not seen'],
    ['SHA-256 shown', each.shown ? code(each.shown) : 'none'],
    ['SHA-256 of the server’s', code(each.presented?.fingerprint ?? each.offered)],
    ['the server saw', word ? seenAs(word) : unseen(each)],
  ]);
  return html`<tbody class="try${each.ok ? '' : ' wrong'}"><tr><td>${each.ok ? 'as it must be' : 'WRONG'}</td>
<td>${each.host}${each.to ? html`<br>to ${each.to}` : undefined}</td><td>${each.name}</td><td>${words[each.expected]}</td>
<td>${each.detail}</td></tr><tr><td></td><td colspan="${tryTitles.length - 1}">${more}</td></tr></tbody>
`;
}

function certificateRow({ name, fingerprint, notAfter, daysLeft }: ProofCertificate): Markup {
  return html`<tr><td>${name}</td><td>${notAfter}</td><td>${daysLeft}</td><td><code>${fingerprint}</code></td></tr>
`;
}

function hostRow(each: ProofHost, { hashes }: Proof): Markup {
  const { packages = {} } = each;
  const installed = Object.entries(packages).map(([name, version]) => html`${name} ${version}<br>`);
  const same = (there: string | undefined, here: string) =>
    there === undefined ? html`not seen` : html`${there === here ? 'as here' : 'DIFFERS'} <code>${there}</code>`;
  const known = (text: string | undefined) => text ?? 'not known';
  return html`<tr><td>${each.name}</td><td>${known(each.os)}<br>${each.architecture}</td><td>${known(each.python)}</td>
<td>${known(each.openssl)}</td><td>${installed.length > 0 ? installed : html`not known`}</td>
<td>${same(each.runtime, hashes.runtime)}</td><td>${same(each.app, hashes.app)}</td><td>${each.trouble}</td></tr>
`;
}

function facts(proof: Proof, written: string): Markup {
  const { flWizard, node, openssl } = proof.software;
  return pairs([
    ['Network', proof.network],
    ['What the server’s certificate has to hold', proof.address],
    ['Run', proof.run],
    ['Tried', `${proof.started} to ${proof.time} (UTC)`],
    ['Written', written],
    ['Tried with', `fl-wizard ${flWizard}, Node ${node}, OpenSSL ${openssl}`],
    ['SHA-256 of the runtime', code(proof.hashes.runtime)],
    ['SHA-256 of the app', code(proof.hashes.app)],
  ]);
}

const reading = html`<p>Each try is a TLS connection of its own to the port that the server serves, through the SSH connection
of the host that is named, with a real call (WhoAmI) that joins no training. To be let in counts only with the server’s
answer who it saw. A refusal counts only from a server that had begun the handshake and ended the connection itself, or
that answered PERMISSION_DENIED with the reason that belongs to the case. Anything else is not clear, and then nothing is
called mutual. Where a client’s own Python judges a server, no call is made, so the server is not asked. TLS version and
cipher are read from the server’s first bytes on the wire.</p>
<p>The digests of runtime and app are SHA-256 of what <code>sha256sum</code> prints for their files in order of their names.</p>`;

/** @param earlier nothing was running when it was written: it is the last proof that was made */
export function proofPage(proof: Proof, { written, earlier }: { written: string; earlier: boolean }): string {
  const title = `Proof of mutual TLS: ${proof.network}`;
  const note = earlier
    ? html`<p>No server was running when this was written. It is the last proof, of ${proof.time}.</p>
`
    : undefined;
  return page(
    title,
    style,
    html`<p class="verdict">${proof.mutual ? 'PROVED' : 'NOT PROVED'}: ${proof.verdict}</p>
${note}${facts(proof, written)}
<h2>What was tried, expected and seen</h2>
${table(tryTitles, proof.tries.map(tryBody))}
<h2>Certificates</h2>
${table(['Certificate', 'Ends', 'Days left', 'SHA-256'], rows(proof.certificates.map(certificateRow)))}
<h2>Hosts</h2>
${table(
  ['Host', 'System', 'Python', 'OpenSSL', 'Packages', 'Runtime', 'App', 'Trouble'],
  rows(proof.hosts.map((host) => hostRow(host, proof))),
)}
<h2>How to read this</h2>
${reading}
`,
  );
}
