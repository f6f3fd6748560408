/** The list of runs: how long each took. */
import { describe, expect, it } from 'vitest';
import { known, lines, localRuns } from '../../source/commands/runs.ts';
import type { Event } from '../../source/plan/event.ts';
import type { HostFacts, RunFacts } from '../../source/plan/host-facts.ts';
import { fakeWorld, now } from '../plan/fakes.ts';
import { hostFacts } from '../steps/facts.ts';

const before = (seconds: number) => new Date(now.getTime() - seconds * 1000).toISOString();
const run: RunFacts = { run: '2', rounds: 5, done: 2, finished: false, started: before(600), until: before(30) };
const server = (state: HostFacts['process']['state']) =>
  hostFacts('server', { process: { state }, server: { phase: 'fit', port: 9092, monitorPort: 1, run: '2' } });
const world = fakeWorld([], { journal: { read: async () => [] } });

describe('how long a run took', () => {
  it('grows while it is trained, also between two events', async () => {
    expect(await known(world, run, server('running'))).toMatchObject({ going: true, seconds: 600 });
  });

  it('ends with its last event where nobody trains it, or another one is trained', async () => {
    const stopped = await known(world, run, server('stopped'));
    expect(stopped).toMatchObject({ seconds: 570 });
    expect(stopped).not.toHaveProperty('going');
    expect(await known(world, { ...run, run: '1' }, server('running'))).toMatchObject({ seconds: 570 });
    expect(await known(world, { ...run, finished: true }, server('running'))).toMatchObject({ seconds: 570 });
  });
});

describe('runs that this machine remembers', () => {
  const event = (more: object) => ({ time: before(60), ...more }) as Event;
  const check = { name: 'no certificate', kind: 'refused', ok: true, detail: 'refused' };
  const proved = event({ type: 'check-finished', step: 'launch', check });
  const begun = event({ type: 'run-started', rounds: 5, clients: [], sequence: 1, run: '2' });
  const journals: Readonly<Record<string, readonly Event[]>> = { 1: [proved], 2: [proved, begun] };
  const journal = { runs: async () => ['1', '2'], read: async (of: string) => journals[of] ?? [] };
  const remembered = () => localRuns(fakeWorld([], { journal }));

  it('tell nothing of a run that nobody watched; of one that was seen to begin, its rounds', async () => {
    const [unseen, seen] = await remembered();
    expect(unseen).toEqual({ run: '1' });
    expect(seen).toMatchObject({ run: '2', rounds: 5, done: 0, finished: false });
  });

  it('have a dash for what is not known', async () => {
    const [, unseen, seen] = lines(await remembered());
    expect(unseen?.split(/ {2,}/)).toEqual(['1', ...Array(5).fill('-')]);
    expect(seen).toMatch(/^2 +\d{4}-.* 5 +0 +not finished$/);
  });
});
