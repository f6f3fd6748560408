/** Nothing that was answered is lost: neither a client while it is changed, nor anything to who leaves and comes back. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { validate } from '../../source/commands/draft.ts';
import { fields } from '../../source/ui/fields.ts';
import type { Key } from '../../source/ui/keys.ts';
import { press, type QuestionsState, startQuestions } from '../../source/ui/questions-state.ts';
import { leftAt, resumed } from '../../source/ui/questions-stopped.ts';
import { keys, type Opened, open } from './terminal.ts';

let terminal: Opened | undefined;
afterEach(async () => {
  await terminal?.screen.close();
});

const clients = ['a', 'b', 'c'].map((name) => ({ name, ssh: `fl@host-${name}` }));
const answers = {
  name: 'xray',
  address: 'fl.example.org',
  names: ['203.0.113.10', '10.0.1.5'],
  server: 'ubuntu@fl.example.org',
  identityFile: '',
  clients,
};

const text = (typed: string): Key => ({ name: 'text', text: typed });
const pressed = (state: QuestionsState, ...all: readonly (Key | Exclude<Key['name'], 'text' | 'paste'>)[]) =>
  all.reduce<QuestionsState>(
    (now, each) => press(now, typeof each === 'string' ? ({ name: each } as Key) : each, validate),
    state,
  );
const atClients = pressed(startQuestions(answers), 'enter', 'enter', 'enter', 'enter', 'enter');
const names = (state: QuestionsState) => state.clients.map(({ name }) => name).join('');

describe('a client that is being changed', () => {
  const editing = pressed(atClients, 'up', 'up', 'enter', 'end', text('x'));

  it('has the cursor behind its name, as a copy has, which needs another one', () => {
    expect(pressed(atClients, 'up', 'up', 'enter', text('2')).editor.text).toBe('b2 fl@host-b');
    const copy = pressed(atClients, 'up', 'up', text('c'), text('2'), 'end', text('2'), 'enter');
    expect(copy.clients.at(-1)).toEqual({ name: 'b2', ssh: 'fl@host-b2' });
    expect(copy.editor.text).toBe('');
  });

  it('is given back where it was by Esc, which goes no further', () => {
    expect([editing.editor.text, names(editing)]).toEqual(['b fl@host-bx', 'ac']);
    const back = pressed(editing, 'escape');
    expect([back.at, back.editor.text, back.clients]).toEqual([atClients.at, '', clients]);
    expect(pressed(back, 'escape').at).toBe(atClients.at - 1);
  });

  it.each([
    ['an empty line', ['clear', 'enter'], 'abc', ''],
    ['another one that is edited', ['up', 'enter'], 'ab', 'c fl@host-c'],
    ['a copy of another one', ['up', text('c')], 'abc', 'c fl@host-c'],
    ['a paste', [{ name: 'paste', lines: ['d fl@host-d'] }], 'abcd', ''],
  ] as const)('is not lost by %s', (_, keysThen, left, line) => {
    const state = pressed(editing, ...keysThen);
    expect([state.at, names(state), state.editor.text]).toEqual([atClients.at, left, line]);
  });

  it('is another one once that is taken, and stays in the line while it can’t be', () => {
    const wrong = pressed(editing, 'clear', text('a fl@host-z'), 'enter');
    expect([wrong.problem, names(wrong)]).toEqual([
      'a client named a is there already (line 1); give it another name',
      'ac',
    ]);
    expect(names(pressed(wrong, 'escape'))).toBe('abc');
    expect(pressed(editing, 'enter').clients.at(1)).toEqual({ name: 'b', ssh: 'fl@host-bx' });
  });

  it('is told what Esc does', async () => {
    terminal = open();
    void terminal.screen.questions({ ...answers, stopped: { at: 'clients', answered: 5, editing: 'b' } }, validate);
    expect(await terminal.until('Who takes part?')).toContain('esc as it was');
    terminal.type(keys.escape);
    await terminal.until('❯ █');
    expect((await terminal.lines()).join('\n')).toMatch(/a +fl@host-a\n +b +fl@host-b\n +c +fl@host-c/);
  });
});

const key: fc.Arbitrary<Key> = fc.oneof(
  fc.constantFrom('x', 'y', ' ', 'c', 'd', 'host', 'a fl@host-q', 'fl.example.org', 'b').map(text),
  fc
    .constantFrom('enter', 'enter', 'enter', 'escape', 'up', 'down', 'clear', 'backspace', 'tab', 'left')
    .map((name) => ({ name }) as Key),
  fc.constant<Key>({ name: 'paste', lines: ['d fl@host-d', 'e fl@host-e', 'a twice'] }),
);

it('who left the questions, wherever that was, finds the same there', () => {
  fc.assert(
    fc.property(fc.array(key, { maxLength: 60 }), (all) => {
      let state = startQuestions(all.length % 2 === 0 ? answers : {});
      for (const each of all) {
        const next = press(state, each, validate);
        if (!next.outcome) state = next;
      }
      const { draft, stopped } = leftAt(state);
      const again = resumed(startQuestions(draft), stopped);
      expect(leftAt(again)).toEqual({ draft, stopped });
      expect([again.at, again.reached]).toEqual([state.at, state.reached]);
      if (state.at !== 2) expect(again.editor.text).toBe(state.editor.text);
      expect(again.clients).toEqual(state.clients);
    }),
    { numRuns: 300 },
  );
});

it('an answer that was called back from the summary goes there again', () => {
  const summary = pressed(atClients, 'enter');
  expect(leftAt(summary).stopped).toEqual({ at: 'summary', answered: fields.length });
  const called = pressed(summary, 'down', 'enter', text('2'));
  const { draft, stopped } = leftAt(called);
  expect(stopped).toEqual({ at: 'name', answered: fields.length, line: 'xray2' });
  expect(pressed(resumed(startQuestions(draft), stopped), 'enter')).toMatchObject({ at: fields.length });
});

describe('before the first question', () => {
  it('lies what Esc leads back to, and q at the end leaves', () => {
    expect(pressed(startQuestions(answers), 'escape').outcome).toBe('back');
    const summary = pressed(atClients, 'enter');
    expect(pressed(summary, text('q')).outcome).toBe('left');
    // Of a network that is there, no question was come through.
    const changes = { ...summary, changes: true as const };
    expect(pressed(changes, 'escape').outcome).toBe('left');
  });

  it.each([
    [true, 'esc back'],
    [undefined, 'esc leave'],
  ] as const)('is said: %s', async (before, words) => {
    terminal = open();
    const asked = terminal.screen.questions({ ...answers, ...(before ? { before } : {}) }, validate);
    await terminal.until(words);
    terminal.type(keys.escape);
    expect(await asked).toBeUndefined();
  });
});

describe('other answers for a network that is there', () => {
  const summary = (columns: number, rows: number) => {
    terminal = open({ columns, rows });
    const stopped = { at: 'summary', answered: 6 } as const;
    const asked = terminal.screen.questions({ ...answers, stopped, changes: true }, validate);
    return { on: terminal, asked };
  };

  it.each([
    [120, 40],
    [80, 24],
    [40, 12],
  ] as const)(
    'have a row marked from the beginning, the one that was changed last, at %dx%d',
    async (columns, rows) => {
      const { on, asked } = summary(columns, rows);
      const first = await on.until('Which answer do you want to change?');
      expect(first).toMatch(/❯ name +xray/);
      expect(first).toContain('q as it was');
      on.type(keys.down);
      await on.until(/❯ clients dial/);
      on.type(keys.enter);
      await on.until('Which address do the clients dial?');
      on.type(keys.enter);
      await on.until(/❯ clients dial/);
      on.type('q');
      expect(await asked).toBeUndefined();
    },
  );
});
