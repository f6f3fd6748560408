/** Which Flower each host has: a server and clients of different versions may not understand each other. */
import type { Member, Network } from '../network/network.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { HostFacts, Looks } from '../plan/host-facts.ts';
import type { Answers, Evidence, StepCheck } from '../plan/step.ts';
import { list } from '../plan/words.ts';
import { quote } from '../ssh/commands.ts';
import { chosenClients, factsOf } from './shared.ts';

/** What a host has; nothing where it has none, or nobody could ask it. */
export function flowerOf(network: Network, { flower, existing }: HostFacts): string | undefined {
  if (!existing) return flower;
  if (existing.trouble !== undefined) return undefined;
  const other = existing.lacking.find(({ wanted }) => /^flwr\b/i.test(wanted));
  // What is not lacking is as it is wanted, and that is this very version.
  return other ? other.found : network.flower.version;
}

type Has = { readonly member: Member; readonly version: string; readonly existing?: HostFacts['existing'] };

/** The hosts that a launch is about, with what they have. */
function having(answers: Answers, looks: Looks): readonly Has[] {
  const { network } = answers;
  return [network.server, ...chosenClients(answers)].flatMap((member) => {
    const facts = factsOf(looks, member.name);
    const version = facts && flowerOf(network, facts);
    if (version === undefined) return [];
    return [{ member, version, ...(facts?.existing ? { existing: facts.existing } : {}) }];
  });
}

/** `1.41.0 on server and client1; 1.28.0 on client2`. */
function shown(all: readonly Has[]): string {
  const versions = [...new Set(all.map(({ version }) => version))];
  const on = (wanted: string) => list(all.flatMap(({ member, version }) => (version === wanted ? [member.name] : [])));
  return versions.map((version) => `${version} on ${on(version)}`).join('; ');
}

/** What brings a host that has another version, or one of them, to the network's. */
function mending({ network, only }: Answers, all: readonly Has[], others: readonly Has[]): string {
  const { version } = network.flower;
  const kept = others.find(({ existing }) => existing);
  if (kept) {
    const install = quote([kept.existing?.python ?? '', '-m', 'pip', 'install', `flwr==${version}`]);
    return `fl-wizard ssh ${kept.member.name} -- ${install}, or set flower.version to ${kept.version}`;
  }
  if (only.length === 0 && others.length === all.length) return 'fl-wizard deploy';
  return `fl-wizard deploy --only ${others.map(({ member }) => member.name).join(',')}`;
}

/** @throws UserError (5) naming who has another version than the network's, and what mends it */
export function mustAgree(answers: Answers, looks: Looks): void {
  const all = having(answers, looks);
  const { version: wanted } = answers.network.flower;
  const others = all.filter(({ version }) => version !== wanted);
  const [first] = others;
  if (!first) return;
  const differ = all.some(({ version }) => version !== first.version);
  const nobody = others.length === all.length ? `, and flower.version is ${wanted}` : '';
  throw new UserError({
    exitCode: exit.remote,
    ...(others.length === 1 ? { host: first.member.name } : {}),
    doing: `Launching with Flower ${wanted}`,
    why: `${differ ? 'the hosts have different versions: ' : 'there is '}${shown(all)}${nobody}`,
    hint: mending(answers, all, others),
  });
}

/** Said by preflight where hosts differ, among the many lines of each: no trouble yet, since deploy may be to come. */
export function* difference(answers: Answers, looks: Looks): Generator<StepCheck> {
  const all = having(answers, looks);
  const others = all.filter(({ version }) => version !== answers.network.flower.version);
  if (others.length === 0 || all.every(({ version }) => version === all[0]?.version)) return;
  yield { kind: 'state', name: 'Flower', ok: true, detail: shown(all), hint: mending(answers, all, others) };
}

/** What the hosts of a launch have, told once. */
export function* versionsSeen(answers: Answers, looks: Looks): Generator<Evidence> {
  const all = having(answers, looks);
  if (all.length === 0) return;
  yield { check: { kind: 'state', exitCode: exit.remote, name: 'Flower', ok: true, detail: shown(all) } };
}

/** What preflight says of it: another version is no trouble as long as deploy is to come. */
export function* flowerFindings(
  network: Network,
  facts: HostFacts,
): Generator<Pick<StepCheck, 'name' | 'ok' | 'detail'>> {
  const found = flowerOf(network, facts);
  if (found === undefined) return;
  const { version } = network.flower;
  // An interpreter that is used as it is is judged with all else that it has to hold.
  const rest = found === version || facts.existing ? '' : `; fl-wizard deploy makes an environment with ${version}`;
  yield { name: 'Flower', ok: true, detail: `${found} is there${rest}` };
}
