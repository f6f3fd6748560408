/** What is heard of a session: each thing once, in sentences, without signs. */
import { describe, expect, it } from 'vitest';
import { HeardReader } from '../../source/headless/heard.ts';
import { checkTexts, warningTexts } from '../../source/headless/heard-texts.ts';
import type { Check, Event, Happening } from '../../source/plan/event.ts';
import type { Failure } from '../../source/plan/failure.ts';
import { timed } from '../ui/events.ts';

const state = (name: string, more: Partial<Check> = {}): Check => ({
  name,
  kind: 'state',
  ok: true,
  detail: 'fine',
  ...more,
});
const found = (check: Check): Happening => ({ type: 'check-finished', step: 'preflight', check });
const start: readonly Happening[] = [
  {
    type: 'session-started',
    version: 1,
    steps: [
      { id: 'config', title: 'Configuration' },
      { id: 'preflight', title: 'Hosts' },
    ],
  },
  { type: 'step-started', step: 'preflight' },
];
const plan = (actions: readonly { text: string; host?: string; diff?: readonly string[] }[]): Happening => ({
  type: 'plan-ready',
  step: 'preflight',
  actions,
});
const end = (outcome: 'changed' | 'unchanged' | 'declined' | 'failed', failures?: readonly Failure[]): Happening => ({
  type: 'step-finished',
  step: 'preflight',
  outcome,
  ...(failures ? { failures } : {}),
});
const did = (action: number, outcome: 'changed' | 'failed' = 'changed'): Happening => ({
  type: 'action-finished',
  step: 'preflight',
  action,
  outcome,
});
const began: Happening = { type: 'action-started', step: 'preflight', action: 0 };

function heard(happenings: readonly Happening[], options = { asks: true, whole: false }) {
  const reader = new HeardReader(options);
  const lines = timed([...start, ...happenings]).flatMap((event: Event) => reader.read(event));
  return { lines: lines.slice(1), more: reader.more };
}

const hosts = Array.from({ length: 100 }, (_, at) => `site${at + 1}`);
const both = ['hosp-a', 'hosp-b'];

describe('what is heard', () => {
  it('names the step, and where in all of them it is', () => {
    const reader = new HeardReader({ asks: true, whole: false });
    expect(timed(start).flatMap((event) => reader.read(event))).toEqual(['Step 2 of 2: Hosts.']);
  });

  it('counts what is right and tells what is not quite, the same of several hosts once; the rest by its word', async () => {
    const { lines, more } = heard([
      plan([]),
      ...hosts.flatMap((host) => [
        found(state('clock', { host })),
        found(state('disk', { host, detail: '9 GB free' })),
      ]),
      ...both.map((host) => found(state('memory', { host, detail: '0.2 GB', hint: 'add some' }))),
      end('unchanged'),
    ]);
    expect(lines).toEqual([
      'Nothing is left to do here.',
      '200 checks came out right.',
      'Warning: hosp-a and hosp-b, memory: 0.2 GB. Try: add some.',
    ]);
    expect(more.words()).toEqual(['checks tells what was checked before, 202 checks.']);
    expect(await more.told('checks')).toEqual([
      'Hosts:',
      '100 hosts, clock: fine.',
      '100 hosts, disk: 9 GB free.',
      'hosp-a and hosp-b, memory: 0.2 GB.',
    ]);
  });

  it('tells a proof by its counts', () => {
    const { lines } = heard([
      plan([]),
      found({ name: 'revoked', kind: 'refused', ok: true, detail: 'refused' }),
      found({ name: 'client1’s', kind: 'accepted', ok: true, detail: 'let in' }),
      end('unchanged'),
    ]);
    expect(lines.slice(1)).toEqual(['Connections: 1 refused and 1 let in, each as it must be.']);
  });

  it('tells a plan once: the same of several hosts together, and no part again as it is done', () => {
    const { lines } = heard([
      plan([{ text: 'write a.conf' }, ...both.map((host) => ({ host, text: 'copy 3 files' }))]),
      began,
      ...[0, 1, 2].map((at) => did(at)),
      found(state('files')),
      end('changed'),
    ]);
    expect(lines).toEqual([
      'To do:',
      'write a.conf.',
      'hosp-a and hosp-b: copy 3 files.',
      'Doing it.',
      'Done.',
      '1 check came out right.',
    ]);
  });

  it('leaves what is long to its word: a plan of a hundred clients, and how files change', async () => {
    const actions = hosts.map((host) => ({ host, text: `issue ${host}.crt` }));
    const { lines, more } = heard([
      plan([{ text: 'write a.conf', diff: [' a.conf', '-x = 1', '+x = 2'] }, ...actions]),
    ]);
    expect(lines.length).toBeLessThan(15);
    expect(lines.slice(-2)).toEqual([
      'And 91 more lines; plan tells all.',
      '2 lines of files to change; diff tells how.',
    ]);
    expect(await more.told('plan')).toHaveLength(101);
    // Nobody who can't ask for it is spared it.
    const whole = heard([plan(actions), found(state('clock')), end('changed')], { asks: false, whole: true });
    expect(whole.lines.slice(-2)).toEqual(['site100: issue site100.crt.', 'clock: fine.']);
  });

  it('tells trouble in sentences, hosts with the same one together, and what is left to do', () => {
    const out = (host: string): Failure => ({
      exitCode: 4,
      host,
      doing: `Connecting to ${host}`,
      why: 'no answer',
      hint: 'ask',
    });
    const failures: readonly Failure[] = [
      ...both.map(out),
      {
        exitCode: 5,
        host: 'server',
        doing: 'Copying to server',
        why: 'disk full',
        said: ['No space'],
        byHand: 'scp a b',
      },
      { exitCode: 5, host: 'site1', doing: 'Looking', why: 'it left' },
    ];
    const { lines } = heard([
      { type: 'host-failed', step: 'preflight', host: 'hosp-a', failure: out('hosp-a') },
      plan([{ text: 'copy', host: 'server' }, { text: 'wait' }]),
      began,
      did(0),
      did(1, 'failed'),
      end('failed', failures),
    ]);
    expect(lines).toEqual([
      'To do:',
      'server: copy.',
      'wait.',
      'hosp-a is left out: no answer.',
      'Doing it.',
      '1 of 2 are done; the next run does the rest.',
      'hosp-a and hosp-b: no answer.',
      'Try: ask.',
      'Copying to server failed: disk full.',
      'It said:',
      'No space',
      'By hand: scp a b',
      'Looking (site1) failed: it left.',
    ]);
  });

  it('tells a little of what is printed by the hundred as it comes, something of it every ten seconds, and all by its word', async () => {
    const printed = Array.from({ length: 300 }, (_, at): Happening => {
      return { type: 'action-output', step: 'preflight', action: 0, host: 'site1', line: ` + package-${at}` };
    });
    const reader = new HeardReader({ asks: true, whole: false });
    const from = Date.parse('2026-11-20T09:41:00.000Z');
    const told = [...start, plan([{ text: 'install', host: 'site1' }]), began, ...printed].flatMap((happening, at) =>
      // Ten a second.
      reader.read({ ...happening, time: new Date(from + at * 100).toISOString() } as Event),
    );
    const of = (at: number) => `site1: + package-${at}.`;
    expect(told.slice(4)).toEqual([0, 1, 2, 102, 202].map(of));
    expect(await reader.more.told('output')).toEqual(Array.from({ length: 200 }, (_, at) => of(at + 100)));
    expect(reader.more.words().at(-1)).toBe('output tells what was printed, 200 lines.');
  });

  it('says that nothing was done of what was declined', () => {
    expect(heard([plan([{ text: 'a' }]), end('declined')]).lines.at(-1)).toBe('Nothing of this was done.');
  });

  it('says no more of a run than a log does, without its columns', () => {
    const run: readonly Happening[] = [
      { type: 'past-known', last: 4000, run: '1' },
      { type: 'past-known', last: 4000, run: '1' },
      { type: 'run-started', rounds: 3, flower: '1.41.0', run: '1', sequence: 1 },
      {
        type: 'round-finished',
        round: 2,
        rounds: 3,
        seconds: 1.5,
        fit: { ok: 2, failed: 0 },
        evaluate: { ok: 1, failed: 1 },
        loss: 0.5,
        metrics: {},
        failures: [{ client: 'hosp-b', phase: 'fit', reason: 'timed out' }],
      },
    ];
    expect(heard(run).lines).toEqual([
      'reading what happened so far: 4,000 events.',
      'run 1: 3 rounds, flwr 1.41.0.',
      'round 2 of 3, fit 2 ok, evaluate 1 ok, 1 failed, loss 0.5, 1.5 s.',
      'hosp-b failed in fit: timed out.',
    ]);
  });

  it('has no sign and no column in any sentence, and nothing that acts on a terminal', async () => {
    const evil = 'a\u001b[2J\u0007\r\u202eb\nc';
    const { lines, more } = heard([
      plan([{ text: evil, host: evil, diff: [`+${evil}`] }]),
      began,
      { type: 'action-output', step: 'preflight', action: 0, host: evil, line: evil },
      found(state(evil, { detail: evil, hint: evil, host: evil })),
      end('failed', [{ exitCode: 5, doing: evil, why: evil, hint: evil, host: evil, said: [evil], byHand: evil }]),
    ]);
    for (const line of lines) expect(line).toMatch(/^[^\p{C}✓✗·❯│─]*$/u);
    for (const line of lines) expect(line).not.toMatch(/ {2}|^ /);
    expect(more.words().length).toBeGreaterThan(0);
  });
});

describe('the words that tell more', () => {
  it('tell of what stands there now: what was found before something was done is gone', async () => {
    const { more } = heard([plan([{ text: 'a' }]), found(state('clock')), began, did(0), found(state('files'))]);
    expect(await more.told('checks')).toEqual(['Hosts:', 'files: fine.']);
    more.begin('Launch');
    expect(await more.told('plan')).toBeUndefined();
    expect(await more.told('commands')).toBeUndefined();
    expect(await more.told('rm -rf')).toBeUndefined();
  });

  it('commands says so where a plan has none', async () => {
    const { more } = heard([plan([{ text: 'wait' }])]);
    expect(await more.told('commands')).toEqual(['No line for a shell does the same.']);
  });
});

it('a check that is called like its host names it once', () => {
  const check = {
    name: 'server',
    host: 'server',
    kind: 'state',
    ok: true,
    detail: 'runs with the app of before',
  } as const;
  expect(warningTexts([{ ...check, hint: 'fl-wizard launch --new' }])).toEqual([
    'Warning: server, runs with the app of before. Try: fl-wizard launch --new.',
  ]);
  expect(checkTexts([check, { ...check, name: 'clock' }])).toEqual([
    'server, runs with the app of before.',
    'server, clock: runs with the app of before.',
  ]);
});
