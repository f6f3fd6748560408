/** Which app a new network gets: the one that was named, the one that is here, or an example. */
import { join, resolve } from 'node:path';
import type { Draft } from '../network/write.ts';
import { exit, UserError } from '../plan/failure.ts';
import { plural } from '../ui/format.ts';
import { listLocal, readLocal } from '../world/files.ts';
import { appFiles, type Found } from '../world/found.ts';
import { isTemplate, templateFolders } from './templates.ts';

/** A folder that an app is made of, and which of its files where not all. */
export type AppSource = string | { readonly folder: string; readonly files: readonly string[] };

export type App = {
  /** What it is made of, or is already. */
  readonly sources: readonly AppSource[];
  /** As the summary of the answers has it. */
  readonly about: string;
  /** What there is to say where it is not what was asked for, or nobody asked for it. */
  readonly said?: string;
};

/** @throws UserError (2) where the one that was named can't be run */
export async function appFor(
  { directory, cwd }: { readonly directory: string; readonly cwd: string },
  wish: { readonly app?: string; readonly template?: string },
  found: Pick<Found, 'app'>,
): Promise<App> {
  const here = join(directory, 'app');
  const named = wish.app ?? wish.template;
  // What is in app/ is somebody's own, and no other app is put over it.
  if (await listLocal(here)) {
    const said = named === undefined ? 'Taken: the app in app/' : 'app/ is there already, and stays as it is';
    return { sources: [here], about: 'what is in app/', said };
  }
  if (wish.app !== undefined) return { sources: await ownApp(resolve(cwd, wish.app), wish.app), about: wish.app };
  if (!isTemplate(wish.template) && found.app) {
    const about = `${plural(found.app.files.length, 'file')} of this folder, copied to app/`;
    return { sources: [{ folder: directory, files: found.app.files }], about, said: `Taken as the app: ${about}` };
  }
  const template = isTemplate(wish.template) ? wish.template : 'numpy';
  const what = template === 'numpy' ? 'an example, handwritten digits in numpy' : `the example ${template}`;
  return { sources: templateFolders(template), about: `${what}, in app/` };
}

/** Somebody's own code, as the files that make it an app. @throws UserError (2) where it is none that can be run */
async function ownApp(folder: string, shown: string): Promise<readonly AppSource[]> {
  const found = await appFiles(folder);
  if (!('why' in found)) return [{ folder, files: found.files }];
  throw new UserError({ exitCode: exit.invalid, doing: `Reading the code in ${shown}`, ...found });
}

/** Files of an app by their names in it; of two with one name the later source's is taken. */
export async function filesOf(sources: readonly AppSource[]): Promise<ReadonlyMap<string, string>> {
  const all = new Map<string, string>();
  for (const each of sources) {
    const { folder, files } = typeof each === 'string' ? { folder: each, files: undefined } : each;
    for (const name of files ?? (await listLocal(folder)) ?? []) all.set(name, join(folder, name));
  }
  return all;
}

/** Each client of an app that asks for it (the digits example) learns from another share of the data. */
export async function withParts(clients: Draft['clients'], sources: readonly AppSource[]): Promise<Draft['clients']> {
  if (!(await asksForPart(sources))) return clients;
  return clients.map((client, at) => ({ ...client, env: { FL_PART: `${at + 1}/${clients.length}`, ...client.env } }));
}

async function asksForPart(sources: readonly AppSource[]): Promise<boolean> {
  for (const [name, path] of await filesOf(sources))
    if (name.endsWith('.py') && /\bFL_PART\b/.test((await readLocal(path))?.content.toString('utf8') ?? ''))
      return true;
  return false;
}
