/** Processes that are looked at again and again: the hosts' answers and the time are the test's. */
import { setMaxListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { completeNetwork } from '../../source/network/network.ts';
import type { ProcessSeen } from '../../source/plan/event.ts';
import { exit, UserError } from '../../source/plan/failure.ts';
import type { Usage } from '../../source/plan/host-facts.ts';
import type { World } from '../../source/plan/world.ts';
import { seenOf, watchProcesses } from '../../source/steps/watch-processes.ts';
import { fakeWorld, network, trouble } from '../plan/fakes.ts';
import { Clock } from './clock.ts';

const running = (more: Partial<Usage> = {}): Usage => ({ process: { state: 'running' }, gpus: [], ...more });
const taken = (cpu: number, at: number, process = '7 100') => ({ process, at, cpu, memory: 1000 });
const never = () => new Promise<never>(() => undefined);
const many = (clients: number) =>
  completeNetwork({
    version: 1,
    name: 'xray',
    server: { address: 'fl.example.org', ssh: { host: '10.0.0.1' } },
    clients: Array.from({ length: clients }, (_, at) => ({ name: `c${at}`, ssh: { host: `h${at}` } })),
  });

/** Answers by name; where there is none, the host runs. */
function watched(answers: Record<string, () => Usage | Promise<Usage>> = {}, parallel = 16, of = network) {
  const clock = new Clock();
  const told: ProcessSeen[] = [];
  const asked: { name: string; at: number }[] = [];
  const leaving = new AbortController();
  setMaxListeners(0, leaving.signal);
  let [now, most] = [0, 0];
  const usage: World['usage'] = async (_network, { name }) => {
    asked.push({ name, at: clock.now });
    most = Math.max(most, ++now);
    try {
      return await (answers[name]?.() ?? running());
    } finally {
      now--;
    }
  };
  const world = fakeWorld([], { usage, pause: clock.pause });
  const tell = (event: ProcessSeen) => told.push(event);
  const done = watchProcesses({ world, network: of, parallel, tell }, leaving.signal);
  const times = (name: string) => asked.filter((each) => each.name === name).map(({ at }) => at);
  return { clock, told, asked, times, leaving, done, most: () => most };
}

describe('a process that was seen', () => {
  it('kept so many cores busy as CPU seconds went by in a second of its host', () => {
    const now = running({
      process: { state: 'running', pid: 7, since: '2026-11-20T09:41:00Z', restarts: 2 },
      taken: taken(20, 105),
    });
    expect(seenOf('client1', now, taken(10, 100))).toEqual({
      type: 'process-seen',
      member: 'client1',
      state: 'running',
      since: '2026-11-20T09:41:00Z',
      restarts: 2,
      cpu: 2,
      memory: 1000,
    });
    expect(seenOf('client1', now)).not.toHaveProperty('cpu');
  });

  it('that was killed and started again says how it ended: nobody else could', () => {
    const seen = (process: Partial<Usage['process']>) =>
      seenOf('client1', running({ process: { state: 'running', restarts: 3, ...process } })).detail;
    expect(seen({ exitCode: 9 })).toBe('ended with exit code 9, started again');
    expect(seen({ exitCode: -9 })).toBe('ended with signal 9, started again');
    expect(seen({ state: 'starting', exitCode: -9 })).toBe('ended with signal 9, is started again');
    expect(seen({ exitCode: 9, detail: 'its own words' })).toBe('its own words');
    expect([seen({}), seen({ restarts: 0, exitCode: 9 }), seen({ state: 'failed', exitCode: 9 })]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('begins anew with another process, and never did less than nothing', () => {
    expect(seenOf('client1', running({ taken: taken(20, 105, '8 200') }), taken(10, 100))).not.toHaveProperty('cpu');
    // The host was started again, and its clock too.
    expect(seenOf('client1', running({ taken: taken(20, 5) }), taken(10, 100))).not.toHaveProperty('cpu');
    expect(seenOf('client1', running({ taken: taken(9, 105) }), taken(10, 100))).toMatchObject({ cpu: 0 });
  });
});

describe('processes that are watched', () => {
  it('are known to have been killed also by who keeps them no record of it, until they end unseen', async () => {
    const looks: Usage['process'][] = [
      { state: 'starting', restarts: 0, exitCode: -9 },
      { state: 'running', restarts: 1 },
      { state: 'running', restarts: 1 },
      { state: 'running', restarts: 2 },
    ];
    const { clock, told } = watched({ client1: () => running({ process: looks.shift() ?? { state: 'running' } }) });
    await clock.pass(16_000);
    expect(told.filter(({ member }) => member === 'client1').map(({ detail }) => detail)).toEqual([
      'ended with signal 9, is started again',
      'ended with signal 9, started again',
      'ended with signal 9, started again',
      undefined,
    ]);
  });

  it('are asked for every five seconds, until nobody looks any more', async () => {
    const { clock, told, times, leaving, done } = watched();
    await clock.pass(11_000);
    expect([times('server'), times('client1'), times('client2')]).toEqual([
      [0, 5000, 10_000],
      [50, 5050, 10_050],
      [100, 5100, 10_100],
    ]);
    expect(told.slice(0, 2)).toEqual([
      { type: 'process-seen', member: 'server', state: 'running' },
      { type: 'process-seen', member: 'client1', state: 'running' },
    ]);
    leaving.abort();
    await done;
    const before = told.length;
    await clock.pass(60_000);
    expect(told).toHaveLength(before);
  });

  it('of a thousand hosts are asked for twenty a second', async () => {
    const { clock, asked, times } = watched({}, 16, many(999));
    await clock.pass(99_999);
    expect(asked.length).toBe(2000);
    expect(times('c500')).toHaveLength(2);
    const second = (at: number) => asked.filter((each) => Math.floor(each.at / 1000) === at).length;
    for (const at of [0, 1, 49, 50, 51, 99]) expect(second(at)).toBe(20);
  });

  it('of a host that hangs hold up nobody, and it is asked once at a time', async () => {
    const { clock, told, times } = watched({ client1: never });
    await clock.pass(14_000);
    expect(times('client1')).toEqual([50]);
    expect(times('client2')).toEqual([100, 5100, 10_100]);
    await clock.pass(2000);
    expect(told.filter(({ member }) => member === 'client1')).toEqual([
      { type: 'process-seen', member: 'client1', failure: 'it did not answer for 15 s' },
    ]);
    // The first try and its patience, and then half as often.
    await clock.pass(10_000);
    expect(times('client1')).toEqual([50, 25_050]);
  });

  it('are asked for at no more hosts at once than was wished', async () => {
    const { clock, most } = watched(Object.fromEntries(many(40).clients.map(({ name }) => [name, never])), 4, many(40));
    await clock.pass(3000);
    expect(most()).toBe(4);
  });

  it('of a host that is gone are asked for more and more seldom, and as before once it is back', async () => {
    let gone = true;
    const { clock, told, times } = watched({
      client2: (): Usage => {
        if (gone) throw new UserError({ ...trouble(exit.connection, 'client2'), why: 'nobody answers at 10.0.0.3' });
        return running({ taken: taken(1, clock.now) });
      },
    });
    await clock.pass(200_000);
    expect(told.find(({ member }) => member === 'client2')).toEqual({
      type: 'process-seen',
      member: 'client2',
      failure: 'nobody answers at 10.0.0.3',
    });
    expect(times('client2')).toEqual([100, 10_100, 30_100, 70_100, 130_100, 190_100]);
    gone = false;
    await clock.pass(56_000);
    expect(times('client2').slice(-2)).toEqual([250_100, 255_100]);
    expect(told.findLast(({ member }) => member === 'client2')).toMatchObject({ state: 'running', cpu: 0 });
  });

  it('of a host that lets nobody in are not asked for again', async () => {
    const { clock, told, times } = watched({
      client1: () => {
        throw new UserError({ ...trouble(exit.connection, 'client1'), why: 'the login was refused' });
      },
    });
    await clock.pass(300_000);
    expect(times('client1')).toEqual([50]);
    expect(told.filter(({ failure }) => failure)).toHaveLength(1);
    expect(times('client2').length).toBeGreaterThan(50);
  });
});
