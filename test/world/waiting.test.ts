import { describe, expect, it } from 'vitest';
import type { Member } from '../../source/network/network.ts';
import { exit, UserError } from '../../source/plan/failure.ts';
import type { ProcessLook } from '../../source/plan/host-facts.ts';
import type { World } from '../../source/plan/world.ts';
import type { Doing } from '../../source/world/perform.ts';
import { awaitClients } from '../../source/world/waiting.ts';
import { fakeWorld, network, trouble } from '../plan/fakes.ts';

const action = {
  kind: 'await-clients' as const,
  run: '1',
  clients: ['client1', 'client2'],
  seconds: 90,
  text: 'wait',
};

/** What is looked at while clients are waited for; who came is told. */
function scene(states: Readonly<Record<string, ProcessLook>>): { doing: Doing; said: string[] } {
  const said: string[] = [];
  const state: World['state'] = async (_network, { name }) => states[name] ?? { process: { state: 'none' } };
  const world = fakeWorld([], { state, homeOf: async () => '/home/x', pause: async () => undefined });
  const report = { line: (text: string) => void said.push(text) };
  const doing = { network, world, report, signal: AbortSignal.timeout(20_000) };
  return { doing: doing as unknown as Doing, said };
}
const running = { process: { state: 'running' as const } };

describe('clients that are waited for', () => {
  it('are told as they come', async () => {
    const isIn = { ...running, client: { state: 'connected' } };
    const { doing, said } = scene({ server: running, client1: isIn, client2: isIn });
    await awaitClients(action, doing);
    expect(said).toEqual(['client1 is in', 'client2 is in']);
  });

  it('are not blamed where the server has failed: its own cause ends the wait', async () => {
    const failed = {
      process: { state: 'failed' as const, detail: 'ValueError: shapes' },
      trace: ['server.py, line 3'],
    };
    const dials = { ...running, client: { state: 'retrying', detail: 'nothing listens' } };
    const { doing } = scene({ server: failed, client1: dials, client2: dials });
    await expect(awaitClients(action, doing)).rejects.toMatchObject({
      failure: {
        exitCode: exit.remote,
        host: 'server',
        why: 'the server ended: ValueError: shapes',
        said: ['server.py, line 3'],
      },
    });
  });

  const isIn = { ...running, client: { state: 'connected' } };

  it('are waited for beside one that failed and one whose host is gone, and each is told', async () => {
    const { doing, said } = scene({ server: running, client1: { process: { state: 'failed', detail: 'killed' } } });
    const look = doing.world.state;
    let looks = 0;
    const state: World['state'] = async (given, member, signal) => {
      if (member.name === 'client3') throw new UserError(trouble(exit.connection, 'client3'));
      if (member.name !== 'client2') return look(given, member, signal);
      looks++;
      return looks > 3 ? isIn : running;
    };
    const third = { ...network, clients: [...network.clients, { ...(network.clients[0] as Member), name: 'client3' }] };
    const waiting = awaitClients(
      { ...action, clients: ['client1', 'client2', 'client3'] },
      {
        ...doing,
        network: third,
        world: { ...doing.world, state, homeOf: async () => '/h', pause: async () => undefined },
      },
    );
    await expect(waiting).rejects.toMatchObject({
      failure: { host: 'client1', why: 'killed', byHand: expect.stringContaining('client1') },
      others: [{ host: 'client3', exitCode: exit.connection }],
    });
    expect(said).toEqual(['client2 is in']);
  });

  it('and still load their data when the time is over are no failure; one that dials in vain is', async () => {
    const loads = { process: { state: 'starting' as const, pid: 7 } };
    const { doing, said } = scene({ server: running, client1: loads, client2: isIn });
    await awaitClients({ ...action, seconds: 0 }, doing);
    expect(said.sort()).toEqual([
      'client1 runs for 0 s and has not called start_client yet: does its script load data first?',
      'client2 is in',
    ]);
    const crashes = { process: { state: 'starting' as const, pid: 8, restarts: 2 } };
    const dials = { ...running, client: { state: 'retrying', detail: 'nothing listens there' } };
    const others = scene({ server: running, client1: crashes, client2: dials });
    await expect(awaitClients({ ...action, seconds: 0 }, others.doing)).rejects.toMatchObject({
      failure: { host: 'client1', why: 'it did not join within 0 s' },
      others: [{ host: 'client2', why: 'nothing listens there' }],
    });
  });
});
