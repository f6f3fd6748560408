import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';

/** Files within files: OpenSSH's own limit. */
const deepest = 16;

/**
 * The text of ~/.ssh/config with its `Include`s in their places, `undefined` where there is none. Files that can't be
 * read are left out, as ssh does. A `Host` or `Match` of an included file counts by itself, also where the `Include`
 * stands below another one.
 */
export async function readSshConfig(home: string): Promise<string | undefined> {
  const folder = join(home, '.ssh');
  const text = await readFile(join(folder, 'config'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : withIncludes(text, { home, folder }, 0);
}

type Folders = { readonly home: string; readonly folder: string };

async function withIncludes(text: string, folders: Folders, depth: number): Promise<string> {
  const lines: string[] = [];
  // What follows an Include belongs again to the section that it stands in; before the first, to all hosts.
  let section = 'Match all';
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(host|match)[\s=]/i.test(line)) section = line;
    const patterns = /^\s*include[\s=]+(.*)$/i.exec(line)?.[1];
    if (patterns === undefined) lines.push(line);
    else if (depth < deepest) lines.push(...(await included(patterns, folders, depth)), section);
  }
  return lines.join('\n');
}

async function included(patterns: string, folders: Folders, depth: number): Promise<string[]> {
  const words = [...patterns.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
  const files = await Promise.all(words.map((word) => expand(word, folders)));
  const texts = await Promise.all(files.flat().map((file) => readFile(file, 'utf8').catch(() => '')));
  return Promise.all(texts.map((text) => withIncludes(text, folders, depth + 1)));
}

/** The files of a pattern, by name; wildcards count in its last part, where people use them. */
async function expand(pattern: string, { home, folder }: Folders): Promise<string[]> {
  const path = pattern.replace(/^~(?=\/)/, home);
  const full = isAbsolute(path) ? path : join(folder, path);
  if (!/[*?]/.test(full)) return [full];
  const source = basename(full)
    .replace(/[\\^$.+()|{}[\]]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  // As in a shell, a wildcard matches no leading dot.
  const matches = new RegExp(`^(?!\\.)${source}$`, 's');
  const names = await readdir(dirname(full)).catch(() => []);
  return names
    .filter((name) => matches.test(name))
    .toSorted()
    .map((name) => join(dirname(full), name));
}
