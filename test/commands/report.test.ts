/** Which journal a report is made from, and how a run stands. The host's is read for real in the end-to-end tests. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Call } from '../../source/commands/context.ts';
import type { Opened } from '../../source/commands/looking.ts';
import { sourceWords, stateOf } from '../../source/commands/report-content.ts';
import {
  onScreen,
  type RunJournal,
  runNumber,
  silent,
  type Telling,
  withJournal,
} from '../../source/commands/report-source.ts';
import { wishOf } from '../../source/commands/report-wish.ts';
import { hostAddress, hostsFolder, networkName } from '../../source/demo/ending.ts';
import type { RunFolder } from '../../source/flower/run-folder.ts';
import { ReportReader, type RunReport } from '../../source/flower/run-report.ts';
import type { Event } from '../../source/plan/event.ts';
import { type ExitCode, exit, UserError } from '../../source/plan/failure.ts';
import type { ProcessLook } from '../../source/plan/host-facts.ts';
import type { World } from '../../source/plan/world.ts';
import { hostsGone } from '../../source/steps/link.ts';
import { answers, fakeWorld, network } from '../plan/fakes.ts';

const top = mkdtempSync(join(tmpdir(), 'flw-source-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));
let number = 0;

const call = { io: { signal: new AbortController().signal, env: {}, stderr: {} }, common: {} } as unknown as Call;
const time = '2026-11-20T09:41:00.000Z';

/** A project with our own record of these runs: a line of each, or none. */
function project(runs: Readonly<Record<string, boolean>>, more: Partial<World>): Opened {
  const directory = join(top, String(++number));
  for (const [run, told] of Object.entries(runs)) {
    mkdirSync(join(directory, '.fl-wizard', 'runs', run), { recursive: true });
    const line = JSON.stringify({ type: 'run-started', time, rounds: 3, ...(told ? { sequence: 1, run } : {}) });
    writeFileSync(join(directory, '.fl-wizard', 'runs', run, 'events.jsonl'), `${line}\n`);
  }
  const journal = { runs: async () => Object.keys(runs) } as unknown as World['journal'];
  return { network, directory, answers, world: fakeWorld([], { directory, journal, ...more }) };
}

const fails = (exitCode: ExitCode, why: string) => async () => {
  throw new UserError({ exitCode, doing: 'Asking', why });
};
const found: RunFolder = { run: '2', folder: '/runs/2', rounds: 3, finished: false, ended: [], files: [] };
const journalOf = (opened: Opened, run?: string) => withJournal(call, opened, run, silent, async (journal) => journal);

describe('the journal of a report', () => {
  it('is the host’s, in a folder that is gone afterwards', async () => {
    let folder = '';
    const state = { process: { state: 'running' } } as ProcessLook;
    const opened = project(
      {},
      {
        findRun: async () => ({ runs: ['2'], found }),
        async bringRun(_network, _found, _weights, options) {
          folder = options.folder;
          expect(options.metrics).toBe(false);
          const path = join(folder, 'events.jsonl');
          writeFileSync(path, '');
          return [{ name: 'events.jsonl', size: 0, path, sha256: '', outcome: 'changed' }];
        },
        state: async () => state,
      },
    );
    const journal = await withJournal(call, opened, undefined, silent, async (each) => {
      expect(existsSync(each.path)).toBe(true);
      return each;
    });
    expect(journal).toMatchObject({ run: '2', from: 'host', server: state });
    expect([folder.startsWith(tmpdir()), existsSync(folder)]).toEqual([true, false]);
  });

  it('comes without a word where its caller has a live screen, however long it takes', async () => {
    const bringRun: World['bringRun'] = async (_network, _found, _weights, { line, folder }) => {
      line('fetching 2 files, 14 kB');
      line('fetched 14 kB, 111 kB/s');
      const path = join(folder, 'events.jsonl');
      writeFileSync(path, '');
      return [{ name: 'events.jsonl', size: 0, path, sha256: '', outcome: 'changed' }];
    };
    const written = async (telling: (on: Call) => Telling) => {
      let text = '';
      const stderr = { isTTY: true, columns: 80, write: (part: string) => (text += part) };
      const on = { ...call, io: { ...call.io, stderr } } as unknown as Call;
      const opened = project({}, { findRun: async () => ({ runs: ['2'], found }), bringRun, state: fails(4, 'gone') });
      await withJournal(on, opened, undefined, telling(on), async () => undefined);
      return text;
    };
    expect(await written(onScreen)).toContain('fetched 14 kB');
    expect(await written(() => silent)).toBe('');
  });

  it('is our own record where the host can’t be asked, or is lost in the middle, or knows nothing of it', async () => {
    const unreached = { findRun: fails(exit.connection, 'no route') };
    const cut = { findRun: async () => ({ runs: ['2'], found }), bringRun: fails(exit.connection, 'it was cut') };
    const anew = { findRun: async () => ({ runs: [] }) };
    expect(await journalOf(project({ 1: true, 2: true }, unreached))).toMatchObject({
      ...{ run: '2', from: 'record', why: "the server's host can't be asked: no route" },
    });
    expect(await journalOf(project({ 1: true }, unreached), '1')).toMatchObject({ run: '1' });
    expect(await journalOf(project({ 2: true }, cut))).toMatchObject({ run: '2', why: expect.stringContaining('cut') });
    expect(await journalOf(project({ 1: true }, anew))).toMatchObject({
      ...{ run: '1', why: "the server's host knows of no run" },
    });
    expect(await journalOf(project({ 1: true }, anew), '1')).toMatchObject({
      why: expect.stringContaining('no run 1'),
    });
  });

  it('of a demo’s run tells that its hosts are gone, or will be', async () => {
    const gone = project({ 1: true }, { findRun: fails(exit.connection, hostsGone) });
    expect(await journalOf(gone)).toMatchObject({ from: 'record', demo: 'gone' });
    const path = join(top, 'fetched.jsonl');
    const bringRun: World['bringRun'] = async () => [
      { name: 'events.jsonl', size: 0, path, sha256: '', outcome: 'changed' },
    ];
    const hosts = { findRun: async () => ({ runs: ['2'], found }), bringRun, state: fails(exit.remote, 'x') };
    const opened = project({}, hosts);
    mkdirSync(join(opened.directory, hostsFolder), { recursive: true });
    expect(await journalOf(opened)).not.toHaveProperty('demo');
    const server = { ...network.server, ssh: { ...network.server.ssh, host: hostAddress } };
    const demo = { ...opened, network: { ...network, name: networkName, server } };
    expect(await journalOf(demo)).toMatchObject({ from: 'host', demo: 'lives' });
  });

  it('is none where nothing was recorded: then the host’s reason is what is told', async () => {
    const unreached = { findRun: fails(exit.connection, 'no route') };
    // A proof alone is no run.
    for (const runs of [{}, { 1: false }])
      await expect(journalOf(project(runs, unreached))).rejects.toThrow('no route');
    await expect(journalOf(project({}, { findRun: async () => ({ runs: [] }) }))).rejects.toThrow(
      'no run was launched',
    );
    // Our own disk is no reason for an older word.
    const full = { findRun: async () => ({ runs: ['2'], found }), bringRun: fails(exit.local, 'the disk is full') };
    await expect(journalOf(project({ 2: true }, full))).rejects.toThrow('the disk is full');
  });

  it('is of a run with a number', () => {
    expect([runNumber(undefined), runNumber('12')]).toEqual([undefined, '12']);
    for (const word of ['', '0', '../1', '1/..', '１', '1e3']) expect(() => runNumber(word)).toThrow('is no run');
  });
});

describe('what is written where', () => {
  const wish = (format: string | undefined, output: string | undefined) =>
    wishOf({ ...call, io: { ...call.io, cwd: '/here' } }, { format, output });

  it.each([
    [undefined, undefined, 'html'],
    [undefined, 'x.csv', 'csv'],
    [undefined, 'x.JSON', 'json'],
    [undefined, 'x.htm', 'html'],
    [undefined, 'report', 'html'],
    ['html', 'x.htm', 'html'],
    ['csv', 'x.csv', 'csv'],
    ['csv', 'x.txt', 'csv'],
    ['json', '/dev/stdout', 'json'],
  ])('--format %s --output %s is %s', (format, output, made) => {
    expect(wish(format, output)).toMatchObject({ format: made });
  });

  it.each([
    [undefined, 'x.pdf', 'make the page (.html), and print it to PDF in a browser'],
    ['html', 'x.PDF', 'print it to PDF in a browser'],
    ['csv', 'x.xlsx', 'spreadsheets open --format csv'],
    ['csv', 'x.html', 'leave --format out, or let the file end in .csv'],
    ['html', 'x.json', 'let the file end in .html'],
  ])('--format %s --output %s is refused (2)', (format, output, hint) => {
    expect(() => wish(format, output)).toThrow(
      expect.objectContaining({
        failure: expect.objectContaining({ exitCode: exit.invalid, hint: expect.stringContaining(hint) }),
      }),
    );
  });
});

function reportOf(...events: readonly object[]): RunReport {
  const reader = new ReportReader();
  for (const each of [{ type: 'run-started', time, rounds: 3 }, ...events]) reader.add(each as Event);
  return reader.report('2');
}

describe('how a run stands', () => {
  const journal: RunJournal = { run: '2', path: '', record: '', from: 'host' };
  const served = (state: string, run?: string) => {
    const server = { process: { state }, ...(run ? { server: { run } } : {}) } as unknown as ProcessLook;
    return { ...journal, server };
  };
  const ended = (more: object) => reportOf({ type: 'run-finished', time, ...more });

  it.each([
    ['finished', ended({ outcome: 'changed' }), served('running', '2'), 'Run 2 is finished: 0 of 3 rounds.'],
    [
      'failed',
      ended({ outcome: 'failed', detail: 'no data' }),
      journal,
      'Run 2 failed (no data): 0 of 3 rounds had ended.',
    ],
    ['going on', reportOf(), served('running', '2'), 'Run 2 goes on: 0 of 3 rounds so far.'],
    ['going on', reportOf(), served('starting'), 'Run 2 goes on: 0 of 3 rounds so far.'],
    [
      'not running',
      reportOf(),
      served('stopped'),
      'and its server is stopped: 0 of 3 rounds. fl-wizard launch goes on',
    ],
    ['not running', reportOf(), served('none'), 'and its server does not run: 0 of 3'],
    [
      'not running',
      reportOf(),
      served('running', '3'),
      'the server trains run 3: 0 of 3 rounds. fl-wizard launch --resume 2',
    ],
    [
      'not running',
      reportOf(),
      { ...served('failed'), demo: 'lives' },
      '0 of 3 rounds. Nothing goes on with it once the demo has ended: fl-wizard demo trains another run.',
    ],
    [
      'going on',
      reportOf(),
      { ...served('running', '2'), demo: 'lives' },
      '0 of 3 rounds so far; it ends with the demo.',
    ],
    ['not known', reportOf(), { ...journal, demo: 'gone' }, '0 of 3 rounds. Nothing goes on with it once the demo'],
    ['not known', reportOf(), journal, 'last heard of (2026-11-20 09:41:00 UTC): 0 of 3 rounds.'],
  ] as const)('%s: %#', (word, report, from, text) => {
    const state = stateOf(from, report);
    expect(state.word).toBe(word);
    expect(state.text).toContain(text);
    expect(state.failed).toBe(word === 'failed' || word === 'not running');
  });

  it('says where it was read', () => {
    expect(sourceWords(journal, reportOf())).toBe("Read from the journal on the server's host.");
    expect(sourceWords({ ...journal, from: 'record', why: 'no route' }, reportOf())).toBe(
      'Read from our own record (.fl-wizard/runs), up to 2026-11-20 09:41:00 (UTC), since no route.',
    );
  });
});
