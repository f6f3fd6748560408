/** Whether hosts have the app that is here: what was edited and not copied would not run, and nobody would see why. */
import { exit, type Failure } from '../plan/failure.ts';
import type { HostFacts, Looks } from '../plan/host-facts.ts';
import type { Answers } from '../plan/step.ts';
import { list } from '../plan/words.ts';
import type { World } from '../plan/world.ts';
import { leftovers } from './former.ts';
import { chosenClients, factsOf, placesOf } from './shared.ts';
import { filesAt, filesIn } from './verify-record.ts';

/** What to tell where a host's app is another one than the one here; undefined where all are the same. */
export async function staleApp(answers: Answers, world: World, looks: Looks): Promise<Failure | undefined> {
  const members = [answers.network.server, ...chosenClients(answers)];
  const files = await filesIn(world, placesOf(world.directory, answers.network).app);
  const hosts = members.flatMap((member) => {
    const facts = factsOf(looks, member.name);
    return facts ? [{ member, facts, there: filesAt(files, 'app', member, facts) }] : [];
  });
  const edited = hosts.map(({ member, there }) => ({
    host: member.name,
    names: files.flatMap(([name, digest], at) => (there[at]?.[1] === digest ? [] : [name])),
  }));
  const deleted = hosts.map(({ member, facts }) => ({ host: member.name, names: deletedFiles(facts) }));
  return (
    failureOf(
      answers,
      edited,
      (names, on, one) => `${names} of the app here ${one ? 'is' : 'are'} not what lies on ${on}`,
    ) ??
    failureOf(
      answers,
      deleted,
      (names, on, one) => `${names} ${one ? 'lies' : 'lie'} on ${on} and no longer in the app here`,
    )
  );
}

/** Those of the app that were copied, and are no longer here: they would still run. */
function deletedFiles(facts: HostFacts): readonly string[] {
  return leftovers(facts).flatMap((name) => (name.startsWith('app/') ? [name.slice('app/'.length)] : []));
}

/** What to type again once it is mended: with what was asked for. */
function launchAgain({ options }: Answers): string {
  const rounds = options.rounds === undefined ? '' : ` --rounds ${options.rounds}`;
  const resume = options.resume === undefined ? '' : ` --resume ${options.resume}`;
  return `fl-wizard launch${options.new ? ' --new' : resume}${rounds}`;
}

function failureOf(
  answers: Answers,
  hosts: readonly { readonly host: string; readonly names: readonly string[] }[],
  why: (names: string, on: string, one: boolean) => string,
): Failure | undefined {
  const others = hosts.filter(({ names }) => names.length > 0);
  const [first] = others;
  if (!first) return undefined;
  const names = [...new Set(others.flatMap((each) => each.names))];
  const shown = `${list(names.slice(0, 3))}${names.length > 3 ? ' and others' : ''}`;
  return {
    exitCode: exit.remote,
    ...(others.length === 1 ? { host: first.host } : {}),
    doing: 'Launching',
    why: why(shown, list(others.map(({ host }) => host)), names.length === 1),
    hint: `fl-wizard deploy mends it, then ${launchAgain(answers)}`,
  };
}
