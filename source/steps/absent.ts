/** Clients that a run has ended without, by our own record: neither launch nor its table of hosts says it any more. */
import type { World } from '../plan/world.ts';

export type Absent = { readonly run: string; readonly names: readonly string[] };

/** Nothing where no run has ended in front of us: what was not seen to its end says nothing of who came. */
export async function absentFrom(world: World, clients: readonly string[]): Promise<Absent | undefined> {
  const run = (await world.journal.runs()).at(-1);
  if (run === undefined) return undefined;
  const came = new Set<string>();
  let ended = false;
  for await (const event of world.journal.events(run)) {
    if (event.type === 'client-changed' && event.state === 'connected') came.add(event.client);
    if (event.type === 'run-finished') ended = true;
    if (event.type === 'server-started') ended = false;
  }
  const names = clients.filter((name) => !came.has(name));
  return ended && came.size > 0 && names.length > 0 ? { run, names } : undefined;
}
