/** The register's file: lines are added in batches, whole and synced, before what they name is put in place. */
import { constants, lstat, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type RegisterEntry, type Revocation, registerHead, registerLine } from '../pki/register.ts';
import { localFailure, makeFolder, writeLocal } from './files.ts';

type Waiting = { readonly line: string; readonly done: () => void; readonly failed: (error: unknown) => void };

const mode = 0o600;

/** One file. Whoever adds waits until the line is on the disk; those who come meanwhile share the next write. */
export class RegisterFile {
  readonly #path: string;
  #waiting: Waiting[] = [];
  #busy = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws UserError (3) */
  add(record: RegisterEntry | Revocation): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ line: registerLine(record), done, failed });
      if (!this.#busy) void this.#work();
    });
  }

  /** Writes it anew; a damaged one is kept aside. @throws UserError (3) */
  async replace(records: readonly (RegisterEntry | Revocation)[], damaged: boolean): Promise<void> {
    await makeFolder(dirname(this.#path), 0o700);
    if (damaged && (await lstat(this.#path).catch(() => undefined))) {
      const aside = `${this.#path}.corrupt-${new Date().toISOString().replace(/[:.]/g, '-')}`;
      await rename(this.#path, aside).catch((error) => {
        throw localFailure(error, `Moving ${this.#path} aside`);
      });
    }
    await writeLocal(this.#path, registerHead + records.map(registerLine).join(''), mode);
  }

  async #work(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#append(batch.map(({ line }) => line).join(''));
        for (const { done } of batch) done();
      } catch (error) {
        const failure = localFailure(error, `Writing ${this.#path}`);
        for (const { failed } of batch) failed(failure);
      }
    }
    // In the same turn as the last look at what waits: nobody can come in between and be forgotten.
    this.#busy = false;
  }

  async #append(lines: string): Promise<void> {
    await makeFolder(dirname(this.#path), 0o700);
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
    const handle = await open(this.#path, flags, mode);
    try {
      const { size } = await handle.stat();
      await handle.writeFile(size === 0 ? registerHead + lines : lines);
      await handle.datasync();
    } finally {
      await handle.close();
    }
  }
}
