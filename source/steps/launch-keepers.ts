/** What keeps processes on their hosts, as launch finds it and as it is told. */
import { lives } from '../flower/decide.ts';
import { keeperOf } from '../flower/keeper.ts';
import { type Member, members } from '../network/network.ts';
import type { Stage } from '../plan/action.ts';
import { exit, failureOf } from '../plan/failure.ts';
import type { HostFacts, Looks } from '../plan/host-facts.ts';
import type { Answers, Evidence } from '../plan/step.ts';
import { list } from '../plan/words.ts';
import type { Services, World } from '../plan/world.ts';
import { unitActions } from './launch-actions.ts';
import { chosen, factsOf } from './shared.ts';

/** What hosts are, and what could keep processes there. */
export type Kept = {
  readonly looks: Looks;
  /** By host. */
  readonly services: Readonly<Record<string, Services>>;
};

/** What could keep processes; a host that can't tell is out, as one that did not answer. */
export async function withServices(answers: Answers, world: World, looks: Looks): Promise<Kept> {
  const services: Record<string, Services> = {};
  const found = await Promise.all(
    Object.entries(looks).map(async ([name, look]) => {
      const member = members(answers.network).find((each) => each.name === name);
      if (!member || 'failure' in look) return [name, look] as const;
      try {
        services[name] = await world.services(answers.network, member);
        return [name, look] as const;
      } catch (error) {
        return [name, { failure: failureOf(error, `Looking at ${name}`, name) }] as const;
      }
    }),
  );
  return { looks: Object.fromEntries(found), services };
}

/**
 * Lingering that somebody switched off since, where its owner may switch it on: what is started anyway sees to it by itself.
 */
export function lingeringStages(
  answers: Answers,
  { looks, services }: Kept,
  stages: readonly Stage[],
): readonly Stage[] {
  const busy = new Set(stages.flatMap(({ lanes }) => Object.keys(lanes)));
  const lanes = Object.fromEntries(
    chosen(answers).flatMap((member) => {
      const [facts, given] = [factsOf(looks, member.name), services[member.name]];
      if (busy.has(member.name) || !facts || !lives(facts) || given?.unit?.kind !== 'user') return [];
      const keeper = keeperOf(answers.network, member, given, facts.paths.home);
      return 'unit' in keeper && keeper.linger ? [[member.name, unitActions(member.name, keeper)]] : [];
    }),
  );
  return Object.keys(lanes).length === 0 ? [] : [{ title: 'Lingering', lanes }];
}

/** A user's unit lives by lingering: each look of ours logs in and so starts it, which would hide that it is off. */
function* lingeringChecks(member: Member, { unit }: HostFacts['process'], services: Services): Generator<Evidence> {
  if (unit?.kind !== 'user' || services.linger === 'on') return;
  const { owner, linger } = services;
  yield {
    check: {
      name: 'lingering',
      host: member.name,
      kind: 'state',
      ok: true,
      exitCode: exit.remote,
      detail: `${unit.name} ends when nobody is logged in: lingering is off for ${owner}`,
      hint:
        linger === 'allowed'
          ? `fl-wizard launch --only ${member.name} switches it on`
          : `sudo loginctl enable-linger ${owner} on ${member.name}`,
    },
  };
}

/** Who keeps a process, where that falls short of what was asked for. */
export function* keptChecks(
  { network }: Answers,
  member: Member,
  facts: HostFacts | undefined,
  services: Services | undefined,
): Generator<Evidence> {
  if (!facts || !lives(facts)) return;
  const about = { name: 'supervision', host: member.name, kind: 'state' as const, ok: true, exitCode: exit.remote };
  const { unit } = facts.process;
  if (unit && unit.omitted.length > 0) {
    const lines = list(unit.omitted.map((line) => line.replace(/ \(.*$/, '')));
    yield { check: { ...about, detail: `${unit.name}, without ${lines}`, hint: 'the host could not do it' } };
  }
  if (services) yield* lingeringChecks(member, facts.process, services);
  const keeper = !unit && services ? keeperOf(network, member, services, facts.paths.home) : undefined;
  if (!keeper || 'unit' in keeper) return;
  const { memory, cpus } = member.remote.limits;
  const limits = memory === undefined && cpus === undefined ? '' : ', and nothing holds it to remote.limits';
  // Where no systemd runs, nothing else could be had.
  if (keeper.hint === undefined && limits === '') return;
  const detail = `kept by fl-wizard’s own supervisor, which no reboot starts${limits}: ${keeper.why}`;
  yield { check: { ...about, detail, ...(keeper.hint === undefined ? {} : { hint: keeper.hint }) } };
}
