/** Writes keys of two words, such as `flower.port`, into the text of fl-network.yaml; every other byte stays. Pure. */
import { isMap, isScalar, type Node, type YAMLMap } from 'yaml';
import { openDocument } from './document.ts';
import { memberOf } from './path.ts';
import { inline } from './write.ts';
import { inserted, lineTo, pairOf, rangeOf } from './yaml-places.ts';

export type Keys = Readonly<Record<string, string | number>>;

/** The text with them; undefined where it is written in a way that only its author can go on with (an alias, a tag). */
export function setKeys(text: string, keys: Keys): string | undefined {
  let changed: string | undefined = text;
  for (const [path, value] of Object.entries(keys)) {
    const [section = '', name = ''] = path.split('.');
    changed = changed === undefined ? undefined : withKey(changed, section, name, value);
  }
  return changed !== undefined && holds(changed, keys) ? changed : undefined;
}

function withKey(text: string, section: string, name: string, value: string | number): string | undefined {
  const { document } = openDocument(text);
  const root = document?.contents;
  if (!isMap(root)) return undefined;
  const words = `${name}: ${inline(value)}`;
  const map = valueIn(root, section);
  if (map === undefined) return root.flow ? undefined : `${text.replace(/\n?$/, '\n')}${section}:\n  ${words}\n`;
  if (!isMap(map) || map.tag?.startsWith('!')) return undefined;
  const had = valueIn(map, name);
  if (had !== undefined) return isScalar(had) && !had.anchor ? spliced(text, had, inline(value)) : undefined;
  const [first] = map.items;
  const range = rangeOf(map);
  if (!range) return undefined;
  if (map.flow) return inserted(text, range[0] + 1, first ? `${words}, ` : words);
  const start = rangeOf(first?.key);
  if (!start) return undefined;
  // Before the first key, where its indentation is known whatever it holds.
  const lead = lineTo(text, start[0]);
  return /^ +$/.test(lead) ? inserted(text, start[0], `${words}\n${lead}`) : undefined;
}

function valueIn(map: YAMLMap, name: string): unknown {
  return pairOf(map, name)?.value ?? undefined;
}

function spliced(text: string, node: Node, words: string): string | undefined {
  const range = rangeOf(node);
  return range ? text.slice(0, range[0]) + words + text.slice(range[1]) : undefined;
}

function holds(text: string, keys: Keys): boolean {
  const { document, faults } = openDocument(text);
  if (faults.length > 0) return false;
  const found: unknown = document?.toJS();
  return Object.entries(keys).every(([path, value]) => path.split('.').reduce(memberOf, found) === value);
}
