/** The Python environment of a host: one of ours is made, or one that is there is used as it is. */
import { shownRequirement } from '../flower/layout.ts';
import { missingText, neededWheels, type WheelFile } from '../flower/wheels.ts';
import type { Member } from '../network/network.ts';
import type { Action } from '../plan/action.ts';
import { exit, type Failure } from '../plan/failure.ts';
import type { HostFacts, Looks } from '../plan/host-facts.ts';
import { bytes } from '../plan/size.ts';
import type { Answers } from '../plan/step.ts';
import { list } from '../plan/words.ts';
import type { World } from '../plan/world.ts';
import { quote } from '../ssh/commands.ts';
import { environmentOf, type Placement } from './placed.ts';
import { chosen, count, factsOf } from './shared.ts';

export function environmentActions(
  answers: Answers,
  member: Member,
  facts: HostFacts | undefined,
  placement: Placement,
  wheelhouse: readonly WheelFile[] | undefined,
): readonly Action[] {
  if (answers.options.onlyCertificates || facts?.environmentReady) return [];
  const { python, pip, home } = member.remote;
  const path = facts?.paths.environment ?? environmentOf(placement, member);
  const place = { host: member.name, path, link: `${facts?.paths.home ?? home}/python`, python };
  if (member.environment === 'existing')
    return [
      {
        kind: 'use-environment',
        ...place,
        starter: facts?.existing?.starter ?? '',
        text: `use ${facts?.existing?.python ?? python} as it is`,
      },
    ];
  const { requirements } = placement;
  const wheels = wheelhouse && facts ? neededWheels(requirements, wheelhouse, facts).wheels : wheelhouse;
  const from = wheels ? `, from ${count(wheels.length, 'wheel')} (${bytes(sizeOf(wheels))})` : '';
  const text = `make a Python environment with ${list(requirements.map(shownRequirement))}${from}`;
  return [{ kind: 'make-environment', ...place, requirements, pip, ...(wheels ? { wheels } : {}), text }];
}

const sizeOf = (wheels: readonly WheelFile[]) => wheels.reduce((sum, { size }) => sum + size, 0);

/** Why a host can't have the environment that it needs; nothing where it can. */
export function environmentTrouble(
  member: Member,
  facts: HostFacts,
  requirements: readonly string[],
  wheelhouse: readonly WheelFile[] | undefined,
): { readonly detail: string; readonly hint: string } | undefined {
  if (member.environment === 'existing') return existingTrouble(member, facts, requirements);
  if (!wheelhouse || facts.environmentReady) return undefined;
  const { missing } = neededWheels(requirements, wheelhouse, facts);
  if (missing.length === 0) return undefined;
  const detail = missingText(missing.map(shownRequirement), facts);
  return { detail, hint: `fl-wizard wheels --only ${member.name} gathers what it needs` };
}

/** What an interpreter that is used as it is lacks of what is wanted. */
function existingTrouble(
  { name }: Member,
  { existing }: HostFacts,
  requirements: readonly string[],
): { readonly detail: string; readonly hint: string } | undefined {
  if (!existing) return undefined;
  const { python, lacking, trouble } = existing;
  // Modules that flwr brings are not known to pip by their names, and a login in an address is shown to nobody.
  const packages = lacking.flatMap(({ wanted }) =>
    requirements.includes(wanted) && shownRequirement(wanted) === wanted ? [wanted] : [],
  );
  const install = quote([python, '-m', 'pip', 'install', ...packages]);
  const there = packages.length > 0 ? ` (fl-wizard ssh ${name} -- ${install})` : '';
  const hint = `install it there${there}, name another interpreter in remote.python, or let fl-wizard make one (environment: managed)`;
  if (trouble !== undefined) return { detail: `${python} could not be looked into: ${trouble}`, hint };
  if (lacking.length === 0) return undefined;
  const words = lacking.map(({ wanted, found }) => {
    const shown = shownRequirement(wanted);
    return found === undefined ? `${shown} is not there` : `${shown} is wanted, ${found} is there`;
  });
  return { detail: `${python} is used as it is, and ${list(words)}`, hint };
}

/** The wheels that are to be installed from, where that is wanted. @throws UserError (2, 3) */
export async function wheelhouseOf({ options }: Answers, world: World): Promise<readonly WheelFile[] | undefined> {
  const { wheelhouse, onlyCertificates } = options;
  return wheelhouse === undefined || onlyCertificates ? undefined : world.wheelhouse(wheelhouse);
}

/** Hosts that nothing is copied to, since what is copied could not run there. */
export function environmentFailures(
  answers: Answers,
  looks: Looks,
  { requirements }: Pick<Placement, 'requirements'>,
  wheelhouse: readonly WheelFile[] | undefined,
): readonly Failure[] {
  if (answers.options.onlyCertificates) return [];
  return chosen(answers).flatMap((member) => {
    const facts = factsOf(looks, member.name);
    const trouble = facts && environmentTrouble(member, facts, requirements, wheelhouse);
    if (!trouble) return [];
    const { detail: why, hint } = trouble;
    return [{ exitCode: exit.remote, host: member.name, doing: `Preparing Python on ${member.name}`, why, hint }];
  });
}

/** What was proved of a host's environment. */
export function environmentText(member: Member, { existing }: HostFacts, { requirements }: Placement): string {
  const wanted = list(requirements.map(shownRequirement));
  return member.environment === 'existing' && existing ? `${wanted}, in ${existing.python}` : wanted;
}
