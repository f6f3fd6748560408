/** What a schema does not take, in our words. */
import type * as z from 'zod';

const words: Readonly<Record<string, string>> = {
  int: 'a whole number',
  object: 'a map of keys and values',
  record: 'a map of keys and values',
  array: 'a list',
  string: 'text',
};

const units: Readonly<Record<string, string>> = { string: 'characters', array: 'entries' };

/** What is wrong, in our words; the schema's own sentences stay as they are. */
export function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return `must be ${words[issue.expected] ?? `a ${issue.expected}`}`;
  // The rule that the key breaks; the record itself only says that one is broken.
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  // What Zod says by itself begins so.
  if (!/^(?:Too|Invalid) /.test(issue.message)) return issue.message;
  if (issue.code === 'too_big') {
    const unit = units[issue.origin];
    if (!unit)
      return issue.inclusive === false ? `must be less than ${issue.maximum}` : `must be ${issue.maximum} or less`;
    return `has more than ${issue.maximum} ${unit}`;
  }
  if (issue.code === 'too_small') {
    const unit = units[issue.origin];
    if (!unit)
      return issue.inclusive === false ? `must be more than ${issue.minimum}` : `must be ${issue.minimum} or more`;
    return Number(issue.minimum) === 1 ? 'is empty' : `has fewer than ${issue.minimum} ${unit}`;
  }
  if (issue.code === 'invalid_value') return `must be ${issue.values.map(String).join(' or ')}`;
  return issue.message.replace(/^Invalid input: /, '').replace(/^Too /, 'too ');
}
