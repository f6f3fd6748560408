import { afterEach, describe, expect, it } from 'vitest';
import type { Action, Stage } from '../../source/plan/action.ts';
import { numbered } from '../../source/plan/action.ts';
import type { Event, Happening } from '../../source/plan/event.ts';
import type { Failure } from '../../source/plan/failure.ts';
import type { LoginQuestion } from '../../source/plan/step.ts';
import { proof, runEvents, sessionStart, start, timed, viewOf } from './events.ts';
import { keys, type Opened, type OpenOptions, open } from './terminal.ts';

const opened: Opened[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.screen.close();
});

const sizes = [
  [120, 40],
  [80, 24],
  [40, 12],
] as const;

function begin(options: OpenOptions & { readonly autopilot?: boolean } = {}) {
  const terminal = open({ now: () => new Date(start.getTime() + 60_000), ...options });
  opened.push(terminal);
  const session = terminal.screen.session('xray', 'fl-wizard up', { autopilot: options.autopilot ?? false });
  const feed = (...happenings: readonly Happening[]) => {
    for (const event of timed(happenings)) session.feed(event);
  };
  feed(sessionStart);
  return { terminal, session, feed };
}

function action(text: string, more: Partial<Action> = {}): Action {
  return { kind: 'start', host: 'server', config: '', text, ...more } as Action;
}

const certs = { id: 'certs', title: 'Certificates' } as Parameters<
  ReturnType<Opened['screen']['session']>['operator']['approve']
>[0];
const stages: readonly Stage[] = [
  {
    title: 'CA',
    lanes: { here: [action('make the CA'), action('issue server.crt')] },
  },
  {
    title: 'Copy',
    lanes: {
      server: [action('upload three files')],
      client1: [action('upload its pair')],
      client2: [action('upload its pair')],
    },
  },
];
const planReady: Happening = {
  type: 'plan-ready',
  step: 'certs',
  actions: numbered(stages).map(({ lane, action: each }) => ({
    text: each.text,
    ...(lane === 'here' ? {} : { host: lane }),
  })),
};
const certsStart: Happening = { type: 'step-started', step: 'certs' };
const doing: readonly Happening[] = [
  { type: 'action-started', step: 'certs', action: 0 },
  { type: 'action-finished', step: 'certs', action: 0, outcome: 'changed' },
  { type: 'action-started', step: 'certs', action: 2, host: 'server' },
  { type: 'action-output', step: 'certs', action: 2, host: 'server', line: '\x1b[32msending\x1b[0m ca.crt\r' },
];
const failure: Failure = {
  exitCode: 4,
  host: 'client2',
  doing: 'Connecting to client2',
  why: 'no answer within 5 s',
  hint: 'ask the site to admit you',
};

describe.each(sizes)('the steps at %dx%d', (columns, rows) => {
  const size = { columns, rows };

  it('tell that they look, then the plan, and do nothing before yes', async () => {
    const { terminal, session, feed } = begin(size);
    feed(certsStart);
    await terminal.until('looking…');
    feed(planReady);
    const answer = session.operator.approve(certs, stages);
    const shown = await terminal.until('make the CA');
    for (const word of ['Plan: Certificates', 'issue server.crt', 'y yes', 'n no', 'commands', '? keys'].slice(
      0,
      columns < 100 ? 6 : 4,
    ))
      expect(shown).toContain(word);
    if (columns >= 80) expect(shown).toContain('$ fl-wizard certs');
    expect(shown).toMatch(/client1, cl\S* +upload its pair/);
    terminal.type('x', keys.enter, 'y');
    expect(await answer).toBe(true);
    feed(...doing);
    const progress = await terminal.until('1 of 5 done');
    expect(progress).toMatch(/server +upload three files/);
    if (columns >= 80) expect(progress).toContain('sending ca.crt');
    feed({ type: 'step-finished', step: 'certs', outcome: 'changed' });
  });

  it('have above them how all eight stand, also where the session is one of them', async () => {
    const terminal = open({ now: () => start, ...size });
    opened.push(terminal);
    const ids = ['config', 'preflight', 'certs', 'deploy', 'permissions', 'launch', 'verify', 'monitor'];
    const known = ids.map((id) => ({ id, stands: id === 'monitor' ? ('unseen' as const) : ('done' as const) }));
    const session = terminal.screen.session('xray', 'fl-wizard', { steps: 'before', known });
    const titles = [{ id: 'certs', title: 'Certificates' }];
    for (const event of timed([{ type: 'session-started', version: 1, steps: titles }, certsStart, planReady]))
      session.feed(event);
    void session.operator.approve(certs, stages);
    expect(await terminal.until('y yes')).toMatch(
      columns < 80
        ? /✓✓\?~~~~· +3\/8 certs/
        : /preflight ✓ certs \? deploy ~ permissions ~ launch ~ verify ~ monitor ·/,
    );
  });

  it('tell a proof that was interrupted as that, and not as a failed one', async () => {
    const terminal = open({ now: () => start, ...size });
    opened.push(terminal);
    const session = terminal.screen.session('xray', 'fl-wizard', { steps: 'before' });
    const tried = { name: 'no certificate', kind: 'refused', ok: true, detail: 'refused' } as const;
    for (const event of timed([
      { type: 'session-started', version: 1, steps: [{ id: 'verify', title: 'Proof' }] },
      { type: 'step-started', step: 'verify' },
      { type: 'plan-ready', step: 'verify', standing: { state: 'missing' }, actions: [] },
      { type: 'check-finished', step: 'verify', check: tried },
      { type: 'step-finished', step: 'verify', outcome: 'failed' },
      { type: 'session-finished', outcome: 'failed', exitCode: 130 },
    ]))
      session.feed(event);
    void session.finish({ footer: [], left: true });
    const frame = await terminal.until('Interrupted: what was done stays');
    expect(frame).toMatch(/· verify +interrupted\s+1 of 1/);
    expect(frame).not.toMatch(/failed|✗|What now|Not done/);
  });

  it.each([
    ['nothing', false],
    [undefined, true],
  ] as const)('leave their last frame where it is the last word: closed with %s', async (leave, stays) => {
    const terminal = open({ now: () => start, ...size });
    const session = terminal.screen.session('xray', 'fl-wizard', { steps: 'before' });
    for (const event of timed([
      sessionStart,
      certsStart,
      { type: 'step-finished', step: 'certs', outcome: 'declined' },
      { type: 'session-finished', outcome: 'declined', exitCode: 8 },
    ]))
      session.feed(event);
    const ended = session.finish({ footer: [], choices: ['again', 'edit'] });
    await terminal.until('What now?');
    terminal.type('q');
    await ended;
    await terminal.screen.close(leave);
    const frame = (await terminal.lines()).join('\n');
    expect(frame.includes('Declined')).toBe(stays);
    expect(frame).not.toContain('What now?');
    if (!stays) expect(frame.trim()).toBe('');
  });

  it('say in one word that nothing came of a step that somebody gave no answer to', async () => {
    const { terminal, feed, session } = begin(size);
    feed(
      sessionStart,
      certsStart,
      { type: 'step-finished', step: 'certs', outcome: 'failed', failures: [{ ...failure, exitCode: 8 }] },
      { type: 'session-finished', outcome: 'declined', exitCode: 8 },
    );
    void session.finish({ footer: [], choices: ['again'] });
    // In the lowest terminal the choices stand where that word would.
    const shown = await terminal.until(rows > 12 ? 'Not done' : 'What now?');
    expect(shown).not.toContain('Declined');
  });

  it('show trouble as what, why, try', async () => {
    const { terminal, feed, session } = begin(size);
    feed(
      { type: 'step-started', step: 'preflight' },
      { type: 'host-failed', step: 'preflight', host: 'client2', failure },
      {
        type: 'step-finished',
        step: 'preflight',
        outcome: 'failed',
        failures: [failure, { ...failure, host: 'client3' }],
      },
      { type: 'session-finished', outcome: 'failed', exitCode: 4 },
    );
    const ended = session.finish({ footer: ['fl-wizard preflight looks again'] });
    const shown = await terminal.until(rows > 12 ? 'Not done' : 'client3');
    for (const word of [
      'client2, client3',
      '✗ Connecting to client2',
      'Why  no answer within 5 s',
      'Try  ask the site',
    ])
      expect(shown).toContain(word);
    terminal.type('q');
    expect(await ended).toBe('leave');
  });

  it.each([
    ['t', 'again'],
    ['o', 'failed'],
    ['w', 'rest'],
    ['e', 'edit'],
    ['q', 'leave'],
    [keys.enter, undefined],
    ['x', undefined],
  ] as const)('offer what can be done about trouble: %j is %s', async (key, after) => {
    const { terminal, feed, session } = begin(size);
    feed(
      { type: 'step-started', step: 'preflight' },
      { type: 'step-finished', step: 'preflight', outcome: 'failed', failures: [failure] },
      { type: 'session-finished', outcome: 'failed', exitCode: 4 },
    );
    const ended = session.finish({ footer: [], choices: ['again', 'failed', 'rest', 'edit'] });
    const shown = await terminal.until('t again');
    if (size.rows > 12)
      for (const line of [
        'What now?',
        't  try again',
        'o  try again at client2 alone',
        'w  go on without client2',
        'q  leave',
      ])
        expect(shown).toContain(line);
    terminal.type(key);
    if (after === undefined) terminal.type('q');
    expect(await ended).toBe(after ?? 'leave');
  });

  it('become the live table, which q leaves', async () => {
    const { terminal, session, feed } = begin(size);
    session.hosts({ client1: 'ubuntu@10.0.0.11' });
    feed(...proof, { type: 'step-started', step: 'monitor' }, ...runEvents({ clients: 2, rounds: 3, done: 1 }));
    const shown = await terminal.until('waiting for client2');
    expect(shown).toContain('round 2/3');
    expect((await terminal.lines()).length).toBe(rows);
    terminal.type('q');
    expect(await session.left).toBe('q');
  });

  it('ask about an unknown host key and take no for an answer', async () => {
    const { terminal, session } = begin(size);
    const question = {
      kind: 'host-key',
      host: 'client1',
      address: '10.0.0.11:22',
      keyType: 'ssh-ed25519',
      fingerprint: 'SHA256:abcdef',
    } as const;
    const first = session.operator.ask(question);
    expect(await terminal.until('SHA256:abcdef')).toContain('y trust it');
    terminal.type('q');
    expect(await first).toEqual({ kind: 'no' });
    const second = session.operator.ask(question);
    await terminal.until('Is this really client1?');
    terminal.type('y');
    expect(await second).toEqual({ kind: 'yes' });
  });

  it('ask whether the server’s certificate is to hold what was found', async () => {
    const { terminal, session } = begin(size);
    const question = { kind: 'names', held: ['fl.example.org'], found: ['203.0.113.10', '10.0.1.5'] } as const;
    const first = session.operator.ask(question);
    const shown = await terminal.until('203.0.113.10, 10.0.1.5');
    expect(shown).toMatch(/n (no|go on without)/);
    terminal.type(keys.enter, 'x', 'n');
    expect(await first).toEqual({ kind: 'no' });
    const second = session.operator.ask(question);
    await terminal.until('Shall the server’s certificate');
    terminal.type('y');
    expect(await second).toEqual({ kind: 'yes' });
  });

  it('ask whether another run is to be begun, where the last one has ended with other settings', async () => {
    const { terminal, session } = begin(size);
    const first = session.operator.ask({ kind: 'another' });
    expect(await terminal.until('Begin another run?')).toMatch(/n (no|go on with that one)/);
    terminal.type(keys.enter, 'x', 'n');
    expect(await first).toEqual({ kind: 'no' });
    const second = session.operator.ask({ kind: 'another' });
    await terminal.until('Begin another run?');
    terminal.type('y');
    expect(await second).toEqual({ kind: 'yes' });
  });

  it('ask for a passphrase: what arrives is always seen, Enter alone is none, and esc is no answer', async () => {
    const { terminal, session } = begin(size);
    const question = { kind: 'passphrase', file: `/home/somebody/${'deep/'.repeat(9)}ca.key` } as const;
    const chosen = session.operator.ask({ ...question, wanted: 'new-ca', note: 'The two were not the same.' });
    await terminal.until('Passphrase  █');
    terminal.type('a', keys.up, '\t', 'b');
    expect(await terminal.until('Passphrase  ••█')).toContain('esc cancel');
    terminal.type(keys.enter);
    const answer = await chosen;
    expect(answer.kind === 'secret' && answer.value.reveal()).toBe('ab');
    const none = session.operator.ask({ ...question, wanted: 'new-ca' });
    await terminal.until('Passphrase  █');
    terminal.type(keys.enter);
    const empty = await none;
    expect(empty.kind === 'secret' && empty.value.reveal()).toBe('');
    for (const wanted of ['new-ca', 'open-ca'] as const) {
      const left = session.operator.ask({ ...question, wanted });
      await terminal.until('Passphrase  █');
      terminal.type('a', keys.escape);
      expect(await left).toEqual({ kind: 'no' });
    }
  });
});

describe('what a step found', () => {
  const checks = Array.from(
    { length: 40 },
    (_, at): Happening => ({
      type: 'check-finished',
      step: 'preflight',
      check: {
        name: `check ${at}`,
        host: 'client1',
        kind: 'state',
        ok: at !== 7,
        detail: at === 7 ? failure.why : 'ok',
      },
    }),
  );
  const hosts = Array.from({ length: 5 }, (_, at) => ({ ...failure, host: `hosp-${at}`, why: `trouble ${at}` }));
  const ended = (failures: readonly Failure[]): Happening[] => [
    { type: 'step-finished', step: 'preflight', outcome: 'failed', failures },
    { type: 'session-finished', outcome: 'failed', exitCode: 4 },
  ];
  const alone: Happening[] = [
    { type: 'session-started', version: 1, steps: [{ id: 'preflight', title: 'Preflight' }] },
    { type: 'step-started', step: 'preflight' },
  ];

  it('can be scrolled to its end, and no trouble is told twice', async () => {
    const { terminal, session, feed } = begin({ columns: 80, rows: 24 });
    feed(...alone, ...checks, ...ended([{ ...failure, host: 'client1' }]));
    const left = session.finish({ footer: [] });
    const first = await terminal.until('39 of 40 as they must be');
    expect(first.split(failure.why)).toHaveLength(2);
    expect(first).not.toContain('check 39');
    for (let at = 0; at < 4; at += 1) terminal.type('\x1b[6~');
    await terminal.until('check 39');
    terminal.type(keys.enter);
    expect(await left).toBe('leave');
  });

  it.each([
    ['one step', [...alone, ...checks, ...ended(hosts)]],
    ['all steps', [{ type: 'step-started', step: 'preflight' } as const, ...ended(hosts)]],
  ])('stays as a whole on the reader’s own screen, where it can be scrolled back to: %s', async (_, events) => {
    const { terminal, session, feed } = begin({ columns: 80, rows: 24 });
    feed(...events);
    const left = session.finish({ footer: [] });
    await terminal.until(/\d+ lines: ↓ \d+ below/);
    terminal.type(keys.enter);
    expect(await left).toBe('leave');
    await terminal.screen.close();
    await terminal.lines();
    const { buffer } = terminal.stdout.terminal;
    const told = Array.from({ length: buffer.active.length }, (_line, at) =>
      buffer.active.getLine(at)?.translateToString(true),
    );
    for (const at of hosts.keys()) expect(told.join('\n')).toContain(`Why  trouble ${at}`);
    expect(told.filter((line) => line?.includes('hosp-0'))).toHaveLength(1);
  });
});

describe('a plan', () => {
  it.each(['n', 'q', keys.escape])('is declined by %j', async (key) => {
    const { terminal, session, feed } = begin();
    feed(certsStart, planReady);
    const answer = session.operator.approve(certs, stages);
    await terminal.until('make the CA');
    terminal.type(key);
    expect(await answer).toBe(false);
  });

  it.each(['q', keys.escape, 'c'])('stays where %j leads out of its lines for a shell', async (key) => {
    const { terminal, session, feed } = begin();
    session.commands(async () => () => ['openssl genpkey']);
    feed(certsStart, planReady);
    const answer = session.operator.approve(certs, stages);
    await terminal.until('make the CA');
    terminal.type('c');
    await terminal.until('c hide commands');
    terminal.type(key);
    await terminal.until('c show commands');
    terminal.type('y');
    expect(await answer).toBe(true);
  });

  it('is neither approved nor declined where the terminal is too small to show it', async () => {
    const { terminal, session, feed } = begin();
    feed(certsStart, planReady);
    const answer = session.operator.approve(certs, stages);
    await terminal.until('make the CA');
    terminal.resize(20, 5);
    await terminal.until('too small');
    terminal.type('y', keys.enter, 'n');
    terminal.resize(80, 24);
    await terminal.until('make the CA');
    terminal.type('y');
    expect(await answer).toBe(true);
  });

  it('is not approved by a paste', async () => {
    const { terminal, session, feed } = begin();
    feed(certsStart, planReady);
    const answer = session.operator.approve(certs, stages);
    await terminal.until('make the CA');
    terminal.type(keys.paste('y\ny'), 'yes', 'n');
    expect(await answer).toBe(false);
  });

  it('shows its commands on c, and what it makes invalid', async () => {
    const { terminal, session, feed } = begin();
    feed(certsStart, planReady);
    const again = [
      {
        title: 'CA',
        lanes: { here: [action('make the CA anew', { invalidates: ['server.crt'] })] },
      },
    ];
    let found = 0;
    session.commands(async () => {
      found += 1;
      return () => ['openssl req -x509 \\\n  -days 1'];
    });
    const answer = session.operator.approve(certs, again);
    expect(await terminal.until('stop being valid: server.crt')).not.toContain('openssl');
    terminal.type('c');
    await terminal.until('openssl req -x509');
    expect(found).toBe(1);
    terminal.type('c');
    await terminal.until('c show commands');
    terminal.type('n');
    expect(await answer).toBe(false);
  });

  it('says who is left out of it, before anybody says yes', async () => {
    const { terminal, session, feed } = begin({ columns: 80, rows: 24 });
    feed(certsStart, { type: 'host-failed', step: 'certs', host: 'client2', failure });
    const answer = session.operator.approve(certs, stages);
    const shown = await terminal.until('Not in this plan: 1 host');
    expect(shown).toContain('✗ client2  no answer within 5 s');
    terminal.type('n');
    expect(await answer).toBe(false);
  });

  it.each(sizes)(
    'is read from its beginning to its end by Home and End, and back at once, at %dx%d',
    async (columns, rows) => {
      const { terminal, session } = begin({ columns, rows });
      const many = [{ title: 'S', lanes: { here: Array.from({ length: 60 }, (_, at) => action(`number ${at}`)) } }];
      session.commands(async () => ({ text }) => [`do ${text}`]);
      const answer = session.operator.approve(certs, many);
      await terminal.until('number 0');
      terminal.type('c');
      await terminal.until('do number 0');
      terminal.type(keys.end);
      const end = await terminal.until('60 actions');
      expect(end).toContain('above');
      expect(end).not.toContain('below');
      // What lies below the end is not scrolled to: the way back begins with the first key.
      terminal.type(keys.down, keys.down, keys.up);
      expect(await terminal.until('↓ 1 below')).toContain('above');
      terminal.type(keys.home);
      expect(await terminal.until('do number 0')).not.toContain('above');
      terminal.type('n');
      expect(await answer).toBe(false);
    },
  );

  it('shows the commands of its first actions, and says where the rest are', async () => {
    const { terminal, session } = begin({ columns: 80, rows: 24 });
    session.commands(async () => ({ text }) => [`do ${text}`]);
    const many = [{ title: 'CA', lanes: { here: Array.from({ length: 60 }, (_, at) => action(`number ${at}`)) } }];
    const answer = session.operator.approve(certs, many);
    await terminal.until('number 0');
    terminal.type('c');
    await terminal.until('do number 0');
    for (let at = 0; at < 10; at += 1) terminal.type('\x1b[6~');
    expect(await terminal.until('--show-commands prints the rest too')).not.toContain('do number 50');
    terminal.type('n');
    expect(await answer).toBe(false);
  });

  it('that is longer than the screen can be scrolled', async () => {
    const { terminal, session, feed } = begin({ columns: 40, rows: 12 });
    feed(certsStart);
    const many = [
      { title: 'CA', lanes: { here: Array.from({ length: 60 }, (_, at) => action(`issue number ${at}`)) } },
    ];
    const answer = session.operator.approve(certs, many);
    expect(await terminal.until('number 0')).toMatch(/↓ \d+ below/);
    for (let at = 0; at < 20; at += 1) terminal.type('\x1b[6~');
    expect(await terminal.until('60 actions')).toContain('above');
    terminal.type('y');
    expect(await answer).toBe(true);
  });

  it('repeats the warnings that were found before', async () => {
    const { terminal, session, feed } = begin();
    const check = {
      name: 'clock',
      host: 'client1',
      kind: 'state',
      ok: true,
      detail: '12 s ahead',
      hint: 'timedatectl set-ntp true',
    } as const;
    feed(
      { type: 'step-started', step: 'preflight' },
      { type: 'check-finished', step: 'preflight', check },
      certsStart,
      planReady,
    );
    void session.operator.approve(certs, stages);
    expect(await terminal.until('client1: clock, 12 s ahead')).toContain('Try  timedatectl');
  });
});

const code: LoginQuestion = {
  kind: 'login',
  host: 'client1',
  address: '10.0.0.11:22',
  user: 'ubuntu',
  because: 'It took a key, and asks this as well.',
  says: ['Duo two-factor login for ubuntu', '', ' 1. Duo Push to XXX-1234', 'Passcode or option (1-1):'],
  echo: false,
};

describe.each([...sizes, [30, 8]] as const)('a host that asks at login, at %dx%d', (columns, rows) => {
  it('is named, its last words are seen behind a bar, and the answer is not', async () => {
    const { terminal, session } = begin({ columns, rows });
    const answer = session.operator.ask(code);
    const shown = await terminal.until(/│ .*\(1-1\):/);
    expect(shown).toContain('client1 asks at login');
    if (rows > 20) expect(shown).toMatch(/ubuntu@10\.0\.0\.11:22 asks, in its own words:\n\n +│ Duo two-factor/);
    terminal.type('hun', keys.up, 'ter2');
    await terminal.until('Answer  •••••••█');
    terminal.type(keys.enter);
    const got = await answer;
    expect(got.kind === 'secret' && got.value.reveal()).toBe('hunter2');
    expect(terminal.stdout.written).not.toContain('hunter2');
  });
});

describe('a host that asks at login', () => {
  it('has all of its words behind the bar, whatever they are', async () => {
    const { terminal, session } = begin();
    const evil = ` \x1b[2J\r\nIs this really client1?\u202e ${'Passphrase '.repeat(40)}`;
    void session.operator.ask({ ...code, says: [evil, 'Password:'] });
    const shown = await terminal.until('│ Password:');
    const mentions = shown.split('\n').filter((line) => /Is this really|Passphrase/.test(line));
    expect(mentions.length).toBeGreaterThan(3);
    for (const line of mentions) expect(line).toMatch(/^ {3}│ /);
  });

  it('may let the answer be seen, by its end where it is long, and Enter alone is an answer', async () => {
    const { terminal, session } = begin({ columns: 40, rows: 12 });
    const push = session.operator.ask({ ...code, echo: true });
    await terminal.until('Answer  █');
    terminal.type(`${'x'.repeat(60)}last`);
    await terminal.until('xxxlast█');
    terminal.type(keys.enter);
    const got = await push;
    expect(got.kind === 'secret' && got.value.reveal()).toBe(`${'x'.repeat(60)}last`);
    const empty = session.operator.ask(code);
    await terminal.until('Answer  █');
    terminal.type(keys.enter);
    const nothing = await empty;
    expect(nothing.kind === 'secret' && nothing.value.reveal()).toBe('');
  });

  it('gets no answer from who gives up, and is withdrawn where it no longer waits', async () => {
    const { terminal, session } = begin();
    const given = session.operator.ask({ ...code, says: [] });
    expect(await terminal.until('Password  █')).toContain('client1 wants a password');
    terminal.type('abc', keys.escape);
    expect(await given).toEqual({ kind: 'no' });
    const withdrawn = new AbortController();
    const late = session.operator.ask(code, withdrawn.signal);
    await terminal.until('Answer  █');
    terminal.type('123');
    withdrawn.abort();
    expect(await late).toEqual({ kind: 'no' });
    await terminal.gone('Answer');
    expect(await session.operator.ask(code, withdrawn.signal)).toEqual({ kind: 'no' });
  });
});

describe('what hosts print', () => {
  const started = (action: number, host: string): Happening => ({
    type: 'action-started',
    step: 'certs',
    action,
    host,
  });
  const printed = (action: number, host: string, line: string): Happening => ({
    type: 'action-output',
    step: 'certs',
    action,
    host,
    line,
  });

  it('is behind a key: the last lines, one host after the other', async () => {
    const { terminal, feed } = begin();
    feed(certsStart, planReady, started(2, 'server'));
    expect(await terminal.until('Ctrl-C stop')).not.toContain('l what is printed');
    feed(...Array.from({ length: 100 }, (_, at) => printed(2, 'server', `line ${at} of the server`)));
    feed(started(3, 'client1'), printed(3, 'client1', 'Downloading numpy\x1b[2J'));
    const before = await terminal.until('l what is printed');
    expect(before).not.toContain('line 98');
    terminal.type('l');
    const lines = await terminal.until('line 98 of the server');
    expect(lines).toContain('1 of 2');
    expect(lines).toContain('line 99 of the server');
    expect(lines).not.toContain('line 3 of');
    terminal.type(keys.down, keys.down);
    expect(await terminal.until('Downloading numpy')).toContain('2 of 2');
    terminal.type(keys.up);
    await terminal.until('line 99 of the server');
    terminal.type('l');
    expect(await terminal.until('l what is printed')).not.toContain('line 98');
  });
});

it('a passphrase is never shown, and comes back as a secret', async () => {
  const { terminal, session } = begin();
  const answer = session.operator.ask({ kind: 'passphrase', file: '~/.ssh/fl.pem', wanted: 'open-ssh' });
  await terminal.until('Passphrase');
  terminal.type('hunq', keys.backspace, 'ter2');
  await terminal.until('•••••••');
  terminal.type(keys.enter);
  const got = await answer;
  expect(got.kind === 'secret' && got.value.reveal()).toBe('hunter2');
  expect(terminal.stdout.written).not.toContain('hunter2');
  expect(JSON.stringify(got)).not.toContain('hunter2');
});

it('the autopilot never asks, and ends by itself where there is no keyboard', async () => {
  const { terminal, session, feed } = begin({ autopilot: true, keyboard: false });
  feed(certsStart, planReady);
  expect(await session.operator.approve(certs, stages)).toBe(true);
  feed(...doing);
  await terminal.until('1 of 5 done');
  expect(await session.finish({ footer: [] })).toBe('leave');
});

it('q while something is done says how to stop it', async () => {
  const { terminal, feed } = begin();
  feed(certsStart, planReady, ...doing);
  await terminal.until('1 of 5 done');
  terminal.type('q');
  await terminal.until('still at work: Ctrl-C stops it');
});

it('Ctrl-C interrupts, and ends what is open with no', async () => {
  const { terminal, session, feed } = begin();
  feed(certsStart, planReady);
  const answer = session.operator.approve(certs, stages);
  await terminal.until('make the CA');
  terminal.type(keys.interrupt);
  expect(await answer).toBe(false);
  expect(terminal.interrupts).toBe(1);
});

it('the demo ends with what was refused and what to do next', async () => {
  const { terminal, session, feed } = begin({ autopilot: true });
  const events: Event[] = timed([sessionStart, ...proof, ...runEvents({ clients: 2, rounds: 3, done: 3 })]);
  feed(...events);
  const ended = session.finish({
    footer: [],
    demo: {
      view: viewOf(events),
      directory: './fl-demo',
      kept: true,
      seconds: 27,
      hosts: 3,
      flowerAlone: { tried: 5, admitted: 5 },
      have: [{ path: 'fl_network/', what: 'CA, server, 2 clients' }],
      next: [{ command: 'fl-wizard', what: 'your own hosts' }],
    },
  });
  const shown = await terminal.until('finished in 27 s');
  for (const word of [
    '3 hosts, 3 rounds, flwr 1.41.0',
    '✓ no certificate',
    'refused',
    'let in',
    'all 5 got in',
    './fl-demo (kept)',
    'Next   fl-wizard',
  ])
    expect(shown).toContain(word);
  expect(shown).toMatch(/ROUND.*\n +1 .*\n +2 .*\n +3 /);
  terminal.type(keys.enter);
  expect(await ended).toBe('leave');
});

it('a small terminal shows the demo’s end as far as one scrolls, and keeps the whole when one leaves', async () => {
  const { terminal, session, feed } = begin({ autopilot: true, columns: 40, rows: 12 });
  const events: Event[] = timed([sessionStart, ...proof, ...runEvents({ clients: 2, rounds: 3, done: 3 })]);
  feed(...events);
  const facts = { directory: './fl-demo', kept: true, seconds: 27, hosts: 3, flowerAlone: { tried: 5, admitted: 5 } };
  const have = [{ path: 'fl_network/', what: 'CA, server, 2 clients' }];
  const next = [{ command: 'fl-wizard', what: 'your own hosts' }];
  const ended = session.finish({ footer: [], demo: { view: viewOf(events), ...facts, have, next } });
  const first = await terminal.until('finished in 27 s');
  expect(first).not.toContain('your own hosts');
  expect(first).toMatch(/\d+ lines: ↓ \d+ below\n enter leave {2,3}↑↓ scroll/);
  terminal.type(...Array<string>(40).fill(keys.down));
  expect(await terminal.until('your own hosts')).not.toContain('finished in 27 s');
  await terminal.until(/lines: ↑ \d+ above\n/);
  terminal.resize(20, 5);
  await terminal.until('(q leaves)');
  terminal.type('y', 'q');
  expect(await ended).toBe('leave');
  terminal.resize(40, 12);
  await terminal.until('your own hosts');
  const before = terminal.stdout.written.length;
  await terminal.screen.close();
  const left = terminal.stdout.written.slice(before);
  for (const word of ['finished in 27 s', 'no certificate', 'fl_network/', 'your own hosts'])
    expect(left).toContain(word);
});

describe('the terminal', () => {
  it('is whole again after close, with the last frame on it', async () => {
    const { terminal, feed } = begin();
    feed(certsStart, planReady, ...doing);
    await terminal.until('1 of 5 done');
    await terminal.screen.close();
    expect(terminal.stdin.isRaw).toBe(false);
    for (const end of ['\x1b[?1049l', '\x1b[?25h', '\x1b[?7h', '\x1b[?2004l'])
      expect(terminal.stdout.written).toContain(end);
    expect((await terminal.lines()).join('\n')).toContain('upload three files');
    expect(terminal.stdout.terminal.buffer.active.type).toBe('normal');
    expect(terminal.stdin.listenerCount('readable')).toBe(0);
    expect(terminal.stdout.listenerCount('resize')).toBe(0);
  });

  it('can be resized at any time', async () => {
    const { terminal, feed } = begin();
    feed({ type: 'step-started', step: 'monitor' }, ...runEvents({ clients: 30, rounds: 30, done: 20 }));
    await terminal.until('round 21/30');
    for (const [columns, rows] of [
      [40, 12],
      [20, 5],
      [1, 1],
      [200, 50],
      [80, 24],
    ] as const)
      terminal.resize(columns, rows);
    const shown = await terminal.until(/q leave, keeps running[^\n]*$/);
    expect(shown.match(/ROUND/g)).toHaveLength(1);
    terminal.resize(20, 5);
    await terminal.until(/^● training\nround 21\/30 66%\nwaits for client2/);
  });

  it('gets only what has changed of a line', async () => {
    const { terminal, feed } = begin();
    feed({ type: 'step-started', step: 'monitor' }, ...runEvents({ clients: 2, rounds: 30, done: 20 }));
    await terminal.until('round 21/30');
    const before = terminal.stdout.written.length;
    feed({ type: 'client-changed', client: 'client1', state: 'evaluating' });
    await terminal.until('evaluating');
    const written = terminal.stdout.written.slice(before);
    expect(written).not.toContain('client1');
    expect(written).not.toContain('ROUND');
    expect(written.length).toBeLessThan(300);
  });

  it('gets no colors and no wide signs where it has none', async () => {
    const { terminal, feed } = begin({ unicode: false });
    feed(certsStart, planReady, ...doing);
    await terminal.until('1 of 5 done');
    expect(terminal.stdout.written.replace(/\x1b\[[?\d;]*[a-zA-Z]/g, '')).toMatch(/^[ -~\n]*$/);
    expect(terminal.stdout.written).not.toMatch(/\x1b\[(3\d|1|2)m/);
  });

  it('is not flooded by a burst of events', async () => {
    const { terminal, feed } = begin();
    feed(certsStart, planReady, { type: 'action-started', step: 'certs', action: 2, host: 'server' });
    await terminal.until('upload three files');
    const before = terminal.stdout.written.length;
    for (let at = 0; at < 20_000; at += 1)
      feed({ type: 'action-output', step: 'certs', action: 2, host: 'server', line: `line ${at}` });
    await terminal.until('line 19999');
    expect(terminal.stdout.written.length - before).toBeLessThan(20_000);
  });
});
