import { readdir, readFile, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { exit, UserError } from '../plan/failure.ts';
import { type Directive, readDirective } from './config-words.ts';

/** One line that says something, with the files that an `Include` brings in its place. */
export type ConfigLine = Directive & {
  /** File and line, for messages: `~/.ssh/config:12`. */
  readonly at: string;
  readonly included: readonly SshConfig[];
};

/** A file of ssh_config(5), line by line. */
export type SshConfig = readonly ConfigLine[];

/** Files within files: OpenSSH's own limit. */
const deepest = 16;

/**
 * ~/.ssh/config with all that it includes, `undefined` where there is none or it can't be read, as ssh does.
 * @throws UserError (2) for what ssh refuses as well: a broken line, files that include each other, a file that
 *   others may write (it can name commands to run)
 */
export async function readSshConfig(home: string): Promise<SshConfig | undefined> {
  const path = join(home, '.ssh', 'config');
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : readLines(text, path, home, 0);
}

/** The lines of one text; what it includes is left out. */
export function parseConfig(text: string, file = '~/.ssh/config'): SshConfig {
  return text.split('\n').flatMap((line, index) => {
    const at = `${file}:${index + 1}`;
    const directive = readDirective(line);
    if (!directive) return [];
    if ('problem' in directive) throw refused(at, directive.problem);
    return [{ ...directive, at, included: [] }];
  });
}

/** The error for a file that ssh would refuse too. */
function refused(at: string, why: string, hint = 'mend the file; ssh -G HOST says what ssh itself reads'): UserError {
  return new UserError({ exitCode: exit.invalid, doing: `Reading ${at}`, why, hint });
}

async function readLines(text: string, path: string, home: string, depth: number): Promise<SshConfig> {
  const shown = path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
  await checkOwner(path, shown);
  const lines: ConfigLine[] = [];
  for (const line of parseConfig(text, shown)) {
    if (line.keyword !== 'include') lines.push(line);
    else if (depth === deepest) throw refused(line.at, `files include each other more than ${deepest} deep`);
    else lines.push({ ...line, included: await includedBy(line, home, depth) });
  }
  return lines;
}

async function includedBy(line: ConfigLine, home: string, depth: number): Promise<readonly SshConfig[]> {
  const found: SshConfig[] = [];
  for (const word of line.words) {
    if (word === '' || /^~(?!\/)/.test(word)) throw refused(line.at, `"${word}" is no path that can be included`);
    const path = word.replace(/^~(?=\/)/, home);
    for (const file of await matching(isAbsolute(path) ? path : join(home, '.ssh', path))) {
      const text = await readFile(file, 'utf8').catch((error: unknown) => {
        const code = error instanceof Error && 'code' in error ? error.code : '';
        // A folder of that name is passed over, as ssh does.
        if (code === 'ENOENT' || code === 'EISDIR') return undefined;
        throw refused(line.at, `${file} can't be read (${String(code)})`);
      });
      if (text !== undefined) found.push(await readLines(text, file, home, depth + 1));
    }
  }
  return found;
}

/** Its commands are run as us: nobody else may have written them. */
async function checkOwner(path: string, shown: string): Promise<void> {
  const { uid, mode } = await stat(path);
  if ((uid === 0 || uid === process.getuid?.()) && (mode & 0o022) === 0) return;
  throw refused(shown, 'it belongs to somebody else, or others may write it', `chmod 600 ${shown}`);
}

/** The files of a pattern, sorted; a wildcard may stand in any part of the path. */
async function matching(pattern: string): Promise<readonly string[]> {
  let found = ['/'];
  for (const part of pattern.split('/').filter(Boolean)) {
    if (!/[*?[]/.test(part)) found = found.map((folder) => join(folder, part));
    else {
      const matches = partMatcher(part);
      const names = async (folder: string) => (await readdir(folder).catch(() => [])).filter((name) => matches(name));
      const deeper = await Promise.all(
        found.map(async (folder) => (await names(folder)).map((name) => join(folder, name))),
      );
      found = deeper.flat();
    }
  }
  return found.toSorted();
}

/** As in a shell, a wildcard matches no leading dot. */
function partMatcher(part: string): (name: string) => boolean {
  const source = part.replace(/\[[!^]?\]?[^\]]*\]|\*|\?|[\\^$.+()|{}[\]]/g, (found) => {
    if (found === '*') return '.*';
    if (found === '?') return '.';
    return found.length > 2 ? found.replace(/^\[!/, '[^').replaceAll('\\', '\\\\') : `\\${found}`;
  });
  const regex = new RegExp(`^${part.startsWith('.') ? '' : '(?!\\.)'}${source}$`, 's');
  return (name) => regex.test(name);
}
