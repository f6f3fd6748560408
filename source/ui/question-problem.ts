/** Whether a text can be the answer to a question. Pure. */
import type { Validate } from './clients.ts';
import type { Field } from './fields.ts';
import { wordsOf } from './suggestions.ts';

/** Why a text cannot be the answer to a question. */
export function problemOf(field: Field, text: string, validate: Validate): string | undefined {
  const value = text.trim();
  if (value === '') return field.empty === undefined ? 'this is needed' : undefined;
  if (field.name === 'clients') return undefined;
  if (field.name !== 'names') return validate(field.name, value);
  return wordsOf(value).flatMap((each) => validate('names', each) ?? [])[0];
}
