/**
 * Lines for a shell in the columns of a terminal, such that what is copied from there is what they were: a backslash goes
 * on with the next line, between words, and in the middle of one that is longer than a line. Pure.
 */
import { widthOf } from './width.ts';

/** @param lines as `shellLines` makes them: each may have lines of its own, as a text behind `<<` has */
export function wrapShell(lines: readonly string[], columns: number): readonly string[] {
  return lines.flatMap((line) => wrapOne(line, Math.max(20, columns)));
}

function wrapOne(line: string, columns: number): readonly string[] {
  const [first = '', ...text] = line.split('\n');
  if (first.startsWith('#')) return [...commentLines(first, columns), ...text];
  // What a text behind `<<` holds would be another one with a backslash in it.
  const note = text.some((each) => widthOf(each) > columns)
    ? commentLines('# what follows is wider than this terminal: --show-commands prints it whole', columns)
    : [];
  return [...note, ...commandLines(first, columns), ...text];
}

/** Each line of it is a comment of its own. */
function commentLines(line: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of line.replace(/^#\s*/, '').split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`# ${word}`);
  }
  return lines;
}

function commandLines(line: string, columns: number): readonly string[] {
  if (widthOf(line) <= columns) return [line];
  const lines: string[] = [];
  let last = '';
  for (const word of words(line)) {
    // Two columns for the backslash and the space before it.
    if (last !== '' && widthOf(last) + 1 + widthOf(word) <= columns - 2) {
      last += ` ${word}`;
      continue;
    }
    if (last !== '') lines.push(`${last} \\`);
    const [head = '', ...parts] = partsOf(word, columns - 3);
    last = lines.length === 0 ? head : `  ${head}`;
    // A word that goes on begins its line: a space would end it.
    for (const part of parts) {
      lines.push(`${last}\\`);
      last = part;
    }
  }
  return [...lines, last];
}

/** A quote that is never closed here goes on in the next line of the text, and is left alone. */
const wordPattern = /(?:'[^']*(?:'|$)|"(?:\\.|[^"\\])*(?:"|$)|\\.|[^\s'"\\])+/g;

/** Words as a shell takes them apart, with their quotes. */
function words(line: string): readonly string[] {
  return line.match(wordPattern) ?? [line];
}

/** A word in parts that fit; between two of them nothing stands, since single quotes are closed and opened again. */
function partsOf(word: string, columns: number): readonly string[] {
  const parts: string[] = [];
  let [part, quote, at] = ['', '', 0];
  while (at < word.length) {
    const unit = unitAt(word, at, quote, columns - 2);
    if (part !== '' && widthOf(part) + widthOf(unit) + 1 > columns) {
      parts.push(quote === "'" ? `${part}'` : part);
      part = quote === "'" ? "'" : '';
    }
    if (unit === quote) quote = '';
    else if (quote === '' && (unit === "'" || unit === '"')) quote = unit;
    part += unit;
    at += unit.length;
  }
  return [...parts, part];
}

/** What is never parted: a quote, an escaped character, or as much text up to a space as a line has room for. */
function unitAt(word: string, at: number, quote: string, most: number): string {
  const pattern = quote === "'" ? /'|[^' ]+ ?| /uy : /["']|\\.|[^"'\\ ]+ ?| |\\/uy;
  pattern.lastIndex = at;
  return (pattern.exec(word)?.[0] ?? word.slice(at)).slice(0, most);
}
