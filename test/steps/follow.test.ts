/** A link that goes and comes, a server that is stopped or starts again: what is told of it, once and in order. */
import { describe, expect, it } from 'vitest';
import type { ServerEvent } from '../../source/plan/event.ts';
import { exit, UserError } from '../../source/plan/failure.ts';
import type { ProcessLook } from '../../source/plan/host-facts.ts';
import type { Options } from '../../source/plan/step.ts';
import { Interrupted } from '../../source/rpc/watch.ts';
import { follow } from '../../source/steps/follow.ts';
import { hostsGone } from '../../source/steps/link.ts';
import { answers, fakeWorld } from '../plan/fakes.ts';

const served: ProcessLook = {
  process: { state: 'running' },
  server: { phase: 'fit', port: 9092, monitorPort: 1, run: '1' },
};
const starting: ProcessLook = { process: { state: 'starting' } };
const stopped: ProcessLook = { process: { state: 'stopped' } };
const unit = {
  kind: 'system',
  name: 'fl-wizard-xray-server.service',
  path: '/etc/systemd/system/x',
  omitted: [],
} as const;
const underSystemd: ProcessLook = { process: { state: 'stopped', unit } };
const cut = (why: string) => new UserError({ exitCode: exit.connection, host: 'server', doing: 'Connecting', why });

const event = (sequence: number, more: Partial<ServerEvent> = {}): ServerEvent =>
  ({ type: 'notice', text: `event ${sequence}`, sequence, run: '1', ...more }) as ServerEvent;
const past = '2026-11-20T08:00:00.000Z';
const phase = event(3, { type: 'phase-changed', phase: 'fit', round: 2, rounds: 5 } as Partial<ServerEvent>);
const ended = (sequence: number) =>
  event(sequence, { type: 'run-finished', outcome: 'changed' } as Partial<ServerEvent>);

/** One try: how the server's process is, or why it could not be asked; and what its stream or its journal brings. */
type Try = { readonly look: ProcessLook | Error; readonly brings?: readonly (ServerEvent | Error)[] };
type Scene = {
  readonly tries: readonly Try[];
  readonly past?: number;
  readonly stale?: number;
  readonly attended?: boolean;
  readonly options?: Options;
  readonly known?: readonly ServerEvent[];
};

/** Milliseconds pass in pauses alone. */
async function followed({ tries, past = 0, stale = 0, attended = false, options = {}, known = [] }: Scene) {
  const left = [...tries];
  const pauses: number[] = [];
  const asked: number[] = [];
  let clock = Date.parse('2026-11-20T09:41:00Z');
  let now: Try | undefined;
  const brings = function* (after: number): Generator<ServerEvent> {
    asked.push(after);
    for (const each of now?.brings ?? []) {
      if (each instanceof Error) throw each;
      yield each;
    }
  };
  const over = new AbortController();
  const world = fakeWorld([], {
    attended,
    now: () => new Date(clock),
    state: async () => {
      now = left.shift();
      if (now === undefined) over.abort();
      if (now?.look instanceof Error) throw now.look;
      return now?.look ?? served;
    },
    async *watch(_network, _run, after) {
      for (const each of brings(after)) yield [each];
    },
    journalOf: async (_network, _run, after) => [...brings(after)],
    pause: async (milliseconds) => {
      pauses.push(milliseconds);
      clock += milliseconds;
    },
  });
  const from = { after: known.at(-1)?.sequence ?? 0, stale, past, known };
  const told: ServerEvent[] = [];
  const trouble = await (async () => {
    for await (const each of follow({ ...answers, options }, world, '1', from, over.signal)) told.push(...each);
  })().catch((error: unknown) => error);
  const words = told.map((each) => {
    if (each.type === 'link-changed') return each.state === 'lost' ? `lost: ${each.why}` : 'back';
    if (each.type === 'phase-changed') return `${each.phase} ${each.round}/${each.rounds}`;
    return each.type === 'past-known' ? `past ${each.last}` : `${each.sequence}`;
  });
  return { words, told, pauses, asked, trouble };
}

describe('a link that is lost', () => {
  it('is told once for each reason, tried again for as long as it takes, and back at the first sign of life', async () => {
    const dark = Array.from({ length: 8 }, () => ({ look: cut('timed out') }));
    const { words, pauses, asked } = await followed({
      tries: [
        { look: served, brings: [event(1), event(2), new Interrupted('nothing comes')] },
        ...dark,
        { look: cut('refused') },
        { look: cut('timed out') },
        // What is known already is told again, and is nothing but a sign of life.
        { look: served, brings: [event(2), phase, ended(4)] },
      ],
    });
    expect(words).toEqual([
      '1',
      '2',
      'lost: nothing comes',
      'lost: timed out',
      'lost: refused',
      'back',
      'fit 2/5',
      '4',
    ]);
    expect(asked).toEqual([0, 1]);
    expect(pauses).toEqual([500, 1000, 2000, 5000, 10_000, ...Array(6).fill(30_000)]);
  });

  it('is back behind a power cut with all that is new, whose sequences have a gap', async () => {
    const { words, asked } = await followed({
      tries: [
        { look: served, brings: [event(1), event(2), phase, new Interrupted('nothing comes')] },
        { look: served, brings: [event(10_003), new Interrupted('nothing comes')] },
        // Its journal has lost the second and the third.
        { look: served, brings: [event(10_003), event(10_004), ended(10_005)] },
      ],
    });
    const lost = ['lost: nothing comes', 'back'];
    expect(words).toEqual(['1', '2', 'fit 2/5', ...lost, '10003', ...lost, '10004', '10005']);
    expect(asked).toEqual([0, 2, 10_002]);
  });

  it('from the first is lost since the last that is known was told; once the host has answered, since then', async () => {
    const known = [event(1, { time: '2026-11-20T08:00:00.000Z' } as Partial<ServerEvent>)];
    const { told } = await followed({
      known,
      tries: [{ look: cut('off') }, { look: served, brings: [event(1)] }, { look: cut('off again') }],
    });
    expect(told).toEqual([
      { type: 'link-changed', state: 'lost', why: 'off', since: '2026-11-20T08:00:00.000Z' },
      { type: 'link-changed', state: 'back' },
      { type: 'link-changed', state: 'lost', why: 'off again' },
    ]);
  });

  it('is back in a quiet round, in which nothing new is told', async () => {
    const { words } = await followed({
      tries: [
        { look: served, brings: [event(1), new Interrupted('gone')] },
        { look: served, brings: [event(1)] },
        { look: cut('again') },
      ],
    });
    expect(words).toEqual(['1', 'lost: gone', 'back', 'lost: again']);
  });

  it('says that the server is starting where its host answers, and is not back before it serves', async () => {
    const { words, asked } = await followed({
      tries: [
        { look: served, brings: [event(1), new Interrupted('gone')] },
        { look: starting, brings: [event(2)] },
        { look: starting },
        { look: starting },
        { look: served, brings: [event(2), ended(3)] },
      ],
    });
    expect(words).toEqual(['1', 'lost: gone', '2', 'lost: its host answers, and the server is starting', 'back', '3']);
    expect(asked).toEqual([0, 1, 2, 2, 1]);
  });

  it('whose run has ended meanwhile is told its end by the journal', async () => {
    const { words } = await followed({
      tries: [
        { look: served, brings: [new Interrupted('gone')] },
        { look: { process: { state: 'finished' } }, brings: [event(1), ended(2)] },
      ],
    });
    expect(words).toEqual(['lost: gone', '1', 'back', '2']);
  });

  it('is also one to a host that shuts down or starts up and can’t answer yet; after three minutes it is its failure', async () => {
    const broken = new UserError({
      exitCode: exit.remote,
      host: 'server',
      doing: 'Looking',
      why: 'Python ended with 143',
    });
    const { words } = await followed({
      tries: [
        { look: served, brings: [event(1)] },
        { look: broken },
        { look: cut('refused') },
        { look: broken },
        { look: served, brings: [event(1), ended(2)] },
      ],
    });
    expect(words).toEqual(['1', 'lost: Python ended with 143', 'lost: refused', 'back', '2']);
    const never = await followed({ tries: Array.from({ length: 99 }, () => ({ look: broken })) });
    expect(never.trouble).toBe(broken);
    expect(never.pauses.reduce((sum, each) => sum + each, 0)).toBeLessThan(215_000);
  });

  it.each(['login failed', 'the host key has changed', hostsGone])(
    'by which nobody comes in any more (%s) ends it, and the run is shown as it was last',
    async (why) => {
      const barred = cut(why);
      const { trouble, told } = await followed({
        known: [event(3, { time: past } as Partial<ServerEvent>)],
        tries: [{ look: barred }],
      });
      expect(trouble).toBe(barred);
      expect(told).toEqual([{ type: 'link-changed', state: 'lost', why, since: past, forGood: true }]);
    },
  );

  it('is lost for good where a demo ends while it is watched', async () => {
    const { words, trouble, pauses } = await followed({
      attended: true,
      tries: [{ look: served, brings: [phase, new Interrupted('nothing comes')] }, { look: cut(hostsGone) }],
    });
    expect(words).toEqual(['fit 2/5', 'lost: nothing comes', `lost: ${hostsGone}`]);
    expect(trouble).toMatchObject({ failure: { exitCode: exit.connection, why: hostsGone } });
    expect(pauses).toEqual([500]);
  });
});

describe('a server that was stopped', () => {
  const time = '2026-11-20T09:40:00.000Z';
  const fit = { ...phase, time };

  it('is waited for by somebody at a terminal: it says so once, and goes on when it is launched again', async () => {
    const { words, told, trouble } = await followed({
      attended: true,
      tries: [
        { look: served, brings: [fit] },
        ...Array.from({ length: 20 }, () => ({ look: stopped })),
        { look: served, brings: [event(4), ended(5)] },
      ],
    });
    expect(words).toEqual(['fit 2/5', 'halted 2/5', '4', '5']);
    expect(told[1]).toMatchObject({
      time,
      detail: 'the server is stopped, and the run has not ended; fl-wizard launch goes on with it',
    });
    expect(told[1]?.sequence).toBeUndefined();
    expect(trouble).toBeUndefined();
  });

  it.each([
    ['where nobody sits at a terminal', { attended: false }],
    ['with --wait', { attended: true, options: { wait: true } }],
  ])('is 5 %s', async (_, more) => {
    const { words, trouble } = await followed({
      tries: [{ look: served, brings: [phase] }, { look: stopped }],
      ...more,
    });
    expect(words).toEqual(['fit 2/5']);
    expect(trouble).toMatchObject({ failure: { exitCode: exit.remote, hint: expect.stringContaining('launch') } });
  });

  it('and is kept by systemd may come back with its host: after three minutes it is 5', async () => {
    const up = await followed({
      tries: [
        { look: cut('down') },
        { look: underSystemd },
        { look: underSystemd },
        { look: served, brings: [ended(1)] },
      ],
    });
    expect(up.words).toEqual(['lost: down', 'back', 'halted 0/0', '1']);
    const never = await followed({ tries: Array.from({ length: 99 }, () => ({ look: underSystemd })) });
    expect(never.trouble).toMatchObject({ failure: { exitCode: exit.remote } });
    const waited = never.pauses.reduce((sum, each) => sum + each, 0);
    expect(waited).toBeGreaterThanOrEqual(180_000);
    expect(waited).toBeLessThan(215_000);
  });

  it('and that failed is 5 for everybody', async () => {
    const { trouble } = await followed({ attended: true, tries: [{ look: { process: { state: 'failed', unit } } }] });
    expect(trouble).toMatchObject({ failure: { why: 'the server is failed, and the run has not ended' } });
  });

  it('and trains another run now is named', async () => {
    const look = { ...served, server: { phase: 'fit', port: 9092, monitorPort: 1, run: '2' } };
    const { trouble } = await followed({ attended: true, tries: [{ look }] });
    expect(trouble).toMatchObject({
      failure: { exitCode: exit.remote, why: 'it was left before its end: run 2 is trained now' },
    });
  });
});

describe('what was told before we came', () => {
  it('is said to be the past, up to where it goes', async () => {
    const { words } = await followed({ past: 2, tries: [{ look: served, brings: [event(1), event(2), ended(3)] }] });
    expect(words).toEqual(['past 2', '1', '2', '3']);
  });

  it('and stands behind the end is not waited for', async () => {
    const { words } = await followed({ past: 9, tries: [{ look: stopped, brings: [event(1), ended(2)] }] });
    expect(words).toEqual(['past 9', '1', 'past 2', '2']);
  });

  it('and is known, or not wanted, is not', async () => {
    const tries = [{ look: served, brings: [ended(4)] }];
    expect((await followed({ past: 3, known: [phase], tries })).words).toEqual(['4']);
    expect((await followed({ past: 3, options: { after: 3 }, tries })).words).toEqual(['4']);
  });
});
