import { describe, expect, it } from 'vitest';
import { type ClientDraft, takeClients } from '../../source/ui/clients.ts';
import { fields } from '../../source/ui/fields.ts';
import { press, startQuestions } from '../../source/ui/questions-state.ts';

const there: readonly ClientDraft[] = [
  { name: 'lab', ssh: 'fl@10.0.0.9' },
  { name: 'hosp-a', ssh: 'hosp-a' },
];
const hosts = ['hosp-a', 'hosp-b', 'hosp-c', 'fl-server'].map((value) => ({ value, from: '~/.ssh/config' }));
const anything = () => undefined;

const problem = (line: string) => takeClients([line], there, 'fl-server', anything, hosts).wrong[0]?.problem;

describe('a line that is no client', () => {
  it.each([
    ['hosp-a', 'a client named hosp-a is there already (line 2); a host is one client'],
    ['LAB x', 'a client named LAB is there already (line 1); give it another name'],
    ['x=root@10.0.0.9:22', '10.0.0.9 is already lab (line 1); a host is one client'],
    ['x=fl-server', 'fl-server is already the server'],
    ['hosp-b=', 'no host behind the =; write hosp-b=user@host, or hosp-b alone for a Host of ~/.ssh/config'],
    ['hosp-b = ', 'no host behind the =; write hosp-b=user@host, or hosp-b alone for a Host of ~/.ssh/config'],
    ['=10.0.0.5', 'no name before the =; write NAME=10.0.0.5'],
    ['a b c', 'a line is one client, a name and a host; this has 3 words'],
  ])('%j says what is there, where, and what to do', (line, why) => expect(problem(line)).toBe(why));
});

describe('a pattern', () => {
  const names = (clients: readonly ClientDraft[]) => clients.map(({ name }) => name);

  it('adds who is new, and says who was there already', () => {
    const taken = takeClients(['hosp-*'], there, '', anything, hosts);
    expect([names(taken.clients), taken.wrong, taken.note]).toEqual([
      ['lab', 'hosp-a', 'hosp-b', 'hosp-c'],
      [],
      'hosp-a was there already; 2 more are added',
    ]);
  });

  it('that means nobody new says so', () => {
    const all = takeClients(['hosp-*'], there, '', anything, hosts).clients;
    const again = takeClients(['hosp-*'], all, '', anything, hosts);
    expect([again.clients, again.wrong, again.note]).toEqual([
      all,
      [],
      'hosp-a, hosp-b and hosp-c were there already; nothing is new',
    ]);
  });

  it('leaves an empty line behind it, and may be typed again', () => {
    const at = { ...startQuestions({ clients: [...there] }), at: fields.length - 1, known: { clients: hosts } };
    const typed = press(press(at, { name: 'text', text: 'hosp-*' }, anything), { name: 'enter' }, anything);
    expect([names(typed.clients), typed.editor.text, typed.problem]).toEqual([
      ['lab', 'hosp-a', 'hosp-b', 'hosp-c'],
      '',
      'hosp-a was there already; 2 more are added',
    ]);
  });
});
