/** Adds names to `server.names` in the text of fl-network.yaml; every other byte stays, comments too. Pure. */
import { isMap, isSeq, type YAMLMap } from 'yaml';
import { openDocument } from './document.ts';
import { inline } from './write.ts';
import { inserted, lineTo, pairOf, rangeOf } from './yaml-places.ts';

/** The text with them; undefined where it is written in a way that only its author can go on with (an alias, a tag). */
export function addServerNames(text: string, names: readonly string[]): string | undefined {
  const { document } = openDocument(text);
  const server = isMap(document?.contents) ? document.contents.get('server', true) : undefined;
  if (!isMap(server)) return undefined;
  const had = server.get('names', true);
  const changed = had === undefined ? withKey(text, server, names) : withItems(text, had, names);
  return changed !== undefined && holds(changed, names) ? changed : undefined;
}

const listed = (names: readonly string[]) => names.map((name) => inline(name)).join(', ');

function withKey(text: string, server: YAMLMap, names: readonly string[]): string | undefined {
  const pair = pairOf(server, 'address');
  const [key, value] = [rangeOf(pair?.key), rangeOf(pair?.value)];
  if (!key || !value) return undefined;
  const words = `names: [${listed(names)}]`;
  if (server.flow) return inserted(text, value[1], `, ${words}`);
  return inserted(text, endOfLine(text, value[1]), `\n${lineTo(text, key[0])}${words}`);
}

function withItems(text: string, had: unknown, names: readonly string[]): string | undefined {
  const range = rangeOf(had);
  if (!isSeq(had) || !range) return undefined;
  const last = rangeOf(had.items.at(-1));
  if (!last) return had.flow ? inserted(text, range[0] + 1, listed(names)) : undefined;
  if (had.flow) return inserted(text, last[1], `, ${listed(names)}`);
  const lead = lineTo(text, last[0]);
  return inserted(text, endOfLine(text, last[1]), names.map((name) => `\n${lead}${inline(name)}`).join(''));
}

/** Behind a comment, before the line break. */
function endOfLine(text: string, at: number): number {
  return at + (/\r?\n|$/.exec(text.slice(at))?.index ?? 0);
}

function holds(text: string, names: readonly string[]): boolean {
  const { document, faults } = openDocument(text);
  const found: unknown = document?.toJS()?.server?.names;
  return faults.length === 0 && Array.isArray(found) && names.every((name) => found.includes(name));
}
