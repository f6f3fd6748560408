/**
 * An action as the lines that a person would type: openssl, ssh and scp. For reading and for learning; secrets never
 * enter them, since a key is always a file's name. Pure.
 */
import { dirname, posix } from 'node:path';
import type { Action, AuthorityFiles, Issue, KeySpec, Upload } from '../plan/action.ts';
import { quote } from '../ssh/commands.ts';
import { runtimeWords } from './layout.ts';
import { requestLines } from './shell-request.ts';

/** How a host is reached by the system's own tools: options that ssh and scp both take, and `user@address`. */
export type Reach = { readonly options: readonly string[]; readonly destination: string };

export type ShellContext = {
  /** Path of certificate.conf. */
  readonly configuration: string;
  reach(host: string): Reach;
};

type Subject = Issue['subject'];

/** Random as ours: 128 bits behind the octet 01. */
const serial = '"0x01$(openssl rand -hex 16)"';

function genpkey(key: KeySpec, out: string): string {
  const kind =
    key.algorithm === 'ec'
      ? ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256']
      : ['RSA', '-pkeyopt', `rsa_keygen_bits:${key.bits}`];
  return quote(['openssl', 'genpkey', '-algorithm', ...kind, '-out', out]);
}

/** Slashes and backslashes in a value are escaped, as `openssl req -subj` reads them. */
function subj(subject: Subject): string {
  return subject.map(([type, value]) => `/${type}=${value.replace(/[\\/+]/g, '\\$&')}`).join('');
}

function authorityLines(
  action: Extract<Action, { kind: 'make-authority' }>,
  { configuration }: ShellContext,
): readonly string[] {
  const owner = action.subject.find(([type]) => type === 'O')?.[1] ?? action.networkName;
  const subject: Subject = [...action.subject.filter(([type]) => type !== 'CN'), ['CN', `${owner} FL Root CA`]];
  const words = [
    '-key',
    action.files.key,
    '-config',
    configuration,
    '-extensions',
    'v3_ca',
    '-out',
    action.files.certificate,
  ];
  return [
    quote(['mkdir', '-p', '-m', '0700', dirname(action.files.key)]),
    'umask 077',
    genpkey(action.key, action.files.key),
    `${quote(['openssl', 'req', '-new', '-x509', '-utf8', `-${action.digest}`, '-days', String(action.days), '-subj', subj(subject)])} -set_serial ${serial} ${quote(words)}`,
  ];
}

function issueLines(issue: Issue, authority: AuthorityFiles, { configuration }: ShellContext): readonly string[] {
  const request = issue.files.request ?? issue.files.certificate.replace(/\.crt$/, '.csr');
  const section = issue.purpose === 'server' ? 'v3_server' : 'v3_client';
  // One section can't hold every client's name: it is appended, and OpenSSL merges sections of one name.
  const own = issue.sans.uris.map((uri) => `printf '\\n[v3_client]\\nsubjectAltName=URI:%s\\n' ${quote([uri])}`);
  const extensions = own.length > 0 ? `<(cat ${quote([configuration])}; ${own.join('; ')})` : quote([configuration]);
  const sign = ['openssl', 'x509', '-req', `-${issue.digest}`, '-days', String(issue.days), '-in', request];
  const signer = ['-CA', authority.certificate, '-CAkey', authority.key, '-extensions', section];
  const signed = `${quote([...sign, ...signer])} -set_serial ${serial} -extfile ${extensions} -out ${quote([issue.files.certificate])}`;
  // The request came from the host on which the key lies: what is left is to sign it.
  if (issue.keyOn) return [signed];
  return [
    ...(issue.keepKey ? [] : [genpkey(issue.key, issue.files.key)]),
    quote([
      'openssl',
      'req',
      '-new',
      '-utf8',
      '-key',
      issue.files.key,
      '-subj',
      subj(issue.subject),
      '-config',
      configuration,
      '-out',
      request,
    ]),
    signed,
  ];
}

function ssh({ options, destination }: Reach, words: readonly string[]): string {
  // Quoted twice: ssh hands one string to a shell on the host.
  return quote(['ssh', ...options, destination, quote(words)]);
}

/** One scp for each folder there; text that is no file here comes through a pipe. */
function uploadLines(files: readonly Upload[], reach: Reach): readonly string[] {
  const folders = new Map<string, { from: string; to: string; mode: number }[]>();
  for (const { from, to, mode } of files)
    if ('file' in from)
      folders.set(posix.dirname(to), [...(folders.get(posix.dirname(to)) ?? []), { from: from.file, to, mode }]);
  const copies = [...folders].flatMap(([folder, inside]) => {
    const secret = inside.filter(({ mode }) => mode === 0o600).map(({ to }) => to);
    return [
      ssh(reach, ['mkdir', '-p', '-m', '0700', folder]),
      quote(['scp', ...reach.options, ...inside.map(({ from }) => from), `${reach.destination}:${folder}/`]),
      ...(secret.length > 0 ? [ssh(reach, ['chmod', '0600', ...secret])] : []),
    ];
  });
  const texts = files.flatMap(({ from, to }) =>
    'text' in from
      ? [`${ssh(reach, ['sh', '-c', `umask 077; cat > ${quote([to])}`])} <<'END'\n${withoutValues(from.text)}END`]
      : [],
  );
  return [...copies, ...texts];
}

/** A process's configuration without the values of its environment: they may be somebody's password. */
function withoutValues(text: string): string {
  return text.replace(/("env": \{)([^}]*)(\})/, (_, open: string, inside: string, close: string) => {
    return open + inside.replace(/(: )"(?:[^"\\]|\\.)*"/g, '$1"…"') + close;
  });
}

function environmentLines(action: Extract<Action, { kind: 'make-environment' }>, reach: Reach): readonly string[] {
  return [
    ssh(reach, [action.python, '-m', 'venv', action.path]),
    ssh(reach, [`${action.path}/bin/pip`, 'install', ...action.requirements]),
    ssh(reach, ['ln', '-sfn', action.path, action.link]),
  ];
}

/** The lines of one action; where nothing of the kind exists, a comment that says what happens. */
export function shellLines(action: Action, context: ShellContext): readonly string[] {
  switch (action.kind) {
    case 'write-file':
      return [
        quote(['mkdir', '-p', '-m', '0700', dirname(action.path)]),
        `cat > ${quote([action.path])} <<'END'\n${action.content}END`,
      ];
    case 'make-authority':
      return authorityLines(action, context);
    case 'issue':
      return issueLines(action.issue, action.authority, context);
    case 'request-on-host':
      return requestLines(action, context.reach(action.host), genpkey(action.issue.key, action.key));
    case 'make-folder': {
      const words = ['install', '-d', '-o', action.owner, '-m', '0700', action.path];
      return [ssh(context.reach(action.host), [...(action.sudo ? ['sudo', '-n'] : []), ...words])];
    }
    case 'upload':
      return uploadLines(action.files, context.reach(action.host));
    case 'make-environment':
      return environmentLines(action, context.reach(action.host));
    case 'set-modes':
      return action.entries.map(({ path, mode }) =>
        ssh(context.reach(action.host), ['chmod', mode.toString(8).padStart(4, '0'), path]),
      );
    case 'set-local-modes':
      return action.entries.map(({ path, mode }) => quote(['chmod', mode.toString(8).padStart(4, '0'), path]));
    case 'start':
    case 'stop': {
      const verb = action.kind === 'start' ? 'supervise' : 'stop';
      return [
        ssh(context.reach(action.host), runtimeWords(posix.dirname(action.config), verb, '--config', action.config)),
      ];
    }
    default:
      return [`# ${action.text}`];
  }
}
