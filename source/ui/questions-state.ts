/** The questions as a state and what each key does to it. Pure: nothing is checked or written here but in memory. */

import { type ClientDraft, placeOf, takeClients, type Validate } from './clients.ts';
import { characters, type Editor, edit, editorOf } from './editor.ts';
import { type Field, fields } from './fields.ts';
import type { Key } from './keys.ts';
import { problemOf } from './question-problem.ts';
import type { NetworkDraft, Prefill, QuestionsState } from './questions-face.ts';
import { hearing, isToHear } from './remarks.ts';
import { namesBeside, next, wordsOf } from './suggestions.ts';

export type { NetworkDraft, Prefill, QuestionsState, Stopped } from './questions-face.ts';

export function startQuestions(prefill: Prefill): QuestionsState {
  const { name = '', address = '', names = [], server = '', identityFile = '', clients = [], from = {}, app } = prefill;
  const answers = { name, address, names: names.join(', '), server, identityFile };
  const start = { at: 0, reached: 0, editor: editorOf(name), answers, clients, from, known: {}, remarks: {} };
  return {
    ...start,
    ...(app === undefined ? {} : { app }),
    ...(prefill.changes ? { changes: true } : {}),
    ...(prefill.before ? { before: true } : {}),
  };
}

export function fieldOf({ at }: QuestionsState): Field | undefined {
  return fields[at];
}

export function draftOf({ answers, clients }: QuestionsState): NetworkDraft {
  return { ...answers, names: namesBeside(answers.address, wordsOf(answers.names)), clients };
}

/** The state after a key. */
export function press(state: QuestionsState, key: Key, validate: Validate): QuestionsState {
  const field = fieldOf(state);
  if (!field) return onSummary(state, key);
  if (key.name === 'escape') return state.editing ? typed(released(state), editorOf('')) : back(state, field);
  if (key.name === 'tab') return suggested(state, field, validate);
  if (field.name === 'clients') return onClients(state, key, validate);
  if (key.name === 'enter') return accept(state, field, validate);
  // Of a paste into one line only its first line can be meant.
  const single: Key = key.name === 'paste' ? { name: 'text', text: key.lines[0] ?? '' } : key;
  const editor = edit(state.editor, single);
  if (!editor) return state;
  return typed(state, editor, editor.text.trim() ? problemOf(field, editor.text, validate) : undefined);
}

function typed(
  { problem: _, selected: __, ...state }: QuestionsState,
  editor: Editor,
  problem?: string,
): QuestionsState {
  return { ...state, editor, ...(problem ? { problem } : {}) };
}

function accept(state: QuestionsState, field: Field, validate: Validate): QuestionsState {
  const problem = problemOf(field, state.editor.text, validate);
  if (problem) return typed(state, state.editor, problem);
  if (isToHear(state)) return hearing(state);
  return onwards(withoutServer(kept(state, field)));
}

/** Who is the server is no client: a list of hosts has them all. */
function withoutServer(state: QuestionsState): QuestionsState {
  const server = state.answers.server;
  const clients = server ? state.clients.filter(({ ssh }) => placeOf(ssh) !== placeOf(server)) : state.clients;
  return clients.length === state.clients.length ? state : { ...state, clients };
}

/** To the next question, or back to the summary that asked for this one. */
function onwards(state: QuestionsState): QuestionsState {
  return goTo(state, state.returns ? fields.length : state.at + 1);
}

/** The next one of what is known, in the line: taken only with enter, as if it had been typed. */
function suggested(state: QuestionsState, field: Field, validate: Validate): QuestionsState {
  const text = next(state.known[field.name] ?? [], state.editor.text, field.name, draftOf(state));
  if (text === undefined || state.selected !== undefined) return state;
  return typed(state, editorOf(text), problemOf(field, text, validate));
}

/** What stands in the line is kept, right or wrong: going back loses nothing. */
function kept(state: QuestionsState, field: Field): QuestionsState {
  if (field.name === 'clients') return state;
  return { ...state, answers: { ...state.answers, [field.name]: state.editor.text.trim() } };
}

/** At a question, with its answer in the line; one past the last is the summary. */
export function goTo({ problem: _, selected: __, returns: ___, ...state }: QuestionsState, at: number): QuestionsState {
  // Where one answer is to be another one, a row is marked from the beginning: the one that was changed last.
  const chosen = at === fields.length && state.changes ? { chosen: Math.min(state.at, at - 1) } : {};
  return { ...state, ...chosen, at, reached: Math.max(at, state.reached), editor: editorOf(answerAt(state, at)) };
}

/** What stands in the line where a question is opened. */
export function answerAt({ answers }: Pick<QuestionsState, 'answers'>, at: number): string {
  const field = fields[at];
  return field && field.name !== 'clients' ? answers[field.name] : '';
}

function back(state: QuestionsState, field: Field): QuestionsState {
  // One that was called back stays as it was: esc is no yes.
  if (state.returns) return goTo(state, fields.length);
  if (state.at === 0) return { ...state, outcome: 'back' };
  return goTo(kept(state, field), state.at - 1);
}

function onSummary(state: QuestionsState, key: Key): QuestionsState {
  const { chosen } = state;
  if (key.name === 'down') return { ...state, chosen: Math.min((chosen ?? -1) + 1, fields.length - 1) };
  if (key.name === 'up') return { ...state, chosen: Math.max(0, (chosen ?? fields.length) - 1) };
  if (key.name === 'enter' && chosen !== undefined) return { ...goTo(withoutChoice(state), chosen), returns: true };
  // Whoever changes one answer did not come through the others.
  if (key.name === 'escape' && state.changes) return { ...state, outcome: 'left' };
  if (key.name === 'escape' || isText(key, 'b')) return goTo(state, state.at - 1);
  // Not by Enter, which somebody hammers on the way here: files are written then.
  if (isText(key, 'y') || isText(key, 'Y')) return { ...state, outcome: 'taken' };
  return isText(key, 'q') ? { ...state, outcome: 'left' } : state;
}

function withoutChoice({ chosen: _, ...state }: QuestionsState): QuestionsState {
  return state;
}

function onClients(state: QuestionsState, key: Key, validate: Validate): QuestionsState {
  const { clients, selected, editor } = state;
  if (key.name === 'paste') return added(released(state), key.lines, validate);
  if (key.name === 'up' || key.name === 'down') return select(state, key.name === 'up' ? -1 : 1);
  if (selected !== undefined) {
    const changed = onClient(state, selected, key);
    if (changed) return changed;
  }
  if (key.name === 'enter') {
    if (editor.text.trim()) return added(state, [editor.text], validate);
    if (state.editing) return typed(released(state), editor);
    return clients.length > 0 ? onwards(state) : typed(state, editor, 'a network needs at least one client');
  }
  const next = edit(editor, key);
  return next ? typed(state, next) : state;
}

/** What a key does to the client that the cursor stands on; nothing where it is meant for the line. */
function onClient(state: QuestionsState, selected: number, key: Key): QuestionsState | undefined {
  const chosen = state.clients[selected];
  if (!chosen) return undefined;
  if (key.name === 'backspace' || key.name === 'delete' || isText(key, 'd')) {
    const { problem: _, ...now } = state;
    const without = { ...now, clients: state.clients.filter((client) => client !== chosen) };
    return without.clients.length > 0
      ? { ...without, selected: Math.min(selected, without.clients.length - 1) }
      : typed(without, state.editor);
  }
  // Behind the name: a copy needs another one first, and a host's address has End.
  const line = { text: `${chosen.name} ${chosen.ssh}`, cursor: characters(chosen.name).length };
  if (key.name === 'enter') return typed(taken(released(state), chosen), line);
  // A copy is typed on before it is one: no two have the same name or place.
  return isText(key, 'c') ? typed(released(state), line) : undefined;
}

/** With one client out of the list, to be changed in the line. */
export function taken(state: QuestionsState, client: ClientDraft): QuestionsState {
  const place = state.clients.indexOf(client);
  return { ...state, clients: state.clients.filter((each) => each !== client), editing: { client, place } };
}

/** Who is in the line to be changed is in the list again, as it was: nothing is lost before another one is taken. */
export function released({ editing, ...state }: QuestionsState): QuestionsState {
  return editing ? { ...state, clients: state.clients.toSpliced(editing.place, 0, editing.client) } : state;
}

function select({ selected, ...state }: QuestionsState, by: number): QuestionsState {
  const count = state.clients.length;
  const next = (selected ?? count) + by;
  // Below the last client is the line that is typed.
  return next >= count || count === 0 ? state : { ...state, selected: Math.max(0, next) };
}

/** Takes lines as clients. The first that cannot be taken stays in the line, with the reason; the rest is taken. */
function added(state: QuestionsState, lines: readonly string[], validate: Validate): QuestionsState {
  const { answers, known } = state;
  const { editing } = state;
  const taken = takeClients(lines, state.clients, answers.server, validate, known.clients, editing !== undefined);
  const { wrong, note } = taken;
  // Who was changed keeps its place: it says which part of the data is whose.
  const news = taken.clients.slice(state.clients.length);
  const clients = editing ? state.clients.toSpliced(editing.place, 0, ...news) : taken.clients;
  const [first] = wrong;
  const more = wrong.length > 1 ? ` (and ${wrong.length - 1} more lines were not taken)` : '';
  const { editing: _, ...changed } = state;
  return typed(
    { ...(first ? state : changed), clients },
    editorOf(first?.line ?? ''),
    first ? first.problem + more : note,
  );
}

function isText(key: Key, text: string): boolean {
  return key.name === 'text' && key.text === text;
}
