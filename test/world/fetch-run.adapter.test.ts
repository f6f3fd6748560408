/** A run as the real agent finds and sends it, and as it lands here; the host is a folder of this machine. */
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseRound, weightsName } from '../../source/flower/run-folder.ts';
import type { Member } from '../../source/network/network.ts';
import { bringRun, findRun } from '../../source/world/fetch-run.ts';
import { partOf } from '../../source/world/landing.ts';
import { network } from '../plan/fakes.ts';
import { scratch } from './child.ts';
import { remoteAt } from './here.ts';

const top = scratch();
const server: Member = { ...network.server, remote: { ...network.server.remote, home: '~/n' } };
const never = new AbortController().signal;
const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
const event = (sequence: number, type: string, more: object) =>
  `${JSON.stringify({ time: '2026-11-20T09:41:00Z', sequence, type, ...more })}\n`;
const tally = { fit: { ok: 2, failed: 0 }, evaluate: { ok: 2, failed: 0 } };

let number = 0;
function host() {
  const home = join(top, String(++number));
  const [run, folder] = [join(home, 'n', 'runs', '3'), join(home, 'project', 'runs', '3')];
  mkdirSync(run, { recursive: true });
  mkdirSync(join(home, 'n', 'runs', '2'));
  mkdirSync(join(home, 'project'));
  const weights = randomBytes(3_000_000);
  const journal = [
    event(1, 'run-started', { run: '3', rounds: 2 }),
    ...[1, 2].map((round) =>
      event(round + 1, 'round-finished', { round, rounds: 2, seconds: 1, metrics: {}, loss: round, ...tally }),
    ),
  ].join('');
  // The last line is just being written.
  writeFileSync(join(run, 'events.jsonl'), `${journal}{"type":"round-fin`);
  writeFileSync(join(run, 'run.json'), '{"rounds": 2}\n');
  for (const round of [1, 2]) writeFileSync(join(run, weightsName(round)), round === 2 ? weights : 'one');
  // Nothing of a user's script, no link and no other name is taken along.
  writeFileSync(join(run, 'round-2-weights.npz.tmp'), 'half');
  writeFileSync(join(run, 'notes'), 'mine');
  symlinkSync('/etc/passwd', join(run, 'round-9-weights.npz'));
  const remote = remoteAt(home);
  const find = (wanted?: string) => findRun(remote, server, wanted, never);
  const bring = async (options: { dryRun?: boolean; signal?: AbortSignal; onLine?: (line: string) => void } = {}) => {
    const { found } = await find('3');
    if (!found) throw new Error('no run 3');
    const chosen = chooseRound(found, 'last');
    const file = found.files.find(({ name }) => name === weightsName(chosen?.round ?? 0));
    return bringRun(remote, server, found, file, {
      ...{ folder, dryRun: options.dryRun ?? false, metrics: true, often: true, signal: options.signal ?? never },
      line: options.onLine ?? (() => undefined),
    });
  };
  return { home, run, folder, weights, journal, find, bring };
}

const outcomes = (files: Awaited<ReturnType<ReturnType<typeof host>['bring']>>) =>
  files.map(({ name, outcome, resumedAt }) => [name, outcome, ...(resumedAt === undefined ? [] : [resumedAt])]);

describe('a run on the server’s host', () => {
  it('is the newest, or the one that is named, with the files that are ours', async () => {
    const { find } = host();
    expect((await find()).found).toMatchObject({
      run: '3',
      rounds: 2,
      finished: false,
      ended: [
        { round: 1, loss: 1, evaluated: 2 },
        { round: 2, loss: 2, evaluated: 2 },
      ],
      files: [
        { name: 'events.jsonl' },
        { name: 'round-1-weights.npz', size: 3 },
        { name: 'round-2-weights.npz', size: 3_000_000 },
        { name: 'run.json' },
      ],
    });
    expect(await find('9')).toEqual({ runs: ['2', '3'] });
    expect(await find('../3')).toEqual({ runs: ['2', '3'] });
  });

  it('comes here whole, for its owner alone, with tables of its metrics; the second time nothing moves', async () => {
    const { folder, weights, journal, bring } = host();
    expect(outcomes(await bring({ dryRun: true })).map(([, outcome]) => outcome)).toEqual(Array(3).fill('changed'));
    expect(existsSync(folder)).toBe(false);
    const first = await bring();
    expect(first.map(({ name }) => name)).toEqual([
      ...['events.jsonl', 'run.json', 'metrics.json', 'metrics.csv', 'clients.csv', 'round-2-weights.npz'],
    ]);
    expect(first.map(({ isNew }) => isNew)).toEqual(Array(6).fill(true));
    expect(readdirSync(folder).sort()).toEqual(first.map(({ name }) => name).sort());
    expect(sha256(readFileSync(join(folder, 'round-2-weights.npz')))).toBe(sha256(weights));
    // Whole lines only.
    expect(readFileSync(join(folder, 'events.jsonl'), 'utf8')).toBe(journal);
    expect(readFileSync(join(folder, 'metrics.csv'), 'utf8')).toMatch(/^round,loss.*\n1,1,.*\n2,2,.*\n$/);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(outcomes(await bring()).map(([, outcome]) => outcome)).toEqual(Array(6).fill('unchanged'));
  });

  it('goes on where a copy was cut; what is no beginning of it is not gone on with', async () => {
    const { folder, weights, bring } = host();
    const path = join(folder, 'round-2-weights.npz');
    mkdirSync(folder, { recursive: true });
    writeFileSync(partOf(path), weights.subarray(0, 1_000_000));
    expect(outcomes(await bring()).at(-1)).toEqual(['round-2-weights.npz', 'changed', 1_000_000]);
    expect(sha256(readFileSync(path))).toBe(sha256(weights));
    // Damaged here: fetched anew. And half of something else is thrown away.
    truncateSync(path, 2_000_000);
    writeFileSync(partOf(path), randomBytes(500_000));
    const mended = await bring();
    expect(outcomes(mended).at(-1)).toEqual(['round-2-weights.npz', 'changed']);
    // It was there, and is another one now.
    expect(mended.at(-1)).not.toHaveProperty('isNew');
    expect(sha256(readFileSync(path))).toBe(sha256(weights));
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('is not written through a link, nor over another run’s files (3, 2)', async () => {
    const { home, folder, bring } = host();
    mkdirSync(folder, { recursive: true });
    const victim = join(home, 'victim');
    writeFileSync(victim, 'dear');
    symlinkSync(victim, join(folder, 'round-2-weights.npz'));
    await expect(bring()).rejects.toMatchObject({ failure: { exitCode: 3 } });
    expect(readFileSync(victim, 'utf8')).toBe('dear');
    const other = host();
    mkdirSync(other.folder, { recursive: true });
    writeFileSync(join(other.folder, 'metrics.csv'), 'of another run');
    await expect(other.bring()).rejects.toMatchObject({
      failure: { exitCode: 2, hint: expect.stringContaining('--output') },
    });
    expect(readdirSync(other.folder)).toEqual(['metrics.csv']);
  });

  it('that is interrupted keeps what came', async () => {
    const { folder, bring } = host();
    const enough = new AbortController();
    const stopped = bring({
      signal: enough.signal,
      onLine: (line) => line.startsWith('fetching 1 file') && enough.abort(),
    });
    await expect(stopped).rejects.toThrow();
    expect(readdirSync(folder)).toContain('metrics.csv');
    expect(existsSync(join(folder, 'round-2-weights.npz'))).toBe(false);
    expect(
      outcomes(await bring())
        .at(-1)
        ?.slice(0, 2),
    ).toEqual(['round-2-weights.npz', 'changed']);
  });
});
