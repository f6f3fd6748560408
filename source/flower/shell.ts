/**
 * An action as the lines that a person would type: openssl, ssh and scp. For reading and for learning; secrets never
 * enter them, since a key is always a file's name. Pure.
 */
import { dirname, posix } from 'node:path';
import type { Action, Upload } from '../plan/action.ts';
import { quote } from '../ssh/commands.ts';
import { environmentLines, existingLines } from './shell-environment.ts';
import { authorityLines, genpkey, importLines, issueLines, type Making } from './shell-openssl.ts';
import { probeLines } from './shell-probes.ts';
import { requestLines } from './shell-request.ts';
import { serviceLines } from './shell-service.ts';
import { comment, hereDocument } from './shell-text.ts';

/** How a host is reached by the system's own tools: options that ssh and scp both take, and `user@address`. */
export type Reach = { readonly options: readonly string[]; readonly destination: string };

export type ShellContext = Making & {
  reach(host: string): Reach;
  /** For reading on a screen: configuration that only our own programs read is told in words. */
  readonly brief?: boolean;
};

export function ssh({ options, destination }: Reach, words: readonly string[]): string {
  // Quoted twice: ssh hands one string to a shell on the host.
  return quote(['ssh', ...options, destination, quote(words)]);
}

/** What root does; where sudo asks for a password, a person needs a terminal for it. */
export function sudo(reach: Reach, words: readonly string[], asks = false): string {
  if (!asks) return ssh(reach, ['sudo', '-n', ...words]);
  return ssh({ ...reach, options: ['-t', ...reach.options] }, ['sudo', ...words]);
}

/** Makes folders that are their owner's alone. `mkdir -p -m 0700` would leave those above to the umask. */
export function privateFolders(reach: Reach, folders: readonly string[]): string {
  return ssh(reach, ['sh', '-c', `umask 077; ${quote(['mkdir', '-p', '--', ...folders])}`]);
}

/** scp takes what is before the first colon for the host. */
export function copyTarget({ destination }: Reach, folder: string): string {
  const at = destination.lastIndexOf('@') + 1;
  const address = destination.slice(at);
  return `${destination.slice(0, at)}${address.includes(':') ? `[${address}]` : address}:${folder}/`;
}

/** One scp for each folder there; text that is no file here comes through a pipe. */
function uploadLines(files: readonly Upload[], reach: Reach, brief: boolean): readonly string[] {
  const folders = new Map<string, { from: string; to: string; mode: number }[]>();
  for (const { from, to, mode } of files)
    if ('file' in from)
      folders.set(posix.dirname(to), [...(folders.get(posix.dirname(to)) ?? []), { from: from.file, to, mode }]);
  const copies = [...folders].flatMap(([folder, inside]) => {
    const secret = inside.filter(({ mode }) => mode === 0o600).map(({ to }) => to);
    return [
      privateFolders(reach, [folder]),
      quote(['scp', ...reach.options, ...inside.map(({ from }) => from), copyTarget(reach, folder)]),
      ...(secret.length > 0 ? [ssh(reach, ['chmod', '0600', ...secret])] : []),
    ];
  });
  const texts = files.flatMap(({ from, to }) => ('text' in from ? textLines(from.text, to, reach, brief) : []));
  return [...copies, ...texts];
}

function textLines(text: string, to: string, reach: Reach, brief: boolean): readonly string[] {
  if (brief && text.startsWith('{'))
    return [comment(`${to}: fl-wizard writes it itself, ${text.trimEnd().split('\n').length} lines of JSON`)];
  const shown = withoutValues(text);
  return [
    ...(shown === text ? [] : [comment('values of env are left out here: put them in for each …')]),
    `${ssh(reach, ['sh', '-c', `umask 077; cat > ${quote([to])}`])} ${hereDocument(shown)}`,
  ];
}

/** A process's configuration without the values of its environment: they may be somebody's password. */
function withoutValues(text: string): string {
  // A value may hold a brace of its own.
  return text.replace(
    /("env": \{)((?:[^"}]|"(?:[^"\\]|\\.)*")*)(\})/,
    (_, open: string, inside: string, close: string) => {
      return open + inside.replace(/(: )"(?:[^"\\]|\\.)*"/g, '$1"…"') + close;
    },
  );
}

/** The lines of one action; where nothing of the kind exists, a comment that says what happens. */
export function shellLines(action: Action, context: ShellContext): readonly string[] {
  switch (action.kind) {
    case 'write-file':
      return [
        quote(['mkdir', '-p', '-m', '0700', dirname(action.path)]),
        `cat > ${quote([action.path])} ${hereDocument(action.content)}`,
      ];
    case 'make-authority':
      return authorityLines(action, context);
    case 'import-authority':
      return importLines(action);
    case 'issue':
      return issueLines(action, context);
    case 'request-on-host':
      return requestLines(action, context.reach(action.host), genpkey(action.issue.key, action.key));
    case 'make-probes':
      return probeLines(action, context);
    case 'make-folder': {
      const words = ['install', '-d', '-o', action.owner, '-m', '0700', action.path];
      const reach = context.reach(action.host);
      return [action.sudo ? sudo(reach, words, action.asks) : ssh(reach, words)];
    }
    case 'upload':
      return uploadLines(action.files, context.reach(action.host), context.brief === true);
    case 'make-environment':
      return environmentLines(action, context.reach(action.host));
    case 'use-environment':
      return existingLines(action, context.reach(action.host));
    case 'set-modes':
      return action.entries.map(({ path, mode }) =>
        ssh(context.reach(action.host), ['chmod', mode.toString(8).padStart(4, '0'), path]),
      );
    case 'set-local-modes':
      return action.entries.map(({ path, mode }) => quote(['chmod', mode.toString(8).padStart(4, '0'), path]));
    case 'remove': {
      const { certificates, files, home, names, environment, folder } = action;
      const paths = [
        ...files.map((name) => `${certificates}/${name}`),
        ...names.map((name) => `${home}/${name}`),
        ...(environment === undefined ? [] : [environment, `${environment}.users`, `${environment}.lock`]),
      ];
      return [
        ...(paths.length > 0 ? [ssh(context.reach(action.host), ['rm', '-rf', '--', ...paths])] : []),
        ...(folder ? [ssh(context.reach(action.host), ['rmdir', '--', certificates])] : []),
      ];
    }
    case 'remove-folder':
      // Whether sudo wants a password there was not asked; who types it is asked where it does.
      return [sudo(context.reach(action.host), ['rmdir', '--', action.path], true)];
    case 'install-unit':
    case 'remove-unit':
    case 'start':
    case 'stop':
      return serviceLines(action, context.reach(action.host));
    default:
      return [comment(`fl-wizard itself: ${action.text}`)];
  }
}
