/** What is done from the live table: which run it becomes, and what is told of it. */
import { describe, expect, it } from 'vitest';
import { Acts } from '../../source/commands/act.ts';
import { exit, UserError } from '../../source/plan/failure.ts';
import type { ProcessLook } from '../../source/plan/host-facts.ts';
import type { Step } from '../../source/plan/step.ts';
import type { World } from '../../source/plan/world.ts';
import { restartSteps } from '../../source/steps/restart.ts';
import { stopStep } from '../../source/steps/stop.ts';
import { fakeStep, fakeWorld, network, stage, trouble } from '../plan/fakes.ts';
import { Clock, settled } from '../steps/clock.ts';
import { found, hostFacts } from '../steps/facts.ts';

type Scene = { readonly world?: Partial<World>; readonly launch?: Step; readonly restart?: readonly Step[] };

function table({ world: more = {}, launch, restart: own }: Scene = {}) {
  const log: string[] = [];
  const told: string[] = [];
  const bugs: unknown[] = [];
  const interrupt = new AbortController();
  let waited: (text: string) => void = () => undefined;
  /** By member. */
  const living = new Set(['server', 'client1', 'client2']);
  const clock = new Clock();
  const world = fakeWorld(log, {
    look: async (_network, members) =>
      found(
        Object.fromEntries(
          members.map(({ name }) => {
            log.push(`look ${name}`);
            return [name, hostFacts(name, { process: { state: living.has(name) ? 'running' : 'stopped' } })];
          }),
        ),
      ),
    list: async () => [],
    read: async () => undefined,
    perform: async (action) => {
      log.push(`do ${action.text}`);
      if (action.kind === 'stop') living.delete(action.host);
    },
    state: async (_network, { name }) => ({ process: { state: living.has(name) ? 'running' : 'stopped' } }),
    pause: clock.pause,
    ...more,
  });
  let halted = 0;
  const restart = own ?? [
    stopStep,
    launch ?? fakeStep('launch', { stages: [stage('S', { client1: ['start it'] })] }, log),
  ];
  const acts = new Acts(
    {
      world,
      network: () => network,
      ask: async () => ({ kind: 'no' }),
      parallel: 16,
      signal: interrupt.signal,
      tell: (text) => {
        told.push(text);
        waited(text);
      },
      halted: () => void halted++,
      bug: (error) => bugs.push(error),
    },
    { stop: [stopStep], restart },
  );
  const word = (pattern: RegExp) =>
    new Promise<void>((resolve) => {
      const look = () => told.some((text) => pattern.test(text)) && resolve();
      waited = look;
      look();
    });
  return { acts, world, log, told, bugs, interrupt, living, clock, word, halted: () => halted };
}

const client1 = { verb: 'restart', member: 'client1' } as const;

describe('a restart from the live table', () => {
  it('is a run of its own for that member, with the lock, on what is there now', async () => {
    const { acts, log, told, bugs } = table();
    acts.begin(client1);
    expect(acts.current).toBe('restart client1');
    expect(await acts.close()).toBe('restart client1: done');
    expect(acts.current).toBeUndefined();
    expect(told).toEqual([
      'restart client1: looking…',
      'restart client1: stopping…',
      'restart client1: starting…',
      'restart client1: done',
    ]);
    expect(log[0]).toBe('forget client1 server');
    expect(log[1]).toBe('lock restart client1');
    expect(log.filter((line) => line.startsWith('do '))).toEqual(['do stop the Flower client', 'do start it']);
    expect(log.filter((line) => line.startsWith('look ')).sort()).toEqual([
      'look client1',
      'look client1',
      'look launch',
      'look launch',
    ]);
    expect(log.at(-1)).toBe('unlock');
    expect(bugs).toEqual([]);
  });

  it('starts nothing where the run has ended, and says so', async () => {
    const { acts, told } = table({ launch: fakeStep('launch') });
    acts.begin(client1);
    await acts.close();
    expect(told.at(-1)).toBe('restart client1: the run has ended, so nothing was started');
  });

  it('that fails says why and what to try', async () => {
    const failures = () => [
      { ...trouble(exit.remote, 'client1'), why: 'there is no space left', hint: 'free some' },
      trouble(exit.remote, 'client2'),
    ];
    const { acts, told } = table({ launch: fakeStep('launch', { failures }) });
    acts.begin(client1);
    await acts.close();
    expect(told.at(-1)).toBe('restart client1 failed: there is no space left (and 1 more); free some');
  });

  it('of a client whose server does not run stops nothing, and says what to do first', async () => {
    const { acts, told, log, living } = table({ restart: restartSteps });
    living.delete('server');
    acts.begin(client1);
    await acts.close();
    expect(told).toEqual([
      'restart client1: looking…',
      'restart client1: not now, the server does not run (r, v restarts it)',
    ]);
    expect(log.filter((line) => line.startsWith('do '))).toEqual([]);
    expect(living.has('client1')).toBe(true);
  });

  it('names who holds the lock, and does nothing then', async () => {
    const held = new UserError({
      exitCode: exit.locked,
      doing: 'Locking /project',
      why: '`fl-wizard deploy` holds it: process 7 on here, since 2026-11-20T09:41:00Z',
      hint: 'wait until it has ended',
    });
    const lock = async () => Promise.reject(held);
    const { acts, told, log } = table({ world: { lock } });
    acts.begin(client1);
    await acts.close();
    expect(told).toEqual([
      'restart client1: looking…',
      'restart client1 failed: `fl-wizard deploy` holds it: process 7 on here, since 2026-11-20T09:41:00Z; wait until it has ended',
    ]);
    expect(log).toEqual(['forget client1 server']);
  });

  it('comes one at a time, and none once the table has ended', async () => {
    const { acts, told } = table();
    acts.begin(client1);
    acts.begin({ verb: 'stop', member: 'client2' });
    await acts.close();
    acts.begin({ verb: 'stop', member: 'client2' });
    expect(told.filter((text) => text.startsWith('stop'))).toEqual([
      'stop client2: not now, restart client1 is under way',
      'stop client2: the live table has ended; fl-wizard stop client2 does it',
    ]);
    expect(await acts.close()).toBeUndefined();
  });

  it('is none in a dry run', () => {
    const { acts, told, log } = table({ world: { dryRun: true } });
    acts.begin(client1);
    expect(told).toEqual(['restart client1: nothing is done in a dry run']);
    expect(log).toEqual([]);
  });

  it('is ended as the session is, and its last word says so', async () => {
    const perform: World['perform'] = (_action, _network, _report, signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const { acts, log, word, interrupt } = table({ world: { perform } });
    acts.begin(client1);
    await word(/stopping/);
    interrupt.abort('SIGINT');
    expect(await acts.close()).toBe('restart client1 was interrupted: fl-wizard status tells how far it came');
    expect(log.at(-1)).toBe('unlock');
  });

  it('that finds a bug of ours tells it', async () => {
    const broken = new Error('broken');
    const { acts, told, bugs } = table({ world: { look: async () => Promise.reject(broken) } });
    acts.begin(client1);
    await acts.close();
    expect(told.at(-1)).toMatch(/^restart client1 failed: this is a bug in fl-wizard: broken/);
    expect(bugs).toEqual([broken]);
  });
});

describe('a server that is stopped or restarted from the live table', () => {
  const asked = (world: World) => {
    const leaving = new AbortController();
    let answer: ProcessLook | undefined;
    world.state(network, network.server, leaving.signal).then((look) => {
      answer = look;
    });
    return { leaving, answer: () => answer };
  };

  it('is not said to be gone while it is restarted', async () => {
    let start: () => void = () => undefined;
    const started = new Promise<void>((resolve) => {
      start = resolve;
    });
    const launch = fakeStep('launch', { stages: [stage('S', { server: ['start it'] })] });
    const { acts, world, living, word } = table({
      launch: { ...launch, observe: async () => started.then(() => void living.add('server')) },
    });
    acts.begin({ verb: 'restart', member: 'server' });
    const { answer } = asked(acts.watched(world));
    await word(/stopping/);
    await settled();
    expect(living.has('server')).toBe(false);
    expect(answer()).toBeUndefined();
    start();
    await acts.close();
    await settled();
    expect(answer()).toEqual({ process: { state: 'running' } });
  });

  it('is waited for after it was stopped, until somebody starts it again; others are told of as they are', async () => {
    const { acts, world, living, clock, halted } = table();
    acts.begin({ verb: 'stop', member: 'server' });
    expect(await acts.close()).toBe('stop server: done');
    expect(halted()).toBe(1);
    const watched = acts.watched(world);
    const { answer } = asked(watched);
    await clock.pass(60_000);
    expect(answer()).toBeUndefined();
    living.delete('client1');
    const client = network.clients[0];
    expect(client && (await watched.state(network, client, new AbortController().signal))).toEqual({
      process: { state: 'stopped' },
    });
    living.add('server');
    await clock.pass(5000);
    expect(answer()).toEqual({ process: { state: 'running' } });
    // That was it: whoever stops it now is somebody else.
    living.delete('server');
    const later = asked(watched);
    await settled();
    expect(later.answer()).toEqual({ process: { state: 'stopped' } });
  });

  it('is not waited for by who leaves', async () => {
    const { acts, world } = table();
    acts.begin({ verb: 'stop', member: 'server' });
    await acts.close();
    const { leaving, answer } = asked(acts.watched(world));
    await settled();
    leaving.abort();
    await settled();
    expect(answer()).toEqual({ process: { state: 'stopped' } });
  });

  it('that was not to be started again may be tried again: the run is not given up for it', async () => {
    const failures = () => [trouble(exit.remote, 'server')];
    const { acts, world, clock, halted } = table({ launch: fakeStep('launch', { failures }) });
    acts.begin({ verb: 'restart', member: 'server' });
    await acts.close();
    expect(halted()).toBe(1);
    const { answer } = asked(acts.watched(world));
    await clock.pass(60_000);
    expect(answer()).toBeUndefined();
  });

  it('which did not run is not stopped', async () => {
    const { acts, living, halted } = table();
    living.delete('server');
    acts.begin({ verb: 'stop', member: 'server' });
    expect(await acts.close()).toBe('stop server: it did not run');
    expect(halted()).toBe(0);
  });
});
