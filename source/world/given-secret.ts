/** A secret that is not typed: from a file, or from the environment. Never an argument, never stored. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { exit, UserError } from '../plan/failure.ts';
import { Secret } from '../plan/secret.ts';
import { localFailure } from './files.ts';

/** What was given, read before anything is done; left out where nothing was. */
export type GivenSecret = { readonly value?: Secret };

/** Where one stands. */
export type SecretFile = {
  /** What it is: `passphrase`, `password`. */
  readonly what: string;
  /** As it was typed, for messages. */
  readonly flag: string;
  readonly shown: string;
  /** Absolute; it may be a pipe (`<(pass show ca)`), which gives it only once. */
  readonly path: string;
};

/**
 * @returns the secret, and who else can read the file, if somebody can
 * @throws UserError: 2 where it is not there or its first line is empty, 3 where it can't be read
 */
export async function secretIn({ what, flag, shown, path }: SecretFile): Promise<{ secret: Secret; open?: string }> {
  const doing = `Reading ${flag} ${shown}`;
  const refused = (why: string, hint: string) => new UserError({ exitCode: exit.invalid, doing, why, hint });
  // A pipe and a link are fine here: what is read is the user's own choice.
  const handle = await open(path, constants.O_RDONLY).catch((error) =>
    Promise.reject(
      error.code === 'ENOENT'
        ? refused('there is no such file', `make it, with the ${what} as its first line, and chmod 600`)
        : error.code === 'EACCES'
          ? new UserError({
              exitCode: exit.local,
              doing,
              why: 'you may not read it',
              hint: `ls -l ${shown} tells who may`,
            })
          : localFailure(error, doing),
    ),
  );
  try {
    const found = await handle.stat();
    if (found.isDirectory()) throw refused('it is a folder', `name the file with the ${what}`);
    const [line = ''] = (await handle.readFile('utf8')).split(/\r?\n/);
    if (line === '') throw refused('its first line is empty', `put the ${what} into the first line`);
    const readers = found.isFile() && (found.mode & 0o077) !== 0;
    return { secret: new Secret(line), ...(readers ? { open: warning(flag, shown, found.mode) } : {}) };
  } catch (error) {
    throw localFailure(error, doing);
  } finally {
    await handle.close();
  }
}

/** Whoever has the file of a key tries millions of passphrases a day: of twelve characters, there are too many. */
const enough = 12;

export const short = `has fewer than ${enough} characters, and can be guessed by trying`;

export function isShort(passphrase: Secret): boolean {
  return passphrase.reveal().length < enough;
}

function warning(flag: string, shown: string, mode: number): string {
  return `${flag}: others on this machine may use ${shown} (mode ${(mode & 0o777).toString(8)}); chmod 600 ${shown} keeps them out`;
}
