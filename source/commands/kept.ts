/**
 * The answers so far, in the project's folder until its fl-network.yaml is written: who leaves the questions half way, or
 * is thrown out of them, goes on with these. Light: the first screen asks for them.
 */
import { rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { UserError } from '../plan/failure.ts';
import type { Stopped } from '../ui/screen.tsx';
import { haveFolder, localFailure, makeFolder, readLocal, writeLocal } from '../world/files.ts';
import type { Said } from './draft.ts';

type State = import('../ui/questions-state.ts').QuestionsState;

export const keptName = '.fl-wizard/answers.yaml';

const pathIn = (directory: string) => join(directory, keptName);

/** More than ten thousand clients take, bytes. */
const largest = 4 * 1024 * 1024;

export type Kept = Said & { readonly stopped: Stopped };

/** Answers and when they were written, why there are none that can be read, or nothing. Changes nothing. */
export type Found =
  | { readonly answers: Kept; readonly when: Date }
  | { readonly answers?: undefined; readonly unreadable: string };

export async function keptIn(directory: string): Promise<Found | undefined> {
  const path = pathIn(directory);
  try {
    const there = await stat(path).catch(() => undefined);
    if (there && there.size > largest) return { unreadable: unreadable('it is far too large') };
    const file = await readLocal(path);
    if (!there || !file) return undefined;
    const { placeIn } = await import('./kept-place.ts');
    const { saidIn } = await import('./draft.ts');
    const said = await saidIn(file.content.toString('utf8'), keptName);
    return { answers: { ...said, stopped: placeIn(said) }, when: there.mtime };
  } catch (error) {
    if (error instanceof UserError) return { unreadable: unreadable(error.failure.why) };
    throw error;
  }
}

function unreadable(why: string): string {
  return `${keptName} can’t be read (${why}); it is set aside as soon as there are new answers`;
}

/** Nothing is there to go on with any more. */
export async function forget(directory: string): Promise<void> {
  await unlink(pathIn(directory)).catch(() => undefined);
}

/** Writes with each answer, one write at a time and only the newest: no key waits for it, and no failure is one of theirs. */
export class AnswersKeeper {
  readonly #directory: string;
  /** What lies there is ours to replace. */
  #ours: boolean;
  #first: State | undefined;
  #latest: State | undefined;
  #written: string | undefined;
  #writing: Promise<void> | undefined;
  #why: string | undefined;

  /** @param resumed what lies there are these answers; others are set aside before the first write */
  constructor(directory: string, resumed: boolean) {
    this.#directory = directory;
    this.#ours = resumed;
  }

  /** Told of each state of the questions. */
  readonly see = (state: State): void => {
    const before = this.#latest;
    this.#first ??= state;
    this.#latest = state;
    const isAnswer = before && (before.at !== state.at || before.clients !== state.clients);
    if (isAnswer) this.#writing ??= this.#write();
  };

  /**
   * Writes what stands in the line, too.
   * @returns what there is to say to who left
   */
  async leave(): Promise<string | undefined> {
    await this.#writing;
    await this.#write();
    if (this.#why) return `Your answers are not kept: ${this.#why}`;
    return this.#ours ? 'Your answers are kept: fl-wizard goes on with them.' : undefined;
  }

  async #write(): Promise<void> {
    try {
      // Not in the turn of a key: with thousands of clients the text alone takes a while.
      await turn();
      const { textOf } = await import('./kept-place.ts');
      for (;;) {
        const [first, latest] = [this.#first, this.#latest];
        if (!latest || latest === first) return;
        const text = textOf(latest);
        if (text === this.#written || (this.#written === undefined && first && text === textOf(first))) return;
        await this.#place(text);
        this.#written = text;
        this.#why = undefined;
      }
    } catch (error) {
      this.#why = localFailure(error, `Writing ${keptName}`).failure.why;
    } finally {
      this.#writing = undefined;
    }
  }

  async #place(text: string): Promise<void> {
    const path = pathIn(this.#directory);
    await haveFolder(this.#directory, 0o755);
    await makeFolder(join(path, '..'), 0o700);
    if (!this.#ours) await setAside(path);
    this.#ours = true;
    await writeLocal(path, text, 0o600);
  }
}

async function setAside(path: string): Promise<void> {
  const aside = `${path}.aside-${new Date().toISOString().replace(/[:.]/g, '-')}`;
  await rename(path, aside).catch((error) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT'))
      throw localFailure(error, `Moving ${path} aside`);
  });
}
