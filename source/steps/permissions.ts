/** Step 5: owner and modes on the hosts, put right and checked. */
import { certificateNames } from '../flower/layout.ts';
import type { Member } from '../network/network.ts';
import type { Action, Stage } from '../plan/action.ts';
import type { HostFacts, Looks, RemoteFile } from '../plan/host-facts.ts';
import type { Answers, Evidence, Step } from '../plan/step.ts';
import { list } from '../plan/words.ts';
import { quoteWord } from '../ssh/commands.ts';
import { declared } from './inputs.ts';
import { mustBeAlone } from './neighbors.ts';
import { lookAtAll, type Placement, placementOf, resolvePath } from './placed.ts';
import { chosen, factsOf, failuresOf, octal } from './shared.ts';
import { placedStanding } from './standings.ts';

type Facts = { readonly looks: Looks; readonly placement: Placement };
type Entry = { readonly path: string; readonly mode: number };

const redeploy = 'fl-wizard deploy, then fl-wizard permissions';
const privateFolder = 0o700;
const privateKey = 0o600;

/** Everything that has to have a certain mode on a host: the folder, and the files of certificates and policy. */
function entries(member: Member, { placement }: Facts, facts: HostFacts | undefined): readonly Entry[] {
  const files = (placement.files[member.name] ?? []).filter(
    ({ group }) => group === 'certificates' || group === 'policy',
  );
  const folder = facts?.paths.certificates ?? member.remote.certificates;
  // Made there, it is none of the files that were copied.
  const key = placement.keys ? [{ path: `${folder}/${certificateNames(member).key}`, mode: privateKey }] : [];
  // What lies in the home (weights, logs, the app) nobody else may reach, whatever its own mode.
  const homes = [facts?.paths.home, facts?.paths.policy].filter((path) => path && facts?.files[path]);
  return [
    { path: folder, mode: privateFolder },
    ...homes.map((path) => ({ path: String(path), mode: privateFolder })),
    ...files.map((file) => ({ path: resolvePath(file.to, member, facts), mode: file.mode })),
    ...key,
  ];
}

function foundAt(path: string, facts: HostFacts | undefined): RemoteFile | undefined {
  return path === facts?.paths.certificates ? facts.certificateFolder : facts?.files[path];
}

/** Whether a mode is to be set. What is not there, a link, or somebody else's can't be put right by a mode: that is told. */
function toBeSet({ path, mode }: Entry, facts: HostFacts | undefined): boolean {
  // Before a host was looked at, all of it is to be done.
  if (!facts) return true;
  const found = foundAt(path, facts);
  if (!found || found.kind === 'link' || found.mode === mode) return false;
  return found.owner === facts.user || facts.user === 'root';
}

/** "PATH from 0755 to 0600", as far as it is known what is there. */
function change({ path, mode }: Entry, facts: HostFacts | undefined): string {
  const before = foundAt(path, facts)?.mode;
  return `${path}${before === undefined ? '' : ` from ${octal(before)}`} to ${octal(mode)}`;
}

/** What is wrong at a place, and whether it is that it belongs to somebody else. */
function troubleAt(
  { path, mode }: Entry,
  facts: HostFacts,
  owner: string,
): { why: string; strange?: true } | undefined {
  const found = foundAt(path, facts);
  if (!found) return { why: `${path} is not there` };
  if (found.kind === 'link') return { why: `${path} is a link` };
  if (found.owner !== owner) return { why: `${path} belongs to ${found.owner} instead of ${owner}`, strange: true };
  return found.mode === mode ? undefined : { why: `${path} has ${octal(found.mode)} instead of ${octal(mode)}` };
}

/**
 * What puts the modes of a host right.
 * @param but paths that get theirs in another way
 */
export function modeActions(
  member: Member,
  facts: Facts,
  host: HostFacts | undefined,
  but: ReadonlySet<string> = new Set(),
): readonly Action[] {
  const wrong = entries(member, facts, host).filter((entry) => toBeSet(entry, host) && !but.has(entry.path));
  if (wrong.length === 0) return [];
  const text = `set ${list(wrong.map((entry) => change(entry, host)))}`;
  return [{ kind: 'set-modes', host: member.name, entries: wrong, text }];
}

function plan(answers: Answers, facts: Facts): readonly Stage[] {
  const lanes = Object.fromEntries(
    chosen(answers).flatMap((member) => {
      const actions = modeActions(member, facts, factsOf(facts.looks, member.name));
      return actions.length === 0 ? [] : [[member.name, actions]];
    }),
  );
  return Object.keys(lanes).length > 0 ? [{ title: 'Modes', lanes }] : [];
}

async function* verify(answers: Answers, facts: Facts): AsyncGenerator<Evidence> {
  for (const member of chosen(answers)) {
    const host = factsOf(facts.looks, member.name);
    if (!host) continue;
    const owner = member.remote.owner ?? host.user;
    // Whose folder is somebody else's, nobody may say what is in it; and no link is followed.
    const folder = { path: host.paths.certificates, mode: privateFolder };
    const linked = host.certificateFolder !== undefined && host.certificateFolder.kind !== 'folder';
    const barred = linked || troubleAt(folder, host, owner)?.strange === true;
    const seen = entries(member, facts, host).filter(({ path }) => !barred || !path.startsWith(`${folder.path}/`));
    const troubles = seen.flatMap((entry) => {
      const trouble = troubleAt(entry, host, owner);
      return trouble ? [{ ...trouble, path: entry.path }] : [];
    });
    const ok = troubles.length === 0;
    const strange = troubles.flatMap((trouble) => (trouble.strange ? [quoteWord(trouble.path)] : []));
    // sudo takes nothing from anybody by itself: to give it back is a person's decision.
    const chown = `on ${member.name}: sudo chown ${barred ? '-R ' : ''}${owner} ${strange.join(' ')}; then fl-wizard permissions`;
    const remove = `on ${member.name}: remove ${quoteWord(folder.path)}, which leads elsewhere; then ${redeploy}`;
    const hint = linked ? remove : strange.length > 0 ? chown : redeploy;
    yield {
      check: {
        name: 'permissions',
        host: member.name,
        kind: 'state',
        ok,
        detail: ok ? `folder 0700, keys 0600, certificates 0644, owner ${owner}` : list(troubles.map(({ why }) => why)),
        ...(ok ? {} : { hint }),
      },
    };
  }
}

export const permissionsStep: Step<Facts> = {
  ...declared('permissions'),
  effect: 'changes',
  async observe(answers, world) {
    const [looks, placement] = await Promise.all([lookAtAll(answers, world), placementOf(answers, world)]);
    mustBeAlone(answers.network, looks);
    return { looks, placement };
  },
  plan,
  stands: (_, { looks }, planned) => placedStanding(looks, planned),
  verify,
  failures: ({ looks }) => failuresOf(looks),
};
