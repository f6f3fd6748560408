import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { approves, headlessOperator } from '../../source/headless/operator.ts';
import { asciiSymbols, failureLines, PlainReader, unicodeSymbols } from '../../source/headless/plain.ts';
import type { Event, Happening } from '../../source/plan/event.ts';
import { action, answers, check, stage } from '../plan/fakes.ts';

const time = '2026-11-20T09:41:00.000Z';
const lines = (happenings: readonly Happening[], symbols = unicodeSymbols) => {
  const reader = new PlainReader(symbols);
  return happenings.flatMap((each) => reader.read({ ...each, time } as Event));
};

const round = {
  type: 'round-finished',
  round: 2,
  rounds: 3,
  seconds: 1.23456,
  fit: { ok: 2, failed: 0 },
  evaluate: { ok: 1, failed: 1 },
  loss: 0.123456,
  metrics: { accuracy: 0.98765, n: 12 },
} as const satisfies Happening;

const { loss: _, ...noLoss } = round;

const wait = { type: 'phase-changed', phase: 'waiting', round: 0, rounds: 3 } as const satisfies Happening;

const waits = (have: number): Happening => ({
  ...wait,
  waiting: { have, need: 2, missing: ['client2'] },
});

const planned: readonly Happening[] = [
  { type: 'session-started', version: 1, steps: [{ id: 'certs', title: 'Certificates' }] },
  { type: 'step-started', step: 'certs' },
  { type: 'plan-ready', step: 'certs', actions: [{ text: 'make the CA' }, { text: 'copy 3 files', host: 'client1' }] },
];

describe('the lines of', () => {
  it.each<readonly [string, readonly Happening[], readonly string[]]>([
    ['a plan', planned, ['Certificates (fl-wizard certs)', '  + make the CA', '  + client1: copy 3 files']],
    [
      'what is done',
      [
        ...planned,
        { type: 'action-started', step: 'certs', action: 1, host: 'client1' },
        { type: 'action-output', step: 'certs', action: 1, host: 'client1', line: 'working' },
        { type: 'action-finished', step: 'certs', action: 1, host: 'client1', outcome: 'changed' },
        { type: 'action-finished', step: 'certs', action: 0, outcome: 'failed' },
        { type: 'action-finished', step: 'certs', action: 9, outcome: 'changed' },
      ].slice(3) as Happening[],
      ['    client1: working'],
    ],
    ['a good check', [{ type: 'check-finished', step: 's', check: check('port') }], ['  ✓ port: as it must be']],
    [
      'a warning',
      [{ type: 'check-finished', step: 's', check: check('clock', { host: 'client1', hint: 'switch on ntp' }) }],
      ['  ! client1  clock: as it must be (switch on ntp)'],
    ],
    [
      'a bad check',
      [{ type: 'check-finished', step: 's', check: check('port', { ok: false, hint: 'end it' }) }],
      ['  ✗ port: as it must be'],
    ],
    ['nothing to do', [{ type: 'step-finished', step: 's', outcome: 'unchanged' }], ['  unchanged']],
    ['something done', [{ type: 'step-finished', step: 's', outcome: 'changed' }], []],
    [
      'a plan that nobody approved',
      [{ type: 'step-finished', step: 's', outcome: 'declined' }],
      ['  not done: this plan was not approved (--yes approves it)'],
    ],
    [
      'one that changes certificates',
      [{ type: 'step-finished', step: 'certs', outcome: 'declined' }],
      [
        '  not done: this plan was not approved (--yes approves it; where certificates in use become invalid, also --allow-reissue)',
      ],
    ],
    [
      'failures',
      [
        {
          type: 'step-finished',
          step: 's',
          outcome: 'failed',
          failures: [
            { exitCode: 5, doing: 'Copying to client1', host: 'client1', why: 'disk full', hint: 'free some' },
            { exitCode: 4, doing: 'Looking', host: 'client2', why: 'no route' },
          ],
        },
      ],
      [
        '  client1  Copying to client1: disk full',
        '           Try  free some',
        '  client2  Looking: no route',
        '  2 hosts failed.',
      ],
    ],
    [
      'a run',
      [
        { type: 'run-started', rounds: 3, flower: '1.41.0', run: '1', sequence: 1 },
        {
          type: 'phase-changed',
          phase: 'waiting',
          round: 0,
          rounds: 3,
          waiting: { have: 1, need: 2, missing: ['client2'] },
        },
        { type: 'phase-changed', phase: 'fit', round: 1, rounds: 3 },
        { type: 'client-changed', client: 'client1', state: 'training' },
        { type: 'client-changed', client: 'client1', state: 'lost', detail: 'reset' },
        { type: 'connection-refused', address: '1.2.3.4:5', reason: 'no certificate' },
        { type: 'connection-refused', address: '1.2.3.4:5', reason: 'revoked, for a proof', probe: true },
        { type: 'notice', text: 'saved' },
        round,
        { type: 'run-finished', outcome: 'changed' },
      ],
      [
        '  run 1: 3 rounds, flwr 1.41.0',
        '  waiting for clients: 1 of 2, missing client2',
        '  client1 lost: reset',
        '  refused 1.2.3.4:5: no certificate',
        '  saved',
        '  round 2 of 3  fit 2 ok  evaluate 1 ok, 1 failed  loss 0.1235  accuracy 0.9877  n 12  1.235 s',
        '  the run is finished',
      ],
    ],
    [
      'a round in which somebody failed',
      [{ ...round, metrics: {}, failures: [{ client: 'client2', phase: 'fit', reason: 'timed out' }] }],
      [
        '  round 2 of 3  fit 2 ok  evaluate 1 ok, 1 failed  loss 0.1235  1.235 s',
        '    client2 failed in fit: timed out',
      ],
    ],
    [
      'rounds whose metrics came in another order, one of them not finite',
      [
        { ...round, metrics: { n: 12, f1: 0.25, accuracy: 0.5 } },
        { ...noLoss, metrics: { accuracy: 0.5, n: 12 }, notFinite: ['f1', 'loss'] },
      ],
      [
        '  round 2 of 3  fit 2 ok  evaluate 1 ok, 1 failed  loss 0.1235  accuracy 0.5  f1 0.25  n 12  1.235 s',
        '  round 2 of 3  fit 2 ok  evaluate 1 ok, 1 failed  loss not finite  accuracy 0.5  f1 not finite  n 12  1.235 s',
      ],
    ],
    ['a run that failed', [{ type: 'run-finished', outcome: 'failed', detail: 'NaN' }], ['  the run failed: NaN']],
    [
      'a wait that is told again',
      [waits(1), waits(1), waits(0), waits(1), { type: 'phase-changed', phase: 'fit', round: 1, rounds: 3 }, waits(1)],
      [1, 0, 1, 1].map((have) => `  waiting for clients: ${have} of 2, missing client2`),
    ],
    [
      'a wait for some of those that are not there, which ends',
      [
        { ...wait, waiting: { have: 0, need: 2, missing: ['client1', 'client2', 'client3'] } },
        { ...wait, until: '2026-11-20T09:41:30Z', waiting: { have: 2, need: 3, missing: ['client3'] } },
      ],
      [
        '  waiting for clients: 0 of 2, not there yet: client1, client2, client3',
        expect.stringMatching(/^ {2}waiting for clients: 2 of 3, missing client3; begins without it at \d\d:\d\d/),
      ],
    ],
    [
      'a link that goes and comes',
      [
        { type: 'link-changed', state: 'lost', why: 'timed out' },
        { type: 'link-changed', state: 'back' },
      ],
      ['  nothing is heard of the server: timed out; trying again, training needs no monitor', '  connected again'],
    ],
    [
      'a run that was left for a while, and stopped',
      [
        { type: 'past-known', last: 4000, run: '1' },
        { type: 'phase-changed', phase: 'halted', round: 2, rounds: 3, detail: 'the server is stopped' },
        { type: 'client-changed', client: 'client1', state: 'stopped', detail: 'fl-wizard launch starts it again' },
      ],
      [
        '  reading what happened so far: 4,000 events',
        '  nobody trains: the server is stopped',
        '  client1 stopped: fl-wizard launch starts it again',
      ],
    ],
    [
      'who came and went before we did: with its time, and for whom it waited then is no matter any more',
      [
        { type: 'past-known', last: 7, run: '1' },
        { ...wait, waiting: { have: 1, need: 2, missing: ['client2'] }, run: '1', sequence: 6 },
        { type: 'client-changed', client: 'client1', state: 'connected', run: '1', sequence: 7 },
        { type: 'client-changed', client: 'client2', state: 'connected', run: '1', sequence: 8 },
      ],
      [
        '  reading what happened so far: 7 events',
        expect.stringMatching(/^ {2}\d\d:\d\d(:\d\d)? client1 connected$/),
        '  client2 connected',
      ],
    ],
    [
      'rounds of any length',
      [0.009, 0.5, 2.4, 12.345, 3600].map((seconds) => ({ ...round, loss: 0.5, metrics: { f1: 0.25 }, seconds })),
      ['0.009', '0.5', '2.4', '12.3', '3600'].map(
        (seconds) => `  round 2 of 3  fit 2 ok  evaluate 1 ok, 1 failed  loss 0.5  f1 0.25  ${seconds} s`,
      ),
    ],
    ['a type of later', [{ type: 'something-newer' } as unknown as Happening], []],
  ])('%s', (_, happenings, expected) => expect(lines(happenings)).toEqual(expected));

  it('several failures where something was done: the next run does the rest', () => {
    const failed = (host: string) => ({ exitCode: 4 as const, doing: `Connecting to ${host}`, host, why: 'refused' });
    const told = lines([
      { type: 'plan-ready', step: 's', actions: [{ text: 'copy', host: 'a' }] },
      { type: 'action-finished', step: 's', action: 0, host: 'a', outcome: 'changed' },
      { type: 'step-finished', step: 's', outcome: 'failed', failures: [failed('b'), failed('client3')] },
    ]);
    expect(told.slice(-3)).toEqual([
      '  b        Connecting to b: refused',
      '  client3  Connecting to client3: refused',
      '  2 hosts failed; what is done stays, and the next run does only the rest.',
    ]);
  });

  it('an action that was done, by its number in the plan', () => {
    const done: Happening = { type: 'action-finished', step: 'certs', action: 1, outcome: 'changed' };
    expect(lines([...planned, done]).at(-1)).toBe('  ✓ client1: copy 3 files');
    expect(lines([...planned, done], asciiSymbols).at(-1)).toBe('  ok client1: copy 3 files');
    expect(lines([...planned, { ...done, outcome: 'failed' }])).toHaveLength(3);
    expect(lines([...planned, { ...done, action: 9 }])).toHaveLength(3);
  });
});

describe('hostile text', () => {
  const evil = 'a\u001b[2J\u001b]0;title\u0007\r\u0008\u202eb\nc\u009b31m';
  const acting = /[\p{Cc}\u202e]/u;
  const happenings: readonly Happening[] = [
    { type: 'session-started', version: 1, steps: [{ id: 's', title: evil }] },
    { type: 'step-started', step: 's' },
    { type: 'plan-ready', step: 's', actions: [{ text: evil, host: evil }] },
    { type: 'action-output', step: 's', action: 0, host: evil, line: evil },
    { type: 'action-finished', step: 's', action: 0, outcome: 'changed' },
    { type: 'check-finished', step: 's', check: check(evil, { host: evil, detail: evil, hint: evil }) },
    {
      type: 'step-finished',
      step: 's',
      outcome: 'failed',
      failures: [{ exitCode: 5, doing: evil, why: evil, hint: evil, host: `${evil}x` }],
    },
    { type: 'run-started', rounds: 1, flower: evil, run: evil },
    { ...round, metrics: { [evil]: 1 }, failures: [{ client: evil, phase: evil, reason: evil }] },
    {
      type: 'phase-changed',
      phase: 'waiting',
      round: 1,
      rounds: 1,
      waiting: { have: 0, need: 1, missing: [evil] },
    },
    { type: 'client-changed', client: evil, state: 'lost', detail: evil },
    { type: 'connection-refused', name: evil, address: evil, reason: evil },
    { type: 'notice', text: evil },
    { type: 'run-finished', outcome: 'failed', detail: evil },
  ];

  it.each(happenings.map((each) => [each.type, each] as const))('in %s acts on no terminal', (_, happening) => {
    const printed = lines([...happenings.slice(0, 3), happening]);
    expect(printed.length).toBeGreaterThan(0);
    for (const line of printed) expect(line).not.toMatch(acting);
  });

  it('of any kind stays on its line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const failure = { exitCode: 5, doing: text, why: text, hint: text || 'x', host: 'h' } as const;
        for (const line of [...lines([{ type: 'notice', text }]), ...failureLines(failure)])
          expect(line).not.toMatch(acting);
      }),
      { seed: 1 },
    );
  });

  it('of 10 MB is cut', () => {
    const [line] = lines([{ type: 'notice', text: 'x'.repeat(10_000_000) }]);
    expect(line?.length).toBeLessThan(2000);
  });
});

describe('the operator where nobody is', () => {
  const plain = [stage('S', { here: ['a'] })];
  const invalidating = [{ title: 'S', lanes: { client1: [action('a', { invalidates: ['client1'] })] } }];
  const reissue = { ...answers, options: { allowReissue: true } };
  it.each([
    [plain, answers, false, false],
    [plain, answers, true, true],
    [invalidating, answers, true, false],
    [invalidating, reissue, true, true],
    [invalidating, reissue, false, false],
  ])('approves by flags alone', (stages, given, yes, expected) => {
    expect(approves(stages, { answers: given, yes })).toBe(expected);
  });
  it('trusts no key that nobody confirmed, and knows no passphrase', async () => {
    const { ask } = headlessOperator({ answers, yes: true });
    const question = { host: 'server', address: 'a:22', keyType: 'ssh-ed25519', fingerprint: 'SHA256:x' };
    expect(await ask({ kind: 'host-key', ...question })).toEqual({ kind: 'no' });
    expect(await ask({ kind: 'names', held: ['a'], found: ['10.0.1.5'] })).toEqual({ kind: 'no' });
    expect(await ask({ kind: 'passphrase', file: '~/.ssh/id', wanted: 'open-ssh' })).toEqual({ kind: 'no' });
    const login = { host: 'server', address: 'a:22', user: 'me', because: '', says: ['Press Enter'], echo: true };
    expect(await ask({ kind: 'login', ...login })).toEqual({ kind: 'no' });
    const sudo = { host: 'server', address: 'a:22', user: 'me', doing: 'Trying', same: 'client1' };
    expect(await ask({ kind: 'sudo', ...sudo })).toEqual({ kind: 'no' });
    const none = await ask({ kind: 'passphrase', file: 'ca.key', wanted: 'new-ca' });
    expect(none.kind === 'secret' && none.value.reveal()).toBe('');
  });
});

describe('a plan of hundreds', () => {
  const actions = Array.from({ length: 100 }, (_, at) => ({ text: `issue ${at}` }));
  const at = (second: number) => new Date(Date.parse(time) + second * 1000).toISOString();
  const told = (seconds: number, total = actions) => {
    const reader = new PlainReader(unicodeSymbols);
    const read = (event: Happening, second = 0) => reader.read({ ...event, time: at(second) } as Event);
    read({ type: 'plan-ready', step: 'certs', actions: total });
    return total.flatMap((_, action) => [
      ...read({ type: 'action-started', step: 'certs', action }, action * seconds),
      ...read({ type: 'action-finished', step: 'certs', action, outcome: 'changed' }, (action + 1) * seconds),
    ]);
  };
  const notes = (lines: readonly string[]) => lines.filter((line) => line.includes(' done, about '));

  it('tells every ten seconds how much is done, and when the rest will be', () => {
    expect(notes(told(0.4))).toEqual([
      '  · 25 of 100 done, about 30 s left',
      '  · 50 of 100 done, about 20 s left',
      '  · 75 of 100 done, about 10 s left',
    ]);
  });

  it('says nothing of it where it is over in a moment, or too short to be counted', () => {
    expect(notes(told(0.05))).toEqual([]);
    expect(notes(told(9, actions.slice(0, 19)))).toEqual([]);
  });
});
