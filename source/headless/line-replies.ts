/** What a typed line does to the questions: the same as its characters and enter. Pure. */
import type { Validate } from '../ui/clients.ts';
import type { Field } from '../ui/fields.ts';
import type { Key } from '../ui/keys.ts';
import { draftOf, fieldOf, press, type QuestionsState } from '../ui/questions-state.ts';
import { lineOf, offered, wordsOf } from '../ui/suggestions.ts';
import { questionText, summaryText } from './line-texts.ts';
import { isYes } from './line-words.ts';

export type Reply = {
  readonly state: QuestionsState;
  /** What is to be told, line by line. */
  readonly told: readonly string[];
  /** Clients that the line has added. */
  readonly added?: readonly string[];
  /** What the line has listed: a number takes one of them. */
  readonly listed?: readonly string[];
};

/** How a line stands for itself that would be a command otherwise: a network may be called `back`. */
const literally = /^=\s*/;

/**
 * @param line as typed, without what acts on a terminal
 * @param listed what the line before has listed
 */
export function reply(state: QuestionsState, line: string, validate: Validate, listed: readonly string[] = []): Reply {
  const text = line.trim();
  if (text === 'q') return { state: { ...state, outcome: 'left' }, told: [] };
  const field = fieldOf(state);
  if (!field) return onSummary(state, text, validate);
  if (text === '<' || text === 'back') return back(state, validate);
  if (text === '?') return more(state, field);
  if (field.name === 'clients' && /^(list$|remove\s|change\s)/.test(text)) return onList(state, text, validate);
  const chosen = listed.length > 0 ? chosenOf(text, listed) : [];
  if (chosen.length > 0) return takeChosen(state, field, chosen, validate);
  if (text === '') return pressed(state, [], validate);
  if (text === '-' && field.empty !== undefined) return pressed(state, [{ name: 'clear' }], validate);
  return typed(state, text.replace(literally, ''), validate);
}

function keysOf(text: string): readonly Key[] {
  return [{ name: 'clear' }, { name: 'text', text }];
}

function typed(state: QuestionsState, text: string, validate: Validate): Reply {
  return pressed(state, keysOf(text), validate, text);
}

/** The keys and enter. What is wrong is told and not kept: the next line is typed anew. */
function pressed(state: QuestionsState, keys: readonly Key[], validate: Validate, text = ''): Reply {
  const before = new Set(state.clients);
  const { problem, ...after } = [...keys, { name: 'enter' } as const].reduce<QuestionsState>(
    (now, key) => press(now, key, validate),
    state,
  );
  const added = after.clients.flatMap((client) => (before.has(client) ? [] : [`${client.name}, ${client.ssh}`]));
  // A pattern may have taken some of the hosts that it is for.
  const kept = problem === undefined ? after : { ...after, editor: state.editor };
  const what = text && fieldOf(state)?.name === 'clients' && added.length === 0 ? `${text}: ` : '';
  return {
    state: kept,
    told: problem === undefined ? [] : [`Not taken: ${what}${problem}.`],
    ...(added.length > 0 ? { added } : {}),
  };
}

function back(state: QuestionsState, validate: Validate): Reply {
  if (state.at === 0 && !state.returns) return { state, told: ['This is the first question; q leaves.'] };
  return { state: press(state, { name: 'escape' }, validate), told: [] };
}

/** The question once more, for who has not heard it whole, and all that Tab would offer, one after the other. */
function more(state: QuestionsState, field: Field): Reply {
  const offers = offered(state.known[field.name] ?? [], state.editor.text, field.name, draftOf(state));
  const several = field.name === 'names' || field.name === 'clients';
  return {
    state,
    told: [
      ...questionText(state, field),
      ...(offers.length === 0 ? ['Nothing else is known here.'] : []),
      ...offers.map(({ value, from }, at) => `${at + 1} ${value}, ${from}`),
      ...(offers.length === 0 ? [] : [`A number takes that one${several ? '; several numbers take several' : ''}.`]),
      ...(field.name === 'clients'
        ? [
            'list tells all clients; remove NAME takes one off the list; change NAME user@host gives it another host.',
            'A name with * takes all hosts of ~/.ssh/config that are called so.',
          ]
        : []),
      'back leads to the question before, q leaves. A line that begins with an equals sign is an answer, whatever it says: =back.',
    ],
    listed: offers.map(({ value }) => (field.name === 'clients' ? lineOf(value) : value)),
  };
}

function chosenOf(text: string, listed: readonly string[]): readonly string[] {
  const numbers = wordsOf(text);
  if (!numbers.every((word) => /^\d{1,4}$/.test(word))) return [];
  const chosen = numbers.map((word) => listed[Number(word) - 1]);
  return chosen.flatMap((each) => each ?? []).length === chosen.length ? chosen.flatMap((each) => each ?? []) : [];
}

function takeChosen(state: QuestionsState, field: Field, chosen: readonly string[], validate: Validate): Reply {
  if (field.name === 'names') return typed(state, [...wordsOf(state.editor.text), ...chosen].join(', '), validate);
  if (field.name !== 'clients') return typed(state, chosen[0] ?? '', validate);
  const replies: Reply[] = [];
  for (const line of chosen) replies.push(typed(replies.at(-1)?.state ?? state, line, validate));
  return together(state, replies);
}

/** Several replies as one. */
export function together(state: QuestionsState, replies: readonly Reply[]): Reply {
  const last = replies.at(-1);
  const added = replies.flatMap((each) => each.added ?? []);
  return {
    state: last?.state ?? state,
    told: replies.flatMap(({ told }) => told),
    ...(added.length > 0 ? { added } : {}),
    ...(last?.listed ? { listed: last.listed } : {}),
  };
}

/** `list`, `remove NAME`, `change NAME user@host`: what the arrows, d and enter do on the screen. */
function onList(state: QuestionsState, text: string, validate: Validate): Reply {
  const [command, name = '', ssh] = text.split(/\s+/);
  if (command === 'list') return { state, told: listLines(state) };
  const at = state.clients.findIndex((client) => client.name.toLowerCase() === name.toLowerCase());
  const found = state.clients[at];
  if (!found) return { state, told: [`There is no client ${name}.`] };
  if (command === 'change' && ssh === undefined)
    return { state, told: [`Say its new host: change ${found.name} user@host.`] };
  // In one step to where the arrows would lead by and by.
  const there: QuestionsState = { ...state, selected: at };
  if (command === 'remove') {
    const { selected: _, ...after } = press(there, { name: 'text', text: 'd' }, validate);
    return { state: after, told: [`${found.name} is removed.`] };
  }
  const changed = typed(press(there, { name: 'enter' }, validate), `${found.name} ${ssh}`, validate);
  // What can't be taken changes nothing.
  return changed.added ? changed : { state, told: [...changed.told, `${found.name} stays as it was.`] };
}

export function listLines({ clients }: QuestionsState): readonly string[] {
  return clients.length > 0 ? clients.map(({ name, ssh }) => `${name}, ${ssh}`) : ['There is no client yet.'];
}

function onSummary(state: QuestionsState, text: string, validate: Validate): Reply {
  const to = (key: Key, from = state): Reply => ({ state: press(from, key, validate), told: [] });
  if (isYes(text)) return to({ name: 'text', text: 'y' });
  if (text === '<' || text === 'back') return to({ name: 'escape' });
  if (text === 'list') return { state, told: listLines(state) };
  if (text === '?') return { state, told: summaryText(state) };
  const number = /^\d$/.test(text) ? Number(text) : 0;
  const chosen: QuestionsState = { ...state, chosen: number - 1 };
  if (number >= 1 && number <= state.at) return to({ name: 'enter' }, chosen);
  return { state, told: text === '' ? [] : [`${text} is none of these; ? tells the answers again.`] };
}
