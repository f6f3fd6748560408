/** A question, or all answers, to be read in full where the page has no room for it. Pure. */
import type { Reading } from './confirm.ts';
import type { Field } from './fields.ts';
import { summaryNotes, summaryRows } from './question-summary.ts';
import { draftOf, fieldOf, type QuestionsState } from './questions-state.ts';
import { remarkNow } from './remarks.ts';
import { offered } from './suggestions.ts';

/** Nothing where `?` is typed: in a client's line it may be part of a pattern. */
export function questionReading(state: QuestionsState): Reading | undefined {
  const field = fieldOf(state);
  if (!field) return { title: 'All answers', no: 'back', lines: answers(state) };
  if (field.name === 'clients' && state.editor.text !== '') return undefined;
  return { title: field.title, no: 'back', lines: about(state, field) };
}

function about(state: QuestionsState, field: Field): Reading['lines'] {
  const { known, from, problem } = state;
  const note = problem === undefined ? remarkNow(state) : undefined;
  const offers = offered(known[field.name] ?? [], '', field.name, draftOf(state));
  const source = from[field.name];
  return [
    ...(problem === undefined ? [] : [`✗ ${problem}`, '']),
    ...(note === undefined ? [] : [`! ${note}`, '']),
    field.what,
    field.why,
    '',
    `For example  ${field.example}`,
    ...(field.empty === undefined ? [] : [`Left empty   ${field.empty}`]),
    ...(source === undefined ? [] : [`Found in     ${source}`]),
    ...(offers.length === 0 ? [] : ['', 'Known, and put into the line by tab:']),
    ...offers.map(({ value, from: where }) => `${value}  (${where})`),
    '',
    ['enter', field.name === 'clients' ? 'adds the line; in an empty line goes on' : 'goes on'],
    ['tab', 'puts what is known into the line'],
    ...(field.name === 'clients' ? clientKeys : []),
    ['esc', 'goes back; nothing is lost'],
  ];
}

const clientKeys: Reading['lines'] = [['↑ ↓', 'choose a client: then enter edits it, c copies it, d removes it']];

/** Warnings come first: they are what a yes has to know. */
function answers(state: QuestionsState): Reading['lines'] {
  const { notes, does } = summaryNotes(state);
  return [
    ...notes.map((text) => `! ${text}`),
    ...(notes.length > 0 ? [''] : []),
    ...summaryRows(state).map(([label, value]) => `${label}: ${value || '-'}`),
    ...(state.app === undefined ? [] : [`app: ${state.app}`]),
    '',
    ...state.clients.map(({ name, ssh }) => `${name}  ${ssh}`),
    '',
    does,
    '',
    ['y', 'yes, go on'],
    ['↑ ↓ enter', 'change an answer'],
    ['b', 'back to the last question'],
    ['q', state.changes ? 'leaves all as it was' : 'leaves; the answers are kept'],
  ];
}
