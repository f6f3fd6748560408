/** What may go wrong while a run is fetched: hosts that lie, copies that are cut or damaged, what is in the way here. */
import { createHash, randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Duplex, PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { chooseRound, type RunFolder, weightsName } from '../../source/flower/run-folder.ts';
import { exit } from '../../source/plan/failure.ts';
import { bytes } from '../../source/plan/size.ts';
import type { BringOptions } from '../../source/plan/world.ts';
import { Agent, type CallOptions, type Receiving, type Request, type Runner } from '../../source/world/agent.ts';
import { bringRun, findRun } from '../../source/world/fetch-run.ts';
import { partOf } from '../../source/world/landing.ts';
import type { Remote } from '../../source/world/remote.ts';
import { watchHeld } from '../helpers/held.ts';
import { root } from '../helpers/wizard.ts';
import { network } from '../plan/fakes.ts';
import { isRoot, scratch, shell } from './child.ts';
import { runner } from './runner.ts';

const top = scratch();
const agent = new Agent(join(root, 'templates', 'host'));
const { server } = network;
const host = { name: 'server', python: 'python3' };
const going = new AbortController().signal;
let number = 0;
const folder = () => {
  const path = join(top, String(++number));
  mkdirSync(path, { mode: 0o700 });
  return path;
};
const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
const mode = (path: string) => (lstatSync(path).mode & 0o7777).toString(8);

type Wanted = { readonly rounds?: number; readonly size?: number; readonly finished?: boolean; readonly time?: string };

/** What the runtime leaves: journal, configuration, and weights of each round. */
function makeRun(
  home: string,
  run: string,
  { rounds = 2, size = 3000, finished = true, time = 'a' }: Wanted = {},
): string {
  const path = join(home, server.remote.home.replace('~/', ''), 'runs', run);
  mkdirSync(path, { recursive: true });
  const events: object[] = [{ type: 'run-started', rounds: 5, strategy: 'FedAvg' }];
  for (let round = 1; round <= rounds; round++) {
    const done = { samples: 10, seconds: 0.5, loss: null, metrics: { accuracy: null } };
    events.push(
      { type: 'client-changed', client: 'client1', state: 'training', round },
      { type: 'client-changed', client: 'client1', state: 'idle', round, ...done },
      {
        ...{
          type: 'round-finished',
          round,
          rounds: 5,
          seconds: 1,
          loss: Math.abs(round - 2) + 0.5,
          metrics: { f1: round },
        },
        ...{ fit: { ok: 1, failed: 0 }, evaluate: { ok: 1, failed: 0 }, weights: weightsName(round) },
      },
    );
    writeFileSync(join(path, weightsName(round)), randomBytes(size));
  }
  if (finished) events.push({ type: 'run-finished', outcome: 'changed' });
  const lines = events.map((event, at) => `${JSON.stringify({ sequence: at + 1, run, time, ...event })}\n`);
  writeFileSync(join(path, 'events.jsonl'), lines.join(''));
  writeFileSync(join(path, 'run.json'), JSON.stringify({ run, strategy: 'FedAvg' }));
  return path;
}

/** Brings runs from a home; what is asked of the host and what is told is noted. */
function pulling(home: string, over: Runner = runner(home)) {
  const lines: string[] = [];
  const requests: Request[] = [];
  const remote = {
    call(_: unknown, request: Request, doing: string, more: CallOptions = {}) {
      requests.push(request);
      return agent.call(over, host, request, doing, more);
    },
    receive(_: unknown, request: Request, doing: string, receiving: Receiving) {
      requests.push(request);
      return agent.receive(over, host, request, doing, receiving);
    },
  } as unknown as Remote;
  const find = (run?: string) => findRun(remote, server, run, going);
  const found = async (run?: string): Promise<RunFolder> => {
    const { found: one } = await find(run);
    if (!one) throw new Error('no such run');
    return one;
  };
  const options = (to: string): BringOptions => ({
    ...{ folder: to, dryRun: false, metrics: true, often: false, signal: going },
    line: (text) => void lines.push(text),
  });
  const bring = async (to: string, more: Partial<BringOptions> = {}, wish: 'last' | number = 'last') => {
    const run = await found();
    const weights = run.files.find(({ name }) => name === weightsName(chooseRound(run, wish)?.round ?? 0));
    return bringRun(remote, server, run, weights, { ...options(to), ...more });
  };
  const sent = () =>
    requests.flatMap(({ verb, files }) => (verb === 'send-files' ? (files as { name: string; offset: number }[]) : []));
  return { lines, requests, find, found, bring, sent };
}

/** A host that cuts what it sends after so many bytes, and may change some. */
function worse(home: string, left: number, change = (chunk: Buffer) => chunk): Runner {
  const inner = runner(home);
  return {
    run: inner.run,
    async open(words) {
      const stream = await inner.open(words);
      // Only what comes behind the first answer is the files.
      let answered = 0;
      async function* cut() {
        for await (const chunk of stream as AsyncIterable<Buffer>) {
          const line = answered++ === 0 ? chunk.indexOf(10) + 1 : 0;
          const body = change(chunk.subarray(line, line + left));
          left -= body.length;
          yield Buffer.concat([chunk.subarray(0, line), body]);
          if (left === 0) return;
        }
      }
      // As in runner.ts: what the other side wrote is read also when it takes nothing any more.
      const input = new PassThrough();
      input.pipe(stream);
      const readable = Duplex.from({ readable: Duplex.from(cut()), writable: input }).on('error', () => undefined);
      readable.on('close', () => stream.destroy());
      return Object.assign(readable, { stderr: stream.stderr });
    },
  };
}

/** Agents that answer in lines are left alone: only those that send files are made worse. */
function worseFiles(home: string, left: number, change?: (chunk: Buffer) => Buffer): Runner {
  const [good, bad] = [runner(home), worse(home, left, change)];
  let opened = 0;
  // The first agent answers questions, those after it send.
  return { run: good.run, open: (words) => (opened++ === 0 ? good.open(words) : bad.open(words)) };
}

describe('the runs on the server’s host', () => {
  it('with numbers that JSON has not, or that are none, are read all the same', async () => {
    const home = folder();
    const path = makeRun(home, '1', { rounds: 0, finished: false });
    const losses = ['NaN', '-Infinity', `1${'0'.repeat(400)}`, 'true', '"x"', '0.5'];
    for (const [at, loss] of losses.entries())
      appendFileSync(join(path, 'events.jsonl'), `{"type":"round-finished","round":${at + 1},"loss":${loss}}\n`);
    appendFileSync(join(path, 'events.jsonl'), '"round-finished"\n{"type":"round-finished","round":"7"}\n\xff{\n');
    const metrics = ['{"ACC":0.75,"f1":2}', '{"accuracy":null}', '{"accuracy":"1"}', '[1]', 'null'];
    for (const [at, each] of metrics.entries())
      appendFileSync(join(path, 'events.jsonl'), `{"type":"round-finished","round":${at + 7},"metrics":${each}}\n`);
    const { ended } = await pulling(home).found();
    const bare = (...rounds: readonly number[]) => rounds.map((round) => ({ round }));
    expect(ended).toEqual([
      ...bare(1, 2, 3, 4, 5),
      { round: 6, loss: 0.5 },
      { round: 7, accuracy: 0.75 },
      ...bare(8, 9, 10, 11),
    ]);
  });
});

describe('a host that is not what it says', () => {
  const answering = (answer: unknown) => findRun({ call: async () => answer } as unknown as Remote, server, '1', going);
  const found = {
    ...{ run: '1', folder: '/r', rounds: 1, finished: true, first: 'a'.repeat(64) },
    ended: [],
    files: [],
  };
  it.each([
    ['a run that is a path', { runs: ['../1'], found: null }],
    ['a file above', { runs: ['1'], found: { ...found, files: [{ name: '../../x', size: 1 }] } }],
    ['a file of another name', { runs: ['1'], found: { ...found, files: [{ name: 'fl-network.yaml', size: 1 }] } }],
    ['a size below nothing', { runs: ['1'], found: { ...found, files: [{ name: 'run.json', size: -1 }] } }],
    ['a size that is none', { runs: ['1'], found: { ...found, files: [{ name: 'run.json', size: 1e300 }] } }],
    ['a loss that is a text', { runs: ['1'], found: { ...found, ended: [{ round: 1, loss: '0' }] } }],
    ['a digest that is none', { runs: ['1'], found: { ...found, first: '..' } }],
    ['nothing', null],
  ])('is not believed: %s (5)', async (_, answer) => {
    await expect(answering(answer)).rejects.toMatchObject({ failure: { exitCode: exit.remote } });
  });
  it('is believed where all is as it should be', async () => {
    expect(await answering({ runs: ['1'], found })).toEqual({ runs: ['1'], found });
  });
  it('is not asked to send a path, and does not send one', async () => {
    const path = makeRun(folder(), '1');
    const home = join(path, '..', '..', '..', '..');
    const ask = (run: string, name: string) =>
      agent.call(
        runner(home),
        host,
        { verb: 'run-digests', home: server.remote.home, run, files: [{ name, size: 1, begun: 0 }] },
        'Trying',
      );
    for (const [run, name] of [
      ['1', '../1/run.json'],
      ['../runs/1', 'run.json'],
      ['1', '/etc/passwd'],
    ] as const)
      await expect(ask(run, name)).rejects.toMatchObject({
        failure: { why: expect.stringContaining('no file of a run') },
      });
    rmSync(join(path, 'run.json'));
    symlinkSync('/etc/passwd', join(path, 'run.json'));
    await expect(ask('1', 'run.json')).rejects.toMatchObject({ failure: { exitCode: exit.remote } });
  });
});

describe('a run', () => {
  it('that went on meanwhile brings what is new, another round’s weights beside the first', async () => {
    const home = folder();
    makeRun(home, '1', { rounds: 1, finished: false });
    const to = folder();
    const { bring, sent } = pulling(home);
    await bring(to);
    const weights = readFileSync(join(to, 'round-1-weights.npz'));
    makeRun(home, '1', { rounds: 3 });
    const brought = await bring(to);
    expect(brought.filter(({ outcome }) => outcome === 'unchanged').map(({ name }) => name)).toEqual(['run.json']);
    expect(
      sent()
        .slice(-2)
        .map(({ name }) => name),
    ).toEqual(['events.jsonl', 'round-3-weights.npz']);
    expect(readFileSync(join(to, 'round-1-weights.npz')).equals(weights)).toBe(true);
    expect(readFileSync(join(to, 'metrics.csv'), 'utf8').split('\n')).toHaveLength(5);
  });

  it('without a round that has ended brings what there is', async () => {
    const home = folder();
    makeRun(home, '1', { rounds: 0, finished: false });
    const to = folder();
    const brought = await pulling(home).bring(to);
    expect(brought.map(({ name }) => name)).toEqual([
      ...['events.jsonl', 'run.json', 'metrics.json', 'metrics.csv', 'clients.csv'],
    ]);
  });

  it('is put into a folder of somebody’s without changing who may look into it', async () => {
    const home = folder();
    makeRun(home, '1');
    const to = folder();
    chmodSync(to, 0o755);
    await pulling(home).bring(to);
    expect([mode(to), mode(join(to, 'round-2-weights.npz'))]).toEqual(['755', '600']);
  });

  it('of another beginning replaces none of its number (2)', async () => {
    const home = folder();
    makeRun(home, '1');
    const to = folder();
    await pulling(home).bring(to);
    const before = readdirSync(to).map((name) => sha256(readFileSync(join(to, name))));
    const another = folder();
    makeRun(another, '1', { time: 'b' });
    await expect(pulling(another).bring(to)).rejects.toMatchObject({
      failure: {
        exitCode: exit.invalid,
        why: expect.stringContaining('events.jsonl is there'),
        hint: expect.any(String),
      },
    });
    expect(readdirSync(to).map((name) => sha256(readFileSync(join(to, name))))).toEqual(before);
  });

  it('replaces no weights of somebody else’s (2)', async () => {
    const name = 'round-2-weights.npz';
    const home = folder();
    makeRun(home, '1');
    const to = folder();
    writeFileSync(join(to, name), 'mine');
    await expect(pulling(home).bring(to)).rejects.toMatchObject({ failure: { exitCode: exit.invalid } });
    expect(readdirSync(to)).toEqual([name]);
    expect(readFileSync(join(to, name), 'utf8')).toBe('mine');
  });
});

describe('weights', () => {
  const large = 5_000_000;
  const weights = 'round-2-weights.npz';

  /** A run that is here but for its weights. */
  async function small(size = large) {
    const home = folder();
    const there = makeRun(home, '1', { size });
    const to = folder();
    await pulling(home).bring(to);
    rmSync(join(to, weights));
    return { home, to, theirs: join(there, weights), part: partOf(join(to, weights)) };
  }

  it('that were cut go on from what is here', async () => {
    const { home, to, theirs, part } = await small();
    const cut = pulling(home, worseFiles(home, 2_000_000)).bring(to);
    await expect(cut).rejects.toMatchObject({
      failure: { exitCode: exit.remote, host: 'server', hint: 'run it again: it goes on where this one ended' },
    });
    const { size } = lstatSync(part);
    expect([existsSync(join(to, weights)), size > 0 && size <= 2_000_000, mode(part)]).toEqual([false, true, '600']);
    const { bring, sent, lines } = pulling(home);
    const brought = await bring(to);
    expect(brought.at(-1)).toMatchObject({ name: weights, outcome: 'changed', resumedAt: size });
    expect(sent()).toMatchObject([{ name: weights, offset: size }]);
    expect(lines[0]).toBe(`fetching 1 file, ${bytes(large - size)}, ${weights} from ${bytes(size)} on`);
    expect(readFileSync(join(to, weights)).equals(readFileSync(theirs))).toBe(true);
    expect(existsSync(part)).toBe(false);
  });

  it('of which more is here than there are are cut, where they begin so', async () => {
    const { home, to, theirs, part } = await small();
    writeFileSync(part, Buffer.concat([readFileSync(theirs), randomBytes(100)]));
    const { bring, sent } = pulling(home);
    await bring(to);
    expect(sent().at(-1)?.offset ?? large).toBe(large);
    expect(readFileSync(join(to, weights)).equals(readFileSync(theirs))).toBe(true);
  });

  it('that came whole and were not put in their place are, and nothing is sent', async () => {
    const { home, to, theirs, part } = await small();
    writeFileSync(part, readFileSync(theirs));
    const { bring, requests } = pulling(home);
    await bring(to);
    expect(requests.map(({ verb }) => verb)).not.toContain('send-files');
    expect([existsSync(part), readFileSync(join(to, weights)).equals(readFileSync(theirs))]).toEqual([false, true]);
  });

  it('that are damaged on the way are thrown away (5), and come whole the next time', async () => {
    const { home, to, theirs, part } = await small();
    let turned = false;
    const turn = (chunk: Buffer) => {
      const damaged = Buffer.from(chunk);
      if (!turned && damaged.length > 0) damaged.writeUInt8(damaged.readUInt8(0) ^ 1, 0);
      turned ||= damaged.length > 0;
      return damaged;
    };
    const bring = pulling(home, worseFiles(home, Number.POSITIVE_INFINITY, turn)).bring(to);
    await expect(bring).rejects.toMatchObject({
      failure: { exitCode: exit.remote, why: expect.stringContaining(`${weights} arrived damaged`) },
    });
    expect([existsSync(join(to, weights)), existsSync(part)]).toEqual([false, false]);
    await pulling(home).bring(to);
    expect(readFileSync(join(to, weights)).equals(readFileSync(theirs))).toBe(true);
  });

  it('that become shorter there while they are sent end it (5)', async () => {
    const { home, to, theirs } = await small();
    const inner = runner(home);
    let opened = 0;
    const over: Runner = {
      run: inner.run,
      open(words) {
        if (opened++ > 0) truncateSync(theirs, 1000);
        return inner.open(words);
      },
    };
    await expect(pulling(home, over).bring(to)).rejects.toMatchObject({ failure: { exitCode: exit.remote } });
    expect(existsSync(join(to, weights))).toBe(false);
  });

  it.each(['its place', 'its beginning'])('are written through no link in %s (3)', async (where) => {
    const { home, to, part } = await small();
    const victim = join(folder(), 'victim');
    writeFileSync(victim, 'untouched');
    const link = where === 'its place' ? join(to, weights) : part;
    symlinkSync(victim, link);
    await expect(pulling(home).bring(to)).rejects.toMatchObject({
      failure: { exitCode: exit.local, why: expect.stringContaining('it is a link') },
    });
    expect(readFileSync(victim, 'utf8')).toBe('untouched');
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
  });

  it('wait for no pipe in their place (3)', async () => {
    const { home, to } = await small();
    shell('mkfifo "$1"', join(to, weights));
    await expect(pulling(home).bring(to)).rejects.toMatchObject({ failure: { exitCode: exit.local } });
  });

  it('of 300 MB are never held: they are read as fast as they are written', async () => {
    const { home, to, theirs } = await small(300_000_000);
    const size = lstatSync(theirs).size;
    const held = watchHeld();
    const { bring, lines } = pulling(home);
    const brought = await bring(to);
    const most = held.end();
    expect(lines[0]).toBe('comparing 300 MB on server');
    expect(brought.at(-1)).toMatchObject({ size, outcome: 'changed' });
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(40_000_000);
    for (const path of [home, to]) rmSync(path, { recursive: true });
  });
});

describe.skipIf(!isRoot)('a full disk', () => {
  const disks: string[] = [];
  afterEach(() => {
    for (const disk of disks.splice(0)) shell('umount "$1"', disk);
  });

  it('is named with the file (3), and keeps nothing half', async () => {
    const disk = folder();
    const mounted = shell('mount -t tmpfs -o size=2m,mode=700 tmpfs "$1"', disk);
    if (mounted.code !== 0) throw new Error(mounted.text);
    disks.push(disk);
    const home = folder();
    makeRun(home, '1', { size: 5_000_000 });
    const to = join(disk, 'runs', '1');
    await expect(pulling(home).bring(to)).rejects.toMatchObject({
      failure: {
        exitCode: exit.local,
        doing: `Writing ${join(to, 'round-2-weights.npz')}`,
        why: expect.stringContaining('the disk is full'),
      },
    });
    expect(readdirSync(to).sort()).toEqual([
      ...['clients.csv', 'events.jsonl', 'metrics.csv', 'metrics.json', 'run.json'],
    ]);
  });
});
