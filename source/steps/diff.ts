/** What changes in a text, as lines that begin with `+`, `-` or a space. Pure. */
import { structuredPatch } from 'diff';

/** Lines that differ, with one before and behind them. */
export function diffOf(before: string, after: string): readonly string[] {
  return structuredPatch('', '', before, after, '', '', { context: 1 }).hunks.flatMap(({ lines }) => lines);
}

/** More than anybody reads before a yes; the rest is counted. */
const mostShown = 60;

/** The same below the file's name, and no longer than can be read. */
export function fileDiff(name: string, before: string, after: string): readonly string[] {
  const lines = diffOf(before, after);
  const rest = lines.length - mostShown;
  return [` ${name}`, ...lines.slice(0, mostShown), ...(rest > 0 ? [` … and ${rest} more lines of ${name}`] : [])];
}
