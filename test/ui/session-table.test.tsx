/** The live table as somebody at a keyboard has it. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Happening } from '../../source/plan/event.ts';
import type { Act, SessionOptions } from '../../source/ui/screen.tsx';
import { proof, runEvents, sessionStart, start, timed } from './events.ts';
import { keys, type Opened, type OpenOptions, open } from './terminal.ts';

const opened: Opened[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.screen.close();
});

function begin(
  options: OpenOptions &
    SessionOptions & { readonly hands?: boolean; readonly clients?: number; readonly done?: false } = {},
) {
  const { hands = true, clients = 3 } = options;
  const terminal = open({ now: () => new Date(start.getTime() + 60_000), ...options });
  opened.push(terminal);
  const session = terminal.screen.session('xray', 'fl-wizard monitor', options);
  const acts: Act[] = [];
  if (hands) session.acts((act) => acts.push(act));
  session.hosts({ client1: 'ubuntu@10.0.0.11', client2: 'fl@pacs-gw' });
  const feed = (...happenings: readonly Happening[]) => {
    for (const event of timed(happenings)) session.feed(event);
  };
  feed(sessionStart, ...proof, { type: 'step-started', step: 'monitor' });
  if (options.done !== false) feed(...runEvents({ clients, rounds: 12, done: 4, bad: true }));
  return { terminal, session, feed, acts };
}

describe('the live table', () => {
  it('has a cursor, a page for each client, a log and a help, and the way back', async () => {
    const { terminal, session } = begin();
    const wanted: (string | undefined)[] = [];
    session.wants((member) => wanted.push(member));
    session.log('client2', 'long ago', true);
    session.log('client2', 'epoch 3 \x1b[31mloss 0.2');
    await terminal.until('❯client1');
    terminal.type('j');
    await terminal.until('❯client2');
    terminal.type(keys.enter);
    const page = await terminal.until('last heard');
    expect(page).toMatch(/^ client2 {2}● training/);
    expect(page).toContain('fl@pacs-gw');
    expect(page).toMatch(/^ earlier {3}long ago\n \d\d:\d\d:\d\d {2}epoch 3 loss 0\.2$/m);
    terminal.type(keys.right);
    await terminal.until(/^ client3 {2}●/);
    terminal.type(keys.escape);
    await terminal.until('❯client3');
    expect(wanted).toEqual(['client2', 'client3', undefined]);
    terminal.type('l');
    const log = await terminal.until('LOG OF ALL HOSTS');
    expect(log).toMatch(/^ earlier {3}client2 {2}long ago$/m);
    expect(log).toContain('earlier: before this page was open');
    terminal.type('?');
    await terminal.until('its own page: facts');
    terminal.type(keys.escape);
    await terminal.until('LOG OF ALL HOSTS');
    terminal.type(keys.escape);
    await terminal.until('❯client3');
    terminal.type('q');
    expect(await session.left).toBe('q');
  });

  it('is filtered as one types, and shows all again', async () => {
    const { terminal } = begin({ clients: 30 });
    await terminal.until('CLIENT 1-');
    terminal.type('/', 'pacs');
    await terminal.until('filter: pacs');
    await terminal.gone('client1 ');
    terminal.type(keys.enter);
    await terminal.until('esc show all');
    terminal.type(keys.escape);
    await terminal.until('client1 ');
    terminal.type('/', 'nobody');
    await terminal.until('no client is like “nobody”');
  });

  it('looks for what a log has as one types, breaks its long lines, and goes back to all of it', async () => {
    const { terminal, session } = begin();
    session.log('client1', 'nothing of the kind');
    session.log('client2', `Epoch 3 ${'loss '.repeat(30)}end of it`);
    await terminal.until('❯client1');
    terminal.type('l');
    await terminal.until('nothing of the kind');
    terminal.type('/', 'EPOCH');
    expect(await terminal.until('filter: EPOCH▏')).not.toContain('nothing of the kind');
    terminal.type(keys.enter, 'w');
    await terminal.until('end of it');
    terminal.type(keys.escape);
    await terminal.until('nothing of the kind');
    terminal.type(keys.escape);
    await terminal.until('❯client1');
  });

  it('asks before anything is stopped, and hands over what was said yes to', async () => {
    const { terminal, acts } = begin();
    await terminal.until('❯client1');
    terminal.type('s');
    await terminal.until('stop client1?');
    terminal.type('s', keys.enter, 'n');
    await terminal.gone('stop client1?');
    expect(acts).toEqual([]);
    terminal.type('r', 'v');
    await terminal.until('restart the server?');
    terminal.type('y');
    await terminal.gone('restart the server?');
    expect(acts).toEqual([{ verb: 'restart', member: 'server' }]);
  });

  it('takes keys that come together one by one, and no yes that came with its question', async () => {
    const { terminal, acts } = begin();
    await terminal.until('❯client1');
    terminal.type('jj');
    await terminal.until('❯client3');
    terminal.type('sy');
    await terminal.until('stop client3?');
    expect(acts).toEqual([]);
    terminal.type('n');
    await terminal.gone('stop client3?');
    terminal.type('/client2');
    await terminal.until('filter: client2');
  });

  it('asks before q ends what is watched, but not once that is over', async () => {
    const demo = { leave: 'q stop the demo', ends: 'its pretend hosts are stopped' };
    const { terminal, session, feed } = begin({ ...demo, hands: false, columns: 100, rows: 40 });
    const left = vi.fn();
    session.left.then(left);
    expect(await terminal.until('❯client1')).toContain('q stop the demo');
    // One piece: nobody can have read the question yet.
    terminal.type('qy');
    await terminal.until(' stop the demo?  y yes   n no   (its pretend hosts are stopped)');
    terminal.type('n', '?');
    await terminal.until(/^ {2}q +stop the demo: asks first$/m);
    terminal.type(keys.escape);
    await terminal.until('❯client1');
    terminal.type('q');
    await terminal.until('stop the demo?');
    expect(left).not.toHaveBeenCalled();
    feed({ type: 'run-finished', outcome: 'failed', detail: 'it broke' });
    await terminal.until('it broke');
    terminal.type('n', 'q');
    expect(await session.left).toBe('q');
  });

  it('in a corner of a screen tells the keys that lead out of what has no room there, and they do', async () => {
    const { terminal, session } = begin({ leave: 'q stop the demo', ends: 'it is stopped' });
    await terminal.until('❯client1');
    terminal.type('f', 'l', '/', 'loss', keys.enter);
    await terminal.until('filter: loss');
    terminal.resize(20, 5);
    for (const way of ['esc all: loss', 'esc back: log', 'esc all: faults']) {
      await terminal.until(way);
      terminal.type('?', keys.escape);
      await terminal.gone(way);
    }
    expect(await terminal.until('q stop')).not.toContain('esc');
    terminal.type('qy');
    await terminal.until('stop the demo? y/n');
    terminal.type('n');
    await terminal.until('q stop');
    terminal.type('q');
    await terminal.until('stop the demo? y/n');
    terminal.type('y');
    expect(await session.left).toBe('q');
  });

  it('asks nothing any more at the end, whatever was asked before', async () => {
    const { terminal, session } = begin({ ends: 'it is stopped' });
    await terminal.until('❯client1');
    terminal.type('q');
    await terminal.until('(it is stopped)');
    const left = session.finish({ footer: ['that was all'] });
    expect(await terminal.until('that was all')).not.toContain('y yes');
    terminal.type('q');
    expect(await left).toBe('leave');
  });

  it('says of a run that has ended with other settings that these are those of before', async () => {
    const { terminal, session, feed } = begin({ steps: 'beside' });
    const standing = { state: 'outdated', why: 'run 1 ended', over: true } as const;
    feed(
      { type: 'session-started', version: 1, steps: ['launch', 'monitor'].map((id) => ({ id, title: id })) },
      { type: 'plan-ready', step: 'launch', actions: [], standing },
      { type: 'step-finished', step: 'launch', outcome: 'unchanged' },
      { type: 'step-started', step: 'monitor' },
      { type: 'run-finished', outcome: 'changed', run: '20261120-094100', sequence: 9_000_000 },
    );
    const end = session.finish({ footer: ['Next      n begins the next with those of now'] });
    expect(await terminal.until('with the app or settings of before')).toContain('n begins the next');
    terminal.type('n');
    expect(await end).toBe('new');
  });

  it.each([
    ['t', 'again'],
    ['e', 'edit'],
    ['n', 'new'],
    ['b', 'steps'],
    ['q', 'leave'],
  ] as const)('of a run that failed in it says what can be done: %s is %s', async (key, after) => {
    const { terminal, session, feed } = begin({ steps: 'beside' });
    feed({
      type: 'run-finished',
      outcome: 'failed',
      detail: 'client2 failed',
      run: '20261120-094100',
      sequence: 9_000_000,
    });
    const end = session.finish({ footer: [], choices: ['again', 'failed', 'rest', 'edit'] });
    await terminal.until('t try again   e edit   n new run   b steps   q leave');
    // The table is still one: its own keys do what they did.
    terminal.type('o');
    await terminal.until('▼');
    terminal.type('/');
    terminal.type('te');
    await terminal.until('filter: te');
    terminal.type(keys.escape);
    await terminal.until('t try again');
    terminal.type(key);
    expect(await end).toBe(after);
  });

  it('has no hands where nobody gave it any', async () => {
    const { terminal, acts } = begin({ hands: false, columns: 200 });
    const shown = await terminal.until('❯client1');
    expect(shown).not.toMatch(/r restart|s stop/);
    terminal.type('s', 'y', 'r', 'y', '?');
    await terminal.until('its own page: facts');
    expect(acts).toEqual([]);
  });

  it('stays at the end to be read, and q leaves', async () => {
    const { terminal, session, feed, acts } = begin({ columns: 120 });
    feed({ type: 'run-finished', outcome: 'changed' });
    const left = session.finish({ footer: ['fl-wizard pull fetches the weights'] });
    await terminal.until('q leave');
    terminal.type(keys.enter);
    await terminal.until('last heard');
    terminal.type('s', 'y', keys.escape);
    await terminal.until('fl-wizard pull fetches the weights');
    expect(acts).toEqual([]);
    expect(await terminal.until('❯client1')).not.toMatch(/stop client|r restart/);
    terminal.type('q');
    expect(await left).toBe('leave');
  });

  it.each([
    ['q', 'unchanged'],
    ['Ctrl-C', 'failed'],
  ] as const)('that is left by %s keeps its last frame, also before anything was heard', async (_, outcome) => {
    for (const known of [true, false]) {
      const { terminal, session, feed } = begin(known ? {} : { done: false });
      await terminal.until(known ? '❯client1' : 'connecting');
      feed({ type: 'step-finished', step: 'monitor', outcome });
      void session.finish({ footer: [], left: true });
      const shown = await terminal.until(/q leave\s*$/);
      expect(shown).toContain(known ? 'client1  idle' : 'connecting');
      expect(shown).not.toMatch(/Nothing to do|Not done|failed$/m);
    }
  });
});

describe('the live table in a low terminal', () => {
  const size = { columns: 40, rows: 12 };

  it('always shows the client that the cursor is on, however long what it waits for is', async () => {
    const { terminal } = begin({ ...size, clients: 30 });
    for (const name of ['client1', 'client2', 'client3', 'client4']) {
      await terminal.until(`❯${name} `);
      terminal.type('j');
    }
  });

  it('leads to all rounds by a, the first one too', async () => {
    const { terminal } = begin(size);
    expect(await terminal.until('❯client1')).not.toMatch(/^ +1 +\d\/\d/m);
    terminal.type('a', keys.end);
    expect(await terminal.until(/^ +1 +\d\/\d/m)).toContain('ROUND');
    terminal.type('a');
    await terminal.until('❯client1');
  });

  it('keeps its clients once it has ended, and has what comes next behind ?', async () => {
    const { terminal, session } = begin(size);
    const footer = [
      'Results: runs/1/',
      'Weights: fl-wizard pull',
      'Again: fl-wizard launch --new',
      'Watch: fl-wizard monitor',
    ];
    void session.finish({ footer, left: true });
    const shown = await terminal.until('? tells what comes next');
    expect(shown).toContain('❯client1');
    terminal.type('?');
    for (const text of footer) expect(await terminal.until('Keys')).toContain(text);
  });

  it('scrolls a page no further than to its end, so that the way back begins at once', async () => {
    const { terminal } = begin(size);
    await terminal.until('❯client1');
    terminal.type('?', ...Array.from({ length: 90 }, () => keys.down));
    const end = await terminal.until(/lines: ↑ \d+ above$/m);
    terminal.type(keys.up);
    expect(await terminal.until('↓ 1 below')).not.toBe(end);
  });
});
