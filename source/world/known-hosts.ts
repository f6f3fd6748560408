/** The known_hosts files: read line by line, as they may be of any length, and added to. */
import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { exit, UserError } from '../plan/failure.ts';
import type { KnownHosts } from '../ssh/known-hosts.ts';
import { localFailure, makeFolder } from './files.ts';

/** Longer than any line that was ever meant: more is not held in memory. Such a line counts, and says nothing. */
const longestLine = 1024 * 1024;
const readAtOnce = 64 * 1024;

/** One of the files that say which keys are known. */
export function knownHostsFile(file: string): KnownHosts {
  return { file, batches: () => batchesOf(file) };
}

async function* batchesOf(file: string): AsyncGenerator<readonly string[]> {
  try {
    const handle = await openFile(file);
    if (handle === undefined) return;
    try {
      yield* linesOf(handle);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError({
      exitCode: exit.local,
      doing: `Reading the known host keys in ${file}`,
      why: localFailure(error, '').failure.why,
      hint: 'make it a file that you may read, or move it away',
    });
  }
}

/** Nothing where nothing lies, and where people had a link to nothing put. */
async function openFile(file: string): Promise<FileHandle | undefined> {
  try {
    return await openRegular(file, constants.O_RDONLY);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || (code === 'ENXIO' && (await realpath(file)) === '/dev/null')) return undefined;
    throw error;
  }
}

async function openRegular(file: string, flags: number): Promise<FileHandle> {
  // Without O_NONBLOCK, a pipe in the file's place would hold us for ever.
  const handle = await open(file, flags | constants.O_NONBLOCK, 0o600);
  const stat = await handle.stat();
  if (stat.isFile()) return handle;
  await handle.close();
  throw Object.assign(new Error(), { code: stat.isDirectory() ? 'EISDIR' : 'ENXIO' });
}

/** Byte by byte, as OpenSSH compares: Latin 1 loses none. Each host reads it anew, and a stream would double the cost. */
async function* linesOf(handle: FileHandle): AsyncGenerator<readonly string[]> {
  const buffer = Buffer.allocUnsafe(readAtOnce);
  let rest = '';
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, readAtOnce, null);
    if (bytesRead === 0) break;
    const lines = (rest + buffer.toString('latin1', 0, bytesRead)).split('\n');
    rest = lines.pop() ?? '';
    // One character stays, so that the line is still one.
    if (rest.length > longestLine) rest = '#';
    yield lines;
  }
  if (rest !== '') yield [rest];
}

/**
 * Adds a line to our known_hosts, which is made where there is none. By one append, whole or not at all, and on a line
 * of its own even where somebody left the last one open.
 * @throws UserError (3)
 */
export async function recordHostKey(file: string, line: string): Promise<void> {
  await makeFolder(dirname(file), 0o700);
  try {
    const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
    const handle = await openRegular(file, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW);
    try {
      const { size, mode } = await handle.stat();
      if ((mode & 0o777) !== 0o600) await handle.chmod(0o600);
      const last = size === 0 ? '\n' : (await handle.read(Buffer.alloc(1), 0, 1, size - 1)).buffer.toString();
      await handle.appendFile(`${last === '\n' ? '' : '\n'}${line}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw localFailure(error, `Recording a host key in ${file}`);
  }
}
