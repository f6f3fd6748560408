/** A report's network: its members with their certificates, the proof of mutual TLS, what it ran with. Pure. */
import type { Proof, ProofTry } from '../plan/proven.ts';
import { plural, samples } from '../ui/format.ts';
import { type Column, type Gap, grid, moment, type Row } from './cells.ts';
import { code, html, type Markup } from './markup.ts';

export type PageMember = { readonly name: string; readonly role: string; readonly host: string };
export type PageCertificate = {
  readonly name: string;
  readonly kind: string;
  readonly state: string;
  readonly subject: string;
  readonly notAfter: string;
  readonly daysLeft: number;
  readonly fingerprint: string;
};

const triesShown = 100;
/** More names than that are not read. */
const hostsNamed = 8;

const expectedWords: Readonly<Record<ProofTry['expected'], string>> = {
  accepted: 'let in',
  refused: 'refused by the server',
  refuses: 'refused by the client',
};

/** Members in their order, then what else has a certificate: the CA and the operator. */
export function networkTable(members: readonly PageMember[], certificates: readonly PageCertificate[]): Markup {
  const byName = new Map(certificates.map((each) => [each.name, each]));
  const known = new Set(members.map(({ name }) => name));
  const others = certificates
    .filter(({ name }) => !known.has(name))
    .map(({ name, kind }) => ({ name, role: name === kind ? '' : kind, host: '' }));
  const rows = [...members, ...others].map(({ name, role, host }): Row => {
    const found = byName.get(name);
    return {
      cells: [
        name,
        role,
        host,
        found?.subject ?? 'none here',
        found?.state,
        found ? `${moment(found.notAfter).slice(0, 10)}` : '',
        found ? samples(found.daysLeft) : '',
        found ? code(found.fingerprint) : '',
      ],
    };
  });
  const columns: readonly Column[] = [
    { title: 'Name' },
    { title: 'Role', kind: 't' },
    { title: 'Host', kind: 't' },
    { title: 'Certificate of', kind: 'said' },
    { title: 'State', kind: 't' },
    { title: 'Ends', kind: 't' },
    { title: 'Days left', kind: 'n' },
    { title: 'SHA-256' },
  ];
  return grid(columns, rows);
}

function wrongTable(tries: readonly ProofTry[]): Markup {
  const rows = tries.slice(0, triesShown).map(
    ({ host, name, expected, outcome, detail }): Row => ({
      cells: [host, name, expected, html`<span class="wrong">${outcome}</span>`, detail],
    }),
  );
  const left = tries.length - rows.length;
  const gap: readonly Gap[] =
    left > 0 ? [{ gap: `${plural(left, 'wrong one')} more; fl-wizard verify --output proof.html has all` }] : [];
  const columns: readonly Column[] = [
    { title: 'Through', kind: 't' },
    { title: 'Shown', kind: 'said' },
    { title: 'Expected', kind: 't' },
    { title: 'Outcome', kind: 't' },
    { title: 'Seen', kind: 'said' },
  ];
  return grid(columns, [...rows, ...gap]);
}

/** A line for each kind of try: a company's network has thousands of tries, and the page of a proof has each. */
function casesTable(tries: readonly ProofTry[]): Markup {
  const cases = new Map<string, ProofTry[]>();
  for (const each of tries) {
    const key = `${each.case} ${each.expected} ${each.limit}`;
    const found = cases.get(key);
    if (found) found.push(each);
    else cases.set(key, [each]);
  }
  const rows = [...cases.values()].flatMap((all): readonly Row[] => {
    const [first] = all;
    if (!first) return [];
    const good = all.filter(({ ok }) => ok).length;
    const counted = `${samples(good)} of ${samples(all.length)}`;
    const hosts = [...new Set(all.map(({ host }) => host))];
    const names = new Set(all.map(({ name }) => name));
    const through = hosts.length > hostsNamed ? plural(hosts.length, 'host') : hosts.join(', ');
    const cells = [
      names.size === 1 ? first.name : `${first.name} and ${samples(names.size - 1)} more`,
      expectedWords[first.expected],
      good === all.length ? counted : html`<span class="wrong">${counted}</span>`,
      through,
    ];
    return [{ cells }];
  });
  const columns: readonly Column[] = [
    { title: 'Shown', kind: 'said' },
    { title: 'Expected', kind: 't' },
    { title: 'As it must be', kind: 'n' },
    { title: 'Through', kind: 'said' },
  ];
  return grid(columns, rows);
}

export function proofSection({ proof, run }: { readonly proof: Proof | undefined; readonly run: string }): Markup {
  if (!proof)
    return html`<p>None is on record here: <code>fl-wizard verify</code> makes one while the server runs.</p>`;
  const { tries } = proof;
  const wrong = tries.filter(({ ok }) => !ok);
  return html`<p class="verdict${proof.mutual ? '' : ' failed'}">${proof.mutual ? 'PROVED' : 'NOT PROVED'}: ${proof.verdict}</p>
<p>The last proof of run ${run}, tried from ${moment(proof.started)} to ${moment(proof.time)}.
<code>fl-wizard verify --output proof.html</code> makes a page for an audit, with all that was seen.</p>
${wrong.length > 0 ? wrongTable(wrong) : ''}
${casesTable(tries)}`;
}
