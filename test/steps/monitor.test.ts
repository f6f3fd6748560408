/** What the monitor makes of our own record, of the host's word, and of a link that goes. */
import { describe, expect, it } from 'vitest';
import type { Event, ServerEvent } from '../../source/plan/event.ts';
import { exit, UserError } from '../../source/plan/failure.ts';
import type { HostFacts, RunFacts } from '../../source/plan/host-facts.ts';
import { emptyRun, foldRun } from '../../source/plan/run-view.ts';
import type { Options } from '../../source/plan/step.ts';
import type { World } from '../../source/plan/world.ts';
import { Crowded, Interrupted } from '../../source/rpc/watch.ts';
import { monitorStep } from '../../source/steps/monitor.ts';
import { tenseOf } from '../../source/ui/tense.ts';
import { answers, fakeWorld } from '../plan/fakes.ts';
import { found, hostFacts } from './facts.ts';

const at = (second: number) => `2026-11-20T09:41:${String(second).padStart(2, '0')}.000Z`;

function round(sequence: number, number: number): ServerEvent & { time: string } {
  const tally = { ok: 2, failed: 0 };
  return {
    type: 'round-finished',
    round: number,
    rounds: 3,
    seconds: 1,
    fit: tally,
    evaluate: tally,
    metrics: {},
    sequence,
    run: '1',
    time: at(sequence),
  };
}

const started = (sequence = 1, time = at(1)) => ({ type: 'run-started', rounds: 3, sequence, run: '1', time }) as const;
const served = (sequence: number) =>
  ({ type: 'server-started', port: 9092, sequence, run: '1', time: at(sequence) }) as const;
const ended = (sequence: number, outcome: 'changed' | 'failed' = 'changed', detail = 'it was to be') =>
  ({ type: 'run-finished', outcome, detail, sequence, run: '1', time: at(sequence) }) as const;

const whole = [started(), served(2), round(3, 1), round(4, 2), round(5, 3), ended(6)];
const run = (more: Partial<RunFacts> = {}): RunFacts => ({
  run: '1',
  rounds: 3,
  done: 3,
  finished: true,
  last: 6,
  started: at(1),
  ...more,
});

type Scene = {
  readonly local?: readonly Event[];
  readonly runs?: readonly RunFacts[];
  readonly serving?: boolean;
  readonly process?: HostFacts['process']['state'];
  /** What each call of `watch` brings; an error ends it. */
  readonly streams?: readonly (readonly (ServerEvent | Error)[])[];
  readonly remote?: readonly ServerEvent[];
  readonly unreachable?: boolean;
  readonly options?: Options;
  /** Where in the user's code it failed, by host; others don't answer. */
  readonly traces?: Readonly<Record<string, readonly string[]>>;
};

async function watched(scene: Scene) {
  const log: string[] = [];
  const appended: Event[] = [];
  const after: number[] = [];
  let local = scene.local ?? [];
  const server = { phase: 'fit', port: 9092, monitorPort: 1, run: '1' };
  const process = { state: scene.process ?? (scene.serving ? 'running' : 'finished') } as const;
  const failure = { exitCode: exit.connection, host: 'server', doing: 'Connecting', why: 'timed out' };
  const facts = hostFacts('server', { process, runs: scene.runs ?? [], ...(scene.serving ? { server } : {}) });
  const streams = [...(scene.streams ?? [])];
  const world: World = fakeWorld(log, {
    attended: false,
    look: async () => (scene.unreachable ? { server: { failure } } : found({ server: facts })),
    list: async () => [],
    read: async () => undefined,
    state: async (_network, { name }) => {
      if (scene.traces && !scene.traces[name] && name !== 'server') throw new UserError({ ...failure, host: name });
      const trace = scene.traces?.[name];
      return { process, ...(scene.serving ? { server } : {}), ...(trace ? { trace } : {}) };
    },
    pause: async () => undefined,
    journalOf: async (_network, _run, from) => (scene.remote ?? []).filter(({ sequence = 0 }) => sequence > from),
    async *watch(_network, _run, from) {
      after.push(from);
      for (const each of streams.shift() ?? []) {
        if (each instanceof Error) throw each;
        yield [each];
      }
    },
    journal: {
      runs: async () => (scene.local ? ['1'] : []),
      read: async () => local,
      append: async (_run, events) => void appended.push(...events),
      setAside: async (name) => {
        log.push(`set aside ${name}`);
        local = [];
      },
    },
  });
  const asked = { ...answers, options: scene.options ?? {} };
  const events: ServerEvent[] = [];
  const checks: unknown[] = [];
  const seen = await monitorStep.observe(asked, world);
  for await (const evidence of monitorStep.verify(asked, seen, world, new AbortController().signal))
    if ('events' in evidence) events.push(...evidence.events);
    else if ('check' in evidence) checks.push(evidence.check);
  const rounds = events.flatMap((event) => (event.type === 'round-finished' ? [event.round] : []));
  return { events, rounds, checks, log, appended, after };
}

describe('a run that is watched', () => {
  it('is told from its first event, and recorded', async () => {
    const { rounds, appended } = await watched({
      serving: true,
      runs: [run({ finished: false, done: 0, last: 2 })],
      streams: [whole],
    });
    expect(rounds).toEqual([1, 2, 3]);
    expect(appended).toHaveLength(6);
  });

  it('shows every round once across a lost link, and says that it is lost', async () => {
    const streams = [
      [started(), round(3, 1), new Interrupted('gone')],
      [round(3, 1), round(4, 2), round(5, 3), ended(6)],
    ];
    const { rounds, after, events } = await watched({
      serving: true,
      runs: [run({ finished: false, done: 0, last: 2 })],
      streams,
    });
    expect(rounds).toEqual([1, 2, 3]);
    // Once more the last one that is known: a server with nothing new to tell is heard by that.
    expect(after).toEqual([0, 2]);
    expect(events.filter(({ type }) => type === 'link-changed')).toEqual([
      { type: 'link-changed', state: 'lost', why: 'gone' },
      { type: 'link-changed', state: 'back' },
    ]);
  });

  it('is dialed again where others have all places, but not by who never had one', async () => {
    const why = 'the server has no place for one more monitor: 16 watch it already';
    const full = () => new Crowded({ exitCode: exit.remote, doing: 'Watching the run', why });
    const scene = { serving: true, runs: [run({ finished: false, done: 0, last: 2 })] };
    await expect(watched({ ...scene, streams: [[full()], whole] })).rejects.toMatchObject({
      failure: { exitCode: exit.remote, why },
    });
    // Its old place is held until the server notices that the link is gone.
    const streams = [[started(), new Interrupted('gone')], [full()], [full()], whole.slice(1)];
    expect((await watched({ ...scene, streams })).rounds).toEqual([1, 2, 3]);
  });

  it('with --after is told behind it alone, also across a lost link', async () => {
    const { events } = await watched({
      serving: true,
      runs: [run({ finished: false, done: 1, last: 3 })],
      streams: [
        [...whole.slice(0, 3), new Interrupted('gone')],
        [round(3, 1), round(4, 2), new Interrupted('gone')],
        [round(4, 2), round(5, 3), ended(6)],
      ],
      options: { after: 3 },
    });
    expect(events.flatMap(({ sequence = [] }) => sequence)).toEqual([4, 5, 6]);
  });

  it('is said to be the past as far as it was told before, ours and the host’s, and not for one frame', async () => {
    const scene: Scene = {
      local: whole.slice(0, 2),
      serving: true,
      runs: [run({ finished: false, done: 2, last: 4 })],
    };
    const past = async (more: Partial<Scene>) =>
      (await watched({ ...scene, ...more })).events.flatMap((event) => (event.type === 'past-known' ? event.last : []));
    expect(await past({ streams: [whole.slice(2)] })).toEqual([4]);
    expect(await past({ options: { once: true }, remote: whole.slice(0, 4) })).toEqual([]);
  });

  it('is not dialed again where a login is refused or a host key is wrong', async () => {
    const refused = new UserError({ exitCode: exit.connection, doing: 'Connecting', why: 'the host key has changed' });
    const scene = { serving: true, runs: [run({ finished: false, last: 2 })], streams: [[started(), refused]] };
    await expect(watched(scene)).rejects.toBe(refused);
  });

  it('goes on behind our own record', async () => {
    const { rounds, after, appended } = await watched({
      local: whole.slice(0, 4),
      serving: true,
      runs: [run({ finished: false, done: 2, last: 4 })],
      streams: [whole.slice(4)],
    });
    expect(rounds).toEqual([1, 2, 3]);
    expect(after).toEqual([4]);
    expect(appended).toHaveLength(2);
  });

  it('that failed is 5, with its reason', async () => {
    const { checks } = await watched({
      runs: [run({ done: 0, outcome: 'failed' })],
      remote: [started(), ended(2, 'failed')],
      process: 'failed',
    });
    expect(checks).toEqual([expect.objectContaining({ ok: false, exitCode: exit.remote, detail: 'it was to be' })]);
  });

  it.each([
    ['client2', { client2: ['ValueError: no data'] }, ['ValueError: no data']],
    ['client2', { server: ['not its'] }, undefined],
    ['nobody', { server: ['KeyError: 0'] }, ['KeyError: 0']],
  ])('that failed by %s says where in its code, if it can be asked', async (name, traces, said) => {
    const remote = [started(), ended(2, 'failed', `none of its rounds brought new weights: ${name}: no data`)];
    const { checks } = await watched({ runs: [run({ outcome: 'failed' })], remote, traces });
    expect((checks[0] as { said?: unknown }).said).toEqual(said);
  });

  it('whose server is gone without an end is 5, with what to do', async () => {
    await expect(watched({ runs: [run({ finished: false })], process: 'failed' })).rejects.toMatchObject({
      failure: { exitCode: exit.remote, hint: expect.stringContaining('fl-wizard launch') },
    });
  });
});

describe('one frame of a run that has not ended', () => {
  const going = [started(), served(2), round(3, 1)];
  const frame = (more: Partial<Scene>) =>
    watched({ local: going, runs: [run({ finished: false, done: 1, last: 3 })], options: { once: true }, ...more });
  const halted = ({ events }: Awaited<ReturnType<typeof watched>>) =>
    events.find(({ type }) => type === 'phase-changed');

  it('shows what was told, where it goes on', async () => {
    expect(halted(await frame({ serving: true }))).toBeUndefined();
  });

  it('says that nobody trains, where the server was stopped', async () => {
    const seen = await frame({ process: 'stopped' });
    expect(halted(seen)).toMatchObject({
      phase: 'halted',
      detail: 'the server is stopped, and the run has not ended; fl-wizard launch goes on with it',
    });
  });

  it('is 5 where it has failed, and 4 where it can’t be asked', async () => {
    await expect(frame({ process: 'failed' })).rejects.toMatchObject({
      failure: { exitCode: exit.remote, why: 'the server is failed, and the run has not ended' },
    });
    await expect(frame({ unreachable: true })).rejects.toMatchObject({ failure: { exitCode: exit.connection } });
  });
});

describe('our own record', () => {
  it('without any events is of a run that nobody has watched, and its hosts know none', async () => {
    await expect(watched({ local: [], options: { once: true } })).rejects.toMatchObject({
      failure: { why: 'no run was launched yet' },
    });
  });

  it('is enough for a run that has ended, also where the host is gone', async () => {
    expect((await watched({ local: whole, unreachable: true })).rounds).toEqual([1, 2, 3]);
    expect((await watched({ local: whole, runs: [run({ last: 9 })] })).rounds).toEqual([1, 2, 3]);
  });

  it('of a run that has ended is read to its end, whatever was tried at its server behind that', async () => {
    const { events } = await watched({ local: whole, runs: [run({ last: 13 })] });
    const pasts = events.filter(({ type }) => type === 'past-known').map((event) => 'last' in event && event.last);
    expect(pasts).toEqual([13, 6]);
    const view = foldRun(
      emptyRun,
      events.map((event) => ({ time: at(9), ...event }) as Event),
    );
    expect(tenseOf(view)).not.toBe('reading');
  });

  it('of another run of the same number is set aside', async () => {
    const fresh = [started(1, at(30)), served(2), round(3, 1), ended(4)];
    const { rounds, log } = await watched({
      local: whole,
      runs: [run({ started: at(30), done: 1, last: 4 })],
      remote: fresh,
    });
    expect(log).toContain('set aside 1');
    expect(rounds).toEqual([1]);
  });

  it('with an end after which the run was resumed does not end it', async () => {
    const more = [served(7), round(8, 4), ended(9)];
    const { rounds } = await watched({
      local: whole,
      serving: true,
      runs: [run({ finished: false, last: 7 })],
      streams: [more],
    });
    expect(rounds).toEqual([1, 2, 3, 4]);
  });
});

describe('one frame', () => {
  it('is what there is now, of a run that goes on', async () => {
    const { rounds, after } = await watched({
      serving: true,
      runs: [run({ finished: false, done: 2, last: 4 })],
      remote: whole.slice(0, 4),
      options: { once: true },
    });
    expect(rounds).toEqual([1, 2]);
    expect(after).toEqual([]);
  });

  it('of a failed run is no failure', async () => {
    expect(
      (await watched({ local: [started(), ended(2, 'failed')], unreachable: true, options: { once: true } })).checks,
    ).toEqual([]);
  });
});

it('nothing that was launched is said to be so', async () => {
  await expect(watched({})).rejects.toMatchObject({
    failure: { why: 'no run was launched yet', hint: 'fl-wizard launch' },
  });
});
