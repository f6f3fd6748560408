import { expect, it } from 'vitest';
import { editorOf } from '../../source/ui/editor.ts';
import { fields } from '../../source/ui/fields.ts';
import { startQuestions } from '../../source/ui/questions-state.ts';
import { remarkNow } from '../../source/ui/remarks.ts';

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
    'no such host',
    'no such key',
    'no such client',
  ]);
  expect([now('address'), now('names')]).toEqual([undefined, undefined]);
});

it('a remark on the key stands at the clients as long as none of them has one', () => {
  expect(remarkNow({ ...state, clients: [], at: at('clients') })).toBe('no such key');
});
