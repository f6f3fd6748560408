/** `down --purge`: everything that was placed on the hosts goes; what is somebody else's stays, and is named. */
import { lives } from '../flower/decide.ts';
import { type Member, members, type Network } from '../network/network.ts';
import type { Action, Stage } from '../plan/action.ts';
import { exit, type Failure, failureOf } from '../plan/failure.ts';
import type { HostFacts, Looks } from '../plan/host-facts.ts';
import { bytes } from '../plan/size.ts';
import type { Answers, Evidence, Step } from '../plan/step.ts';
import { list } from '../plan/words.ts';
import type { Belongings, World } from '../plan/world.ts';
import { registerAt } from './certs-register.ts';
import { neighborsOf } from './neighbors.ts';
import { lookAtAll } from './placed.ts';
import { chosen, count, factsOf, failuresOf, placesOf } from './shared.ts';

type Facts = {
  readonly looks: Looks;
  readonly found: Readonly<Record<string, Belongings>>;
  readonly failures: readonly Failure[];
};

async function observe(answers: Answers, world: World): Promise<Facts> {
  const looks = await lookAtAll(answers, world);
  const found: Record<string, Belongings> = {};
  const former = await formerNames(answers.network, world);
  // Members that share a machine, as those of the demo do, are no other network to each other.
  const homes = new Set(chosen(answers).flatMap(({ name }) => factsOf(looks, name)?.paths.home ?? []));
  const failures = await Promise.all(
    chosen(answers).map(async (member): Promise<readonly Failure[]> => {
      const facts = factsOf(looks, member.name);
      if (!facts) return [];
      try {
        const own = await world.belongings(member, facts.paths);
        found[member.name] = withoutOwn(ofOurs(answers.network, facts, own, former), homes);
        return [];
      } catch (error) {
        return [failureOf(error, `Looking at ${member.name}`, member.name)];
      }
    }),
  );
  return { looks, found, failures: [...failuresOf(looks), ...failures.flat()] };
}

/** Members that are called otherwise by now, or are members no more: the register knows whom we made certificates for. */
async function formerNames(network: Network, world: World): Promise<readonly string[]> {
  const now = new Set(members(network).map(({ name }) => name));
  const { entries } = await registerAt(placesOf(world.directory, network).ca.register, world);
  const left = entries.filter(({ name, purpose }) => ['server', 'client'].includes(purpose) && !now.has(name));
  return [...new Set(left.map(({ name }) => name))];
}

/** With what is named for members of before: their configuration, their certificates and keys. */
function ofOurs(network: Network, facts: HostFacts, found: Belongings, former: readonly string[]): Belongings {
  const pairs = new Set(former.flatMap((name) => [`${name}.key`, `${name}.crt`]));
  const configurations = new Set(former.map((name) => `${name}.json`));
  const { certificates } = found;
  return {
    ...found,
    home: withFormer(found.home, configurations),
    // Nothing is of ours where another network has its certificates by now: ours were replaced by them.
    certificates:
      neighborsOf(network, facts).length > 0
        ? { ...certificates, exists: false, names: [] }
        : withFormer(certificates, pairs),
  };
}

function withoutOwn({ environment, ...found }: Belongings, homes: ReadonlySet<string>): Belongings {
  if (!environment) return found;
  return { ...found, environment: { ...environment, users: environment.users.filter((home) => !homes.has(home)) } };
}

function withFormer<Left extends Belongings['home' | 'certificates']>(left: Left, former: ReadonlySet<string>): Left {
  return {
    ...left,
    names: [...left.names, ...left.others.filter((name) => former.has(name))],
    others: left.others.filter((name) => !former.has(name)),
  };
}

/** What is lost for good is said with its size. */
function homeText(member: Member, { paths, runs }: HostFacts, found: Belongings): string {
  const { home } = found;
  const trained = member.role === 'server' && runs.length > 0 ? `, ${count(runs.length, 'run')} with the weights` : '';
  return `remove ${paths.home}: ${list(home.names)} (${bytes(home.bytes)}${trained})${environmentStays(found)}`;
}

/** What a whole network is taken for: its home. */
function environmentStays({ environment }: Belongings): string {
  const users = environment?.users.length ?? 0;
  if (!environment || users === 0) return '';
  return `; the Python environment ${environment.path} (${bytes(environment.bytes)}) stays: used by ${count(users, 'other network')}`;
}

/** Keys first: whatever happens later, they are gone. */
function actionsOf(member: Member, facts: HostFacts, found: Belongings): readonly Action[] {
  const { home, certificates, environment } = found;
  const { certificates: folder, home: homePath } = facts.paths;
  const part = (what: Partial<Extract<Action, { kind: 'remove' }>>, text: string): Action => ({
    kind: 'remove',
    host: member.name,
    certificates: folder,
    home: homePath,
    files: [],
    folder: false,
    names: [],
    ...what,
    text,
  });
  const alone = certificates.exists && certificates.others.length === 0;
  const byOwner = alone && !certificates.sudo;
  // Root follows no path that somebody else could turn elsewhere.
  const bySudo = alone && certificates.sudo && !facts.unsafeParent;
  const isKey = (name: string) => name.endsWith('.key');
  const files = [...certificates.names].sort((one, other) => Number(isKey(other)) - Number(isKey(one)));
  const empty = home.exists && home.names.length + home.others.length === 0;
  return [
    ...(files.length > 0 || byOwner
      ? [
          part(
            { files, folder: byOwner },
            `remove ${list([...files, ...(byOwner ? [folder] : [])])}${byOwner ? '' : ` in ${folder}`}`,
          ),
        ]
      : []),
    ...(home.names.length > 0 ? [part({ names: home.names }, homeText(member, facts, found))] : []),
    ...(empty ? [part({}, `remove ${homePath}`)] : []),
    ...(environment?.users.length === 0
      ? [
          part(
            { environment: environment.path },
            `remove the Python environment ${environment.path} (${bytes(environment.bytes)}), used by no other network`,
          ),
        ]
      : []),
    // Last: where sudo wants a password, all else is done.
    ...(bySudo
      ? [{ kind: 'remove-folder' as const, host: member.name, path: folder, text: `remove ${folder} (with sudo)` }]
      : []),
  ];
}

function plan(answers: Answers, { looks, found }: Facts): readonly Stage[] {
  const lanes: Record<string, readonly Action[]> = {};
  for (const member of chosen(answers)) {
    const [facts, own] = [factsOf(looks, member.name), found[member.name]];
    if (!facts || !own) continue;
    const actions = actionsOf(member, facts, own);
    if (actions.length > 0) lanes[member.name] = actions;
  }
  return Object.keys(lanes).length > 0 ? [{ title: 'Hosts', lanes }] : [];
}

/** What stays, and why. */
function* stays(network: Network, facts: HostFacts, found: Belongings): Generator<string> {
  const { home, certificates, environment } = found;
  const others = neighborsOf(network, facts);
  if (others.length > 0) yield `${facts.paths.certificates}: network ${list(others)} has its certificates there`;
  for (const [path, { others }] of [
    [facts.paths.certificates, certificates],
    [facts.paths.home, home],
  ] as const)
    if (others.length > 0) yield `${list(others)} in ${path}: not made by fl-wizard`;
  if (environment && environment.users.length > 0) yield `${environment.path}: ${list(environment.users)} uses it too`;
}

async function* verify(answers: Answers, { looks, found }: Facts): AsyncGenerator<Evidence> {
  for (const member of chosen(answers)) {
    const [facts, own] = [factsOf(looks, member.name), found[member.name]];
    if (!facts || !own) continue;
    const about = { name: 'removed', host: member.name, kind: 'state' as const, exitCode: exit.remote };
    const left = [
      ...own.certificates.names.map((name) => `${facts.paths.certificates}/${name}`),
      ...own.home.names.map((name) => `${facts.paths.home}/${name}`),
      ...(lives(facts) ? ['a process'] : []),
    ];
    const others = [...stays(answers.network, facts, own)];
    if (left.length > 0) yield { check: { ...about, ok: false, detail: `still there: ${list(left)}` } };
    else if (others.length > 0)
      yield { check: { ...about, ok: true, detail: 'all that was ours', hint: `left alone: ${others.join('; ')}` } };
    else yield { check: { ...about, ok: true, detail: 'nothing of fl-wizard is left' } };
  }
}

export const purgeStep: Step<Facts> = {
  id: 'purge',
  title: 'Purge',
  summary: 'removes everything that was placed on the hosts',
  inputs: [],
  effect: 'changes',
  command: 'down --purge',
  apart: true,
  observe,
  plan,
  verify,
  failures: ({ failures }) => failures,
};
