/** What the screen is told beside the run's events: the hosts, the files and the screen are the test's. */
import { createHash, X509Certificate } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Beside } from '../../source/commands/beside.ts';
import type { Event } from '../../source/plan/event.ts';
import type { World } from '../../source/plan/world.ts';
import type { Act, CertificateFacts } from '../../source/ui/session-state.ts';
import { ec, inDays, makeAuthority, makeLeaf } from '../pki/helpers.ts';
import { answers, fakeWorld } from '../plan/fakes.ts';
import { Clock, settled } from '../steps/clock.ts';
import { found, hostFacts } from '../steps/facts.ts';

function scene(only: readonly string[] = [], more: Partial<World> = {}) {
  const clock = new Clock();
  const fed: Event[] = [];
  const lines: string[] = [];
  const followed: string[] = [];
  const certificates: Readonly<Record<string, CertificateFacts>>[] = [];
  const [left, interrupt] = [new AbortController(), new AbortController()];
  setMaxListeners(0, left.signal, interrupt.signal);
  let act: (act: Act) => void = () => undefined;
  const world = fakeWorld([], {
    now: () => new Date(Date.UTC(2026, 10, 20) + clock.now),
    pause: clock.pause,
    read: async () => undefined,
    list: async () => [],
    usage: async () => ({ process: { state: 'running' }, gpus: [] }),
    log: ({ name }, { onLine }, signal) =>
      new Promise((resolve) => {
        followed.push(name);
        onLine(`hello of ${name}`);
        signal.addEventListener('abort', () => resolve(), { once: true });
      }),
    look: async (_network, members) =>
      found(Object.fromEntries(members.map(({ name }) => [name, hostFacts(name, { process: { state: 'running' } })]))),
    ...more,
  });
  const beside = new Beside({
    world,
    answers: () => ({ ...answers, only }),
    screen: {
      feed: (event) => fed.push(event),
      log: (member, line) => lines.push(`${member}: ${line}`),
      certificates: (map) => certificates.push(map),
      acts: (handle) => {
        act = handle;
      },
      wants: () => undefined,
    },
    ask: async () => ({ kind: 'no' }),
    parallel: 16,
    left: left.signal,
    interrupted: interrupt.signal,
    bug: (error) => {
      throw error;
    },
  });
  const notices = () => fed.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
  return { beside, clock, fed, lines, followed, certificates, left, interrupt, notices, act: (each: Act) => act(each) };
}

describe('what the live table knows beside the run’s events', () => {
  it('begins and ends with the monitor', async () => {
    const { beside, clock, fed, lines } = scene();
    beside.see({ type: 'step-started', step: 'launch' });
    await clock.pass(10_000);
    expect([fed, lines]).toEqual([[], []]);
    beside.see({ type: 'step-started', step: 'monitor' });
    await clock.pass(1000);
    expect(
      fed.map((event) => (event.type === 'process-seen' ? [event.member, event.state, event.time] : event)),
    ).toEqual([
      ['server', 'running', '2026-11-20T00:00:10.000Z'],
      ['client1', 'running', '2026-11-20T00:00:10.050Z'],
      ['client2', 'running', '2026-11-20T00:00:10.100Z'],
    ]);
    expect(lines).toEqual(['server: hello of server', 'client1: hello of client1', 'client2: hello of client2']);
    beside.see({ type: 'step-finished', step: 'monitor', outcome: 'unchanged' });
    await clock.pass(60_000);
    expect(fed).toHaveLength(3);
  });

  it('is told of the server and of those that take part', async () => {
    const { beside, clock, fed, followed } = scene(['client2']);
    beside.see({ type: 'step-started', step: 'monitor' });
    await clock.pass(1000);
    expect(followed).toEqual(['server', 'client2']);
    expect(fed.map((event) => ('member' in event ? event.member : event))).toEqual(['server', 'client2']);
    await beside.end();
  });

  it('has the certificates that lie here, again each hour, and goes without those that can’t be read', async () => {
    const leaf = await makeLeaf(await makeAuthority(ec), 'client', { days: 90, serial: '0a0b' });
    const read: string[] = [];
    const { beside, clock, certificates } = scene([], {
      read: async (path) => {
        read.push(path);
        if (path.endsWith('server.crt')) throw new Error('no permission');
        const text = path.endsWith('client1.crt') ? leaf.certificate : 'no certificate';
        return { content: Buffer.from(text), mode: 0o644 };
      },
    });
    beside.see({ type: 'step-started', step: 'monitor' });
    await expect.poll(() => certificates).toHaveLength(1);
    expect(certificates[0]).toEqual({
      client1: {
        subject: expect.stringMatching(/CN=FLClient1$/),
        expires: inDays(90).toISOString(),
        serial: '0a0b',
        fingerprint: createHash('sha256').update(new X509Certificate(leaf.certificate).raw).digest('hex'),
      },
    });
    expect(read).toEqual(['server', 'client1', 'client2'].map((name) => `/project/fl_network/${name}.crt`));
    await clock.pass(3_600_000);
    await expect.poll(() => certificates.length).toBe(2);
    await beside.end();
  });

  it('is left at once where nothing is under way', async () => {
    const { beside, left, notices } = scene();
    left.abort('left');
    await settled();
    expect(beside.left.aborted).toBe(true);
    expect(notices()).toEqual([]);
    expect(await beside.end()).toBeUndefined();
  });

  it('is left when what is under way has ended, which is said on the screen and below it', async () => {
    let over: () => void = () => undefined;
    const perform: World['perform'] = () =>
      new Promise((resolve) => {
        over = resolve;
      });
    const { beside, left, act, notices } = scene([], { perform });
    act({ verb: 'stop', member: 'client1' });
    await expect.poll(notices).toContain('stop client1: stopping…');
    left.abort('left');
    await settled();
    expect(beside.left.aborted).toBe(false);
    expect(notices().at(-1)).toBe('leaving when stop client1 has ended; Ctrl-C ends it now');
    over();
    await expect.poll(() => beside.left.aborted).toBe(true);
    // The host still runs it.
    expect(await beside.end()).toMatch(/^stop client1 failed: running/);
  });

  it('shows a server that was stopped here as one that is halted, in the round that it was in', async () => {
    let running = true;
    const { beside, act, fed } = scene([], {
      perform: async () => {
        running = false;
      },
      look: async () => found({ server: hostFacts('server', { process: { state: running ? 'running' : 'stopped' } }) }),
    });
    const time = '2026-11-20T09:40:00Z';
    const fit: Event = { type: 'phase-changed', phase: 'fit', round: 2, rounds: 5, sequence: 7, time };
    beside.see(fit);
    act({ verb: 'stop', member: 'server' });
    await beside.settle();
    expect(fed.find(({ type }) => type === 'phase-changed')).toMatchObject({
      phase: 'halted',
      round: 2,
      rounds: 5,
      detail: 'the server was stopped here; fl-wizard launch goes on with it',
      // From then on no time passes for the run.
      time,
    });
  });
});
