/** A run that goes on: the server killed in mid run, monitors killed and attached again, and the run after it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Event } from '../../source/plan/event.ts';
import { startNetwork, type TestNetwork } from '../helpers/hosts.ts';
import { type LiveTable, openLiveTable } from '../helpers/live-table.ts';
import { edit, until } from '../helpers/project.ts';
import { start } from '../helpers/pty.ts';
import { slowScripts } from '../helpers/slow-app.ts';
import { canRunSshd } from '../helpers/sshd.ts';
import { canRunToxiproxy, type Link, startToxiproxy, type Toxiproxy } from '../helpers/toxiproxy.ts';
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
  let proxy: Toxiproxy | undefined;
  let table: LiveTable | undefined;
  const logOf = (client: number) =>
    join(network.hosts[client]?.home ?? '', 'fl-wizard', 'scriptchain', 'logs', `client${client}.log`);

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
        goOn();
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
  afterAll(async () => {
    await table?.leave();
    await Promise.all([network?.stop(), proxy?.stop()]);
  });

  const inHomes = (act: (file: string) => void) => {
    for (const { home } of network.hosts) act(join(home, 'go-on'));
  };
  const goOn = () => inHomes((file) => writeFileSync(file, ''));

  /** A run of three rounds that stands in its third until `goOn`. */
  async function launchThree(): Promise<void> {
    inHomes((file) => rmSync(file));
    const words = ['launch', '--new', '--rounds', '3', '--yes', '--json', '-C', network.project];
    expect((await wizard(words)).code).toBe(0);
  }

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

  describe('a run that goes on', () => {
    beforeAll(launchThree);
    // Where nobody can cut links, it still stands in its third round.
    afterAll(async () => {
      goOn();
      await wizard(['monitor', '--wait', '--json', '-C', network.project]);
    });

    test('is told by status and runs, and by one frame for whoever comes with what is in the repository', async () => {
      await wizard(['monitor', '--json', '-C', network.project], {
        onEvent(event, kill) {
          if (event.type === 'client-changed' && event.state === 'training' && event.round === 3) kill('SIGKILL');
        },
      });
      const server = async () => {
        const { stdout } = await wizard(['status', '--json', '-C', network.project]);
        return JSON.parse(stdout).hosts[0];
      };
      // What passes is noted a second later (the runtime's state.py): until then it is the phase of before.
      await until('the phase', async () => (await server()).phase === 'fit');
      expect(await server()).toMatchObject({ run: '3', phase: 'fit', round: 3, rounds: 3 });
      const plain = await wizard(['status', '-C', network.project]);
      expect(plain.stdout).toMatch(/^server .* running +up \d.* 3: fit, round 3 of 3$/m);
      const listed = await wizard(['runs', '-C', network.project]);
      expect(listed.stdout).toMatch(/^3 +\d{4}-\d\d-\d\d \d\d:\d\d +\d.* +3 +2 +going/m);
      expect(listed.stdout).toMatch(/^2 .* finished +round 2 by loss$/m);

      const colleague = join(network.directory, 'colleague');
      mkdirSync(join(colleague, 'fl_network'), { recursive: true });
      for (const file of ['fl-network.yaml', 'app', 'fl_network/ca.crt'])
        cpSync(join(network.project, file), join(colleague, file), { recursive: true });
      const frame = await wizard(['monitor', '--once', '-C', colleague]);
      expect([frame.code, frame.stderr]).toEqual([0, '']);
      expect(frame.stdout).toContain('● training');
      const refused = await wizard(['monitor', '--json', '-C', colleague]);
      expect(refused.code).toBe(3);
      const [failure] = of(refused.events, 'step-finished').at(-1)?.failures ?? [];
      expect(failure?.why).toMatch(/only operators are let in, and .*operator.crt and .*operator.key are not here/);
      expect(failure?.hint).toContain('copy .fl-wizard/operator.crt');
      for (const end of ['crt', 'key'])
        cpSync(
          join(network.project, '.fl-wizard', `operator.${end}`),
          join(colleague, '.fl-wizard', `operator.${end}`),
        );
      const attached = await wizard(['monitor', '--json', '-C', colleague], {
        onEvent(event, kill) {
          if (event.type === 'client-changed' && event.round === 3) kill('SIGKILL');
        },
      });
      expect(rounds(attached)).toEqual([1, 2]);
    });

    test('and that somebody stops is shown as stopped in a terminal, its clients too, and goes on once it is launched', async () => {
      const pty = start(['monitor', '-C', network.project], { columns: 120, rows: 40 });
      try {
        await pty.waitFor('● training');
        const words = ['--yes', '--json', '-C', network.project];
        expect((await wizard(['stop', ...words])).code).toBe(0);
        const stopped = await pty.waitFor(/● not running/, 30);
        expect(stopped).toMatch(/the server is stopped, and the run has not ended; fl-wizard launch goes on with it/);
        expect(stopped).not.toMatch(/left|● training/);
        await pty.waitFor(/client1 +stopped [\s\S]*client2 +stopped /, 60);
        const status = await wizard(['status', '-C', network.project]);
        expect(status.stdout).toMatch(/^server .* stopped .* 3: round 2 of 3$/m);
        expect((await wizard(['launch', ...words])).code).toBe(0);
        await pty.waitFor(/● training[\s\S]*client1 +training [\s\S]*client2 +training /, 60);
        pty.press('q');
        expect((await pty.end()).code).toBe(0);
      } finally {
        pty.kill();
      }
    });

    test.skipIf(!canRunToxiproxy)(
      'over a link that goes silent: lost within 15 s, and back with nothing missing',
      async () => {
        proxy = await startToxiproxy();
        const link: Link = await proxy.link(network.hosts[0]?.port ?? 0);
        const project = join(network.directory, 'linked');
        cpSync(network.project, project, { recursive: true });
        rmSync(join(project, '.fl-wizard', 'runs'), { recursive: true });
        edit(project, ({ server }) => {
          server.ssh.port = link.port;
        });
        const at: Record<string, number> = {};
        const done = await wizard(['monitor', '--wait', '--json', '-C', project], {
          onEvent(event) {
            if (event.type === 'client-changed' && event.round === 3 && !at.silent) {
              at.silent = Date.now();
              const timeout = { type: 'timeout', attributes: { timeout: 0 } } as const;
              link.poison({ ...timeout, stream: 'upstream' }, { ...timeout, stream: 'downstream' });
            }
            if (event.type !== 'link-changed') return;
            at[event.state] ??= Date.now();
            if (event.state === 'lost') {
              // What happens meanwhile is told afterwards.
              goOn();
              link.cure();
            }
          },
        });
        expect(done.stderr).toBe('');
        expect(done.code).toBe(0);
        expect((at.lost ?? Infinity) - (at.silent ?? 0)).toBeLessThan(15_000);
        const links = of(done.events, 'link-changed');
        expect(links[0]).toMatchObject({ state: 'lost', why: expect.stringMatching(/nothing comes|did not answer/) });
        expect(links.at(-1)).toMatchObject({ state: 'back' });
        const all = sequences(done.events);
        expect(all).toEqual(Array.from({ length: all.length }, (_, index) => index + 1));
        expect(rounds(done)).toEqual([1, 2, 3]);
        expect(of(done.events, 'run-finished')).toHaveLength(1);
      },
    );
  });

  test('the live table is told of each process, its log and its certificate, in the middle of a round', async () => {
    await launchThree();
    table = openLiveTable(network.project);
    const { told, seen, lines } = table;
    const names = ['server', 'client1', 'client2'];
    await until('the third round', () =>
      told.some((event) => event.type === 'client-changed' && event.state === 'training' && event.round === 3),
    );
    await until('all processes twice', () => names.every((name) => seen(name).at(-1)?.cpu !== undefined));
    for (const name of names) {
      const last = seen(name).at(-1);
      expect(last).toMatchObject({ state: 'running', since: expect.stringMatching(/^\d{4}-.*Z$/) });
      // Flower alone takes more; and whoever waits for a file keeps no core busy.
      expect(last?.memory).toBeGreaterThan(50e6);
      expect(last?.cpu).toBeLessThan(2);
    }
    for (const name of names) expect(lines.filter(({ member }) => member === name).length).toBeGreaterThan(0);
    appendFileSync(logOf(2), 'and here\n');
    await until('what comes', () => lines.some(({ member, line }) => member === 'client2' && line === 'and here'));
    const { server, client1 } = table.certificates();
    expect([server?.subject, client1?.subject]).toEqual([
      expect.stringMatching(/CN=scriptchain\.co$/),
      expect.stringMatching(/CN=FLClient1$/),
    ]);
    const status = await wizard(['status', '--json', '-C', network.project]);
    const { hosts } = JSON.parse(status.stdout) as { hosts: { memory?: number }[] };
    for (const { memory } of hosts) expect(memory).toBeGreaterThan(50e6);
  });

  test('a client is restarted from it, and the server stopped and started again; it goes on, and so does the run', async () => {
    const { told, seen, act, notices } = table as LiveTable;
    const before = seen('client1').at(-1)?.since;
    act({ verb: 'restart', member: 'client1' });
    act({ verb: 'stop', member: 'client2' });
    await until('the client', () => notices().some((text) => /^restart client1(: done| failed)/.test(text)));
    expect(notices()).toEqual(
      expect.arrayContaining(['restart client1: stopping…', 'restart client1: starting…', 'restart client1: done']),
    );
    expect(notices()).toContain('stop client2: not now, restart client1 is under way');
    await until('another process', () => {
      const { state, since } = seen('client1').at(-1) ?? {};
      return state === 'running' && since !== before;
    });
    act({ verb: 'stop', member: 'server' });
    await until('its end', () => notices().some((text) => /^stop server(: done| failed)/.test(text)));
    expect(told.findLast(({ type }) => type === 'phase-changed')).toMatchObject({
      phase: 'halted',
      round: 3,
      rounds: 3,
    });
    // Whoever watches would say by now that nobody serves, and end with it.
    await until('its host’s word', () => seen('server').at(-1)?.state === 'stopped');
    await until('a look after that', () => seen('server').filter(({ state }) => state === 'stopped').length === 2);
    act({ verb: 'restart', member: 'server' });
    await until('the server', () => notices().some((text) => /^restart server(: done| failed)/.test(text)));
    expect(notices()).toContain('restart server: done');
    const resumed = () => told.flatMap((event) => (event.type === 'server-started' ? [event.resumedAfter] : []));
    await until('its word', () => resumed().length === 2);
    expect(resumed()).toEqual([undefined, 2]);
    expect(told.filter(({ type }) => type === 'step-finished' || type === 'session-started')).toHaveLength(1);
    expect(existsSync(join(network.project, '.fl-wizard', 'lock'))).toBe(false);
    // Ended from outside, as `q` does it: what runs goes on.
    await (table as LiveTable).leave();
    expect(told.find((event) => event.type === 'step-finished')).toMatchObject({ step: 'monitor' });
    table = undefined;
  });

  test('restart ends what runs and starts it again, in the middle of a round: the run goes on', async () => {
    const words = ['--yes', '--json', '-C', network.project];
    const done = await wizard(['restart', ...words]);
    expect([done.code, done.stderr]).toEqual([0, '']);
    expect(of(done.events, 'step-finished').map(({ step, outcome }) => [step, outcome])).toEqual([
      ['stop', 'changed'],
      ['launch', 'changed'],
    ]);
    goOn();
    const watched = await wizard(['monitor', '--json', '-C', network.project]);
    expect(watched.code).toBe(0);
    expect(rounds(watched)).toEqual([1, 2, 3]);
    expect(of(watched.events, 'server-started').map(({ resumedAfter }) => resumedAfter)).toEqual([undefined, 2, 2]);
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
    appendFileSync(logOf(2), 'still \x1b[2Jhere\n');
    await until('what comes', () => /^client2 {2}still .*here$/m.test(said.stdout));
    appendFileSync(logOf(1), 'meanwhile\n');
    await network.hosts[1]?.startAgain();
    await until('what was printed meanwhile', () => /^client1 {2}meanwhile$/m.test(said.stdout));
    expect(said.stdout).not.toContain('\x1b');
    child.kill('SIGINT');
    expect((await ended)[0]).toBe(130);
  });
});
