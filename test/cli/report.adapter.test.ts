/** `report` from the command line, where the hosts are gone: from our own record of the run. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeJournal } from '../helpers/journals.ts';
import { root, wizard } from '../helpers/wizard.ts';

const top = mkdtempSync(join(tmpdir(), 'flw-report-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));
beforeAll(() => void execFileSync(process.execPath, [join(root, 'scripts', 'build.js')], { stdio: 'pipe' }));

// Nobody listens on these ports, and no privileges are needed to be refused there.
const file = `version: 1
name: xray
server:
  address: fl.example.org
  ssh: {host: 127.0.0.1, port: 1}
clients:
  - {name: hospital-1, ssh: {host: 127.0.0.1, port: 2}}
`;
let number = 0;
/** A project whose hosts are gone, and the folder of our own record of its run 1. */
function project(): { path: string; record: string } {
  const path = join(top, String(++number));
  const record = join(path, '.fl-wizard', 'runs', '1');
  mkdirSync(record, { recursive: true });
  writeFileSync(join(path, 'fl-network.yaml'), file);
  return { path, record: join(record, 'events.jsonl') };
}
const report = (path: string, words: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  wizard(['report', ...words, '-C', path], { env });

describe('report', () => {
  it('makes a page of our own record where the hosts are gone, says so, and ends with 0', async () => {
    const { path, record } = project();
    await writeJournal(record, { rounds: 4, clients: 2, failsEvery: 3 });
    const made = await report(path);
    expect([made.code, made.stdout]).toEqual([0, '']);
    expect(made.stderr).toMatch(/^Run 1 is finished: 4 of 4 rounds\.$/m);
    expect(made.stderr).toMatch(/^Read from our own record .*since the server's host can't be asked: refused/m);
    const page = join(path, 'runs', '1', 'report.html');
    expect(made.stderr).toContain(page);
    const text = readFileSync(page, 'utf8');
    expect(text).toContain('<h1>Run 1 of xray</h1>');
    expect(text).toContain('since the server&#39;s host can&#39;t be asked');
    // The certificates were never made: that is told, and is no reason for no page.
    expect(text).toContain('none here');
    expect((statSync(page).mode & 0o777).toString(8)).toBe('600');
    expect((statSync(join(path, 'runs', '1')).mode & 0o777).toString(8)).toBe('700');
    expect(readdirSync(join(path, 'runs', '1'))).toEqual(['report.html']);
  });

  it('prints CSV and JSON for other programs, and writes them where --output says', async () => {
    const { path, record } = project();
    await writeJournal(record, { rounds: 3, clients: 2, failsEvery: 3 });
    const csv = await report(path, ['--format', 'csv']);
    const lines = csv.stdout.trimEnd().split('\n');
    expect(lines[0]).toBe(
      'round,loss,seconds,fit_ok,fit_failed,evaluate_ok,evaluate_failed,bytes,not_finite,accuracy,train_loss',
    );
    expect(lines.slice(1).map((line) => line.split(',')[0])).toEqual(['1', '2', '3']);
    const json = await report(path, ['1', '--format', 'json', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      ...{ run: '1', network: 'xray', state: 'finished', from: 'record', finished: true, rounds: 3 },
      ...{
        totals: { rounds: 3, failedCalls: 1 },
        best: { by: 'loss' },
        notFinite: [],
        members: [{ name: 'server' }, {}],
      },
      failures: [{ client: 'hospital-2', phase: 'fit', reason: 'MemoryError: out of memory', count: 1, first: 3 }],
      results: [{ round: 1, clients: { length: 4 } }, {}, {}],
    });
    expect(json.stderr).toBe('');
    const to = join(path, 'rounds.csv');
    const told = await report(path, ['--output', to, '--json']);
    expect(JSON.parse(told.stdout)).toMatchObject({ run: '1', format: 'csv', output: to, from: 'record', done: 3 });
    expect(readFileSync(to, 'utf8')).toBe(csv.stdout);
    expect(existsSync(join(path, 'runs'))).toBe(false);
  });

  it('of a run that was killed tells what there is; a line that was cut is passed over', async () => {
    const { path, record } = project();
    await writeJournal(record, { rounds: 4, clients: 2 });
    const lines = readFileSync(record, 'utf8').split('\n');
    // Two monitors wrote it, and were killed.
    const half = lines.slice(0, 22);
    writeFileSync(record, [...half, ...half.slice(5), lines[22]?.slice(0, 40)].join('\n'));
    const made = await report(path);
    expect([made.code, made.stderr]).toEqual([
      0,
      expect.stringContaining('Run 1 had not ended when it was last heard of'),
    ]);
    const json = JSON.parse((await report(path, ['--format', 'json'])).stdout) as {
      results: unknown[];
      clients: object[];
    };
    expect(json.results).toHaveLength(2);
    expect(json.clients[0]).toMatchObject({ client: 'hospital-1', fits: 2, evaluations: 2 });
    expect(json).toMatchObject({ state: 'not known' });
  });

  it('reads a journal of a hundred thousand events in bounded memory', async () => {
    const { path, record } = project();
    const count = await writeJournal(record, { rounds: 2000, clients: 12, failsEvery: 7 });
    expect(count).toBeGreaterThan(90_000);
    // With all that its clients brought it would need more: as JSON it ends for want of memory.
    const made = await report(path, [], { NODE_OPTIONS: '--max-old-space-size=32' });
    expect(made.code, made.stderr).toBe(0);
    expect(statSync(join(path, 'runs', '1', 'report.html')).size).toBeLessThan(200_000);
  });

  it('does nothing in a dry run', async () => {
    const { path, record } = project();
    await writeJournal(record, { rounds: 1, clients: 1 });
    const { code, stderr } = await report(path, ['--dry-run']);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/Would write .*report\.html/)]);
    expect(existsSync(join(path, 'runs'))).toBe(false);
  });

  it('refuses what it can’t do, before any host is asked where that can be known', async () => {
    const { path, record } = project();
    expect(await report(path)).toMatchObject({ code: 4, stderr: expect.stringContaining('refused') });
    expect(await report(path, ['../../etc'])).toMatchObject({ code: 2, stderr: expect.stringContaining('is no run') });
    const both = await report(path, ['--json', '--format', 'csv']);
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('--output') });
    expect(JSON.parse(both.stdout)).toMatchObject({ type: 'session-finished', exitCode: 2 });
    expect(await report(path, ['--format', 'pdf'])).toMatchObject({ code: 2 });
    const pdf = await report(path, ['--output', join(path, 'x.pdf')]);
    expect(pdf).toMatchObject({ code: 2, stderr: expect.stringContaining('print it to PDF in a browser') });
    expect(existsSync(join(path, 'x.pdf'))).toBe(false);
    // A host that was asked would have ended it with 4: there is no record yet.
    const nowhere = join(path, 'none', 'report.html');
    expect(await report(path, ['--output', nowhere])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('mkdir -p'),
    });
    expect(await report(path, ['--output', path])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('a folder'),
    });
    symlinkSync(join(top, 'elsewhere'), join(path, 'link.html'));
    const link = await report(path, ['--output', join(path, 'link.html')]);
    expect(link).toMatchObject({ code: 3, stderr: expect.stringContaining('it is a link') });
    await writeJournal(record, { rounds: 1, clients: 1 });
    expect(await report(path, ['2'])).toMatchObject({ code: 4 });
  });

  it('refuses a place where nothing can be written, also to root', async () => {
    const { path } = project();
    const file = join(path, 'no-folder');
    writeFileSync(file, '');
    expect(await report(path, ['--output', join(file, 'a.html')])).toMatchObject({ code: 3 });
  });
});
