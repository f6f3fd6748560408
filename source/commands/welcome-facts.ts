/** What the first screen says of a folder, once it is there. Hosts are not asked yet. */
import type { Network } from '../network/network.ts';
import { basesOf } from '../plan/builds-on.ts';
import { hasEnded } from '../plan/event.ts';
import { plural, since } from '../ui/format.ts';
import type { WelcomeFacts } from '../ui/screen.tsx';
import { readLocal } from '../world/files.ts';
import { type Found, foundIn, isAny } from '../world/found.ts';
import { journalIn } from '../world/journal.ts';
import { abandonedIn, type Processes } from '../world/lock.ts';
import type { Call } from './context.ts';
import { projectOf } from './folder.ts';
import { readProject } from './project.ts';

/** @throws UserError (2, 3) */
export async function welcomeFacts(call: Call): Promise<WelcomeFacts> {
  const { directory, file } = projectOf(call);
  const found = await foundIn(directory, call.io.home);
  const network = (await readLocal(file)) ? (await readProject(call)).network : undefined;
  const agent = ['ssh-agent', call.io.env.SSH_AUTH_SOCK ? 'is there' : 'none'] as const;
  // What a network can be started from is news; that there is none yet is said above as well.
  const files = network ? ['fl-network.yaml', ...aboutHere(found)] : [...aboutHere(found), 'no fl-network.yaml'];
  const here = ['here', files.join(', ')] as const;
  const aliases = ['~/.ssh/config', someOf(found.aliases)] as const;
  const others = [...(found.aliases.length > 0 ? [aliases] : []), agent];
  const facts = { found: isAny(found) ? [here, ...others] : [...others, here] };
  if (!network) return { state: 'empty', ...facts, ...(isAny(found) ? { start: aboutHere(found).join(', ') } : {}) };
  const note = await interruptedNote(directory, call.io.processes);
  const known = { network: about(network), ...facts, ...(note ? { note } : {}) };
  return { state: (await isGoing(directory)) ? 'running' : 'network', ...known };
}

/** What is known of a process that was killed: the lock that it left says in which step, if it was in one. */
async function interruptedNote(directory: string, processes: Processes): Promise<string | undefined> {
  const found = await abandonedIn(directory, processes);
  if (!found) return undefined;
  const when = new Date(found.time);
  const ago = Number.isNaN(when.getTime()) ? '' : ` ${since(when, new Date())}`;
  const command = found.command === 'wizard' ? 'fl-wizard' : `fl-wizard ${found.command}`;
  if (!found.step) return `${command} was cut off${ago} ${betweenSteps(found)}.`;
  // What takes a network down is nothing to go on with from here.
  const rest = found.step === 'config' || basesOf(found.step).length > 0 ? 'Go on looks at it and' : command;
  return `${found.step} was interrupted${ago}: the process that did it is gone. What was done stays; ${rest} does the rest.`;
}

/** Where it was while it did nothing: what it left undone is a step's to tell, and its plan is made anew. */
function betweenSteps({ asked, done }: { readonly asked?: string; readonly done?: string }): string {
  const behind = done === undefined ? '' : `${done} was done`;
  if (asked !== undefined) return `at the plan of ${asked}, of which nothing was done yet${behind && `; ${behind}`}`;
  return behind ? `after ${done}, before the next step was begun` : 'before any step was begun';
}

function someOf(names: readonly string[]): string {
  const more = names.length > 6 ? `  and ${names.length - 6} more` : '';
  return names.slice(0, 6).join('  ') + more;
}

function about(network: Network): NonNullable<WelcomeFacts['network']> {
  return { name: network.name, clients: network.clients.length, address: network.address };
}

function aboutHere({ configuration, hosts, app }: Found): readonly string[] {
  const listed = (hosts?.clients.length ?? 0) + (hosts?.server ? 1 : 0);
  return [
    ...(configuration ? [configuration.path] : []),
    ...(hosts ? [`${plural(listed, 'host')} in ${hosts.path}`] : []),
    ...(app ? [app.path === '.' ? 'an app' : 'an app in app/'] : []),
  ];
}

/** Whether our own record knows a run that has not ended. */
async function isGoing(directory: string): Promise<boolean> {
  const journal = journalIn(directory);
  const run = (await journal.runs()).at(-1);
  if (run === undefined) return false;
  // Of a run of days only what decides is kept.
  const decisive: { readonly type: string }[] = [];
  for await (const { type } of journal.events(run))
    if (type === 'run-finished' || type === 'server-started') decisive.splice(0, 1, { type });
  return !hasEnded(decisive);
}
