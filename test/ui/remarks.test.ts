import { describe, expect, it } from 'vitest';
import { editorOf } from '../../source/ui/editor.ts';
import { fields } from '../../source/ui/fields.ts';
import type { Key } from '../../source/ui/keys.ts';
import { questionsLines } from '../../source/ui/questions-lines.ts';
import { press, startQuestions } from '../../source/ui/questions-state.ts';
import { remarkNow } from '../../source/ui/remarks.ts';

const enter: Key = { name: 'enter' };
const text = (typed: string): Key => ({ name: 'text', text: typed });
const at = (name: string) => fields.findIndex((field) => field.name === name);
const remarks = { 'ssh fl-srver': 'no such host', 'identityFile k': 'no such key', 'ssh x': 'no such client' };
const state = {
  ...startQuestions({ server: 'fl-srver', identityFile: 'k', clients: [{ name: 'x', ssh: 'x' }] }),
  remarks,
};

it('a remark on the server stands at its own question, and at the next one for who has typed on', () => {
  const now = (name: string, text = '') => remarkNow({ ...state, at: at(name), editor: editorOf(text) });
  expect([now('server', 'fl-srver'), now('identityFile'), now('identityFile', 'k'), now('clients')]).toEqual([
    'no such host',
    'server: no such host',
    'no such key',
    'no such client',
  ]);
  expect([now('address'), now('names')]).toEqual([undefined, undefined]);
});

it('a remark on the key stands at the clients as long as none of them has one', () => {
  expect(remarkNow({ ...state, clients: [], at: at('clients') })).toBe('SSH key: no such key');
});

describe('a host that is nearly one of ~/.ssh/config', () => {
  const slip = { text: 'hosp-z is no Host', meant: ['hosp-a', 'hosp-b', 'hosp-c'] };
  const z = { name: 'hosp-z', ssh: 'hosp-z' };
  const client = (name: string) => ({ name, ssh: name });
  const listed = (...names: readonly string[]) => ({
    ...startQuestions({ server: 'hosp-b', clients: [...names.map(client), z] }),
    remarks: { 'ssh hosp-z': slip },
    at: at('clients'),
  });
  const anything = () => undefined;

  it('is not said to be somebody who is there already', () => {
    expect(remarkNow(listed('hosp-a'))).toBe('hosp-z is no Host; did you mean hosp-c?');
    expect(remarkNow(listed('hosp-a', 'hosp-c'))).toBe('hosp-z is no Host');
  });

  it('is not warned of once it is removed, or changed', () => {
    const up = press(listed('hosp-a'), { name: 'up' }, anything);
    expect(remarkNow(up)).toContain('hosp-z');
    const removed = press({ ...up, problem: 'hosp-a was there already' }, text('d'), anything);
    expect([remarkNow(removed), removed.problem]).toEqual([undefined, undefined]);
    const changed = [enter, { name: 'clear' } as const, text('hosp-c'), enter];
    const after = changed.reduce((state, key) => press(state, key, anything), up);
    expect([after.clients.at(-1), remarkNow(after)]).toEqual([client('hosp-c'), undefined]);
  });

  it.each([1, 4, 12])('has its row beside the longest warning in the smallest terminal, among %d', (others) => {
    const names = Array.from({ length: others }, (_, index) => `site-${index}`);
    const all = { ...listed(...names), remarks: { 'ssh hosp-z': { text: 'no Host at all '.repeat(30), meant: [] } } };
    const chosen = press(all, { name: 'up' }, anything);
    const lines = questionsLines(chosen, { columns: 40, rows: 12 }).map((line) =>
      line.map((each) => each.text).join(''),
    );
    expect(lines.join('\n')).toContain('❯ hosp-z');
    expect(lines.join('\n')).toMatch(/Who takes part[\s\S]*! no Host[\s\S]*d remove/);
  });

  it('stays at its question with the first enter, and is taken with the next one', () => {
    const server = { ...startQuestions({ server: 'hosp-z' }), at: at('server'), editor: editorOf('hosp-z') };
    const known = { ...server, reached: server.at, remarks: { 'ssh hosp-z': slip } };
    expect(press({ ...known, remarks: {} }, enter, anything).at).toBe(at('identityFile'));
    const stays = press(known, enter, anything);
    const foot = questionsLines(stays, { columns: 80, rows: 24 }).at(-1)?.[0]?.text;
    expect([stays.at, foot]).toEqual([at('server'), expect.stringContaining('enter again takes it as it is')]);
    const gone = press(stays, enter, anything);
    expect([gone.at, gone.answers.server]).toEqual([at('identityFile'), 'hosp-z']);
    // Who comes back and goes on has said yes to it before.
    expect(press(press(gone, { name: 'escape' }, anything), enter, anything).at).toBe(at('identityFile'));
    // Another slip is another one.
    const other = press({ ...stays, remarks: { 'ssh hosp-zz': slip } }, text('z'), anything);
    expect(press(other, enter, anything).at).toBe(at('server'));
  });
});
