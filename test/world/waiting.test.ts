import { describe, expect, it } from 'vitest';
import { exit } from '../../source/plan/failure.ts';
import type { ProcessLook, World } from '../../source/plan/world.ts';
import type { Doing } from '../../source/world/perform.ts';
import { awaitClients } from '../../source/world/waiting.ts';
import { fakeWorld, network } from '../plan/fakes.ts';

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
});
