/** How steps stand, by what was seen. */
import { describe, expect, it } from 'vitest';
import { parseNetwork } from '../../source/network/read.ts';
import type { Happening } from '../../source/plan/event.ts';
import type { HostFacts, Looks } from '../../source/plan/host-facts.ts';
import type { Proof } from '../../source/plan/proven.ts';
import { type Answers, standing } from '../../source/plan/step.ts';
import type { World } from '../../source/plan/world.ts';
import { absentFrom } from '../../source/steps/absent.ts';
import { launchStanding, placedStanding, proofStanding, watchStanding } from '../../source/steps/standings.ts';
import { timed } from '../ui/events.ts';
import { found, hostFacts } from './facts.ts';

const network = parseNetwork(
  'version: 1\nname: xray\nserver: {address: a, ssh: {host: s}}\nclients: [{name: c1, ssh: {host: h}}]\n',
  'fl-network.yaml',
);
const answers: Answers = { network, options: {}, only: [] };
const at = '2026-11-20T09:41:12.000Z';
const going = { run: '2', rounds: 5, done: 3, finished: false };
const over = { ...going, done: 5, finished: true, outcome: 'changed' };
const serves = { phase: 'fit', host: '10.0.0.1', port: 9092, run: '2' } as unknown as HostFacts['server'];
const looks = (more: Partial<HostFacts> = {}): Looks => found({ server: hostFacts('server', more) });
const tries = (wrong: number, step = 'verify') => ({
  step,
  time: at,
  checks: [
    ...Array.from({ length: wrong }, () => ({
      name: 'expired',
      kind: 'refused' as const,
      ok: false,
      detail: 'let in',
    })),
    { name: 'no certificate', kind: 'refused' as const, ok: true, detail: 'refused' },
  ],
});

const whole = {
  time: '2026-11-20T09:41:12.000Z',
  mutual: true,
  verdict: 'mutual',
  tries: [{ name: 'expired' }, { name: 'revoked' }],
} as unknown as Proof;

it.each([
  [0, true, 'done'],
  [3, true, 'outdated'],
  [3, false, 'missing'],
  // With nothing there, nothing to do is no news.
  [0, false, 'missing'],
] as const)('%d to do, begun %s: %s', (planned, begun, state) => {
  expect(standing(planned, begun)).toEqual({ state });
});

it('what is placed on hosts is there where any of it lies on one', () => {
  const bare = hostFacts('server');
  const { certificateFolder: _, ...none } = { ...bare, files: {} };
  expect(placedStanding(found({ server: none }), 4)).toEqual({ state: 'missing' });
  const home = { [bare.paths.home]: { kind: 'folder' } } as unknown as HostFacts['files'];
  expect(placedStanding(found({ server: { ...none, files: home } }), 4)).toEqual({ state: 'outdated' });
  expect(placedStanding(found({ server: { ...none, files: home } }), 0)).toEqual({ state: 'done' });
  expect(placedStanding({ server: { failure: { exitCode: 4, doing: 'Connecting', why: 'lost' } } }, 0)).toEqual({
    state: 'missing',
  });
});

describe('the launch', () => {
  it('of a run that has ended with other settings is out of date', () => {
    const facts = { runs: [over], before: 'sha256 of other settings' } as unknown as Partial<HostFacts>;
    expect(launchStanding(answers, looks(facts), 0)).toEqual({
      state: 'outdated',
      why: 'run 2 ended after 5 of 5 rounds, with the app or the settings of before: n begins a new run',
      over: true,
    });
  });

  it('of a run that has ended as it is wanted now stays done where another one is asked for, and so is planned', () => {
    const facts = { runs: [over] } as unknown as Partial<HostFacts>;
    const another = { ...answers, options: { new: true } };
    const why = 'run 2 ended after 5 of 5 rounds';
    expect(launchStanding(another, looks(facts), 6)).toEqual({ state: 'done', why, over: true });
  });

  it('names the clients that took no part in a run that has ended', async () => {
    const facts = { runs: [over] } as unknown as Partial<HostFacts>;
    const told = async (...events: readonly Happening[]) => {
      const journal = {
        runs: async () => ['2'],
        async *events() {
          yield* timed(events);
        },
      };
      const absent = await absentFrom({ journal } as unknown as World, ['hosp-a', 'hosp-b']);
      return launchStanding(answers, looks(facts), 0, absent).why;
    };
    const came = (client: string) => ({ type: 'client-changed', client, state: 'connected' }) as const;
    const end = { type: 'run-finished', outcome: 'changed' } as const;
    expect(await told(came('hosp-a'), end)).toBe('run 2 ended after 5 of 5 rounds, without hosp-b');
    expect(await told(came('hosp-a'), came('hosp-b'), end)).not.toContain('without');
    // What was not watched to its end says nothing of who came.
    expect(await told(came('hosp-a'))).not.toContain('without');
    expect(await told(end)).not.toContain('without');
  });

  it.each([
    ['nothing was ever started', {}, 5, { state: 'missing' }],
    ['a run goes on', { runs: [going] }, 0, { state: 'done', why: 'run 2: 3 of 5 rounds' }],
    ['its server is gone', { runs: [going] }, 4, { state: 'outdated' }],
    ['a run has ended', { runs: [over] }, 0, { state: 'done', why: 'run 2 ended after 5 of 5 rounds', over: true }],
    [
      'a run has failed',
      { runs: [{ ...over, done: 1, outcome: 'failed' }] },
      0,
      { state: 'done', why: 'run 2 failed after 1 of 5 rounds', over: true },
    ],
  ] as const)('%s', (_, facts, planned, expected) => {
    expect(launchStanding(answers, looks({ runs: [], ...facts } as Partial<HostFacts>), planned)).toEqual(expected);
  });
});

describe('the proof', () => {
  const running = looks({ ...(serves ? { server: serves } : {}), runs: [going] });
  const idle = looks({ runs: [over] });

  it('is of the server that runs', () => {
    expect(proofStanding(running, { run: '2', ended: false, tries: tries(0), proof: whole })).toEqual({
      state: 'done',
      why: '2 of 2 tries came out as they must, 2026-11-20 09:41 UTC',
    });
    expect(proofStanding(running, { run: '1', ended: true, tries: tries(0), proof: whole }).state).toBe('missing');
    expect(proofStanding(running, { ended: false }).state).toBe('missing');
  });

  it('is out of date once certificates were replaced that it was made with, as long as there is a server to try', () => {
    const last = { run: '2', ended: true, tries: tries(0), proof: whole };
    const why = (...replaced: readonly string[]) => proofStanding(running, last, [], replaced).why;
    expect(proofStanding(running, last, [], ['hosp-a']).state).toBe('outdated');
    expect(why('hosp-a')).toBe('tried before the certificate of hosp-a was replaced, 2026-11-20 09:41 UTC');
    expect(why('hosp-a', 'hosp-b')).toMatch(/^tried before the certificates of hosp-a and hosp-b were replaced,/);
    expect(why('server', 'hosp-a', 'ca')).toMatch(/^tried before the CA was replaced,/);
    expect(proofStanding(idle, last, [], ['ca']).state).toBe('done');
  });

  it('names the clients that were left out of it', () => {
    const partial = { ...whole, tries: whole.tries.map((each) => ({ ...each, host: 'hosp-a' })) };
    const last = { run: '2', ended: false, tries: tries(0), proof: partial };
    expect(proofStanding(running, last, ['hosp-a', 'hosp-b']).why).toBe(
      '2 of 2 tries came out as they must, without hosp-b, 2026-11-20 09:41 UTC',
    );
    expect(proofStanding(running, last, ['hosp-a']).why).not.toContain('without');
  });

  it('is no whole one where launch alone has tried, and says what was', () => {
    const launched = { run: '2', tries: tries(0, 'launch') };
    expect(proofStanding(running, { ...launched, ended: false })).toEqual({
      state: 'missing',
      why: 'launch tried 1 of it, 2026-11-20 09:41 UTC; the whole proof is not made yet',
    });
    expect(proofStanding(idle, { ...launched, ended: true })).toEqual({
      state: 'missing',
      why: 'launch tried 1 of it, 2026-11-20 09:41 UTC; the run ended before the whole proof was made',
    });
    expect(
      proofStanding(running, { run: '2', ended: false, tries: tries(0), proof: whole, later: tries(0, 'launch') }).why,
    ).toMatch(/^2 of 2 tries .*; launch tried 1 of it again, 2026/);
  });

  it('is out of date where a try did not come out as it must, also a later one, and where a host was not asked', () => {
    const found = { run: '2', ended: false, tries: tries(1), proof: { ...whole, mutual: false } };
    expect(proofStanding(running, found)).toEqual({
      state: 'outdated',
      why: '1 of 2 tries did not come out as they must, 2026-11-20 09:41 UTC',
    });
    expect(proofStanding(running, { ...found, tries: tries(0), proof: whole, later: tries(2) }).state).toBe('outdated');
    const verdict = 'not proved: not tried from c1';
    expect(proofStanding(running, { ...found, tries: tries(0), proof: { ...whole, mutual: false, verdict } })).toEqual({
      state: 'outdated',
      why: `${verdict}, 2026-11-20 09:41 UTC`,
    });
  });

  it('stays that of a run that has ended, and of no server there is none', () => {
    expect(proofStanding(idle, { run: '2', ended: true, tries: tries(0), proof: whole }).state).toBe('done');
    expect(proofStanding(idle, { ended: false })).toEqual({ state: 'missing', why: 'no server runs' });
    expect(proofStanding(idle, { run: '2', ended: false, tries: tries(0) }).state).toBe('missing');
  });
});

it('what would be watched is said', () => {
  expect(watchStanding(hostFacts('server', { runs: [going] } as Partial<HostFacts>), '2')).toEqual({
    state: 'done',
    why: 'run 2: 3 of 5 rounds',
  });
  expect(watchStanding(undefined, '2')).toEqual({ state: 'done', why: 'run 2' });
  expect(watchStanding(undefined, undefined)).toEqual({ state: 'missing', why: 'no run yet' });
});
