/** The world of a session that watches: hosts are not asked, all else is real. */
import type { HostFacts, ProcessLook } from '../../source/plan/host-facts.ts';
import type { World } from '../../source/plan/world.ts';
import { journalIn } from '../../source/world/journal.ts';
import { events } from './stream.ts';

/** What the host would say: the run goes on, and its server serves. */
export function worldOf(folder: string, port: number): World {
  const server = { phase: 'fit', port: 9092, monitorPort: port, run: '1' };
  const look: ProcessLook = { process: { state: 'running' }, server };
  const going = { run: '1', rounds: 1000, done: 0, finished: false, last: 0 };
  const facts = { ...look, runs: [going] } as unknown as HostFacts;
  const known: Partial<World> = {
    directory: folder,
    attended: true,
    dryRun: false,
    now: () => new Date(),
    forget: () => undefined,
    look: async () => ({ server: { facts } }),
    asset: (...parts) => parts.join('/'),
    list: async () => [],
    read: async () => undefined,
    state: async () => look,
    pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    watch: (_network, _run, after, signal) => events(folder, port, after, signal),
    journal: journalIn(folder),
  };
  return known as World;
}
