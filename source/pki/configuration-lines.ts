import { exit, UserError } from '../plan/failure.ts';

/** Stops the reading of a configuration file at a place in it (line and column from 1). */
export function refuseAt(file: string, line: number, column: number, why: string, hint?: string): never {
  throw new UserError({
    exitCode: exit.invalid,
    doing: `Reading ${file}`,
    why: `${file}:${line}:${column}: ${why}`,
    ...(hint ? { hint } : {}),
  });
}

/** A line as OpenSSL sees it: physical lines joined where they end in a backslash, line breaks gone. */
export type LogicalLine = {
  /** The number of its first physical line, from 1. */
  readonly number: number;
  /** The physical text, line breaks included. */
  readonly source: string;
  readonly text: string;
  /** Where each physical line's share begins, in `text` and in `source`. */
  readonly parts: readonly { readonly text: number; readonly source: number }[];
};

/** OpenSSL's own limit of a value; nothing that a person writes comes near it. */
export const longestLine = 65_536;

// An odd backslash joins; OpenSSL looks at one character before it only, so \\\ at the end joins nothing.
const joins = (text: string) => text.endsWith('\\') && !text.endsWith('\\\\');

/** The text without the characters at its end that are in the set (a pattern would take quadratic time on hostile text). */
export function withoutEnding(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/** Splits text into logical lines; all their `source`s together are the text. */
export function logicalLines(text: string, file: string): LogicalLine[] {
  const nul = text.indexOf('\0');
  const physical = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const result: LogicalLine[] = [];
  let [source, joined, first, seen] = ['', '', 1, 0];
  let parts: { text: number; source: number }[] = [];
  physical.forEach((line, index) => {
    if (nul >= seen && nul < seen + line.length) refuseAt(file, index + 1, nul - seen + 1, 'a NUL character');
    seen += line.length;
    if (parts.length === 0) first = index + 1;
    // A byte order mark is skipped where editors put it: at the very start.
    const mark = index === 0 && line.startsWith('\ufeff') ? 1 : 0;
    parts.push({ text: joined.length, source: source.length + mark });
    const bare = withoutEnding(line.slice(mark), '\r\n');
    source += line;
    const goesOn = joins(bare) && index < physical.length - 1;
    joined += joins(bare) ? bare.slice(0, -1) : bare;
    if (joined.length > longestLine)
      refuseAt(file, index + 1, 1, `the line is longer than ${longestLine.toLocaleString('en-US')} characters`);
    if (goesOn) return;
    result.push({ number: first, source, text: joined, parts });
    [source, joined, parts] = ['', '', []];
  });
  return result;
}

/** Where an offset of the joined text lies in the physical text. */
export function sourceOffset(line: LogicalLine, offset: number): number {
  const part = line.parts.findLast((candidate) => candidate.text <= offset) ?? { text: 0, source: 0 };
  return part.source + offset - part.text;
}

/** Where an offset of the joined text lies in the file: line and column from 1. */
export function placeOf(line: LogicalLine, offset: number): { readonly line: number; readonly column: number } {
  const before = line.source.slice(0, sourceOffset(line, offset));
  const column = before.length - (before.lastIndexOf('\n') + 1) + 1;
  return { line: line.number + (before.match(/\n/g)?.length ?? 0), column };
}
