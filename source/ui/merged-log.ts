/** What the server told and what all hosts printed, as one log in the order of time. Pure. */
import type { RunView } from '../plan/run-view.ts';
import { clock } from './format.ts';
import { type Line, span } from './line.ts';
import type { LogLine } from './log-book.ts';
import type { Tone } from './theme.ts';
import { pad, widthOf } from './width.ts';

/** A line of a host's, or (without a member) something that the monitor says itself. */
export type MergedLine = Omit<LogLine, 'member'> & { readonly member?: string };

/**
 * The last `most` lines, oldest first.
 * @param log what hosts printed, in the order of time
 */
export function merged(run: RunView, log: readonly LogLine[], most: number): readonly MergedLine[] {
  const found: MergedLine[] = [];
  let [a, b] = [run.notices.length - 1, log.length - 1];
  while (found.length < most) {
    const [notice, line] = [run.notices[a], log[b]];
    if (!notice && !line) break;
    // Both lists are in the order of time, so the younger of the two ends is the next one from the end.
    if (notice && (!line || notice.time >= line.time)) {
      found.push(notice);
      a -= 1;
    } else if (line) {
      found.push(line);
      b -= 1;
    }
  }
  return found.reverse();
}

/** Longest name that a log's line begins with; longer ones are cut. */
const longestName = 16;

/** The lines as they stand on a screen, oldest first. */
export function logRows(lines: readonly MergedLine[]): readonly Line[] {
  const width = Math.min(
    longestName,
    lines.reduce((most, { member }) => Math.max(most, widthOf(member ?? '')), 0),
  );
  return lines.map(({ time, earlier, member, text }) => [
    span(` ${earlier ? 'earlier ' : clock(time, true)}  `, 'dim'),
    ...(width > 0 ? [span(`${pad(member ?? '', width)}  `, member === undefined ? 'plain' : 'accent')] : []),
    span(text, member === undefined ? 'strong' : toneOf(text)),
  ]);
}

/** As loggers and Python write them, wherever in the line. */
function toneOf(text: string): Tone {
  if (/\b(?:ERROR|CRITICAL|FATAL|Traceback)\b|\w(?:Error|Exception)\b/.test(text)) return 'bad';
  return /\bWARN(?:ING)?\b/.test(text) ? 'warn' : 'plain';
}
