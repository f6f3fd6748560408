/** Whether hosts have the app that is here: what was edited and not copied would not run, and nobody would see why. */
import { exit, type Failure } from '../plan/failure.ts';
import type { Answers } from '../plan/step.ts';
import { list } from '../plan/words.ts';
import type { Looks, World } from '../plan/world.ts';
import { chosenClients, factsOf, placesOf } from './shared.ts';
import { filesAt, filesIn } from './verify-record.ts';

/** What to tell where a host's app is another one than the one here; undefined where all are the same. */
export async function staleApp(answers: Answers, world: World, looks: Looks): Promise<Failure | undefined> {
  const { network } = answers;
  const files = await filesIn(world, placesOf(world.directory, network).app);
  const others = [network.server, ...chosenClients(answers)].flatMap((member) => {
    const facts = factsOf(looks, member.name);
    const there = filesAt(files, 'app', member, facts);
    const names = files.flatMap(([name, digest], at) => (there[at]?.[1] === digest ? [] : [name]));
    return facts && names.length > 0 ? [{ host: member.name, names }] : [];
  });
  const [first] = others;
  if (!first) return undefined;
  const names = [...new Set(others.flatMap((each) => each.names))];
  return {
    exitCode: exit.remote,
    ...(others.length === 1 ? { host: first.host } : {}),
    doing: 'Launching',
    why: `${list(names.slice(0, 3))}${names.length > 3 ? ' and others' : ''} of the app here ${names.length === 1 ? 'is' : 'are'} not what lies on ${list(others.map(({ host }) => host))}`,
    hint: 'fl-wizard deploy copies it, then fl-wizard launch',
  };
}
