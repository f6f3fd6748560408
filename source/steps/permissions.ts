/** Step 5: owner and modes on the hosts, put right and checked. */
import { certificateNames } from '../flower/layout.ts';
import type { Member } from '../network/network.ts';
import type { Stage } from '../plan/action.ts';
import type { Answers, Evidence, Step } from '../plan/step.ts';
import type { HostFacts, Looks } from '../plan/world.ts';
import { declared } from './inputs.ts';
import { lookAtAll, type Placement, placementOf, resolvePath } from './placed.ts';
import { chosen, factsOf, failuresOf, list, octal } from './shared.ts';

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

function modeOf(path: string, facts: HostFacts | undefined): number | undefined {
  return path === facts?.paths.certificates ? facts.certificateFolder?.mode : facts?.files[path]?.mode;
}

/** "PATH from 0755 to 0600", as far as it is known what is there. */
function change({ path, mode }: Entry, facts: HostFacts | undefined): string {
  const before = modeOf(path, facts);
  return `${path}${before === undefined ? '' : ` from ${octal(before)}`} to ${octal(mode)}`;
}

function plan(answers: Answers, facts: Facts): readonly Stage[] {
  const lanes = Object.fromEntries(
    chosen(answers).flatMap((member) => {
      const host = factsOf(facts.looks, member.name);
      const wrong = entries(member, facts, host).filter(({ path, mode }) => modeOf(path, host) !== mode);
      if (wrong.length === 0) return [];
      const text = `set ${list(wrong.map((entry) => change(entry, host)))}`;
      return [[member.name, [{ kind: 'set-modes' as const, host: member.name, entries: wrong, text }]]];
    }),
  );
  return Object.keys(lanes).length > 0 ? [{ title: 'Modes', lanes }] : [];
}

async function* verify(answers: Answers, facts: Facts): AsyncGenerator<Evidence> {
  for (const member of chosen(answers)) {
    const host = factsOf(facts.looks, member.name);
    if (!host) continue;
    const all = entries(member, facts, host);
    const owner = member.remote.owner ?? host.user;
    const strange: string[] = [];
    const troubles = all.flatMap(({ path, mode }) => {
      const found = path === host.paths.certificates ? host.certificateFolder : host.files[path];
      if (!found) return [`${path} is not there`];
      if (found.kind === 'link') return [`${path} is a link`];
      if (found.mode !== mode) return [`${path} has ${octal(found.mode)} instead of ${octal(mode)}`];
      if (found.owner === owner) return [];
      strange.push(path);
      return [`${path} belongs to ${found.owner} instead of ${owner}`];
    });
    const ok = troubles.length === 0;
    // sudo takes nothing from anybody by itself: to give it back is a person's decision.
    const hint = strange.length > 0 ? `on ${member.name}: sudo chown ${owner} ${strange.join(' ')}` : redeploy;
    yield {
      check: {
        name: 'permissions',
        host: member.name,
        kind: 'state',
        ok,
        detail: ok ? `folder 0700, keys 0600, certificates 0644, owner ${owner}` : list(troubles),
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
    return { looks, placement };
  },
  plan,
  verify,
  failures: ({ looks }) => failuresOf(looks),
};
