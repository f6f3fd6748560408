/** Adds names to `server.names` in the text of fl-network.yaml; every other byte stays, comments too. Pure. */
import { isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { openDocument } from './document.ts';
import { inline } from './write.ts';

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
  const pair = server.items.find(({ key }) => isScalar(key) && key.value === 'address');
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

function rangeOf(node: unknown): Node['range'] {
  return (node as Node | null | undefined)?.range;
}

function inserted(text: string, at: number, words: string): string {
  return text.slice(0, at) + words + text.slice(at);
}

/** What stands before a place in its line: the indentation, and the dash of an item. */
function lineTo(text: string, at: number): string {
  return text.slice(text.lastIndexOf('\n', at - 1) + 1, at);
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
