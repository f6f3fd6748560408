/** What a deploy changes in app files that lie on the hosts already: shown before it is approved. */
import { posix } from 'node:path';
import type { Member } from '../network/network.ts';
import type { World } from '../plan/world.ts';
import { fileDiff } from './diff.ts';
import type { Placed } from './placed.ts';

/** By host, then the lines of the differences. */
export type AppChanges = Readonly<Record<string, readonly string[]>>;

/** Code is short; what is longer is data, and no difference that anybody reads. */
const longest = 100_000;

/** A file of the app that is there and will be another one. `path` is where it lies on the host. */
export type Changed = {
  readonly member: Member;
  readonly files: readonly { readonly path: string; readonly file: Placed }[];
};

export async function appChanges(changed: readonly Changed[], world: World): Promise<AppChanges> {
  const entries = await Promise.all(
    changed
      .filter(({ files }) => files.length > 0)
      .map(async ({ member, files }) => {
        const there = await world.readTexts(
          member,
          files.map(({ path }) => path),
          longest,
        );
        const lines = await Promise.all(
          files.map(async ({ path, file }) => linesOf(posix.basename(path), there[path], await textOf(file, world))),
        );
        return [member.name, lines.flat()] as const;
      }),
  );
  return Object.fromEntries(entries);
}

async function textOf({ from }: Placed, world: World): Promise<string | undefined> {
  if ('text' in from) return from.text;
  const content = (await world.read(from.file))?.content;
  return content === undefined || content.length > longest || content.includes(0)
    ? undefined
    : content.toString('utf8');
}

function linesOf(name: string, before: string | undefined, after: string | undefined): readonly string[] {
  return before === undefined || after === undefined ? [` ${name} is another one`] : fileDiff(name, before, after);
}
