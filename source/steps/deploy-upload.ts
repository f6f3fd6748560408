/** The one copy that a host gets, in words. Pure. */
import type { Member } from '../network/network.ts';
import type { Action } from '../plan/action.ts';
import { list } from '../plan/words.ts';
import type { HostFacts } from '../plan/world.ts';
import { type Placed, resolvePath } from './placed.ts';
import { count } from './shared.ts';

const groups = {
  certificates: 'certificate file',
  policy: 'policy file',
  app: 'app file',
  runtime: 'runtime file',
} as const;

/** @param diff lines of what changes in files that lie there */
export function uploadActions(
  member: Member,
  facts: HostFacts | undefined,
  files: readonly Placed[],
  diff: readonly string[] | undefined,
): readonly Action[] {
  if (files.length === 0) return [];
  const parts = Object.entries(groups).flatMap(([group, noun]) => {
    const number = files.filter((file) => file.group === group).length;
    return number === 0 ? [] : [count(number, noun)];
  });
  // Another CA's certificate there means a network that runs: replacing it shuts that one out.
  const replaced = files
    .filter(({ group }) => group === 'certificates')
    .map((file) => resolvePath(file.to, member, facts));
  const foreign = replaced.some((path) => path.endsWith('/ca.crt') && facts?.files[path] !== undefined);
  const uploads = files.map((file) => ({ from: file.from, to: resolvePath(file.to, member, facts), mode: file.mode }));
  const what = parts.length > 0 ? `copy ${list(parts)}` : 'write the list of what was copied';
  return [
    {
      kind: 'upload',
      host: member.name,
      files: uploads,
      text: `${what}${foreign ? ', in place of another CA’s' : ''}`,
      ...(foreign ? { invalidates: [member.name] } : {}),
      ...(diff ? { diff } : {}),
    },
  ];
}
