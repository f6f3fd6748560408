/** A secret that is not typed: from a file, or from the environment. Never an argument, never stored. */
import { readFile } from 'node:fs/promises';
import { exit, UserError } from '../plan/failure.ts';
import { Secret } from '../plan/secret.ts';
import { localFailure } from './files.ts';

export type GivenSecret = {
  /** Absolute; it may be a pipe (`<(pass show ca)`). */
  readonly file?: string;
  /** From the environment, out of which the process has taken it. */
  readonly value?: Secret;
};

/**
 * @param name what it is: `passphrase`, `password`
 * @returns nothing where none was given
 * @throws UserError: 2 where the file's first line is empty, 3 where it can't be read
 */
export async function givenSecret({ file, value }: GivenSecret, name: string): Promise<Secret | undefined> {
  if (file === undefined) return value;
  const doing = `Reading the ${name} in ${file}`;
  // A pipe and a link are fine here: what is read is the user's own choice.
  const text = await readFile(file, 'utf8').catch((error) => Promise.reject(localFailure(error, doing)));
  const [line = ''] = text.split(/\r?\n/);
  if (line !== '') return new Secret(line);
  const hint = `put the ${name} into the first line`;
  throw new UserError({ exitCode: exit.invalid, doing, why: 'its first line is empty', hint });
}
