/**
 * What `certs` does as lines for openssl (1.1.1 or newer) and any POSIX shell, in a terminal or under `set -eu`. They
 * leave the files that `certs` leaves, with their modes, and no others. Two things differ: openssl can't date a
 * certificate back, so theirs begins at once, and what is in `[req]` beside the wizard's own keys is obeyed. Pure.
 */
import { dirname } from 'node:path';
import { profileSections, sectionText } from '../pki/configuration-new.ts';
import { authoritySubject, type Subject } from '../pki/subject.ts';
import type { Action, AuthorityFiles, Issue, KeySpec } from '../plan/action.ts';
import { quote } from '../ssh/commands.ts';
import { comment, hereDocument } from './shell-text.ts';

export type Make<Kind extends Action['kind']> = Extract<Action, { kind: Kind }>;

/** Random as ours: 128 bits behind the octet 01. */
export const serial = '"0x01$(openssl rand -hex 16)"';

/** Made with its parents, or closed to others where it is there already. */
export const closedFolder = (path: string) => quote(['install', '-d', '-m', '0700', path]);
export const readable = (...paths: readonly string[]) => quote(['chmod', '0644', ...paths]);

export function genpkey(key: KeySpec, out: string, encrypted: readonly string[] = []): string {
  const kind =
    key.algorithm === 'ec'
      ? ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256']
      : ['RSA', '-pkeyopt', `rsa_keygen_bits:${key.bits}`];
  return quote(['openssl', 'genpkey', '-algorithm', ...kind, ...encrypted, '-out', out]);
}

/** The key's file is 0600 from its first byte, whatever the umask and the version of openssl; the umask stays. */
const newKey = (key: KeySpec, out: string, encrypted?: readonly string[]) =>
  `(umask 077 && ${genpkey(key, out, encrypted)})`;

/** How openssl gets the passphrase of the CA's key; where nothing says it, it asks. */
export const passin = ({ passphrase }: Making) => (passphrase?.from ? ['-passin', passphrase.from] : []);

/** Said where a passphrase may be wanted, or is asked for. */
export function aboutPassphrase({ passphrase }: Making, isNew: boolean): readonly string[] {
  if (passphrase?.from) return [];
  if (passphrase)
    return [comment('openssl asks for the passphrase of the CA’s key; -passin file:FILE reads it from a file')];
  return isNew
    ? [
        comment(
          'for a key with a passphrase: -aes256 -pass file:FILE here, and -passin file:FILE wherever the CA signs',
        ),
      ]
    : [];
}

/** `openssl req -subj`: a slash ends a value, a plus joins two, and a backslash takes the next character as it is. */
function subj(subject: Subject): string {
  return subject.map(([type, value]) => `/${type}=${value.replace(/[\\/+]/g, '\\$&')}`).join('');
}

export function newRequest(subject: Subject, digest: string, key: string): readonly string[] {
  return ['openssl', 'req', '-new', '-utf8', `-${digest}`, '-key', key, '-subj', subj(subject)];
}

type Ca = {
  readonly subject: Subject;
  readonly digest: string;
  readonly days: number;
  readonly files: Pick<AuthorityFiles, 'certificate' | 'key'>;
};

/** A self-signed CA for a key that is there. */
export function authorityLine(
  { subject, digest, days, files }: Ca,
  configuration: string,
  pass: readonly string[],
): string {
  const words = [...newRequest(subject, digest, files.key), '-x509', '-days', String(days)];
  const rest = [...pass, '-config', configuration, '-extensions', 'v3_ca', '-out', files.certificate];
  return `${quote(words)} -set_serial ${serial} ${quote(rest)}`;
}

export type Leaf = {
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
export function extensionDocument(leaf: Leaf, configuration: string): string {
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
export function signLine(signing: Signing, configuration: string, pass: readonly string[], request?: string): string {
  const { authority, certificate, digest, days } = signing;
  const words = ['openssl', 'x509', '-req', `-${digest}`, '-days', String(days), ...(request ? ['-in', request] : [])];
  const signer = ['-CA', authority.certificate, '-CAkey', authority.key, ...pass];
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
  /** The CA's key has one, or gets one. `from`: where openssl finds it, as its `-passin` takes it. */
  readonly passphrase?: { readonly from?: string };
};

export const behind = (certificate: string, intermediates: string): readonly string[] =>
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

export function authorityLines(action: Make<'make-authority'>, making: Making): readonly string[] {
  const { files, key, networkName } = action;
  const from = making.passphrase?.from;
  const encrypted = making.passphrase ? ['-aes256', ...(from ? ['-pass', from] : [])] : [];
  return [
    comment(action.text),
    ...aboutPassphrase(making, true),
    closedFolder(dirname(files.key)),
    // A CA's key that is there is used again.
    `${quote(['test', '-e', files.key])} || ${newKey(key, files.key, encrypted)}`,
    authorityLine(
      { ...action, subject: authoritySubject(action.subject, networkName) },
      making.configuration,
      passin(making),
    ),
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
  const pass = passin(making);
  const said = [comment(text), ...aboutPassphrase(making, false)];
  if (issue.keyOn && request)
    return [
      ...said,
      signLine(signing, configuration, pass, request),
      ...behind(certificate, intermediates),
      readable(request, certificate),
    ];
  return [
    ...said,
    closedFolder(dirname(key)),
    ...(issue.keepKey ? [] : [newKey(issue.key, key)]),
    ...(request
      ? [
          `${quote([...words, '-out', request, '-config', '/dev/stdin'])} ${document}`,
          signLine(signing, configuration, pass, request),
          ...behind(certificate, intermediates),
          readable(request, certificate),
        ]
      : [
          `${quote([...words, '-config', configuration])} | ${signLine(signing, configuration, pass)}`,
          ...behind(certificate, intermediates),
          readable(certificate),
        ]),
  ];
}
