/** Our own record while a run is watched: few writings, nothing lost but by a kill, and then told again. */
import { mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Event, ServerEvent } from '../../source/plan/event.ts';
import { exit, UserError } from '../../source/plan/failure.ts';
import type { World } from '../../source/plan/world.ts';
import { monitorStep } from '../../source/steps/monitor.ts';
import { Recorder } from '../../source/steps/recorder.ts';
import { journalIn } from '../../source/world/journal.ts';
import { answers, fakeWorld } from '../plan/fakes.ts';
import { found, hostFacts } from './facts.ts';

const top = mkdtempSync(join(tmpdir(), 'flw-recorder-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

const time = '2026-11-20T09:41:00.000Z';
const notice = (sequence: number): ServerEvent & Event => ({ type: 'notice', text: 'x', sequence, run: '1', time });
const notices = (count: number) => Array.from({ length: count }, (_, at) => notice(at + 1));
function open<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((given) => {
    resolve = given;
  });
  return { promise, resolve };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('events that are recorded', () => {
  it('by the ten thousand are written a few times, all of them and in order', async () => {
    const writings: (readonly Event[])[] = [];
    const recorder = new Recorder({ append: async (_run, events) => void writings.push(events) }, '1');
    for (const event of notices(10_000)) await recorder.add(event);
    await recorder.flush();
    expect(writings.flat()).toEqual(notices(10_000));
    expect(writings.length).toBeLessThan(10);
  });

  it('are written at once where none came for a while, and together where they come together', async () => {
    const { promise, resolve } = open<readonly Event[]>();
    const recorder = new Recorder({ append: async (_run, events) => resolve(events) }, '1');
    await Promise.all(notices(3).map((event) => recorder.add(event)));
    expect(await promise).toEqual(notices(3));
    await recorder.flush();
  });

  it('wait for a disk that takes its time', async () => {
    const { promise: released, resolve: release } = open<void>();
    const written: Event[] = [];
    const append = async (_run: string, events: readonly Event[]) => {
      await released;
      written.push(...events);
    };
    const recorder = new Recorder({ append }, '1');
    let added = 0;
    const adding = (async () => {
      for (const event of notices(20_000)) {
        await recorder.add(event);
        added += 1;
        if (added % 100 === 0) await turn();
      }
    })();
    for (let before = -1; before !== added; await turn()) before = added;
    expect(added).toBeGreaterThan(0);
    expect(added).toBeLessThan(12_000);
    release();
    await adding;
    await recorder.flush();
    expect(written).toHaveLength(20_000);
  });

  it('that can’t be written end it, with the reason', async () => {
    const full = new UserError({ exitCode: exit.local, doing: 'Writing', why: 'the disk is full' });
    const append = async () => {
      throw full;
    };
    const recorder = new Recorder({ append }, '1');
    await recorder.add(notice(1));
    await expect(recorder.flush()).rejects.toBe(full);
    expect(() => recorder.add(notice(2))).toThrow(full);
  });
});

const count = 400;
const told: readonly ServerEvent[] = [
  { type: 'run-started', rounds: 3, sequence: 1, run: '1', time } as ServerEvent,
  ...notices(count - 1).slice(1),
  { type: 'run-finished', outcome: 'changed', sequence: count, run: '1', time } as ServerEvent,
];

/** A server that tells what follows what it is asked for, and knows that the run goes on. */
function worldWith(journal: World['journal'], finished = false): World {
  const run = { run: '1', rounds: 3, done: 0, finished, last: 0, started: time };
  const server = { phase: 'fit', port: 9092, monitorPort: 1, run: '1' };
  const process = { state: 'running' } as const;
  return fakeWorld([], {
    attended: true,
    look: async () => found({ server: { ...hostFacts('server', { process, runs: [run] }), server } }),
    list: async () => [],
    read: async () => undefined,
    state: async () => ({ process, server }),
    pause: async () => undefined,
    async *watch(_network, _run, after) {
      for (const event of told.slice(after)) {
        yield [event];
        if ((event.sequence ?? 0) % 50 === 0) await turn();
      }
    },
    journal,
  });
}

async function watching(world: World): Promise<AsyncGenerator<number>> {
  const facts = await monitorStep.observe(answers, world);
  return (async function* () {
    for await (const evidence of monitorStep.verify(answers, facts, world, new AbortController().signal))
      if ('events' in evidence) for (const { sequence } of evidence.events) if (sequence !== undefined) yield sequence;
  })();
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const value of values) seen.push(value);
  return seen;
}

const sequenceOf = (event: Event) => ('sequence' in event ? event.sequence : undefined);
const everyOne = Array.from({ length: count }, (_, at) => at + 1);

describe('a monitor that was killed', () => {
  it.each([0, 1, 77, 200, 1000, 5000])(
    'is told again what it lost, and nothing twice: cut by %i bytes',
    async (cut) => {
      const directory = mkdtempSync(join(top, 'project-'));
      const journal = journalIn(directory);
      let dead = false;
      const { promise: written, resolve: wrote } = open<void>();
      const append: typeof journal.append = async (run, events) => {
        if (dead) return new Promise(() => {});
        await journal.append(run, events);
        wrote();
      };
      const first = await watching(worldWith({ ...journal, append }));
      for (let seen = 0; seen < 300; ) seen = (await first.next()).value;
      await written;
      dead = true;
      const file = join(directory, '.fl-wizard', 'runs', '1', 'events.jsonl');
      const { size } = statSync(file);
      truncateSync(file, Math.max(0, size - cut));

      expect(await all(await watching(worldWith(journal)))).toEqual(everyOne);
      expect((await journal.read('1')).map(sequenceOf)).toEqual(everyOne);
    },
  );

  it('or that ran twice shows each event once', async () => {
    const journal = journalIn(mkdtempSync(join(top, 'project-')));
    const both = await Promise.all([watching(worldWith(journal)), watching(worldWith(journal))]);
    expect(await Promise.all(both.map(all))).toEqual([everyOne, everyOne]);
    expect(new Set((await journal.read('1')).map(sequenceOf))).toEqual(new Set(everyOne));
    expect(await all(await watching(worldWith(journal, true)))).toEqual(everyOne);
  });
});

describe('a reader that takes its time', () => {
  it('leaves the events with the server, and gives the stream back when it goes', async () => {
    let [given, ended] = [0, false];
    const world = worldWith({ ...journalIn(mkdtempSync(join(top, 'project-'))), append: async () => undefined });
    const endless: World['watch'] = async function* (_network, _run, after, signal) {
      try {
        while (!signal.aborted) {
          given += 1;
          yield [notice(after + given)];
        }
      } finally {
        ended = true;
      }
    };
    const slow = await watching(
      new Proxy(world, { get: (to, name) => (name === 'watch' ? endless : Reflect.get(to, name)) }),
    );
    for (let seen = 0; seen < 10; seen++) await slow.next();
    for (let before = -1; before !== given; await turn()) before = given;
    expect(given).toBeLessThan(50);
    await slow.return(undefined);
    for (let turns = 0; turns < 100 && !ended; turns++) await turn();
    expect(ended).toBe(true);
  });
});
