import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Happening } from '../../source/plan/event.ts';
import type { Failure } from '../../source/plan/failure.ts';
import { lineWidth } from '../../source/ui/line.ts';
import { stepsLines, wordsOf } from '../../source/ui/steps-lines.ts';
import { type CameFrom, foundOf, nextStep, seen, startSteps, stepsKey } from '../../source/ui/steps-state.ts';
import { start, timed, viewOf } from './events.ts';
import { keys, type Opened, type OpenOptions, open } from './terminal.ts';

const ids = ['config', 'preflight', 'certs', 'deploy', 'permissions', 'launch', 'verify', 'monitor'] as const;
const begin: Happening = {
  type: 'session-started',
  version: 1,
  steps: ids.map((id) => ({ id, title: `Title of ${id}` })),
};
const lost: Failure = {
  exitCode: 4,
  host: 'hosp-b',
  doing: 'Connecting to hosp-b',
  why: 'no answer within 10 s',
  hint: 'ask its firewall',
};

/** A step that was looked at. */
function looked(
  step: (typeof ids)[number],
  state: 'done' | 'outdated' | 'missing',
  more: {
    readonly why?: string;
    readonly actions?: readonly string[];
    readonly failures?: readonly Failure[];
    readonly over?: true;
  } = {},
): readonly Happening[] {
  const { actions = [], why, failures, over } = more;
  const standing = { state, ...(why ? { why } : {}), ...(over ? { over } : {}) };
  return [
    { type: 'step-started', step },
    { type: 'plan-ready', step, standing, actions: actions.map((text) => ({ text, host: 'hosp-a' })) },
    {
      type: 'step-finished',
      step,
      outcome: failures ? 'failed' : actions.length > 0 ? 'changed' : 'unchanged',
      ...(failures ? { failures } : {}),
    },
  ];
}

const all: readonly Happening[] = [
  begin,
  ...looked('config', 'done'),
  ...looked('preflight', 'done', { failures: [lost] }),
  ...looked('certs', 'outdated', { actions: ['issue hosp-a.crt: it ends in 3 days', 'issue hosp-c.crt'] }),
  ...looked('deploy', 'missing', { actions: ['copy'], failures: [lost] }),
  ...looked('permissions', 'missing'),
  ...looked('launch', 'missing', { actions: ['start the server'] }),
  ...looked('verify', 'missing', { why: 'no server runs' }),
];

const opened: Opened[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.screen.close();
});

function page({ from, ...options }: OpenOptions & { readonly from?: CameFrom } = {}) {
  const terminal = open({ now: () => start, ...options });
  opened.push(terminal);
  const shown = terminal.screen.steps('xray', from);
  const feed = (...happenings: readonly Happening[]) => {
    for (const event of timed(happenings)) shown.feed(event);
  };
  return { terminal, shown, feed };
}

describe.each([
  [120, 40],
  [80, 24],
  [40, 12],
] as const)('the page of the steps at %dx%d', (columns, rows) => {
  it('says of each how it stands, and why', async () => {
    const { terminal, shown, feed } = page({ columns, rows });
    feed(...all);
    await terminal.until(/○ verify +not yet/);
    feed(...looked('monitor', 'missing', { why: 'no run yet' }));
    shown.whole();
    const frame = await terminal.until('❯ ✗ preflight');
    for (const [id, word] of [
      ['✓ config', 'done'],
      ['✗ preflight', 'in trouble'],
      ['! certs', 'out of date'],
      ['· deploy', 'not looked at'],
      ['○ permissions', 'not yet'],
      ['○ launch', 'not yet'],
      ['○ monitor', 'not yet'],
    ] as const)
      expect(frame).toMatch(new RegExp(`${id} +${word}`));
    for (const key of ['b back', '? keys', 'q quit']) expect(frame).toContain(key);
    // The cause of the chosen one is seen at any size.
    expect(frame).toContain('hosp-b: no answer within 10 s');
    if (columns < 80) return;
    expect(frame).toContain('hosp-b: no answer within 10 s');
    expect(frame).toContain('2 actions, first: issue hosp-a.crt: it ends in');
    // The same trouble is told where it has to be seen to first.
    expect(frame).toMatch(/· deploy +not looked at +hosp-b is in trouble: preflight first/);
    expect(frame).toMatch(/○ verify +not yet +no server runs/);
    expect(frame).toContain('1 of 8 steps are done');
    expect(frame).toContain('ask its firewall');
    terminal.type('3');
    const certs = await terminal.until('$ fl-wizard certs');
    expect(certs).toContain('what is to do, once you have said yes to it');
    expect(certs).toMatch(/hosp-a +issue hosp-c.crt/);
  });

  it('says how what was launched is ended, which no step does', async () => {
    const { terminal, shown, feed } = page({ columns, rows });
    feed(begin, ...looked('launch', 'done', { why: 'run 1: 5 of 9 rounds' }));
    shown.whole();
    await terminal.until('1 of 8 steps are done');
    terminal.type('6');
    if (rows > 20)
      expect(await terminal.until('fl-wizard down removes its units')).toContain('fl-wizard stop ends what');
    terminal.type('?');
    if (rows < 40) for (let presses = 0; presses < 20; presses++) terminal.type(keys.down);
    await terminal.until('fl-wizard down');
  });
});

it('a step that is done with what another has to make anew is not counted as done, and says so', async () => {
  const { terminal, shown, feed } = page();
  const states = { certs: 'outdated', verify: 'missing' } as const;
  const why = 'run 1: 5 of 9 rounds';
  feed(
    begin,
    ...ids.flatMap((id) =>
      looked(id, id === 'certs' || id === 'verify' ? states[id] : 'done', id === 'launch' ? { why } : {}),
    ),
  );
  shown.whole();
  const frame = await terminal.until('2 of 8 steps are done');
  expect(frame).toMatch(/✓ preflight +done/);
  expect(frame).toMatch(/~ deploy +done before +now certs is out of date/);
  expect(frame).toMatch(/○ verify +not yet/);
  expect(frame).toMatch(/~ monitor +done before +now certs is out of date/);
  // What is known of it is not lost.
  terminal.type('6');
  await terminal.until(/^ run 1: 5 of 9 rounds$/m);
});

it('a cause that is longer than its row is told to its end, at 40x12 as far as there is room', async () => {
  const why = 'run 1 ended after 3 of 3 rounds, with the app or the settings of before: n begins a new run';
  const wide = page({ columns: 80, rows: 24 });
  wide.feed(begin, ...looked('launch', 'outdated', { why }));
  await wide.terminal.until(/launch +out of date +run 1 ended after/);
  wide.terminal.type('6');
  expect((await wide.terminal.until('begins a new run')).replace(/\s+/g, ' ')).toContain(why);
  const small = page({ columns: 40, rows: 12 });
  small.feed(begin, ...looked('launch', 'outdated', { why }));
  await small.terminal.until(/! launch +out of date$/m);
  small.terminal.type('6');
  expect(await small.terminal.until(/ ❯ ! launch +out of date$/m)).toMatch(
    /^ run 1 ended after 3 of 3 rounds, with\n the app or the settings of before: n …$/m,
  );
});

describe.each([
  [120, 40],
  [80, 24],
  [40, 12],
] as const)('what its keys and signs mean, at %dx%d,', (columns, rows) => {
  it('is told by ?, which chooses nothing, and leads back', async () => {
    const { terminal, shown, feed } = page({ columns, rows });
    feed(...all);
    shown.whole();
    await terminal.until('❯ ✗ preflight');
    terminal.type('?');
    await terminal.until('↑ ↓  1-8  choose a step');
    // Nothing of what can't be seen is chosen.
    terminal.type('g', 'n', 'e', 'f', 'r', '3', keys.down);
    if (rows < 24) await terminal.until('↑ 1 above');
    for (let presses = 0; presses < 40; presses++) terminal.type(keys.down);
    await terminal.until('declined: left as it was');
    terminal.type('?');
    await terminal.until('❯ ✗ preflight');
    terminal.type('?', keys.escape);
    await terminal.until('❯ ✗ preflight');
    terminal.type(keys.enter);
    expect(await shown.choice).toEqual({ kind: 'step', id: 'preflight' });
  });

  it('can be left from by q', async () => {
    const { terminal, shown } = page({ columns, rows });
    terminal.type('?');
    await terminal.until('choose a step');
    terminal.type('q');
    expect(await shown.choice).toEqual({ kind: 'quit' });
  });
});

describe('whoever comes back from a step', () => {
  const rest = ids.flatMap((id) => looked(id, id === 'verify' ? 'missing' : 'done'));

  it.each<[string, CameFrom, readonly Happening[], string]>([
    ['had nothing to do stays there', { id: 'permissions', had: false }, rest, '❯ ✓ permissions'],
    ['was done is led on to what is still to do', { id: 'certs', had: true }, rest, '❯ ○ verify'],
    ['was declined, or left by b, stays there', { id: 'verify', had: true }, rest, '❯ ○ verify'],
    [
      'was the last to be done stays there',
      { id: 'launch', had: true },
      ids.flatMap((id) => looked(id, 'done')),
      '❯ ✓ launch',
    ],
  ])('that %s', async (_, from, happened, cursor) => {
    const { terminal, shown, feed } = page({ from });
    feed(begin);
    await terminal.until(`❯ · ${from.id}`);
    feed(...happened);
    shown.whole();
    await terminal.until(/[78] of 8 steps are done/);
    expect(await terminal.until(cursor)).toContain(`$ fl-wizard ${cursor.slice(4)}`);
  });
});

describe('what is chosen there', () => {
  it.each([
    [keys.enter, { kind: 'step', id: 'preflight' }],
    [`${keys.down}${keys.down}${keys.enter}`, { kind: 'step', id: 'deploy' }],
    ['jjk\r', { kind: 'step', id: 'certs' }],
    ['8\r', { kind: 'step', id: 'monitor' }],
    ['g', { kind: 'rest' }],
    ['e', { kind: 'answers' }],
    ['f', { kind: 'file' }],
    ['r', { kind: 'again' }],
    [keys.escape, { kind: 'back' }],
    ['q', { kind: 'quit' }],
  ])('by %j', async (typed, choice) => {
    const { terminal, shown, feed } = page();
    feed(...all);
    shown.whole();
    await terminal.until('❯ ✗ preflight');
    terminal.type(typed);
    expect(await shown.choice).toEqual(choice);
  });

  it('is nothing that moved under a finger: what is found later leaves the cursor where somebody has put it', async () => {
    const { terminal, shown, feed } = page();
    feed(begin);
    await terminal.until('❯ · config');
    terminal.type(keys.down);
    await terminal.until('❯ · preflight');
    feed(...all.slice(1));
    shown.whole();
    await terminal.until('1 of 8 steps are done');
    expect(await terminal.until('$ fl-wizard preflight')).toContain('❯ ✗ preflight');
  });

  it.each([
    [keys.interrupt, 1],
    ['q', 0],
  ])('%j leaves, also where nothing can be seen', async (key, interrupts) => {
    const { terminal, shown } = page({ columns: 20, rows: 5 });
    await terminal.until('too small');
    terminal.type(keys.enter, key);
    expect(await shown.choice).toEqual({ kind: 'quit' });
    expect(terminal.interrupts).toBe(interrupts);
  });
});

it('before anything was looked at, no step is said to be anything', () => {
  expect(viewOf(timed([begin])).steps.map(foundOf)).toEqual(ids.map(() => 'unseen'));
  expect(nextStep(viewOf(timed([begin])))).toBe(0);
});

it('any keys and any words of hosts leave it whole', () => {
  const text = fc.string({ unit: 'binary', maxLength: 60 });
  const key = fc.oneof(
    fc
      .constantFrom('up', 'down', 'enter', 'escape', 'home', 'end', 'page-up', 'page-down', 'tab')
      .map((name) => ({ name })),
    fc.string({ maxLength: 3 }).map((each) => ({ name: 'text', text: each })),
  );
  const look = fc.record({
    step: fc.constantFrom(...ids),
    state: fc.constantFrom('done', 'outdated', 'missing'),
    why: text,
    actions: fc.array(text, { maxLength: 30 }),
    failures: fc.option(
      fc.array(fc.record({ exitCode: fc.constant(4), host: text, doing: text, why: text, hint: text }), {
        minLength: 1,
        maxLength: 5,
      }),
      { nil: undefined },
    ),
  });
  fc.assert(
    fc.property(
      fc.array(look, { maxLength: 12 }),
      fc.array(key, { maxLength: 60 }),
      fc.integer({ min: 10, max: 200 }),
      fc.integer({ min: 3, max: 60 }),
      (looks, pressed, columns, rows) => {
        const view = viewOf(
          timed([
            begin,
            ...looks.flatMap(({ step, state, failures, ...more }) =>
              looked(step, state as 'done', {
                ...more,
                ...(failures ? { failures: failures as unknown as Failure[] } : {}),
              }),
            ),
          ]),
        );
        let state = seen(startSteps('xray'), view, true);
        for (const each of pressed) {
          const { state: next, choice } = stepsKey(state, each as never);
          expect(next.at).toBeGreaterThanOrEqual(0);
          expect(next.at).toBeLessThan(ids.length);
          if (choice?.kind === 'step') expect(ids).toContain(choice.id);
          state = next;
        }
        const lines = stepsLines(state, { columns, rows });
        expect(lines.length).toBeLessThanOrEqual(rows);
        for (const line of lines) {
          expect(lineWidth(line)).toBeLessThanOrEqual(columns);
          expect(line.map((each) => each.text).join('')).not.toMatch(/\p{Cc}/u);
        }
      },
    ),
    { seed: 20_261_130, numRuns: 300 },
  );
});

it.each([
  ['of its own', { ...lost, why: 'a line is no Python' }, 'deploy is in trouble'],
  ['that preflight has too', lost, 'preflight is in trouble'],
] as const)('a step is not plainly done upon one in trouble %s, and says where that is', (_, own, why) => {
  const happened = [
    begin,
    ...looked('preflight', 'done', { failures: [lost] }),
    ...looked('deploy', 'missing', { failures: [own] }),
    ...looked('launch', 'done'),
  ];
  const view = viewOf(timed(happened));
  const launch = view.steps.find(({ id }) => id === 'launch');
  expect(launch && wordsOf(view, launch)).toEqual({ found: 'before', word: 'done before', why });
});

it.each([true, undefined])('answers can be changed at 80 columns, whether a run is over or not: %j', (over) => {
  const happened = [begin, ...looked('monitor', 'done', over ? { over } : {})];
  const state = seen(startSteps('xray'), viewOf(timed(happened)), true);
  const foot =
    stepsLines(state, { columns: 80, rows: 24 })
      .at(-1)
      ?.map(({ text }) => text)
      .join('') ?? '';
  for (const word of ['enter do', 'e answers', 'b back', '? keys', '$ fl-wizard ']) expect(foot).toContain(word);
  expect(foot.includes('n new run')).toBe(over === true);
});

it('a cause that is longer than its row has a second one where there is room, and is not told twice', () => {
  const why = 'run 1 ended after 3 of 3 rounds, with the app or the settings of before: n begins a new run';
  const view = viewOf(timed([begin, ...looked('config', 'done'), ...looked('launch', 'outdated', { why })]));
  const rowsAt = (columns: number, rows: number) =>
    stepsLines({ ...startSteps('xray'), view, at: 5 }, { columns, rows }).map((line) =>
      line
        .map(({ text }) => text)
        .join('')
        .trim(),
    );
  const wide = rowsAt(80, 24);
  expect(wide.join(' ').split(/\s+/).join(' ')).toContain(why);
  expect(wide.filter((row) => row.includes('begins a new run'))).toHaveLength(1);
  expect(rowsAt(80, 14).filter((row) => row.includes('run 1 ended'))).toHaveLength(2);
});

it('a host that nobody was asked about yet is first contact, and no trouble', () => {
  const asks = (host: string): Failure => ({ ...lost, host, why: 'its key is not known yet', asks: 'host-key' });
  const words = (failures: readonly Failure[]) => {
    const steps = [...looked('preflight', 'missing', { failures }), ...looked('deploy', 'missing', { failures })];
    const view = viewOf(timed([begin, ...looked('config', 'done'), ...steps]));
    const state = { ...startSteps('xray'), view, at: 1 };
    const frame = stepsLines(state, { columns: 80, rows: 24 }).map((line) => line.map(({ text }) => text).join(''));
    return { frame: frame.join('\n'), next: nextStep(view) };
  };
  const { frame, next } = words([asks('server')]);
  expect(frame).toMatch(/○ preflight +not yet +its host key is asked about first/);
  expect(frame).toMatch(/· deploy +not looked at +preflight first/);
  expect(frame).not.toMatch(/✗|in trouble/);
  expect(ids[next]).toBe('preflight');
  expect(words([asks('server'), asks('hosp-a')]).frame).toContain('2 host keys are asked about first');
  // Beside one that is in trouble, that one is told.
  expect(words([asks('server'), lost]).frame).toMatch(/✗ preflight +in trouble +hosp-b: no answer within 10 s/);
});
