/** The one copy that a host gets, in words. Pure. */
import type { Member } from '../network/network.ts';
import type { Action } from '../plan/action.ts';
import type { HostFacts } from '../plan/host-facts.ts';
import { list } from '../plan/words.ts';
import { withMark } from './another-ca.ts';
import { type Placed, resolvePath } from './placed.ts';
import { count } from './shared.ts';

const groups = {
  certificates: 'certificate file',
  policy: 'policy file',
  app: 'app file',
  runtime: 'runtime file',
} as const;

/** What is said of the files beside what they are. `replaced`: whose certificates they take the place of. */
export type About = {
  /** Lines of what changes in files that lie there. */
  readonly diff?: readonly string[] | undefined;
  readonly replaced?: string | undefined;
  /** What says who placed them. */
  readonly mark?: string | undefined;
};

export function uploadActions(
  member: Member,
  facts: HostFacts | undefined,
  files: readonly Placed[],
  { diff, replaced, mark }: About,
): readonly Action[] {
  if (files.length === 0) return [];
  const parts = Object.entries(groups).flatMap(([group, noun]) => {
    const number = files.filter((file) => file.group === group).length;
    return number === 0 ? [] : [count(number, noun)];
  });
  // Another CA's certificate there means a network that runs: replacing it shuts that one out.
  const isThere = ({ to }: Placed) =>
    to.endsWith('/ca.crt') && facts?.files[resolvePath(to, member, facts)] !== undefined;
  const foreign = files.some((file) => file.group === 'certificates' && isThere(file));
  const uploads = withMark(files, mark).map((file) => ({
    from: file.from,
    to: resolvePath(file.to, member, facts),
    mode: file.mode,
  }));
  const what = parts.length > 0 ? `copy ${list(parts)}` : 'write the list of what was copied';
  return [
    {
      kind: 'upload',
      host: member.name,
      files: uploads,
      text: `${what}${foreign ? `, in place of ${replaced ?? 'another CA’s'}` : ''}`,
      ...(foreign ? { invalidates: [member.name] } : {}),
      ...(diff ? { diff } : {}),
    },
  ];
}
