import fc from 'fast-check';
import stringWidth from 'string-width';
import { afterEach, describe, expect, it } from 'vitest';
import { parseClient, takeClients, type Validate } from '../../source/ui/clients.ts';
import { fields } from '../../source/ui/fields.ts';
import type { Key } from '../../source/ui/keys.ts';
import { questionsLines } from '../../source/ui/questions-lines.ts';
import { press, startQuestions } from '../../source/ui/questions-state.ts';
import { keys, type Opened, open } from './terminal.ts';

let terminal: Opened | undefined;
afterEach(async () => {
  await terminal?.screen.close();
});

const validate: Validate = (field, value) =>
  /[^\w@.:~/-]/.test(value) ? `a ${field} has no ${value.replace(/[\w@.:~/-]/g, '')[0]}` : undefined;

function ask(size: { columns?: number; rows?: number } = {}, prefill = {}) {
  terminal = open(size);
  return { terminal, draft: terminal.screen.questions(prefill, validate) };
}

const expected = {
  name: 'xray',
  address: 'fl.example.org',
  names: ['203.0.113.10', '10.0.1.5'],
  server: 'ubuntu@fl.example.org',
  identityFile: '',
  clients: [
    { name: 'hosp-a', ssh: 'flsvc@10.20.0.8' },
    { name: 'client2', ssh: 'fl@pacs-gw:2222' },
  ],
};

describe.each([
  [120, 40],
  [80, 24],
  [40, 12],
] as const)('the questions at %dx%d', (columns, rows) => {
  it('can be answered with typed keys only', async () => {
    const { terminal: on, draft } = ask({ columns, rows });
    await on.until('What is the network called?');
    on.type('xrax', keys.backspace, 'y', keys.enter);
    await on.until('Which address');
    on.type('fl.example.org', keys.enter);
    await on.until('other names?');
    on.type('203.0.113.10, 10.0.1.5', keys.enter);
    await on.until('over SSH?');
    on.type('ubuntu@fl.example.org', keys.enter);
    await on.until('Which SSH key');
    on.type(keys.enter);
    await on.until('Who takes part?');
    on.type('hosp-a flsvc@10.20.0.8', keys.enter);
    await on.until('hosp-a  flsvc@10.20.0.8');
    on.type('fl@pacs-gw:2222', keys.enter);
    await on.until('client2');
    on.type(keys.enter);
    await on.until('Is this right?');
    on.type('y');
    expect(await draft).toEqual(expected);
  });
});

it('each says what it is, why it is asked, and an example', async () => {
  const { terminal: on } = ask();
  const shown = await on.until('What is the network called?');
  for (const word of ['A short name', 'It names the app’s folder', 'For example  xray', '1 of 6', '$ fl-wizard init'])
    expect(shown).toContain(word);
});

it('take the keys of a line editor: what is under the cursor, and all behind it', async () => {
  const { terminal: on } = ask();
  await on.until('called?');
  on.type('xrays', '\x1b[D', '\x1b[3~');
  await on.until(/❯ xray█/);
  on.type(keys.home, '\x1b[3~');
  await on.until(/❯ ray/);
  on.type(keys.right, '\x0b', keys.backspace);
  await on.until(/❯ █ *$/m);
});

it('say why a value cannot be taken, as it is typed, and stay', async () => {
  const { terminal: on } = ask();
  await on.until('called?');
  on.type('x$y');
  await on.until('✗ a name has no $');
  on.type(keys.enter);
  await on.until('called?');
  on.type('\x15', keys.enter);
  await on.until('✗ this is needed');
});

it('go back without losing anything, and leave from the first', async () => {
  const { terminal: on, draft } = ask();
  await on.until('called?');
  on.type('xray', keys.enter);
  await on.until('Which address');
  on.type('half', keys.escape);
  expect(await on.until('called?')).toContain('❯ xray');
  on.type(keys.enter);
  expect(await on.until('Which address')).toContain('❯ half');
  on.type(keys.escape);
  await on.until('called?');
  on.type(keys.escape);
  expect(await draft).toBeUndefined();
});

it('take a paste of many clients, and keep the line that is wrong', async () => {
  const { terminal: on, draft } = ask({}, { ...expected, clients: [] });
  await on.until('called?');
  for (let at = 0; at < 5; at += 1) on.type(keys.enter);
  await on.until('Who takes part?');
  const lines = Array.from({ length: 100 }, (_, at) => `site${at} fl@10.0.0.${at}`);
  on.type(keys.paste([...lines, 'SITE7 other@host', 'ba$d x@y'].join('\r\n')));
  const shown = await on.until(/a client named SITE7 is there already \(line 8\)/);
  expect(shown).toContain('❯ SITE7 other@host');
  expect(shown).toContain('site99');
  on.type('\x15', keys.up, 'd', keys.up, keys.enter);
  await on.until('❯ site97█fl@10.0.0.97');
  on.type(keys.end, 'x', keys.enter);
  await on.until('fl@10.0.0.97x');
  on.type(keys.enter);
  await on.until('99 clients');
  on.type('y');
  const got = await draft;
  expect(got?.clients).toHaveLength(99);
  expect(got?.clients[97]).toEqual({ name: 'site97', ssh: 'fl@10.0.0.97x' });
});

it('start from what is known', async () => {
  const { terminal: on, draft } = ask({}, expected);
  expect(await on.until('called?')).toContain('❯ xray');
  for (let at = 0; at < 6; at += 1) on.type(keys.enter);
  await on.until('Is this right?');
  on.type('y');
  expect(await draft).toEqual(expected);
});

it.each([
  ['hosp-a fl@host:22', { name: 'hosp-a', ssh: 'fl@host:22' }],
  ['fl@host:22 hosp-a', { name: 'hosp-a', ssh: 'fl@host:22' }],
  ['fl@host', { name: 'client1', ssh: 'fl@host' }],
  ['hosp-a', { name: 'hosp-a', ssh: 'hosp-a' }],
  ['10.0.0.9', { name: 'client1', ssh: '10.0.0.9' }],
  ['hosp-a,alias', { name: 'hosp-a', ssh: 'alias' }],
  ['hosp-a=fl@host:22', { name: 'hosp-a', ssh: 'fl@host:22' }],
])('%j is a client', (line, client) => {
  expect(parseClient(line, new Set())).toEqual(client);
});

const key: fc.Arbitrary<Key> = fc.oneof(
  fc.record({
    name: fc.constant('text' as const),
    text: fc.oneof(fc.string({ unit: 'grapheme', minLength: 1 }), fc.constantFrom('y', 'q', 'b', 'd', 'a fl@h')),
  }),
  fc.record({
    name: fc.constant('paste' as const),
    lines: fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 5 }),
  }),
  fc.record({
    name: fc.constantFrom(
      'enter',
      'enter',
      'enter',
      'escape',
      'up',
      'down',
      'left',
      'right',
      'home',
      'end',
      'backspace',
      'clear',
      'tab',
    ),
  }),
);

it('survive any keys in any terminal', () => {
  fc.assert(
    fc.property(
      fc.array(key, { maxLength: 80 }),
      fc.integer({ min: 1, max: 130 }),
      fc.integer({ min: 1, max: 45 }),
      (all, columns, rows) => {
        const known = ['hosp-a', 'x'.repeat(300), '10.0.0.1'].map((value) => ({ value, from: '~/.ssh/config' }));
        const offers = Object.fromEntries(fields.map(({ name }) => [name, known]));
        let state = { ...startQuestions(all.length % 2 === 0 ? expected : {}), known: offers };
        for (const each of all) {
          const next = press(state, each, validate);
          if (next.outcome) continue;
          state = { ...next, known: offers };
          const lines = questionsLines(state, { columns, rows });
          expect(lines.length).toBeLessThanOrEqual(rows);
          for (const line of lines)
            expect(stringWidth(line.map((span) => span.text).join(''))).toBeLessThanOrEqual(columns);
        }
      },
    ),
    { numRuns: 80 },
  );
});

it('who turns out to be the server is no client: a list of hosts has them all', () => {
  const clients = ['fl-server', 'hosp-a'].map((name) => ({ name, ssh: name }));
  let state = startQuestions({ ...expected, server: '', clients });
  for (let at = 0; at < 3; at++) state = press(state, { name: 'enter' }, validate);
  for (const each of [{ name: 'text', text: 'ubuntu@FL-server:22' }, { name: 'enter' }] as const)
    state = press(state, each, validate);
  expect(state.clients).toEqual([{ name: 'hosp-a', ssh: 'hosp-a' }]);
});

it('lines that are comments are no clients, and more than a name and a host are two', () => {
  const told = takeClients(['# ours', 'a fl@h1 # the first', 'b h2 c h3'], [], '', validate);
  expect(told.clients).toEqual([{ name: 'a', ssh: 'fl@h1' }]);
  expect(told.wrong).toEqual([{ line: 'b h2 c h3', problem: expect.stringContaining('a line is one client') }]);
});

it('one machine is one member', async () => {
  const { terminal: on } = ask({}, { ...expected, clients: [] });
  await on.until('called?');
  for (let at = 0; at < 5; at += 1) on.type(keys.enter);
  await on.until('Who takes part?');
  on.type('hosp-a root@FL.example.org:22', keys.enter);
  await on.until('fl.example.org is already the server');
});
