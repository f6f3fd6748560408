/** The list of runs: how long each took. */
import { describe, expect, it } from 'vitest';
import { known } from '../../source/commands/runs.ts';
import type { HostFacts, RunFacts } from '../../source/plan/world.ts';
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
