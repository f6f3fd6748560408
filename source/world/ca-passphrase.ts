/** The passphrase of a CA's key: from a file, from the environment, or asked. Never an argument, never stored. */
import type { KeyObject } from 'node:crypto';
import { exit, UserError } from '../plan/failure.ts';
import type { Secret } from '../plan/secret.ts';
import type { Answer, Question } from '../plan/step.ts';
import { type GivenSecret, isShort, short } from './given-secret.ts';

/** `--ca-passphrase-file`, or FL_WIZARD_CA_PASSPHRASE. */
export type PassphraseSources = GivenSecret & {
  ask(question: Question): Promise<Answer>;
};

/** Like ssh and sudo: who has mistyped three times does not know it. */
const tries = 3;

const how = 'give it by --ca-passphrase-file FILE or in FL_WIZARD_CA_PASSPHRASE; in a terminal it is asked';

function calledOff(file: string): UserError {
  return new UserError({
    exitCode: exit.declined,
    doing: `Choosing a passphrase for ${file}`,
    why: 'it was called off, and no key was made',
    hint: 'run it again; Enter alone makes the key without one',
  });
}

export class CaPassphrase {
  readonly #sources: PassphraseSources;

  constructor(sources: PassphraseSources) {
    this.#sources = sources;
  }

  /**
   * The one for a key that is about to be made; undefined where nobody wants any.
   * @throws UserError: 2, 3; 8 where somebody gave up instead of choosing
   */
  async forNew(file: string): Promise<Secret | undefined> {
    const given = this.#sources.value;
    if (given) return given;
    let note: { readonly note?: string } = {};
    for (let at = 0; at < tries; at++) {
      const first = await this.#ask({ kind: 'passphrase', file, wanted: 'new-ca', ...note });
      if (!first) throw calledOff(file);
      if (first.reveal() === '') return undefined;
      const weak = isShort(first) ? { note: `It ${short}; it is taken all the same.` } : {};
      const second = await this.#ask({ kind: 'passphrase', file, wanted: 'repeat-ca', ...weak });
      if (!second) throw calledOff(file);
      if (second.reveal() === first.reveal()) return first;
      note = { note: 'The two were not the same.' };
    }
    throw refused(`Choosing a passphrase for ${file}`, 'it was not typed the same way twice', 'run it again');
  }

  /**
   * Opens an encrypted key with what was given, or asks until it opens.
   * @throws UserError (2) where there is no passphrase, or not the right one
   */
  async open(file: string, unlock: (passphrase: Secret) => Promise<KeyObject>): Promise<KeyObject> {
    const doing = `Opening ${file}`;
    const given = this.#sources.value;
    if (given) return unlock(given).catch((error) => Promise.reject(wrong(error, doing)));
    let note: { readonly note?: string } = {};
    for (let at = 1; ; at++) {
      const typed = await this.#ask({ kind: 'passphrase', file, wanted: 'open-ca', ...note });
      if (!typed) throw refused(doing, 'it is encrypted, and no passphrase was given', how);
      try {
        return await unlock(typed);
      } catch (error) {
        if (!isWrong(error) || at === tries) throw wrong(error, doing);
        note = { note: 'That passphrase does not open it.' };
      }
    }
  }

  async #ask(question: Question): Promise<Secret | undefined> {
    const answer = await this.#sources.ask(question);
    return answer.kind === 'secret' ? answer.value : undefined;
  }
}

function refused(doing: string, why: string, hint: string): UserError {
  return new UserError({ exitCode: exit.invalid, doing, why, hint });
}

/** The key itself was fine as far as anybody can tell: only the passphrase was not. */
function isWrong(error: unknown): boolean {
  return error instanceof UserError && error.failure.exitCode === exit.invalid;
}

function wrong(error: unknown, doing: string): unknown {
  return isWrong(error) ? refused(doing, 'the passphrase does not open it', how) : error;
}
