/** The record of a proof: what an auditor wants to have seen, beside the tries themselves. */
import { join } from 'node:path';
import { homeMark } from '../flower/layout.ts';
import { type Member, members } from '../network/network.ts';
import { sha256 } from '../plan/digest.ts';
import { failureOf, UserError } from '../plan/failure.ts';
import type { HostFacts, Looks, RunFacts } from '../plan/host-facts.ts';
import type { Proof, ProofHost, ProofTry } from '../plan/proven.ts';
import type { Answers, Evidence } from '../plan/step.ts';
import type { World } from '../plan/world.ts';
import { leftovers } from './former.ts';
import { resolvePath } from './placed.ts';
import { factsOf, placesOf } from './shared.ts';

type File = readonly [name: string, sha256: string | undefined];
type Sources = { readonly runtime: readonly File[]; readonly app: readonly File[] };

/** What `sha256sum` prints for these files, and of that the digest: anybody can count it again. */
export function digestOfFiles(files: readonly File[]): string {
  return sha256(files.map(([name, digest]) => `${digest}  ${name}\n`).join(''));
}

/** The files below a folder here, each with its digest. */
export async function filesIn(world: World, folder: string): Promise<readonly File[]> {
  const names = (await world.list(folder)) ?? [];
  return Promise.all(
    names.map(async (name) => [name, sha256((await world.read(join(folder, name)))?.content ?? '')] as const),
  );
}

export async function sourcesOf({ network }: Answers, world: World): Promise<Sources> {
  const [runtime, app] = await Promise.all([
    filesIn(world, world.asset('runtime', 'fl_wizard_runtime')),
    filesIn(world, placesOf(world.directory, network).app),
  ]);
  return { runtime, app };
}

/** The same files as they lie in a folder of a host, as its look told. */
export function filesAt(
  files: readonly File[],
  folder: string,
  member: Member,
  facts: HostFacts | undefined,
): readonly File[] {
  return files.map(([name]): File => {
    return [name, facts?.files[resolvePath(`${homeMark}/${folder}/${name}`, member, facts)]?.sha256];
  });
}

/** Nothing where none of it is there. */
function digestAt(files: readonly File[], folder: string, member: Member, looks: Looks): string | undefined {
  const there = filesAt(files, folder, member, factsOf(looks, member.name));
  const former = leftovers(factsOf(looks, member.name)).filter((name) => name.startsWith(`${folder}/`));
  // A file that is no longer here makes it another app: it would still be run there.
  const all = [...there, ...former.map((name): File => [name, factsOf(looks, member.name)?.former?.[name]?.found])];
  return there.some(([, digest]) => digest !== undefined) ? digestOfFiles(all) : undefined;
}

/** What runs at each host, as far as it can be known. */
export async function hostsOf(
  { network }: Answers,
  world: World,
  looks: Looks,
  sources: Sources,
): Promise<readonly ProofHost[]> {
  const asked = members(network).filter(({ name }) => looks[name] !== undefined);
  return Promise.all(
    asked.map(async (member): Promise<ProofHost> => {
      const about = { name: member.name, role: member.role };
      const look = looks[member.name];
      if (!look || 'failure' in look) return { ...about, ...(look ? { trouble: look.failure.why } : {}) };
      const runtime = digestAt(sources.runtime, 'runtime/fl_wizard_runtime', member, looks);
      const app = digestAt(sources.app, 'app', member, looks);
      const lies = { ...(runtime ? { runtime } : {}), ...(app ? { app } : {}) };
      try {
        return { ...about, ...(await world.versions(member)), ...lies };
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        const { os, architecture } = look.facts;
        return { ...about, os, architecture, ...lies, trouble: failureOf(error, '').why };
      }
    }),
  );
}

/** Hosts where other files lie than here: what is proved is proved of those. */
export function* otherFiles(hosts: readonly ProofHost[], sources: Sources): Generator<Evidence> {
  for (const host of hosts)
    for (const [what, whose] of [
      ['runtime', 'this fl-wizard’s'],
      ['app', 'the one here'],
    ] as const) {
      const there = host[what];
      if (there === undefined || there === digestOfFiles(sources[what])) continue;
      const detail = `what lies in its ${what} is not ${whose}: proved is what was started there`;
      const about = { host: host.name, name: what, kind: 'state', ok: true } as const;
      yield { check: { ...about, detail, hint: 'fl-wizard deploy copies it, then fl-wizard launch' } };
    }
}

/** So many events before the proof are looked through: the same refusal within ten seconds is journaled once. */
const eventsBefore = 100;

/**
 * What the server journaled of those that it refused by its policy: who it saw is not in its answer to them. It journals
 * tries of one certificate within ten seconds together, so an address there may be another try's, and is left out. Tries
 * that ended in the handshake are nobody's to it.
 */
export async function withServersWord(
  { network }: Answers,
  world: World,
  { run, runs }: { readonly run: string; readonly runs: readonly RunFacts[] },
  tries: readonly ProofTry[],
  signal: AbortSignal,
): Promise<readonly ProofTry[]> {
  const last = runs.find((each) => each.run === run)?.last ?? 0;
  const events = await world.journalOf(network, run, Math.max(0, last - eventsBefore), signal).catch(() => []);
  const told = new Map(
    events.flatMap((event) => {
      if (event.type !== 'connection-refused' || !event.uri || !event.fingerprint) return [];
      const { uri, fingerprint } = event;
      return [[fingerprint, { uri, fingerprint }] as const];
    }),
  );
  return tries.map((each) => {
    const word = each.word ?? (each.by === 'policy' && each.shown ? told.get(each.shown) : undefined);
    return word ? { ...each, word } : each;
  });
}

type Found = Pick<Proof, 'run' | 'started' | 'mutual' | 'verdict' | 'tries' | 'certificates' | 'hosts'>;

export function recordOf({ network }: Answers, world: World, sources: Sources, found: Found): Proof {
  return {
    document: 'fl-wizard proof',
    version: 1,
    network: network.name,
    address: network.address,
    ...found,
    time: world.now().toISOString(),
    software: { flWizard: world.version, ...world.software },
    hashes: { runtime: digestOfFiles(sources.runtime), app: digestOfFiles(sources.app) },
  };
}
