/** Leaving the questions half way and coming back to the same place. Pure. */
import { editorOf } from './editor.ts';
import { fields } from './fields.ts';
import {
  answerAt,
  draftOf,
  fieldOf,
  goTo,
  type NetworkDraft,
  type Prefill,
  type QuestionsState,
  released,
  type Stopped,
  startQuestions,
  taken,
} from './questions-state.ts';

/** The answers so far, and the place that they lead back to. */
export function leftAt(state: QuestionsState): { readonly draft: NetworkDraft; readonly stopped: Stopped } {
  const { editor, editing, at, reached } = state;
  const line = fieldOf(state) && editor.text !== answerAt(state, at) ? editor.text : undefined;
  return {
    draft: draftOf(released(state)),
    stopped: {
      at: fieldOf(state)?.name ?? 'summary',
      answered: reached,
      ...(line === undefined ? {} : { line }),
      ...(editing ? { editing: editing.client.name } : {}),
    },
  };
}

/** The questions with what is known, at the first of them or where somebody stopped. */
export function begun(prefill: Prefill): QuestionsState {
  const start = startQuestions(prefill);
  return prefill.stopped ? resumed(start, prefill.stopped) : start;
}

/** The questions where somebody stopped. */
export function resumed(start: QuestionsState, { at, answered, line, editing }: Stopped): QuestionsState {
  const index = at === 'summary' ? fields.length : fields.findIndex(({ name }) => name === at);
  const there = { ...goTo({ ...start, reached: answered }, index), ...returning(index, answered) };
  const client = start.clients.find(({ name }) => name === editing);
  const state = client ? taken(there, client) : there;
  return line === undefined ? state : { ...state, editor: editorOf(line) };
}

/** Where all of them have their answer, one that is open was called back from the summary. */
function returning(index: number, answered: number): { readonly returns?: true } {
  return answered >= fields.length && index < fields.length ? { returns: true } : {};
}
