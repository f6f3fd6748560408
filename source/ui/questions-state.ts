/** The questions as a state and what each key does to it. Pure: nothing is checked or written here but in memory. */

import { type ClientDraft, takeClients, type Validate } from './clients.ts';
import { type Editor, edit, editorOf } from './editor.ts';
import { type Field, type FieldName, fields } from './fields.ts';
import type { Key } from './keys.ts';

/** What the questions ask for. Texts are as typed; `ssh` and `server` are `user@host[:port]`. */
export type NetworkDraft = {
  readonly name: string;
  readonly address: string;
  readonly names: readonly string[];
  readonly server: string;
  readonly identityFile: string;
  readonly clients: readonly ClientDraft[];
};

export type QuestionsState = {
  /** Which question; one past the last is the summary. */
  readonly at: number;
  readonly editor: Editor;
  readonly answers: Readonly<Record<Exclude<FieldName, 'clients'>, string>>;
  readonly clients: readonly ClientDraft[];
  /** The client that the cursor stands on; none while a line is typed. */
  readonly selected?: number;
  readonly problem?: string;
  readonly outcome?: 'taken' | 'left';
};

export function startQuestions(prefill: Partial<NetworkDraft>): QuestionsState {
  const { name = '', address = '', names = [], server = '', identityFile = '', clients = [] } = prefill;
  const answers = { name, address, names: names.join(', '), server, identityFile };
  return { at: 0, editor: editorOf(name), answers, clients };
}

export function fieldOf({ at }: QuestionsState): Field | undefined {
  return fields[at];
}

export function draftOf({ answers, clients }: QuestionsState): NetworkDraft {
  return { ...answers, names: splitNames(answers.names), clients };
}

/** The state after a key. */
export function press(state: QuestionsState, key: Key, validate: Validate): QuestionsState {
  const field = fieldOf(state);
  if (!field) return onSummary(state, key);
  if (key.name === 'escape') return back(state, field);
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

/** Why a text cannot be the answer to a question. */
function problemOf(field: Field, text: string, validate: Validate): string | undefined {
  const value = text.trim();
  if (value === '') return field.empty === undefined ? 'this is needed' : undefined;
  if (field.name === 'clients') return undefined;
  if (field.name !== 'names') return validate(field.name, value);
  return splitNames(value).flatMap((each) => validate('names', each) ?? [])[0];
}

function accept(state: QuestionsState, field: Field, validate: Validate): QuestionsState {
  const problem = problemOf(field, state.editor.text, validate);
  if (problem) return typed(state, state.editor, problem);
  return goTo(kept(state, field), state.at + 1);
}

/** What stands in the line is kept, right or wrong: going back loses nothing. */
function kept(state: QuestionsState, field: Field): QuestionsState {
  if (field.name === 'clients') return state;
  return { ...state, answers: { ...state.answers, [field.name]: state.editor.text.trim() } };
}

function goTo({ problem: _, selected: __, ...state }: QuestionsState, at: number): QuestionsState {
  const field = fields[at];
  const text = field && field.name !== 'clients' ? state.answers[field.name] : '';
  return { ...state, at, editor: editorOf(text) };
}

function back(state: QuestionsState, field: Field): QuestionsState {
  if (state.at === 0) return { ...state, outcome: 'left' };
  return goTo(kept(state, field), state.at - 1);
}

function onSummary(state: QuestionsState, key: Key): QuestionsState {
  if (key.name === 'escape' || isText(key, 'b')) return goTo(state, state.at - 1);
  if (key.name === 'enter' || isText(key, 'y')) return { ...state, outcome: 'taken' };
  return isText(key, 'q') ? { ...state, outcome: 'left' } : state;
}

function onClients(state: QuestionsState, key: Key, validate: Validate): QuestionsState {
  const { clients, selected, editor } = state;
  if (key.name === 'paste') return added(state, key.lines, validate);
  if (key.name === 'up' || key.name === 'down') return select(state, key.name === 'up' ? -1 : 1);
  if (selected !== undefined) {
    const chosen = clients[selected];
    const without = { ...state, clients: clients.filter((_, at) => at !== selected) };
    if (key.name === 'backspace' || isText(key, 'd'))
      return without.clients.length > 0
        ? { ...without, selected: Math.min(selected, without.clients.length - 1) }
        : typed(without, editor);
    if (key.name === 'enter' && chosen) return typed(without, editorOf(`${chosen.name} ${chosen.ssh}`));
  }
  if (key.name === 'enter') {
    if (editor.text.trim()) return added(state, [editor.text], validate);
    return clients.length > 0 ? goTo(state, state.at + 1) : typed(state, editor, 'a network needs at least one client');
  }
  const next = edit(editor, key);
  return next ? typed(state, next) : state;
}

function select({ selected, ...state }: QuestionsState, by: number): QuestionsState {
  const count = state.clients.length;
  const next = (selected ?? count) + by;
  // Below the last client is the line that is typed.
  return next >= count || count === 0 ? state : { ...state, selected: Math.max(0, next) };
}

/** Takes lines as clients. The first that cannot be taken stays in the line, with the reason; the rest is taken. */
function added(state: QuestionsState, lines: readonly string[], validate: Validate): QuestionsState {
  const { clients, wrong } = takeClients(lines, state.clients, state.answers.server, validate);
  const [first] = wrong;
  const more = wrong.length > 1 ? ` (and ${wrong.length - 1} more lines were not taken)` : '';
  return typed({ ...state, clients }, editorOf(first?.line ?? ''), first ? first.problem + more : undefined);
}

function splitNames(text: string): readonly string[] {
  return text.split(/[\s,;]+/).filter(Boolean);
}

function isText(key: Key, text: string): boolean {
  return key.name === 'text' && key.text === text;
}
