/** What is known already, where it may be an answer. */
import { describe, expect, it } from 'vitest';
import type { Key } from '../../source/ui/keys.ts';
import { questionsLines } from '../../source/ui/questions-lines.ts';
import { draftOf, type Prefill, press, type QuestionsState, startQuestions } from '../../source/ui/questions-state.ts';
import type { Suggestion } from '../../source/ui/suggestions.ts';
import { keys, open } from './terminal.ts';

const hosts = ['hosp-a', 'hosp-b', 'gpu[1]', 'other'].map((value): Suggestion => ({ value, from: '~/.ssh/config' }));
const enter: Key = { name: 'enter' };
const tab: Key = { name: 'tab' };
const text = (typed: string): Key => ({ name: 'text', text: typed });

function pressed(state: QuestionsState, ...all: readonly Key[]): QuestionsState {
  return all.reduce((now, key) => press(now, key, () => undefined), state);
}

const answered: Prefill = {
  name: 'xray',
  address: 'fl.example.org',
  names: ['10.0.0.9'],
  server: 'fl-server',
  identityFile: '~/.ssh/fl.pem',
  clients: [],
};
const at = (question: number, more: Partial<QuestionsState> = {}) =>
  pressed({ ...startQuestions(answered), ...more }, ...Array<Key>(question).fill(enter));
const shown = (state: QuestionsState) =>
  questionsLines(state, { columns: 80, rows: 24 })
    .map((line) => line.map((each) => each.text).join(''))
    .join('\n');

describe('Tab', () => {
  it('takes one after the other into the line, and again from the first', () => {
    const server = { ...at(3), known: { server: hosts } };
    expect([1, 2, 3, 4, 5].map((times) => pressed(server, ...Array<Key>(times).fill(tab)).editor.text)).toEqual([
      'hosp-a',
      'hosp-b',
      'gpu[1]',
      'other',
      'hosp-a',
    ]);
    expect(pressed(server, tab).answers.server).toBe('fl-server');
    expect(pressed(server, tab, enter).answers.server).toBe('hosp-a');
  });

  it('adds to names what is not among them', () => {
    const known = { names: ['10.0.0.9', '203.0.113.10'].map((value) => ({ value, from: 'x' })) };
    const once = pressed({ ...at(2), known }, tab);
    expect(once.editor.text).toBe('10.0.0.9, 203.0.113.10');
    expect(pressed(once, tab)).toEqual(once);
  });

  it('offers no client that is there, and calls one as ~/.ssh/config does where it may', () => {
    const clients = { ...at(5), known: { clients: hosts } };
    const one = pressed(clients, tab, enter);
    expect(one.clients).toEqual([{ name: 'hosp-a', ssh: 'hosp-a' }]);
    expect(pressed(one, tab).editor.text).toBe('hosp-b hosp-b');
    expect(pressed(one, tab, tab, enter).clients.at(-1)).toEqual({ name: 'client2', ssh: 'gpu[1]' });
    expect(shown(one)).toMatch(/Known +hosp-b {2}gpu\[1\] {2}other {2}\(~\/\.ssh\/config\)/);
  });

  it('does nothing where nothing is known, and is not offered', () => {
    expect(pressed(at(3), tab)).toEqual(at(3));
    expect(shown(at(3))).not.toContain('tab');
    expect(shown({ ...at(3), known: { server: hosts } })).toContain('tab known');
  });
});

it('a pattern takes all hosts that are called so', () => {
  const clients = { ...at(5), known: { clients: hosts } };
  expect(pressed(clients, text('hosp-*'), enter).clients.map(({ name }) => name)).toEqual(['hosp-a', 'hosp-b']);
  expect(pressed(clients, text('none-*'), enter).clients).toEqual([{ name: 'client1', ssh: 'none-*' }]);
});

it('a client is copied into the line, and stays', () => {
  const one = pressed(at(5), text('a fl@h1'), enter);
  const copied = pressed(one, { name: 'up' }, text('c'));
  expect([copied.editor.text, copied.clients, copied.selected]).toEqual(['a fl@h1', one.clients, undefined]);
});

it('an answer is called back from the summary, and goes there again', () => {
  const summary = pressed(at(5), text('a fl@h1'), enter, enter);
  const down: Key = { name: 'down' };
  const back = pressed(summary, down, down, enter);
  expect(shown(back)).toContain('Which address');
  const changed = pressed(back, { name: 'clear' }, text('other.example.org'), enter);
  expect(shown(changed)).toContain('Is this right?');
  expect(changed.answers.address).toBe('other.example.org');
  expect(pressed(changed, { name: 'up' }, enter).outcome).toBeUndefined();
  expect(pressed(changed, { name: 'up' }, text('y')).outcome).toBe('taken');
  // Esc is no yes: the answer stays as it was.
  const left = pressed(back, text('x'), { name: 'escape' });
  expect(shown(left)).toContain('Is this right?');
  expect(left.answers.address).toBe('fl.example.org');
});

it('says where an answer was found, and what app there is', () => {
  const state = startQuestions({ ...answered, from: { name: 'hosts.txt' }, app: 'what is in app/' });
  expect(shown(state)).toMatch(/Found in +hosts\.txt/);
  const summary = pressed(state, ...Array<Key>(5).fill(enter), text('a fl@h1'), enter, enter);
  expect(shown(summary)).toMatch(/app +what is in app\//);
});

it('says in the smallest terminal too where an answer was found', () => {
  const state = startQuestions({ ...answered, from: { server: 'hosts.ini', address: 'certificate.conf' } });
  for (const [presses, source] of [
    [1, 'certificate.conf'],
    [3, 'hosts.ini'],
  ] as const) {
    const lines = questionsLines(pressed(state, ...Array<Key>(presses).fill(enter)), { columns: 40, rows: 12 });
    expect(lines.map((line) => line.map((each) => each.text).join('')).join('\n')).toMatch(
      new RegExp(`Found in +${source}`),
    );
  }
});

it('a further name that became the address is no further one', () => {
  const state = startQuestions({ ...answered, address: 'fl-server', names: ['127.0.0.1', '10.0.0.9'] });
  const changed = pressed(state, enter, { name: 'clear' }, text('127.0.0.1'), enter);
  expect(draftOf(changed)).toMatchObject({ address: '127.0.0.1', names: ['10.0.0.9'] });
});

it('says why a file answers nothing, and not that something was found in it', () => {
  const state = startQuestions({ ...answered, address: '', from: { unused: 'certificate.conf can’t be read' } });
  const asked = shown(pressed(state, enter));
  expect(asked).toMatch(/Not taken +certificate\.conf can’t be read/);
  expect(asked).not.toContain('Found in');
  expect(shown(pressed({ ...state, answers: { ...state.answers, address: 'a' } }, enter, enter))).not.toContain(
    'Not taken',
  );
});

it('a word about the server’s address is seen in small terminals too', () => {
  const words = 'default_bits 4096 of certificate.conf is for RSA';
  const state = { ...at(1), remarks: { 'address fl.example.org': words } };
  const frame = (columns: number, rows: number) =>
    questionsLines(state, { columns, rows })
      .map((line) => line.map((each) => each.text).join(''))
      .join(' ')
      .replace(/\s+/g, ' ');
  for (const [columns, rows] of [
    [120, 40],
    [80, 24],
    [40, 12],
  ] as const)
    expect(frame(columns, rows)).toContain(`! ${words}`);
});

it('what comes late belongs to its question, wherever somebody is by then', async () => {
  const asked: [string, (found: readonly Suggestion[]) => void][] = [];
  const terminal = open();
  try {
    void terminal.screen.questions(
      answered,
      () => undefined,
      (field) => new Promise((found) => asked.push([field, found])),
    );
    await terminal.until('What is the network called?');
    terminal.type(keys.enter, keys.enter, keys.enter);
    await terminal.until('over SSH?');
    expect(asked.map(([field]) => field)).toEqual(['name', 'address', 'names', 'server']);
    asked[2]?.[1]([{ value: '203.0.113.10', from: 'what fl.example.org resolves to' }]);
    asked[3]?.[1](hosts);
    expect(await terminal.until('Known')).not.toContain('203.0.113.10');
    terminal.type('\t');
    await terminal.until('❯ hosp-a');
    terminal.type(keys.escape);
    expect(await terminal.until('other names?')).toContain('203.0.113.10  (what fl.example.org resolves to)');
  } finally {
    await terminal.screen.close();
  }
});

it('what there is to say of an answer stands below it, with its client, and before the last yes; it keeps nobody', async () => {
  const asked: string[] = [];
  const suggest = Object.assign(async () => [], {
    remark: async (kind: string, value: string) => {
      asked.push(`${kind} ${value}`);
      return value === 'hosp-x' || value === '~/none' ? `${value} is nowhere` : undefined;
    },
  });
  const terminal = open();
  try {
    const draft = terminal.screen.questions({ ...answered, identityFile: '~/none' }, () => undefined, suggest);
    await terminal.until('What is the network called?');
    terminal.type(...Array<string>(4).fill(keys.enter));
    await terminal.until('! ~/none is nowhere');
    terminal.type(keys.enter);
    await terminal.until('enter again takes it as it is');
    terminal.type(keys.enter);
    await terminal.until('Who takes part?');
    terminal.type('hosp-x', keys.enter);
    const frame = await terminal.until('! hosp-x is nowhere');
    expect(frame).toMatch(/hosp-x {2}hosp-x {2}!/);
    terminal.type('a 10.0.0.1', keys.enter, keys.enter);
    const summary = await terminal.until('Is this right?');
    for (const words of ['! ~/none is nowhere', '! hosp-x is nowhere']) expect(summary).toContain(words);
    terminal.type('y');
    expect((await draft)?.clients).toHaveLength(2);
    // Each once, whatever was typed in between.
    expect(asked).toEqual([...new Set(asked)]);
  } finally {
    await terminal.screen.close();
  }
});

it('says before the yes with how many clients a run begins, where that is not all of them', () => {
  const clients = ['a', 'b', 'c'].map((name) => ({ name, ssh: name }));
  const summary = (count: number, more: Prefill = {}) =>
    shown(
      pressed(startQuestions({ ...answered, clients: clients.slice(0, count), ...more }), ...Array<Key>(6).fill(enter)),
    );
  expect(summary(3)).toMatch(/A run begins with all 3, or half a minute after 2 of them have joined/);
  expect(summary(2)).not.toContain('have joined');
  // A network that is there has its own answer.
  expect(summary(3, { changes: true })).not.toContain('have joined');
});
