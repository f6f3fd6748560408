import { describe, expect, it } from 'vitest';
import { type ClientDraft, takeClients } from '../../source/ui/clients.ts';
import { fields } from '../../source/ui/fields.ts';
import type { Key } from '../../source/ui/keys.ts';
import { press, type QuestionsState, startQuestions } from '../../source/ui/questions-state.ts';

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

describe('hosts in one line', () => {
  const taken = (line: string, before = there) => takeClients([line], before, 'fl-server', anything, hosts);

  it.each([
    ['hosp-b hosp-c', ['hosp-b=hosp-b', 'hosp-c=hosp-c']],
    ['hosp-b  hosp-c fl@10.0.0.7', ['hosp-b=hosp-b', 'hosp-c=hosp-c', 'client5=fl@10.0.0.7']],
    ['a@h1 b@h2', ['client3=a@h1', 'client4=b@h2']],
    ['hosp-b hosp-b', ['hosp-b=hosp-b']],
    ['hosp-b fl@10.0.0.7', ['hosp-b=fl@10.0.0.7']],
    ['klinik hosp-b', ['klinik=hosp-b']],
    ['hosp-b=hosp-c', ['hosp-b=hosp-c']],
  ])('%j is each of them, and a name with its host is one', (line, clients) => {
    const { clients: all, wrong } = taken(line);
    expect([all.slice(there.length).map(({ name, ssh }) => `${name}=${ssh}`), wrong]).toEqual([clients, []]);
  });

  it('that the server is among say so, and the others are taken', () => {
    const { clients, wrong } = taken('fl-server hosp-b');
    expect(clients.at(-1)).toEqual({ name: 'hosp-b', ssh: 'hosp-b' });
    expect(wrong.map(({ problem: why }) => why)).toEqual(['fl-server is already the server']);
  });

  it('a pattern says of a host under another name who it is, and of a name at another host that it is taken', () => {
    const { clients, wrong, note } = taken('hosp-*', [{ name: 'hosp-a', ssh: 'hosp-b' }]);
    expect(clients.map(({ ssh }) => ssh)).toEqual(['hosp-b', 'hosp-c']);
    expect(note).toBe('hosp-b (hosp-a) was there already; 1 more is added');
    expect(wrong.map(({ problem: why }) => why)).toEqual([
      'a client named hosp-a is there already (line 1); give it another name',
    ]);
  });
});

describe('a client that is edited', () => {
  const pressed = (typed: string) => {
    const enter: Key = { name: 'enter' };
    const start = startQuestions({ clients: [...there] });
    const at: QuestionsState = { ...start, at: fields.length - 1, known: { clients: hosts } };
    const keys: Key[] = [
      { name: 'up' },
      { name: 'up' },
      enter,
      { name: 'clear' },
      { name: 'text', text: typed },
      enter,
    ];
    return keys.reduce((state, key) => press(state, key, anything), at);
  };

  it('keeps its place, which says which part of the data is whose', () => {
    expect(pressed('lab fl@10.0.0.5').clients.map(({ ssh }) => ssh)).toEqual(['fl@10.0.0.5', 'hosp-a']);
  });

  it('is one client, whatever the words of its line are called', () => {
    expect(pressed('hosp-b hosp-c').clients).toEqual([{ name: 'hosp-b', ssh: 'hosp-c' }, there[1]]);
  });
});
