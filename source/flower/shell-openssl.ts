/**
 * What `certs` does as lines for openssl (1.1.1 or newer) and any POSIX shell, in a terminal or under `set -eu`. They
 * leave the files that `certs` leaves, with their modes, and no others. Two things differ: openssl can't date a
 * certificate back, so theirs begins at once, and what is in `[req]` beside the wizard's own keys is obeyed. Pure.
 */
import { dirname, join } from 'node:path';
import { profileSections, sectionText } from '../pki/configuration-new.ts';
import { authoritySubject, type Subject } from '../pki/subject.ts';
import {
  type Action,
  type AuthorityFiles,
  type Issue,
  isExpired,
  type KeySpec,
  type Probe,
  purposeOf,
} from '../plan/action.ts';
import { quote } from '../ssh/commands.ts';
import { comment, hereDocument } from './shell-text.ts';

type Make<Kind extends Action['kind']> = Extract<Action, { kind: Kind }>;

/** Random as ours: 128 bits behind the octet 01. */
const serial = '"0x01$(openssl rand -hex 16)"';

/** Made with its parents, or closed to others where it is there already. */
const closedFolder = (path: string) => quote(['install', '-d', '-m', '0700', path]);
const readable = (...paths: readonly string[]) => quote(['chmod', '0644', ...paths]);

export function genpkey(key: KeySpec, out: string): string {
  const kind =
    key.algorithm === 'ec'
      ? ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256']
      : ['RSA', '-pkeyopt', `rsa_keygen_bits:${key.bits}`];
  return quote(['openssl', 'genpkey', '-algorithm', ...kind, '-out', out]);
}

/** The key's file is 0600 from its first byte, whatever the umask and the version of openssl; the umask stays. */
const newKey = (key: KeySpec, out: string) => `(umask 077 && ${genpkey(key, out)})`;

/** `openssl req -subj`: a slash ends a value, a plus joins two, and a backslash takes the next character as it is. */
function subj(subject: Subject): string {
  return subject.map(([type, value]) => `/${type}=${value.replace(/[\\/+]/g, '\\$&')}`).join('');
}

function newRequest(subject: Subject, digest: string, key: string): readonly string[] {
  return ['openssl', 'req', '-new', '-utf8', `-${digest}`, '-key', key, '-subj', subj(subject)];
}

type Ca = {
  readonly subject: Subject;
  readonly digest: string;
  readonly days: number;
  readonly files: Pick<AuthorityFiles, 'certificate' | 'key'>;
};

/** A self-signed CA for a key that is there. */
function authorityLine({ subject, digest, days, files }: Ca, configuration: string): string {
  const words = [...newRequest(subject, digest, files.key), '-x509', '-days', String(days)];
  const rest = ['-config', configuration, '-extensions', 'v3_ca', '-out', files.certificate];
  return `${quote(words)} -set_serial ${serial} ${quote(rest)}`;
}

type Leaf = {
  readonly purpose: Issue['purpose'];
  readonly sans: Issue['sans'];
  readonly algorithm: KeySpec['algorithm'];
};

/** The section of certificate.conf for a leaf, and its lines as the wizard writes them. */
function profileOf({ purpose, algorithm }: Leaf): { readonly section: string; readonly lines: readonly string[] } {
  const section = purpose === 'server' ? 'v3_server' : 'v3_client';
  return { section, lines: profileSections(algorithm).get(section) ?? [] };
}

function subjectAltName({ dns, ips, uris }: Issue['sans']): string {
  const names = [
    ...dns.map((name) => `DNS:${name}`),
    ...ips.map((ip) => `IP:${ip}`),
    ...uris.map((uri) => `URI:${uri}`),
  ];
  return `subjectAltName = ${names.join(',')}`;
}

const isKey = (key: string) => (line: string) => line.startsWith(`${key} = `);

/** What a request asks for: all of the profile but the CA's key identifier, which it can't know. */
function requestConfiguration(leaf: Leaf): string {
  const { section, lines } = profileOf(leaf);
  const own = lines.filter((line) => !['authorityKeyIdentifier', 'subjectAltName'].some((key) => isKey(key)(line)));
  return [
    sectionText('req', ['distinguished_name = dn', `req_extensions = ${section}`]),
    sectionText('dn', []),
    sectionText(section, [...own, subjectAltName(leaf.sans)]),
  ].join('');
}

/**
 * certificate.conf with what differs from leaf to leaf: OpenSSL merges sections of one name, and the last value holds.
 * Behind the empty line nothing joins the file's last one.
 */
function extensionDocument(leaf: Leaf, configuration: string): string {
  const { section, lines } = profileOf(leaf);
  // The server's usage depends on its key, and the file may be older than the choice of that.
  const usage = leaf.purpose === 'server' ? lines.filter(isKey('keyUsage')) : [];
  const own = sectionText(section, [...usage, subjectAltName(leaf.sans)]).replace(/[\\$`]/g, '\\$&');
  return `<<END\n$(${quote(['cat', configuration])})\n\n${own}END`;
}

type Signing = Leaf & {
  readonly digest: string;
  readonly days: number;
  readonly authority: Pick<AuthorityFiles, 'certificate' | 'key'>;
  readonly certificate: string;
};

/** Signs a request: a file, or what comes through a pipe. */
function signLine(signing: Signing, configuration: string, request?: string): string {
  const { authority, certificate, digest, days } = signing;
  const words = ['openssl', 'x509', '-req', `-${digest}`, '-days', String(days), ...(request ? ['-in', request] : [])];
  const signer = ['-CA', authority.certificate, '-CAkey', authority.key];
  const rest = ['-extfile', request ? '/dev/stdin' : '/dev/fd/3', '-extensions', profileOf(signing).section];
  const document = `${request ? '' : '3'}${extensionDocument(signing, configuration)}`;
  return `${quote([...words, ...signer])} -set_serial ${serial} ${quote([...rest, '-out', certificate])} ${document}`;
}

/** What certificates are made with besides the action itself. */
export type Making = {
  /** Path of certificate.conf. */
  readonly configuration: string;
  /** The certificates between the CA and its root (PEM), which go behind a leaf; empty under a root. */
  readonly intermediates: string;
};

const behind = (certificate: string, intermediates: string): readonly string[] =>
  intermediates === '' ? [] : [`cat >> ${quote([certificate])} ${hereDocument(intermediates)}`];

/** A CA that is taken over: its chain, in order, and a copy of its key. */
export function importLines({ certificate, files, key, text }: Make<'import-authority'>): readonly string[] {
  return [
    comment(text),
    closedFolder(dirname(files.key)),
    quote(['install', '-m', '0600', key, files.key]),
    `cat > ${quote([files.certificate])} ${hereDocument(certificate)}`,
    readable(files.certificate),
  ];
}

export function authorityLines(action: Make<'make-authority'>, configuration: string): readonly string[] {
  const { files, key, networkName } = action;
  return [
    comment(action.text),
    closedFolder(dirname(files.key)),
    // A CA's key that is there is used again.
    `${quote(['test', '-e', files.key])} || ${newKey(key, files.key)}`,
    authorityLine({ ...action, subject: authoritySubject(action.subject, networkName) }, configuration),
    readable(files.certificate),
  ];
}

export function issueLines({ issue, authority, text }: Make<'issue'>, making: Making): readonly string[] {
  const { configuration, intermediates } = making;
  const { certificate, key, request } = issue.files;
  const signing = { ...issue, authority, certificate, algorithm: issue.key.algorithm };
  const words = newRequest(issue.subject, issue.digest, key);
  const document = hereDocument(requestConfiguration(signing));
  // The request came from the host on which the key lies: what is left is to sign it.
  if (issue.keyOn && request)
    return [
      comment(text),
      signLine(signing, configuration, request),
      ...behind(certificate, intermediates),
      readable(request, certificate),
    ];
  return [
    comment(text),
    closedFolder(dirname(key)),
    ...(issue.keepKey ? [] : [newKey(issue.key, key)]),
    ...(request
      ? [
          `${quote([...words, '-out', request, '-config', '/dev/stdin'])} ${document}`,
          signLine(signing, configuration, request),
          ...behind(certificate, intermediates),
          readable(request, certificate),
        ]
      : [
          `${quote([...words, '-config', configuration])} | ${signLine(signing, configuration)}`,
          ...behind(certificate, intermediates),
          readable(certificate),
        ]),
  ];
}

/** What `openssl ca` needs for a certificate with given dates and for a list; the files lie in a folder of their own. */
const caConfiguration = (digest: string) =>
  [
    sectionText('ca', ['default_ca = probes']),
    sectionText('probes', [
      'database = index.txt',
      'serial = serial',
      'crlnumber = crlnumber',
      'new_certs_dir = .',
      `default_md = ${digest}`,
      'policy = any',
      'crl_extensions = crl',
    ]),
    sectionText('any', ['CN = supplied']),
    sectionText('crl', ['authorityKeyIdentifier = keyid']),
  ].join('');

/** The list is enforced also when it is outdated; a year keeps the reminder rare. */
const crlDays = '365';
const probeKey: KeySpec = { algorithm: 'ec' };

/** The certificates that must be refused, and the list that revokes one of them. */
export function probeLines(action: Make<'make-probes'>, making: Making): readonly string[] {
  const { configuration, intermediates } = making;
  const { authority, folder, crl, digest, days, probes } = action;
  const file = (probe: Probe, ending: string) => join(folder, `${probe.name}.${ending}`);
  const request = (probe: Probe) =>
    quote([...newRequest(probe.subject, digest, file(probe, 'key')), '-config', configuration]);
  const leaf = (probe: Probe): Leaf => ({
    purpose: purposeOf(probe),
    sans: probe.sans,
    algorithm: probeKey.algorithm,
  });
  const foreign: Pick<AuthorityFiles, 'certificate' | 'key'> = { certificate: 'foreign.crt', key: 'foreign.key' };
  const ca = ['openssl', 'ca', '-config', 'ca.conf', '-cert', authority.certificate, '-keyfile', authority.key];

  const signed = (probe: Probe) => {
    const certificate = file(probe, 'crt');
    const signer = probe.name === 'foreign' ? foreign : authority;
    return `${request(probe)} | ${signLine({ ...leaf(probe), digest, days, authority: signer, certificate }, configuration)}`;
  };
  // Only `openssl ca` takes dates in every version.
  const expired = (probe: Probe) => {
    const dates = ['-startdate', '200101000000Z', '-enddate', '200102000000Z'];
    const rest = ['-extfile', '/dev/fd/3', '-extensions', `v3_${purposeOf(probe)}`, '-out', file(probe, 'crt')];
    const words = [...ca, '-batch', '-notext', '-preserveDN', ...dates, '-in', '/dev/stdin', ...rest];
    return `${request(probe)} | ${quote(words)} 3${extensionDocument(leaf(probe), configuration)}`;
  };
  const revoked = probes.filter(({ name }) => name === 'revoked');
  return [
    comment(action.text),
    '(',
    'set -eu',
    'umask 077',
    closedFolder(folder),
    // What is only needed on the way, the foreign CA's key among it, goes with this folder.
    'work=$(mktemp -d)',
    `trap 'rm -r "$work"' EXIT`,
    'cd "$work"',
    genpkey(probeKey, foreign.key),
    authorityLine(
      { subject: authoritySubject(probes[0]?.subject ?? [], 'foreign'), digest, days: days + 1, files: foreign },
      configuration,
    ),
    `cat > ca.conf ${hereDocument(caConfiguration(digest))}`,
    ': > index.txt',
    'echo "01$(openssl rand -hex 16)" > serial',
    // Grows with every list of this CA: seconds since 1970 do.
    `printf '%010X\\n' "$(date +%s)" > crlnumber`,
    ...probes.flatMap((probe) => [
      genpkey(probeKey, file(probe, 'key')),
      isExpired(probe) ? expired(probe) : signed(probe),
    ]),
    ...revoked.map((probe) => quote([...ca, '-revoke', file(probe, 'crt')])),
    ...probes.flatMap((probe) => (probe.name === 'foreign' ? [] : behind(file(probe, 'crt'), intermediates))),
    quote([...ca, '-gencrl', '-crldays', crlDays, '-out', crl]),
    readable(...probes.map((probe) => file(probe, 'crt')), crl),
    ')',
  ];
}
