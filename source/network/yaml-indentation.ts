/** Slips in the spaces before a line, which in YAML say what belongs to what. Pure. */
import type { Slip, Stumble } from './yaml-mistakes.ts';

type Lines = readonly string[];

const spacesOf = (text: string): number => /^ */.exec(text)?.[0].length ?? 0;
export const isBlank = (text: string): boolean => /^\s*(#|$)/.test(text);
/** Where the key of a line begins: behind the dash of an item. */
const keyColumn = (text: string): number => /^ *(?:- +)?/.exec(text)?.[0].length ?? 0;
const isItem = (text: string): boolean => /^ *- /.test(text);

function before(lines: Lines, line: number, fits: (text: string) => boolean): number {
  return lines.findLastIndex((text, at) => at < line && !isBlank(text) && fits(text));
}

function moved(lines: Lines, line: number, spaces: number, why: string): Slip {
  return { line, why, write: ' '.repeat(spaces) + (lines[line] ?? '').trimStart() };
}

const spaces = (count: number): string => (count === 1 ? '1 space' : `${count} spaces`);

/** A name that a comment would give to the keys below it, as a new file has it. */
const commentedName = /^#\s?(certificates|flower|server|clients|remote):\s*(?:#.*)?$/;

/** The commented-out name below which a key stands that is no comment (from 0). */
export function commentedParent(
  lines: Lines,
  line: number,
): { readonly line: number; readonly name: string } | undefined {
  const found = lines.findLastIndex((text, at) => at < line && (commentedName.test(text) || /^[^\s#]/.test(text)));
  const name = commentedName.exec(lines[found] ?? '')?.[1];
  return name === undefined ? undefined : { line: found, name };
}

/** One key of a commented block is none any more, and the name above them all still is. */
export function belowComment(lines: Lines, { line }: Stumble): Slip | undefined {
  const text = lines[line] ?? '';
  const parent = spacesOf(text) > 0 && !isItem(text) ? commentedParent(lines, line) : undefined;
  if (!parent) return undefined;
  const why = `this belongs to a name that is a comment: uncomment ${parent.name}: in line ${parent.line + 1} too`;
  return { line, why, mended: { line: parent.line, write: `${parent.name}:` } };
}

export function tab(lines: Lines, { code }: Stumble): Slip | undefined {
  if (code !== 'TAB_AS_INDENT') return undefined;
  const line = lines.findIndex((text) => /^ *\t\s*[^\s#]/.test(text));
  if (line < 0) return undefined;
  const above = lines[before(lines, line, () => true)] ?? '';
  const within = /:\s*(#.*)?$/.test(above) ? 2 : 0;
  // An item goes on below its first key, the next one below its dash.
  const text = lines[line]?.trimStart() ?? '';
  const sister = isItem(text) ? lines[before(lines, line, isItem)] : undefined;
  const column = sister === undefined ? keyColumn(above) + within : spacesOf(sister);
  return moved(lines, line, column, 'a tab before the first word, where YAML takes spaces only');
}

/** A dash that stands elsewhere than those of the other items. */
export function itemElsewhere(lines: Lines, { line, message }: Stumble): Slip | undefined {
  const text = lines[line] ?? '';
  if (!/block sequence may not be used/.test(message) || !isItem(text)) return undefined;
  const sister = before(lines, line, isItem);
  const column = spacesOf(lines[sister] ?? '');
  if (sister < 0 || column === spacesOf(text)) return undefined;
  const why = `${spaces(spacesOf(text))} before the dash, and ${column} before the one in line ${sister + 1}`;
  return moved(lines, line, column, why);
}

/** A key between the dash of an item and its other keys, or an item without its dash. */
export function noDash(lines: Lines, { line, code, message }: Stumble): Slip | undefined {
  const within = /Sequence item without - indicator/.test(message);
  const text = lines[line] ?? '';
  const item = before(lines, line, isItem);
  const sister = lines[item] ?? '';
  if (item < 0 || !(within || code === 'BAD_INDENT')) return undefined;
  const goesOn = spacesOf(lines[line + 1] ?? '') === keyColumn(sister);
  if (!isItem(text) && spacesOf(text) === spacesOf(sister) && (within || goesOn))
    return { line, why: 'no dash before the item', write: `${' '.repeat(spacesOf(text))}- ${text.trimStart()}` };
  return within ? misplaced(lines, line, item) : undefined;
}

/** A key that begins further left than the one above it, and not where one further up does. */
export function keyFurtherLeft(lines: Lines, { line, message }: Stumble): Slip | undefined {
  const above = before(lines, line, () => true);
  return /must start at the same column/.test(message) && above >= 0 ? misplaced(lines, line, above) : undefined;
}

/** A key that begins further right than the one above it, which has its value already. */
export function keyElsewhere(lines: Lines, { line, code }: Stumble): Slip | undefined {
  if (code !== 'BLOCK_AS_IMPLICIT_KEY' && code !== 'MULTILINE_IMPLICIT_KEY' && code !== 'BAD_INDENT') return undefined;
  const at = lines.findIndex((text, index) => index > line && !isBlank(text));
  const [above, text] = [lines[line] ?? '', lines[at] ?? ''];
  if (at < 0 || isItem(text) || spacesOf(text) <= keyColumn(above) || /:\s*(#.*)?$/.test(above)) return undefined;
  const parent = lines[before(lines, line, () => true)] ?? '';
  // The first key below a name without a value, at the place of that name.
  const isFirst = /:\s*(#.*)?$/.test(parent) && keyColumn(parent) === keyColumn(above) && !isItem(above);
  return isFirst ? misplaced(lines, line, at) : misplaced(lines, at, line);
}

function misplaced(lines: Lines, line: number, above: number): Slip {
  const column = keyColumn(lines[above] ?? '');
  const found = spacesOf(lines[line] ?? '') + 1;
  const meant = `the one in line ${above + 1} in column ${column + 1}`;
  return moved(lines, line, column, `the key begins in column ${found}, and ${meant}`);
}
