/** Logs of all hosts in one stream: what they print and the time are the test's. */
import { setMaxListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { completeNetwork } from '../../source/network/network.ts';
import { exit, UserError } from '../../source/plan/failure.ts';
import type { World } from '../../source/plan/world.ts';
import { WatchedLogs } from '../../source/steps/watch-logs.ts';
import { fakeWorld, trouble } from '../plan/fakes.ts';
import { Clock, settled } from './clock.ts';

const networkOf = (clients: number) =>
  completeNetwork({
    version: 1,
    name: 'xray',
    server: { address: 'fl.example.org', ssh: { host: '10.0.0.1' } },
    clients: Array.from({ length: clients }, (_, at) => ({ name: `c${at}`, ssh: { host: `h${at}` } })),
  });
const because = (why: string) => new UserError({ ...trouble(exit.connection), why });

type Open = { print(line: string): void; fail(error: Error): void; readonly options: Parameters<World['log']>[1] };

function watched(clients: number) {
  const clock = new Clock();
  const leaving = new AbortController();
  setMaxListeners(0, leaving.signal);
  const told: string[] = [];
  /** Those that were there already when they were first looked at. */
  const before: string[] = [];
  const open = new Map<string, Open>();
  const log: World['log'] = ({ name }, options, signal) =>
    new Promise((resolve, fail) => {
      open.set(name, { options, print: (line) => options.onLine(line), fail });
      signal.addEventListener('abort', () => {
        open.delete(name);
        resolve();
      });
    });
  const world = fakeWorld([], { log, pause: clock.pause, now: () => new Date(clock.now) });
  const network = networkOf(clients);
  const tell = (name: string, line: string, earlier: boolean) => {
    told.push(`${name}: ${line}`);
    if (earlier) before.push(line);
  };
  const logs = new WatchedLogs({ world, network, tell }, leaving.signal);
  const done = logs.follow();
  return { clock, told, before, open, logs, leaving, done };
}

describe('the logs of all hosts', () => {
  it('come in one stream, each from its last lines on, until nobody looks any more', async () => {
    const { clock, told, open, leaving, done } = watched(2);
    await clock.pass(100);
    expect([...open.keys()]).toEqual(['server', 'c0', 'c1']);
    for (const { options } of open.values()) expect(options).toMatchObject({ follow: true, glance: true });
    expect(open.get('server')?.options).not.toHaveProperty('since');
    open.get('c1')?.print('one');
    open.get('server')?.print('two');
    open.get('c1')?.print('  0%|   \r 50%|#  \r100%|###');
    expect(told).toEqual(['c1: one', 'server: two', 'c1: 100%|###']);
    const c0 = open.get('c0');
    leaving.abort();
    await done;
    c0?.print('late');
    expect(open.size).toBe(0);
    expect(told).toHaveLength(3);
  });

  it('tell what was there already from what is printed while somebody looks', async () => {
    const { clock, before, open } = watched(2);
    await clock.pass(4000);
    open.get('server')?.print('long ago');
    clock.now += 20;
    open.get('server')?.print('the end of the same look');
    await clock.pass(300);
    open.get('server')?.print('now');
    open.get('server')?.fail(because('it was closed'));
    await clock.pass(1000);
    open.get('server')?.print('meanwhile');
    await clock.pass(60_000);
    open.get('c0')?.print('a client that was just started');
    expect(before).toEqual(['long ago', 'the end of the same look']);
  });

  it('go on with what was printed meanwhile when a host is back, also one that had been silent', async () => {
    const { clock, told, open } = watched(1);
    await clock.pass(10_000);
    open.get('c0')?.print('one');
    open.get('c0')?.fail(because('it was closed'));
    open.get('server')?.fail(because('it was closed'));
    await clock.pass(1000);
    expect(open.get('c0')?.options.since).toEqual({ ago: 1 });
    await clock.pass(29_000);
    expect(open.get('server')?.options.since).toEqual({ ago: 40 });
    expect(told).toEqual(['c0: one', 'c0: it was closed; trying again', 'server: it was closed']);
  });

  it('end where a host lets nobody in', async () => {
    const { clock, told, open } = watched(1);
    await clock.pass(100);
    const refused = open.get('c0');
    refused?.fail(because('login as ubuntu failed'));
    await clock.pass(600_000);
    expect(open.get('c0')).toBe(refused);
    expect(told).toEqual(['c0: login as ubuntu failed']);
  });

  it('of more than fifty clients are the server’s, and that of the client which somebody looks at', async () => {
    const { clock, told, open, logs, leaving } = watched(51);
    await clock.pass(10_000);
    expect([...open.keys()]).toEqual(['server']);
    logs.show('c7');
    await settled();
    expect([...open.keys()]).toEqual(['server', 'c7']);
    const c7 = open.get('c7');
    logs.show('c7');
    await settled();
    expect(open.get('c7')).toBe(c7);
    c7?.print('here');
    logs.show('c8');
    await settled();
    expect([...open.keys()]).toEqual(['server', 'c8']);
    c7?.print('late');
    logs.show(undefined);
    logs.show('server');
    await settled();
    expect([...open.keys()]).toEqual(['server']);
    expect(told).toEqual(['c7: here']);
    logs.show('c9');
    leaving.abort();
    await settled();
    expect(open.size).toBe(0);
  });

  it('of fifty are all, and looking at one follows it no second time', async () => {
    const { clock, open, logs } = watched(50);
    await clock.pass(50 * 50);
    expect(open.size).toBe(51);
    const before = open.get('c7');
    logs.show('c7');
    await settled();
    expect(open.get('c7')).toBe(before);
  });
});
