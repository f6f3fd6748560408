/** Who reads the events line by line is waited for: what is not taken must not pile up. */
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import type { Call } from '../../source/commands/context.ts';
import { type SessionOptions, stageOf } from '../../source/commands/stage.ts';
import type { Stage as PlanStage } from '../../source/plan/action.ts';
import type { Event } from '../../source/plan/event.ts';
import { action, answers, fakeStep } from '../plan/fakes.ts';
import { timed } from '../ui/events.ts';

const event: Event = { type: 'notice', text: 'x'.repeat(100), time: '2026-11-20T09:41:00.000Z' };

/** A reader that takes a line when it is told to. */
function slow() {
  const waiting: (() => void)[] = [];
  let interrupts = 0;
  const stdout = new Writable({
    highWaterMark: 1000,
    write(_chunk, _encoding, done) {
      waiting.push(done);
    },
  });
  const leaving = new AbortController();
  const io = { stdout, signal: leaving.signal, interrupt: () => void interrupts++ };
  const take = () => waiting.shift()?.();
  const call = { common: { json: true }, io, options: {} } as unknown as Call;
  return { stdout, leaving, take, call, interrupts: () => interrupts };
}

async function fed(call: Call) {
  const stage = await stageOf(call, {} as SessionOptions, answers);
  let count = 0;
  /** Feeds until there is something to wait for. */
  const feed = (): Promise<void> => {
    for (; count < 10_000; count++) {
      const full = stage.feed(event);
      if (full) return Promise.resolve(full);
    }
    throw new Error('it takes anything');
  };
  return { feed, count: () => count };
}

describe('a reader of --json', () => {
  it('that is slow is waited for, and goes on once it has caught up', async () => {
    const reader = slow();
    const { feed, count } = await fed(reader.call);
    const full = feed();
    expect(count()).toBeLessThan(20);
    for (let lines = 0; lines <= count(); lines++) {
      reader.take();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await full;
    expect(reader.stdout.writableLength).toBe(0);
  });

  it('that goes away is waited for no more, and ends us', async () => {
    const reader = slow();
    const { feed } = await fed(reader.call);
    const full = feed();
    reader.stdout.destroy(new Error('EPIPE'));
    await full;
    expect(reader.interrupts()).toBe(1);
  });

  it('is not waited for by somebody who leaves', async () => {
    const reader = slow();
    const { feed } = await fed(reader.call);
    const full = feed();
    reader.leaving.abort();
    await full;
    expect(reader.interrupts()).toBe(0);
  });
});

it('lines ask nobody where a session approves itself, also in a terminal', async () => {
  const stream = () => Object.assign(new PassThrough(), { isTTY: true });
  const [stdin, stdout, stderr] = [stream(), stream(), stream()];
  const io = { stdin, stdout, stderr, env: { TERM: 'dumb' }, signal: new AbortController().signal };
  const call = { common: { plain: true }, io, options: {} } as unknown as Call;
  const { operator } = await stageOf(call, { autopilot: true } as SessionOptions, answers);
  expect(await operator.approve(fakeStep('config'), [])).toBe(true);
  expect(stderr.read()).toBeNull();
});

describe('how files change, in lines', () => {
  const diff = [' a.conf', '-x = 1', '+x = 2'];
  const changing: PlanStage = { title: 'S', lanes: { client1: [{ ...action('write a.conf'), diff }] } };
  const events: readonly Event[] = timed([
    { type: 'step-started', step: 'deploy' },
    { type: 'plan-ready', step: 'deploy', actions: [{ text: 'write a.conf', host: 'client1', diff }] },
  ]);
  async function planned(common: object, isTTY: boolean) {
    const [stdin, stdout, stderr] = [0, 1, 2].map(() => Object.assign(new PassThrough(), { isTTY }));
    let written = '';
    stderr?.on('data', (chunk: Buffer) => {
      written += chunk;
    });
    const env = { TERM: 'dumb', LANG: 'C.UTF-8' };
    const { signal } = new AbortController();
    const io = { stdin, stdout, stderr, env, signal, interrupt: () => undefined };
    const call = { common: { plain: true, ...common }, io, options: {} } as unknown as Call;
    const stage = await stageOf(call, {} as SessionOptions, answers);
    for (const event of events) await stage.feed(event);
    stage.planned?.([changing], async () => ({ text }) => [`scp for ${text}`]);
    const until = (words: string) => vi.waitUntil(() => written.includes(words), { timeout: 10_000 });
    return { stage, stdin, until, written: () => written };
  }

  it('is told by its word where somebody can ask for it, and so are the commands', async () => {
    const { stage, stdin, until, written } = await planned({}, true);
    const approved = stage.operator.approve(fakeStep('deploy'), [changing]);
    await until('Do this? ');
    expect(written()).toMatch(/^client1: write a\.conf\.\n2 lines of files to change; diff tells how\.\nDo this\?/m);
    stdin?.write('diff\n');
    await until('client1:\na.conf\nGone: x = 1\nNew: x = 2\nDo this? ');
    stdin?.write('commands\n');
    await until('scp for write a.conf\nDo this? ');
    stdin?.write('\n');
    expect(await approved).toBe(false);
  });

  it.each([
    ['a log', {}, false],
    ['a dry run', { dryRun: true }, true],
    ['the commands alone', { showCommands: true }, true],
    ['what is approved already', { yes: true }, true],
  ])('is told whole where nobody is asked: %s', async (_, common, isTTY) => {
    const { until } = await planned(common, isTTY);
    await until('    client1:\n       a.conf\n      -x = 1\n      +x = 2\n');
  });
});
