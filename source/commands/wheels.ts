/** `wheels`: one folder with the wheels that all hosts need, gathered on this machine, for hosts without an index. */
import { relative, resolve } from 'node:path';
import { shownRequirement } from '../flower/layout.ts';
import { type HostPlatform, pipTarget, platformText } from '../flower/platform.ts';
import { missingText, neededWheels } from '../flower/wheels.ts';
import type { Member } from '../network/network.ts';
import { exit, type Failure } from '../plan/failure.ts';
import { bytes } from '../plan/size.ts';
import { list } from '../plan/words.ts';
import type { World } from '../plan/world.ts';
import { quote } from '../ssh/commands.ts';
import { requirementsIn } from '../steps/app.ts';
import { lookAtAll } from '../steps/placed.ts';
import { chosen, count, factsOf, failuresOf } from '../steps/shared.ts';
import { inert } from '../ui/inert.ts';
import { gather } from '../world/gather.ts';
import { wheelsIn } from '../world/wheelhouse.ts';
import type { Call, Command } from './context.ts';
import { complain, type Opened, opened } from './looking.ts';

/** Hosts that can use the same wheels. */
type Group = { readonly platform: HostPlatform; readonly members: readonly Member[] };

/** What makes a difference to wheels: not the patch release of a Python. */
const keyOf = (platform: HostPlatform, { remote }: Member) =>
  JSON.stringify([platformText(platform), Object.entries(remote.pip).map(([key, value]) => [key, value.reveal()])]);

async function groupsOf({
  answers,
  world,
}: Opened): Promise<{ groups: readonly Group[]; failures: readonly Failure[] }> {
  const looks = await lookAtAll(answers, world);
  const groups = new Map<string, Group>();
  for (const member of chosen(answers)) {
    const facts = factsOf(looks, member.name);
    // An interpreter that is used as it is gets nothing.
    if (!facts || member.environment === 'existing') continue;
    const key = keyOf(facts, member);
    const held = groups.get(key) ?? { platform: facts, members: [] };
    groups.set(key, { ...held, members: [...held.members, member] });
  }
  return { groups: [...groups.values()], failures: failuresOf(looks) };
}

const namesOf = ({ members }: Group) => list(members.map(({ name }) => name));

export const wheels: Command<[Readonly<Record<string, unknown>>]> = (call, rest) =>
  opened(call, async (project) => {
    const { network, directory, world } = project;
    const folder = typeof rest.output === 'string' ? resolve(call.io.cwd, rest.output) : resolve(directory, 'wheels');
    const requirements = await requirementsIn(network, world);
    const { groups, failures } = await groupsOf(project);
    if (call.common.dryRun || call.common.showCommands) {
      for (const group of groups) call.io.stdout.write(`${planned(call, group, requirements, folder)}\n`);
      return complain(call, failures);
    }
    const found: Failure[] = [...failures];
    for (const group of groups) found.push(...(await gatherFor(call, world, group, requirements, folder)));
    await summary(call, groups, requirements, folder, found);
    return complain(call, found);
  });

/** What would be done; with `--show-commands` the line that does it, where this machine is like the host. */
function planned(call: Call, group: Group, requirements: readonly string[], folder: string): string {
  const words = [
    'python3',
    '-m',
    'pip',
    'download',
    '--dest',
    folder,
    ...pipTarget(group.platform),
    ...requirements.map(shownRequirement),
  ];
  const text = `${namesOf(group)}: ${platformText(group.platform)}`;
  return call.common.showCommands
    ? `# ${text}\n${quote(words)}`
    : `+ ${text}: ${list(requirements.map(shownRequirement))}`;
}

async function gatherFor(
  { io, common }: Call,
  world: World,
  group: Group,
  requirements: readonly string[],
  folder: string,
): Promise<readonly Failure[]> {
  const { platform, members } = group;
  if (!common.json) io.stderr.write(`${namesOf(group)}: ${platformText(platform)}\n`);
  const { missing, trouble } = await gather(requirements, platform, members[0]?.remote.pip ?? {}, {
    script: world.asset('here', 'pip_for.py'),
    folder,
    env: io.env,
    signal: io.signal,
    onLine: (line) => {
      if (!common.json) io.stderr.write(`  ${inert(line)}\n`);
    },
  });
  const [first] = members;
  const about = {
    exitCode: exit.remote,
    ...(first ? { host: first.name } : {}),
    doing: `Gathering wheels for ${namesOf(group)}`,
  };
  const absent: readonly Failure[] =
    missing.length === 0
      ? []
      : [
          {
            ...about,
            why: missingText(missing, platform),
            hint: `on a machine like that: pip wheel ${missing[0]} --wheel-dir ${relative(io.cwd, folder) || '.'}; or another version in requirements.txt`,
          },
        ];
  return trouble === undefined
    ? absent
    : [...absent, { ...about, why: trouble, hint: 'can this machine reach a package index?' }];
}

async function summary(
  call: Call,
  groups: readonly Group[],
  requirements: readonly string[],
  folder: string,
  failures: readonly Failure[],
): Promise<void> {
  const all = await wheelsIn(folder);
  const size = (some: typeof all) => some.reduce((sum, each) => sum + each.size, 0);
  const hosts = groups.flatMap(({ platform, members }) => {
    const own = neededWheels(requirements, all, platform).wheels;
    const about = { platform: platformText(platform), wheels: own.length, bytes: size(own) };
    return members.map(({ name }) => ({ name, ...about }));
  });
  const shown = relative(call.io.cwd, folder) || '.';
  if (call.common.json) {
    const document = { folder, wheels: all.map(({ name, size: each }) => ({ name, bytes: each })), hosts, failures };
    call.io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return;
  }
  for (const { name, platform, wheels: own, bytes: sum } of hosts)
    call.io.stdout.write(`${name}  ${platform}  ${count(own, 'wheel')}, ${bytes(sum)}\n`);
  if (failures.length === 0) call.io.stderr.write(`Next: fl-wizard up --wheelhouse ${shown}\n`);
}
