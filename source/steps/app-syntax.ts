/**
 * Whether the hosts' own Python can read the app, before any of it is copied: what a machine here accepts, an older Python
 * there may not. One host of each version is asked, since they all say the same.
 */
import { isAbsolute, join } from 'node:path';
import type { Member, Network } from '../network/network.ts';
import { exit, type Place, UserError } from '../plan/failure.ts';
import type { Looks } from '../plan/host-facts.ts';
import type { StepCheck } from '../plan/step.ts';
import type { AppSources, SyntaxFault } from '../plan/survey.ts';
import type { World } from '../plan/world.ts';
import { factsOf, placesOf } from './shared.ts';

/** Bytes of Python: nobody's own code is more, and data in a .py is no reason to send it twice. */
const most = 4_000_000;

export type Fault = SyntaxFault & { readonly python: string; readonly host: string };

/** What is wrong, once for each version of Python that says so. Hosts that can't be asked say nothing here. */
export async function syntaxFaults(
  network: Network,
  asked: readonly Member[],
  looks: Looks,
  world: World,
): Promise<readonly Fault[]> {
  const app = await sourcesOf(placesOf(world.directory, network).app, world);
  if (!app) return [];
  const kinds = new Map<string, { readonly member: Member; readonly python: string }>();
  for (const member of asked) {
    const python = factsOf(looks, member.name)?.python;
    const kind = `${member.role} ${python}`;
    if (python !== undefined && !kinds.has(kind)) kinds.set(kind, { member, python });
  }
  const found = await Promise.all(
    [...kinds.values()].map(async ({ member, python }) => {
      const fault = await world.syntax(member, app(member)).catch(unasked);
      return fault ? [{ ...fault, python, host: member.name }] : [];
    }),
  );
  return distinct(found.flat());
}

/** A host that is lost in between is told of by what needs it next. */
function unasked(error: unknown): undefined {
  if (error instanceof UserError) return undefined;
  throw error;
}

/** A module that server and client import is wrong once. */
function distinct(faults: readonly Fault[]): readonly Fault[] {
  const place = ({ file, line }: Fault) => `${file} ${line}`;
  return faults.filter((fault, at) => faults.findIndex((each) => place(each) === place(fault)) === at);
}

/** All of the app's Python; nothing where there is none, or more of it than anybody writes. */
async function sourcesOf(
  folder: string,
  world: Pick<World, 'list' | 'read'>,
): Promise<((member: Member) => AppSources) | undefined> {
  const all = (await world.list(folder)) ?? [];
  const names = all.filter((name) => name.endsWith('.py'));
  const read = async (name: string) => (await world.read(join(folder, name)))?.content ?? Buffer.alloc(0);
  const files = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await read(name)] as const)));
  const bytes = Object.values(files).reduce((sum, { length }) => sum + length, 0);
  if (names.length === 0 || bytes > most) return undefined;
  const project = all.includes('pyproject.toml') ? (await read('pyproject.toml')).toString('utf8') : undefined;
  const { startedFrom, troubleOf } = await import('../network/app.ts');
  // An app that is not whole is refused with its own words.
  const trouble = await troubleOf(async (name) =>
    all.includes(name) ? (await read(name)).toString('utf8') : undefined,
  );
  return trouble ? undefined : ({ role }) => ({ files, entries: startedFrom(project, names, role) });
}

function words(network: Network, { file, line, why, text, python, host }: Fault): string {
  const place = line === 0 ? '' : `, line ${line}`;
  const said = text === '' ? '' : `: “${text}”`;
  return `${network.flower.app}/${file}${place}: ${why} (Python ${python} of ${host})${said}`;
}

/** An app may lie elsewhere; what is edited from here lies in the project. */
function placeIn({ flower: { app } }: Network, { file, line }: Fault): Place | undefined {
  if (isAbsolute(app) || app.startsWith('..') || app.startsWith('~')) return undefined;
  return { file: join(app, file), ...(line > 0 ? { line } : {}) };
}

const hint = 'mend that line here, and run it again: nothing was copied';

/** For preflight. */
export function syntaxChecks(network: Network, faults: readonly Fault[]): readonly StepCheck[] {
  return faults.map((fault) => {
    const place = placeIn(network, fault);
    const about = { name: 'app', kind: 'state', ok: false, exitCode: exit.remote } as const;
    return { ...about, detail: words(network, fault), hint, ...(place ? { place } : {}) };
  });
}

/** Before anything is copied. @throws UserError (2) */
export function mustBeReadable(network: Network, faults: readonly Fault[]): void {
  const [first] = faults;
  if (!first) return;
  const place = placeIn(network, first);
  const about = { exitCode: exit.invalid, doing: `Reading the code in ${network.flower.app}`, hint };
  const why = faults.map((fault) => words(network, fault)).join('\n  ');
  throw new UserError({ ...about, why, ...(place ? { place } : {}) });
}
