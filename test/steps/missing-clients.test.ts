/** Whom a followed run waits for, and what becomes of a run that nobody can mend. */
import { describe, expect, it } from 'vitest';
import type { PhaseChanged, ServerEvent } from '../../source/plan/event.ts';
import { exit, UserError } from '../../source/plan/failure.ts';
import type { ProcessLook } from '../../source/plan/host-facts.ts';
import { followed, server, serving, time } from './followed.ts';

const again = (name: string) => `fl-wizard logs ${name} tells more; fl-wizard restart ${name} starts it again`;
/** Its own code failed: what was mended here has to be copied. */
const mended = (name: string) =>
  `fl-wizard logs ${name} tells more; mended here: fl-wizard deploy, then launch; unchanged: fl-wizard restart ${name}`;
const ended = (detail: string): ProcessLook => ({
  process: { state: 'failed', detail },
  trace: ['ValueError: no data'],
});
const unreachable = (why: string) =>
  new UserError({ exitCode: exit.connection, host: 'client2', doing: 'Connecting', why, hint: 'is it on?' });

type Waiting = NonNullable<PhaseChanged['waiting']>;
const waiting = (missing: readonly string[], more: Partial<Waiting> = {}): ServerEvent => ({
  type: 'phase-changed',
  phase: 'waiting',
  round: 2,
  rounds: 3,
  waiting: { have: 2 - missing.length, need: 2, missing, ...more },
});
const fit: ServerEvent = { type: 'phase-changed', phase: 'fit', round: 2, rounds: 3 };
const came: ServerEvent = { type: 'client-changed', client: 'client2', state: 'connected' };

describe('a client that is lost', () => {
  const lost: ServerEvent = { type: 'client-changed', client: 'client2', state: 'lost' };

  it('is looked for also where the run does without it, and not once it is back', async () => {
    const run = followed({ attended: false });
    run.hosts.client2 = ended('Flower ended with 3');
    run.send(fit, lost);
    expect(await run.looks(1)).toEqual([10_000]);
    await run.rest();
    run.send(came, lost);
    const { notices } = await run.finish();
    expect(notices).toEqual([`client2: its process has ended: Flower ended with 3; ${mended('client2')}`]);
  });

  it('with a server that was stopped is asked for whether it was stopped as well; once that is known no more', async () => {
    const run = followed({ attended: true });
    run.hosts.client1 = { process: { state: 'stopped' } };
    run.hosts.client2 = ended('Flower ended with 3');
    run.send({ type: 'phase-changed', phase: 'halted', round: 2, rounds: 3 });
    await run.looks(2);
    const { changes, notices } = await run.finish();
    expect(changes).toMatchObject([{ client: 'client1', state: 'stopped' }]);
    expect(notices).toHaveLength(1);
    expect(run.asked.filter((name) => name === 'client1')).toHaveLength(1);
    expect(run.asked.filter((name) => name === 'client2')).toHaveLength(2);
  });
});

describe('a client that a run waits for', () => {
  it('and that has ended for good is told of once, at growing pauses, and somebody at a terminal goes on', async () => {
    const run = followed({ attended: true });
    run.hosts.client2 = ended('Flower ended with 3');
    run.send(waiting(['client2']));
    expect(await run.looks(5)).toEqual([10_000, 20_000, 40_000, 60_000, 60_000]);
    const { notices, checks } = await run.finish();
    expect(notices).toEqual([`client2: its process has ended: Flower ended with 3; ${mended('client2')}`]);
    expect(checks).toEqual([]);
    expect(new Set(run.asked)).toEqual(new Set(['client2']));
  });

  it('is told of again for another cause, and for the same one once it has come back', async () => {
    const run = followed({ attended: true });
    run.hosts.client2 = ended('first');
    run.send(waiting(['client2']));
    await run.looks(1);
    const between = await run.rest();
    run.hosts.client2 = ended('second');
    between.over();
    await run.rest();
    run.send(came, fit, waiting(['client2']));
    await run.looks(1);
    const { notices } = await run.finish();
    expect(notices.map((text) => text.split(/[:;] /)[2])).toEqual(['first', 'second', 'second']);
  });

  it('that comes back is not looked for, nor when more is told of the same wait is it put off', async () => {
    const run = followed({ attended: false });
    run.hosts.client2 = ended('Flower ended with 3');
    run.send(waiting(['client2']));
    await run.rest();
    run.send(waiting(['client1', 'client2']), waiting(['client1']), came, fit, waiting(['client1']));
    expect(await run.looks(1)).toEqual([10_000]);
    expect((await run.finish()).notices).toEqual([]);
    expect(run.asked).toEqual(['client1']);
  });

  it('was waited for before we came: our own record says so', async () => {
    const local = [{ ...waiting(['client2']), sequence: 1, run: '1', time }];
    const run = followed({ attended: true, local });
    run.hosts.client2 = ended('killed');
    await run.looks(1);
    expect((await run.finish()).notices).toHaveLength(1);
  });

  it('and that somebody stopped is told to be stopped, once, and again after it has come back', async () => {
    const run = followed({ attended: true });
    run.hosts.client2 = { process: { state: 'stopped' }, client: { state: 'training' } };
    run.send(waiting(['client2']));
    await run.looks(3);
    run.send(came, fit, waiting(['client2']));
    await run.looks(1);
    const { changes, notices } = await run.finish();
    const stopped = {
      type: 'client-changed',
      client: 'client2',
      state: 'stopped',
      detail: expect.stringContaining('launch'),
    };
    expect(changes).toEqual([stopped, came, stopped]);
    expect(notices).toEqual([]);
  });

  it('is not looked for in one frame', async () => {
    const local = [{ ...waiting(['client2']), sequence: 1, run: '1', time }];
    const run = followed({ attended: false, local, once: true });
    expect(await run.told).toEqual({ notices: [], checks: [], changes: [] });
    expect(run.asked).toEqual([]);
  });
});

describe('where nobody can act', () => {
  it('a run that can not have its clients any more is 5, with what its host has to say', async () => {
    const run = followed({ attended: false });
    run.hosts.client2 = ended('Flower ended with 3');
    run.send(waiting(['client2']));
    await run.looks(1);
    const { checks, notices } = await run.told;
    expect(notices).toEqual([]);
    expect(checks).toEqual([
      {
        name: 'run 1',
        host: 'client2',
        kind: 'state',
        ok: false,
        exitCode: exit.remote,
        detail: "the run waits for 2 clients and can't have so many any more: client2 has ended (Flower ended with 3)",
        hint: mended('client2'),
        said: ['ValueError: no data'],
        byHand: expect.stringContaining('fl-wizard ssh client2'),
      },
    ]);
  });

  it('a run that others are enough for goes on', async () => {
    const run = followed({ attended: false });
    run.hosts.client2 = { process: { state: 'refused', detail: 'expired' } };
    run.send(waiting(['client1', 'client2'], { have: 0, need: 1 }));
    await run.looks(2);
    const { checks, notices } = await run.finish();
    expect(checks).toEqual([]);
    expect(notices).toEqual([expect.stringContaining('client2: its process has ended: expired; fl-wizard logs')]);
  });

  it('clients that hang or can not be reached are told of and waited for: they may come', async () => {
    const run = followed({ attended: false });
    run.hosts.server = { ...serving, server: { ...server, lost: { client1: { detail: 'no answer within 60 s' } } } };
    run.hosts.client2 = unreachable('timed out');
    run.send(waiting(['client1', 'client2']));
    await run.looks(3);
    const { checks, notices } = await run.finish();
    expect(checks).toEqual([]);
    expect(notices).toEqual([
      `client1: the server has lost it: no answer within 60 s; ${again('client1')}`,
      "client2: its host can't be asked: timed out; is it on?",
    ]);
  });

  it('a server that can not be asked and a bug of ours end nothing', async () => {
    const run = followed({ attended: false });
    run.send(waiting(['client2']));
    const { over } = await run.rest();
    run.hosts.server = unreachable('timed out');
    run.hosts.client2 = new Error('no such member');
    over();
    const { checks, notices } = await run.finish();
    expect(checks).toEqual([]);
    expect(notices).toEqual([expect.stringContaining('a bug in fl-wizard: no such member')]);
  });
});

it('a host that refuses the login is not asked again: somebody would be, each time', async () => {
  const run = followed({ attended: true });
  run.hosts.client2 = unreachable('it refuses the login');
  run.send(waiting(['client2']));
  await run.looks(3);
  expect((await run.finish()).notices).toHaveLength(1);
  expect(run.asked).toEqual(['client2']);
});
