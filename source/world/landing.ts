/**
 * A file that comes here in pieces, maybe over several days: under a name of its own until all of it is here and is what
 * was sent. Never follows a link.
 */
import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { localFailure, syncFolder } from './files.ts';

/** What a person's code learned may be as private as what it learned from. */
const mode = 0o600;

/** Hashed in pieces of so many bytes: a system call for each costs nothing beside SHA-256. */
const pieceSize = 1 << 20;

/** What is at a file's place: nothing, something of another size, or bytes with this digest. */
export type There = undefined | 'other' | { readonly sha256: string };

/** Not the ending of other temporary files: those are removed by whoever takes the lock. */
export const partOf = (path: string) => join(dirname(path), `.${basename(path)}.part`);

const flags = constants.O_NOFOLLOW | constants.O_NONBLOCK;
const trouble = (code: string) => Object.assign(new Error(), { code });

/** A regular file of ours, opened; nothing where there is none. @throws UserError (3) for anything else in its place */
async function opened(path: string): Promise<FileHandle | undefined> {
  try {
    const handle = await open(path, constants.O_RDONLY | flags);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
    throw trouble('ENXIO');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw localFailure(error, `Writing ${path}`);
  }
}

/** Of the first bytes of a file. */
async function hashOf(handle: FileHandle, size: number, signal: AbortSignal): Promise<Hash> {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(Math.min(size, pieceSize));
  for (let at = 0; at < size; ) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(piece, 0, Math.min(piece.length, size - at), at);
    if (bytesRead === 0) break;
    hash.update(piece.subarray(0, bytesRead));
    at += bytesRead;
  }
  return hash;
}

/** @throws UserError (3) where something that is no file of ours is in the way */
export async function whatIsThere(path: string, size: number, signal: AbortSignal): Promise<There> {
  const handle = await opened(path);
  if (!handle) return undefined;
  try {
    if ((await handle.stat()).size !== size) return 'other';
    return { sha256: (await hashOf(handle, size, signal)).digest('hex') };
  } finally {
    await handle.close();
  }
}

export class Landing {
  readonly #path: string;
  readonly #part: string;
  #hash: Hash = createHash('sha256');
  #begun = 0;
  #handle: FileHandle | undefined;

  private constructor(path: string) {
    this.#path = path;
    this.#part = partOf(path);
  }

  /** With what the last try has left. @throws UserError (3) */
  static async at(path: string, size: number, signal: AbortSignal): Promise<Landing> {
    const made = new Landing(path);
    const handle = await opened(made.#part);
    if (!handle) return made;
    try {
      made.#begun = Math.min(size, (await handle.stat()).size);
      made.#hash = await hashOf(handle, made.#begun, signal);
    } finally {
      await handle.close();
    }
    return made;
  }

  /** How many bytes are here already, and their digest. */
  get begun(): { readonly bytes: number; readonly sha256: string } {
    return { bytes: this.#begun, sha256: this.#hash.copy().digest('hex') };
  }

  /** What is here is not the beginning of it. */
  forget(): void {
    this.#begun = 0;
    this.#hash = createHash('sha256');
  }

  /** @throws UserError (3): nothing is left where the disk is full */
  async write(chunk: Buffer): Promise<void> {
    try {
      this.#handle ??= await this.#open();
      for (let written = 0; written < chunk.length; ) {
        const { bytesWritten } = await this.#handle.write(chunk, written, chunk.length - written, this.#begun);
        written += bytesWritten;
        this.#begun += bytesWritten;
      }
      this.#hash.update(chunk);
    } catch (error) {
      await this.#give(error);
    }
  }

  async #open(): Promise<FileHandle> {
    const handle = await open(this.#part, constants.O_RDWR | constants.O_CREAT | flags, mode);
    this.#handle = handle;
    await handle.chmod(mode);
    await handle.truncate(this.#begun);
    return handle;
  }

  /**
   * Puts it in its place.
   * @returns whether it is what was to come; else nothing is left of it
   * @throws UserError (3)
   */
  async land(sha256: string): Promise<boolean> {
    if (this.begun.sha256 !== sha256) {
      await this.leave();
      await unlink(this.#part).catch(() => undefined);
      return false;
    }
    try {
      this.#handle ??= await this.#open();
      await this.#handle.sync();
      await this.leave();
      // One that was planted meanwhile is not followed by a rename either, but it is somebody's.
      if ((await lstat(this.#path).catch(() => undefined))?.isSymbolicLink()) throw trouble('ELOOP');
      await rename(this.#part, this.#path);
      await syncFolder(dirname(this.#path));
      return true;
    } catch (error) {
      return this.#give(error);
    }
  }

  /** Half a file would keep a disk full. */
  async #give(error: unknown): Promise<never> {
    await this.leave();
    await unlink(this.#part).catch(() => undefined);
    throw localFailure(error, `Writing ${this.#path}`);
  }

  /** What is here stays for the next try. */
  async leave(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close().catch(() => undefined);
  }
}
