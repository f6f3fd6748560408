// Whether anything changed since the last time, told by content: the times of files don't survive a clone.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './process.js';

// What running and checking the Python files leaves beside them.
const leftovers = /^(__pycache__|\..+_cache)$|\.pyc$/;

/** All files below a path (itself, if it is a file), by name, relative to the repository. */
export function filesBelow(path) {
  const stat = statSync(join(root, path), { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isDirectory()) return [path];
  const names = readdirSync(join(root, path)).filter((name) => !leftovers.test(name));
  return names.sort().flatMap((name) => filesBelow(`${path}/${name}`));
}

/** One hash over texts, and over the names and contents of files. */
export function fingerprint(paths, texts = []) {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${text.length}:${text}`);
  for (const path of paths.flatMap(filesBelow)) {
    const content = readFileSync(join(root, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** A file's text, or undefined. */
export function textOf(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
