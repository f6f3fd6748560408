/** Keys that lead through lists and texts, the same ones everywhere. Pure. */
import type { Key } from './keys.ts';

/** A key as one word: what it is called, or the letters that it is. */
export function wordOf(key: Key): string {
  return key.name === 'text' ? key.text : key.name;
}

/** By how many lines a key leads on; nothing where it leads nowhere. @param page lines that a page has */
export function moveOf(key: Key, page = 10): number | undefined {
  if (key.name === 'text') return key.text === 'j' ? 1 : key.text === 'k' ? -1 : undefined;
  const moves: Readonly<Partial<Record<Key['name'], number>>> = {
    up: -1,
    down: 1,
    'page-up': -page,
    'page-down': page,
  };
  return moves[key.name];
}
