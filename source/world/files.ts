/** Local files: read as they are, written whole or not at all. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, lstat, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { constants as osConstants } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { exit, UserError } from '../plan/failure.ts';
import type { LocalFile } from '../plan/world.ts';

/** What ends a temporary file's name. The next run removes those that a killed one left. */
const temporarySuffix = '.fl-wizard-tmp';

function codeOf(error: unknown): string {
  // libuv has no name for it, and Node's is "Unknown system error -122".
  if (error instanceof Error && 'errno' in error && error.errno === -osConstants.errno.EDQUOT) return 'EDQUOT';
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

const sentences: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  ENOSPC: ['the disk is full; what was there before is untouched', 'free some space and run it again'],
  EDQUOT: ['your disk quota is used up; what was there before is untouched', 'free some space and run it again'],
  EROFS: ['the file system is read-only', 'choose another folder with -C'],
  EACCES: ['permission denied', 'check who owns the folder, or choose another with -C'],
  EPERM: ['operation not permitted', 'check who owns the folder, or choose another with -C'],
  ELOOP: ['it is a link, and fl-wizard never writes through one', 'put the file itself in its place'],
  ENOTDIR: ['something that is no folder stands in its way', 'move it away'],
  EEXIST: ['something that is no folder stands in its place', 'move it away'],
  EISDIR: ['a folder stands in its place', 'move it away'],
  ENXIO: ['it is no regular file', 'move it away'],
  EIO: ['the disk can’t read or write it', 'check the disk (dmesg), and run it again'],
};

/** A system error as a sentence about one file (exit code 3). */
export function localFailure(error: unknown, doing: string): UserError {
  if (error instanceof UserError) return error;
  const [why, hint] = sentences[codeOf(error)] ?? [error instanceof Error ? error.message : String(error), undefined];
  return new UserError({ exitCode: exit.local, doing, why, ...(hint ? { hint } : {}) });
}

/** @throws UserError (3) where the file is there and can't be read */
export async function readLocal(path: string): Promise<LocalFile | undefined> {
  try {
    // Without O_NONBLOCK, a pipe in the file's place would hold us for ever.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await handle.stat();
      if (!found.isFile()) throw Object.assign(new Error(), { code: found.isDirectory() ? 'EISDIR' : 'ENXIO' });
      const { mode } = found;
      return { content: await handle.readFile(), mode: mode & 0o7777 };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw localFailure(error, `Reading ${path}`);
  }
}

/** The mode of what lies there, or of what it links to; nothing where nothing is. */
export async function modeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found && found.mode & 0o7777;
}

/** Sets the mode of a file or a folder; a link is refused. @throws UserError (3) */
export async function setMode(path: string, mode: number): Promise<void> {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      await handle.chmod(mode);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw localFailure(error, `Setting the mode of ${path}`);
  }
}

/** Not mkdir's own `recursive`: on a read-only disk it says that the folder above is missing. */
async function makeWithParents(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, mode);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeWithParents(dirname(path), mode);
    // Once: below /proc it is never there.
    await mkdir(path, mode).catch((again: unknown) => {
      if (codeOf(again) !== 'EEXIST') throw again;
    });
  }
}

/**
 * Makes a folder of ours (and its parents) with a mode that the umask can't change, and gives it to one that is there.
 * A link in its place is refused.
 * @throws UserError (3)
 */
export async function makeFolder(path: string, mode: number): Promise<void> {
  try {
    await makeWithParents(path, mode);
    const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      await handle.chmod(mode);
    } finally {
      await handle.close();
    }
  } catch (error) {
    // A link to a folder is none here: whoever planted it would say where keys go.
    const link = (await lstat(path).catch(() => undefined))?.isSymbolicLink() === true;
    throw localFailure(link ? Object.assign(new Error(), { code: 'ELOOP' }) : error, `Making the folder ${path}`);
  }
}

/** Makes a folder where there is none; of one that is there, the mode is its owner's affair. @throws UserError (3) */
export async function haveFolder(path: string, mode: number): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) await makeFolder(path, mode);
}

/**
 * Writes to a new name in the same folder, syncs, renames, syncs the folder: after a kill at any moment there is the
 * old file or the new one. The mode holds from the first byte. A link at the target is refused.
 * @throws UserError (3)
 */
export async function writeLocal(path: string, content: string | Buffer, mode: number): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}${temporarySuffix}`);
  let made = false;
  try {
    if ((await lstat(path).catch(() => undefined))?.isSymbolicLink())
      throw Object.assign(new Error(), { code: 'ELOOP' });
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const handle = await open(temporary, flags, mode);
    made = true;
    try {
      await handle.chmod(mode);
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    made = false;
    await syncFolder(dirname(path));
  } catch (error) {
    if (made) await unlink(temporary).catch(() => undefined);
    throw localFailure(error, `Writing ${path}`);
  }
}

/**
 * Whether a file may be written there, before the work that it takes to fill it. What only writing finds out, as a full
 * disk, is not among it.
 * @throws UserError (3)
 */
export async function requireWritable(path: string): Promise<void> {
  const doing = `Writing ${path}`;
  if ((await modeOf(dirname(path))) === undefined) {
    const why = 'its folder is not there';
    throw new UserError({ exitCode: exit.local, doing, why, hint: `mkdir -p ${dirname(path)}` });
  }
  try {
    // The slash asks for a folder: who may write anywhere could else write into what is none.
    await access(`${dirname(path)}/`, constants.W_OK);
    const found = await lstat(path).catch(() => undefined);
    const code = found?.isSymbolicLink() ? 'ELOOP' : found?.isDirectory() ? 'EISDIR' : undefined;
    if (code) throw Object.assign(new Error(), { code });
  } catch (error) {
    throw localFailure(error, doing);
  }
}

/** For each folder that is being synced, the sync that begins when that one ends. */
const syncs = new Map<string, { readonly running: Promise<void>; next?: Promise<void> }>();

/** Syncs a folder after the call: those who come while a sync runs, which may have missed them, share the next one. */
export function syncFolder(path: string): Promise<void> {
  const held = syncs.get(path);
  if (held) {
    held.next ??= held.running.then(
      () => syncFolder(path),
      () => syncFolder(path),
    );
    return held.next;
  }
  const running = syncOnce(path).finally(() => syncs.delete(path));
  syncs.set(path, { running });
  return running;
}

async function syncOnce(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Folders of an app that are no part of it. */
const notTheApp: ReadonlySet<string> = new Set(['__pycache__', '.git', '.venv', 'venv', 'node_modules', '.mypy_cache']);

/** Removes what a killed run left in a folder, and in those below it as deep as is said. */
export async function removeLeftovers(folder: string, depth = 0): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && depth > 0 && !notTheApp.has(entry.name)) await removeLeftovers(path, depth - 1);
      else if (entry.isFile() && entry.name.startsWith('.') && entry.name.endsWith(temporarySuffix))
        await unlink(path).catch(() => undefined);
    }),
  );
}

/** Files below a folder, relative and sorted; no links, no caches. */
export async function listLocal(folder: string): Promise<readonly string[] | undefined> {
  try {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .filter((path) => !path.split('/').some((part) => notTheApp.has(part)) && !path.endsWith('.pyc'))
      .sort();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw localFailure(error, `Reading the folder ${folder}`);
  }
}
