/** Answers that are kept, as their file has them, and the place in the questions that they lead to. */
import { answersText } from '../network/answers.ts';
import { type Field, fields } from '../ui/fields.ts';
import { problemOf } from '../ui/question-problem.ts';
import type { QuestionsState } from '../ui/questions-state.ts';
import { leftAt } from '../ui/questions-stopped.ts';
import type { Stopped } from '../ui/screen.tsx';
import { type Said, validate } from './draft.ts';

/** The file's text. */
export function textOf(state: QuestionsState): string {
  const { draft, stopped } = leftAt(state);
  const { clients, names, ...texts } = draft;
  return answersText({
    ...texts,
    names: [...names],
    clients: clients.map(({ name, ssh }) => `${name}=${ssh}`),
    stopped,
  });
}

/** Where somebody stopped, but never behind an answer that is none: the file may have been changed by hand. */
export function placeIn(said: Said): Stopped {
  const { stopped = { at: 'summary', answered: fields.length } } = said;
  const index = stopped.at === 'summary' ? fields.length : fields.findIndex(({ name }) => name === stopped.at);
  const wrong = fields.findIndex((field) => isNone(field, said));
  const field = fields[wrong];
  return field && wrong < index ? { at: field.name, answered: wrong } : stopped;
}

function isNone(field: Field, said: Said): boolean {
  const { clients = [], names = [] } = said;
  if (field.name === 'clients') return clients.length === 0;
  const text = field.name === 'names' ? names.join(', ') : (said[field.name] ?? '');
  return problemOf(field, text, validate) !== undefined;
}
