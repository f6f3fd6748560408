/**
 * Every event once: a run of 20 rounds of real Flower, watched by two monitors in folders of their own. The SSH
 * connection of one is cut ten times, the server is killed twice, and the other monitor is killed and started again.
 */
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Event } from '../../source/plan/event.ts';
import { gatedScripts, openGate } from '../helpers/gated-app.ts';
import { startNetwork, type TestNetwork } from '../helpers/hosts.ts';
import { edit, until } from '../helpers/project.ts';
import { canRunSshd } from '../helpers/sshd.ts';
import { canRunToxiproxy, type Link, startToxiproxy, type Toxiproxy } from '../helpers/toxiproxy.ts';
import { type Ended, of, wizard } from '../helpers/wizard.ts';

type Line = { readonly type: string; readonly sequence: number; readonly round?: number };

const rounds = 20;
const whole = Array.from({ length: rounds }, (_, at) => at + 1);
/** After these rounds the link is cut, and heals when the next one has ended without us; the last time nobody serves. */
const cutAfter = [1, 2, 3, 5, 8, 9, 11, 15, 17, 19];
/** In the middle of this round the server is killed, and once it has told of that one. */
const [killedIn, killedAfter] = [7, 13];
const monitorKilledAfter = 10;

const parse = (path: string): readonly Line[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as Line);

/** What the server told, as a project's own record has it; what was proved stands there as well. */
const recordOf = (project: string) =>
  parse(join(project, '.fl-wizard', 'runs', '1', 'events.jsonl')).filter(({ sequence }) => sequence !== undefined);

const told = (ended: readonly Ended[]) => ended.flatMap(({ events }) => events);
const roundsOf = (events: readonly Event[]) => of(events, 'round-finished').map(({ round }) => round);
const sequencesOf = (events: readonly Event[]) =>
  events.flatMap((event) => ('sequence' in event && typeof event.sequence === 'number' ? [event.sequence] : []));

describe.skipIf(!canRunSshd || !canRunToxiproxy)('two monitors of a run of 20 rounds', () => {
  let network: TestNetwork;
  let proxy: Toxiproxy;
  let link: Link;
  let cutProject: string;
  /** Of each cut: the last round that was seen then, and when it healed. */
  const cuts: (readonly [before: number, after: number])[] = [];
  const killed: number[] = [];
  let cut: Ended;
  let restarted: readonly Ended[];

  const home = () => join(network.hosts[0]?.home ?? '', 'fl-wizard', 'scriptchain');
  /** A run's last word is its end: what comes behind it is of the process that lingers. */
  const journal = () => {
    const lines = wholeJournal();
    return lines.slice(0, lines.findLastIndex(({ type }) => type === 'run-finished') + 1 || undefined);
  };
  const wholeJournal = () => parse(join(home(), 'runs', '1', 'events.jsonl'));
  const ended = (round: number) => journal().some((each) => each.type === 'round-finished' && each.round === round);
  const pidOfServer = () =>
    (JSON.parse(readFileSync(join(home(), 'state', 'server.json'), 'utf8')) as { pid: number }).pid;
  const lives = (pid: number) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  async function cutTheLink(round: number, seen: () => number): Promise<void> {
    const pid = pidOfServer();
    await link.poison({ stream: 'downstream', type: 'reset_peer', attributes: { timeout: 0 } });
    openGate(network.hosts, round + 1);
    await until(`round ${round + 1}`, () => ended(round + 1));
    if (round + 1 === rounds) await until('the server has ended', () => !lives(pid));
    cuts.push([round, seen()]);
    await link.cure();
  }

  function killTheServer(): void {
    const pid = pidOfServer();
    killed.push(pid);
    process.kill(pid, 'SIGKILL');
  }

  /** Watches over the bad link, and with each round that it sees brings about what comes next. */
  async function watchTheCutOne(): Promise<Ended> {
    let seen = 0;
    let happening: Promise<void> = Promise.resolve();
    const watched = await wizard(['monitor', '--json', '-C', cutProject], {
      onEvent(event, kill) {
        if (event.type === 'client-changed' && event.state === 'training' && event.round === killedIn) {
          if (killed.length > 0) return;
          killTheServer();
          openGate(network.hosts, killedIn);
        }
        if (event.type !== 'round-finished') return;
        seen = event.round;
        if (seen === killedAfter) killTheServer();
        if (cutAfter.includes(seen)) happening = cutTheLink(seen, () => seen);
        else if (seen + 1 !== killedIn) openGate(network.hosts, seen + 1);
        // It would be waited for in vain.
        happening.catch(() => kill('SIGKILL'));
      },
    });
    await happening;
    return watched;
  }

  /** Lives twice: the second goes on behind the last event that the first has printed. */
  async function watchAgain(): Promise<readonly Ended[]> {
    const words = ['monitor', '--json', '-C', network.project];
    const first = await wizard(words, {
      onEvent(event, kill) {
        if (event.type === 'round-finished' && event.round === monitorKilledAfter) kill('SIGKILL');
      },
    });
    const last = Math.max(...sequencesOf(first.events));
    return [first, await wizard([...words, '--after', String(last)])];
  }

  beforeAll(async () => {
    const app = { ...gatedScripts, 'requirements.txt': 'numpy\n' };
    const flower = [`rounds: ${rounds}`, 'linger: 0'];
    [network, proxy] = await Promise.all([startNetwork({ app, algorithm: 'ec', flower }), startToxiproxy()]);
    const launched = await wizard(['up', '--yes', '--detach', '--json', '-C', network.project]);
    if (launched.code !== 0) throw new Error(launched.stdout + launched.stderr);
    link = await proxy.link(network.hosts[0]?.port ?? 0);
    cutProject = join(network.directory, 'cut');
    cpSync(network.project, cutProject, { recursive: true });
    edit(cutProject, (file) => {
      file.server.ssh.port = link.port;
    });
    const again = watchAgain();
    const cutOne = watchTheCutOne();
    openGate(network.hosts, 1);
    [cut, restarted] = await Promise.all([cutOne, again]);
  });
  afterAll(() => Promise.all([network?.stop(), proxy?.stop()]));

  test('the link was cut ten times, each time over the end of a round, and the server killed twice', () => {
    expect(cuts).toEqual(cutAfter.map((round) => [round, round]));
    expect(new Set(killed).size).toBe(2);
    const starts = journal().filter(({ type }) => type === 'server-started') as { resumedAfter?: number }[];
    expect(starts.map(({ resumedAfter }) => resumedAfter)).toEqual([undefined, killedIn - 1, killedAfter]);
  });

  test('each monitor prints every event once, in order', () => {
    const all = Array.from({ length: journal().length }, (_, at) => at + 1);
    expect(journal().map(({ sequence }) => sequence)).toEqual(all);
    for (const lives of [[cut], restarted]) {
      expect(lives.map(({ stderr }) => stderr)).toEqual(lives.map(() => ''));
      expect(roundsOf(told(lives))).toEqual(whole);
      expect(sequencesOf(told(lives))).toEqual(all);
    }
    expect([cut.code, ...restarted.map(({ code }) => code)]).toEqual([0, null, 0]);
    // No round was trained twice into the weights, and none is missing from them.
    expect(of(cut.events, 'round-finished').map(({ metrics }) => metrics.trained)).toEqual(whole);
  });

  test('both keep the same record, which is the host’s journal', () => {
    expect(recordOf(cutProject)).toEqual(recordOf(network.project));
    expect(recordOf(cutProject)).toEqual(journal());
  });

  test('to watch again tells it all once more, from the record alone', async () => {
    const before = recordOf(cutProject);
    await link.poison({ stream: 'downstream', type: 'reset_peer', attributes: { timeout: 0 } });
    const again = await wizard(['monitor', '--json', '-C', cutProject]);
    expect([again.code, roundsOf(again.events)]).toEqual([0, whole]);
    expect(recordOf(cutProject)).toEqual(before);
  });
});
