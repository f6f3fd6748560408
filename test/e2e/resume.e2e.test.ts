/** A run that goes on: the server killed in mid run, monitors killed and attached again, and the run after it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Event } from '../../source/plan/event.ts';
import { startNetwork, type TestNetwork } from '../helpers/hosts.ts';
import { until } from '../helpers/project.ts';
import { slowScripts } from '../helpers/slow-app.ts';
import { canRunSshd } from '../helpers/sshd.ts';
import { type Ended, of, program, wizard } from '../helpers/wizard.ts';

/** Sequence numbers of what the server told. */
function sequences(events: readonly Event[]): readonly number[] {
  return events.flatMap((event) => ('sequence' in event && typeof event.sequence === 'number' ? [event.sequence] : []));
}

const rounds = ({ events }: Ended) => of(events, 'round-finished').map(({ round }) => round);

describe.skipIf(!canRunSshd)('a run of six slow rounds', () => {
  let network: TestNetwork;
  let launched: Ended;
  let attached: Promise<Ended>;
  let killed: Promise<Ended>;
  let serverPid = 0;
  let later: Ended | undefined;

  beforeAll(async () => {
    const app = { ...slowScripts, 'requirements.txt': 'numpy\n' };
    network = await startNetwork({ app, algorithm: 'ec', flower: ['rounds: 6'] });
    launched = await wizard(['up', '--yes', '--detach', '--json', '-C', network.project]);
    const state = join(network.hosts[0]?.home ?? '', 'fl-wizard', 'scriptchain', 'state', 'server.json');
    let gone = false;
    let onFirst: (() => void) | undefined;
    const firstRound = new Promise<void>((seen) => {
      onFirst = seen;
    });
    attached = wizard(['monitor', '--json', '-C', network.project], {
      onEvent(event) {
        if (event.type === 'round-finished') onFirst?.();
        if (gone || event.type !== 'client-changed' || event.state !== 'training' || event.round !== 3) return;
        gone = true;
        serverPid = (JSON.parse(readFileSync(state, 'utf8')) as { pid: number }).pid;
        process.kill(serverPid, 'SIGKILL');
        for (const { home } of network.hosts) writeFileSync(join(home, 'go-on'), '');
      },
    });
    // Another monitor, which does not live long.
    killed = wizard(['monitor', '--json', '-C', network.project], {
      onEvent(event, kill) {
        if (event.type === 'round-finished') kill('SIGKILL');
      },
    });
    await Promise.race([firstRound, attached]);
    const seen = Math.max(...sequences((await killed).events));
    later = await wizard(['monitor', '--json', '--after', `${seen}`, '-C', network.project]);
  });
  afterAll(() => network?.stop());

  test('up -d returns once it is proved and running', () => {
    expect(launched.stderr).toBe('');
    expect(launched.code).toBe(0);
    expect(of(launched.events, 'step-finished').at(-1)?.step).toBe('verify');
    expect(of(launched.events, 'run-finished')).toEqual([]);
  });

  test('the attached monitor shows every round once, in order, across the death of the server', async () => {
    const done = await attached;
    expect(serverPid).toBeGreaterThan(1);
    expect(done.stderr).toBe('');
    expect(rounds(done)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(of(done.events, 'round-finished').map(({ rounds: all }) => all)).toEqual(Array(6).fill(6));
    // No round was trained twice into the weights, and none is missing from them.
    expect(of(done.events, 'round-finished').map(({ metrics }) => metrics.trained)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(of(done.events, 'server-started').map(({ resumedAfter }) => resumedAfter)).toEqual([undefined, 2]);
    expect(of(done.events, 'run-finished').map(({ outcome }) => outcome)).toEqual(['changed']);
    expect(done.events.at(-1)).toMatchObject({ type: 'session-finished', exitCode: 0 });
    expect(done.code).toBe(0);
    const all = sequences(done.events);
    expect(all).toEqual(Array.from({ length: all.length }, (_, at) => at + (all[0] ?? 0)));
  });

  test('a monitor that was killed goes on with --after where it was', async () => {
    const first = await killed;
    expect(first.code).toBe(null);
    const seen = Math.max(...sequences(first.events));
    expect(later?.code).toBe(0);
    const all = sequences(later?.events ?? []);
    expect(all).toEqual(Array.from({ length: all.length }, (_, at) => seen + 1 + at));
    expect([...rounds(first), ...(later ? rounds(later) : [])]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('our own record holds every round once', async () => {
    const again = await wizard(['monitor', '--json', '-C', network.project]);
    expect(again.code).toBe(0);
    expect(rounds(again)).toEqual([1, 2, 3, 4, 5, 6]);
    const status = await wizard(['status', '--json', '-C', network.project]);
    const { hosts } = JSON.parse(status.stdout) as { hosts: { name: string; restarts?: number }[] };
    expect(hosts.find(({ name }) => name === 'server')?.restarts).toBe(1);
  });

  test('launch without --new changes nothing on a finished run', async () => {
    const done = await wizard(['launch', '--yes', '--json', '-C', network.project]);
    expect(done.code).toBe(0);
    expect(of(done.events, 'step-finished').map(({ outcome }) => outcome)).toEqual(['unchanged']);
  });

  test('launch --new --rounds 2 makes run 2, from fresh weights', async () => {
    const done = await wizard(['launch', '--new', '--rounds', '2', '--yes', '--json', '-C', network.project]);
    expect(done.stderr).toBe('');
    expect(of(done.events, 'step-finished').flatMap(({ failures }) => failures ?? [])).toEqual([]);
    expect(done.code).toBe(0);
    const watched = await wizard(['monitor', '--json', '-C', network.project]);
    expect(watched.code).toBe(0);
    const two = of(watched.events, 'round-finished');
    expect(two.map(({ round, rounds: all, run }) => [run, round, all])).toEqual([
      ['2', 1, 2],
      ['2', 2, 2],
    ]);
    expect(two.map(({ metrics }) => metrics.trained)).toEqual([1, 2]);
    const listed = await wizard(['runs', '--json', '-C', network.project]);
    expect(listed.code).toBe(0);
    expect(JSON.parse(listed.stdout)).toMatchObject([
      { run: '1', rounds: 6, done: 6, finished: true },
      { run: '2', rounds: 2, done: 2, finished: true },
    ]);
  });

  test('restart ends what runs and starts it again, in the middle of a round: the run goes on', async () => {
    const words = ['--yes', '--json', '-C', network.project];
    for (const { home } of network.hosts) rmSync(join(home, 'go-on'));
    expect((await wizard(['launch', '--new', '--rounds', '3', ...words])).code).toBe(0);
    await wizard(['monitor', '--json', '-C', network.project], {
      onEvent(event, kill) {
        if (event.type === 'client-changed' && event.state === 'training' && event.round === 3) kill('SIGKILL');
      },
    });
    const done = await wizard(['restart', ...words]);
    expect([done.code, done.stderr]).toEqual([0, '']);
    expect(of(done.events, 'step-finished').map(({ step, outcome }) => [step, outcome])).toEqual([
      ['stop', 'changed'],
      ['launch', 'changed'],
    ]);
    for (const { home } of network.hosts) writeFileSync(join(home, 'go-on'), '');
    const watched = await wizard(['monitor', '--json', '-C', network.project]);
    expect(watched.code).toBe(0);
    expect(rounds(watched)).toEqual([1, 2, 3]);
    expect(of(watched.events, 'server-started').map(({ resumedAfter }) => resumedAfter)).toEqual([undefined, 2]);
    expect(of(watched.events, 'round-finished').map(({ metrics }) => metrics.trained)).toEqual([1, 2, 3]);
    // Nobody but its clients is left to be stopped once it has ended, and down leaves nothing that runs.
    expect((await wizard(['down', ...words])).code).toBe(0);
    const status = await wizard(['status', '--json', '-C', network.project]);
    const { hosts } = JSON.parse(status.stdout) as { hosts: { state: string }[] };
    expect(hosts.map(({ state }) => state).filter((state) => /running|starting/.test(state))).toEqual([]);
  });

  test('logs --follow has all hosts in one stream; one that is lost is named and comes back, the others go on, Ctrl-C ends it', async () => {
    const child = spawn(process.execPath, [program, 'logs', '--follow', '-C', network.project]);
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) child[name].on('data', (chunk) => (said[name] += chunk));
    const ended = once(child, 'exit');
    await until('each host', () => ['server   ', 'client1  ', 'client2  '].every((name) => said.stdout.includes(name)));
    await network.hosts[1]?.stop();
    await until('the lost host', () => /^client1: .*; trying again$/m.test(said.stderr));
    expect(said.stderr).not.toMatch(/client2|server/);
    const log = (at: number) =>
      join(network.hosts[at]?.home ?? '', 'fl-wizard', 'scriptchain', 'logs', `client${at}.log`);
    appendFileSync(log(2), 'still \x1b[2Jhere\n');
    await until('what comes', () => /^client2 {2}still .*here$/m.test(said.stdout));
    appendFileSync(log(1), 'meanwhile\n');
    await network.hosts[1]?.startAgain();
    await until('what was printed meanwhile', () => /^client1 {2}meanwhile$/m.test(said.stdout));
    expect(said.stdout).not.toContain('\x1b');
    child.kill('SIGINT');
    expect((await ended)[0]).toBe(130);
  });
});
