/** What is known already, offered where it may be an answer. Pure. */
import { memberName } from '../network/member-name.ts';
import { matchesPattern } from '../ssh/name-matcher.ts';
import type { ClientDraft } from './clients.ts';
import type { FieldName } from './fields.ts';

export type Suggestion = {
  readonly value: string;
  /** Where it was found, in a few words. */
  readonly from: string;
};

type Taken = { readonly server: string; readonly clients: readonly ClientDraft[] };

/** Those that are no part of the answer yet. */
export function offered(
  known: readonly Suggestion[],
  text: string,
  field: FieldName,
  taken: Taken,
): readonly Suggestion[] {
  if (field === 'names') return known.filter(({ value }) => !wordsOf(text).includes(value));
  return field === 'clients' ? known.filter(({ value }) => !isTaken(value, taken)) : known;
}

/**
 * What stands in the line after Tab: the next one.
 * @returns nothing where there is none
 */
export function next(known: readonly Suggestion[], text: string, field: FieldName, taken: Taken): string | undefined {
  const free = offered(known, text, field, taken).map(({ value }) => value);
  if (field === 'names') return free[0] === undefined ? undefined : [...wordsOf(text), free[0]].join(', ');
  const lines = field === 'clients' ? free.map(lineOf) : free;
  return lines[(lines.indexOf(text.trim()) + 1) % lines.length];
}

/** A list as it is typed, with commas or without. */
export function wordsOf(text: string): readonly string[] {
  return text.split(/[\s,;]+/).filter(Boolean);
}

/** The names that a server has besides its address: one that is the address is in the certificate anyway. */
export function namesBeside(address: string, names: readonly string[]): readonly string[] {
  return names.filter((name) => name.toLowerCase() !== address.trim().toLowerCase());
}

/**
 * The lines of all known hosts whose names match a pattern such as `hosp-*`.
 * @returns nothing where the text is no pattern
 */
export function patternOf(text: string, known: readonly Suggestion[] = []): readonly string[] | undefined {
  const pattern = text.trim();
  if (!/[*?]/.test(pattern) || /\s/.test(pattern)) return undefined;
  const lines = known.flatMap(({ value }) => (matchesPattern(value, pattern) ? [lineOf(value)] : []));
  return lines.length > 0 ? lines : undefined;
}

/** Whether a host is the server, or a client under its name or another one. */
export function isTaken(alias: string, { server, clients }: Taken): boolean {
  return server === alias || clients.some(({ name, ssh }) => ssh === alias || name === alias);
}

/** A host of ~/.ssh/config is called as it is there, where a client may be called so. */
export function lineOf(alias: string): string {
  return memberName.test(alias) ? `${alias} ${alias}` : alias;
}
