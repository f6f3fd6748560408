/** What the server told and what all hosts printed, as one log in the order of time. Pure. */
import type { RunView } from '../plan/run-view.ts';
import { otherName } from '../plan/wrong-server.ts';
import { clock } from './format.ts';
import { inert } from './inert.ts';
import { type Line, lineWidth, type Span, span } from './line.ts';
import type { LogLine } from './log-book.ts';
import type { Tone } from './theme.ts';
import { pad, widthOf, wrap } from './width.ts';

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

/** The lines that have this in their text, or in the name of who printed them, as both are shown. */
export function found(lines: readonly MergedLine[], search: string): readonly MergedLine[] {
  const wanted = search.toLowerCase();
  const has = (text: string) => inert(text).toLowerCase().includes(wanted);
  return wanted === '' ? lines : lines.filter(({ member = '', text }) => has(text) || has(member));
}

/** The lines as they stand on a screen, oldest first; what is too long for it is cut there. */
export function logRows(lines: readonly MergedLine[]): readonly Line[] {
  return logEntries(lines).flat();
}

/** Columns that a text has beside its time and its name at least; with fewer it begins below them. */
const leastBeside = 40;
const indentBelow = 3;

/** The rows of each line. @param columns what a line that is longer is broken at; left out, none is */
export function logEntries(lines: readonly MergedLine[], columns = Infinity): readonly (readonly Line[])[] {
  const width = Math.min(
    longestName,
    lines.reduce((most, { member }) => Math.max(most, widthOf(member ?? '')), 0),
  );
  return lines.map(({ time, earlier, member, text }) => {
    const lead = [
      span(` ${earlier ? 'earlier ' : clock(time, true)}  `, 'dim'),
      ...(width > 0 ? [span(`${pad(member ?? '', width)}  `, member === undefined ? 'plain' : 'accent')] : []),
    ];
    return broken(lead, member === undefined ? span(text, 'strong') : printed(member, text), columns);
  });
}

function broken(lead: Line, { text, tone }: Span, columns: number): readonly Line[] {
  const beside = columns - lineWidth(lead);
  if (columns === Infinity || widthOf(text) <= beside) return [[...lead, { text, tone }]];
  const below = beside < leastBeside;
  const indent = below ? indentBelow : lineWidth(lead);
  const rows = wrap(text, Math.max(1, columns - indent)).map(
    (part, at): Line => [...(at === 0 && !below ? lead : [span(' '.repeat(indent))]), { text: part, tone }],
  );
  return below ? [lead, ...rows] : rows;
}

/** gRPC’s own line of a handshake that came to nothing: month and day, time, thread, file and line. */
const handshake = /^E\d{4} .*\bssl_transport_security\w*\.cc:\d+\] /;

/** The proof dials the server under a name that is nobody’s: what gRPC says of that looks like a fault, and is the proof. */
function printed(member: string, text: string): Span {
  const mark = member === 'server' && text.includes(otherName) ? handshake.exec(text) : null;
  if (!mark) return span(text, toneOf(text));
  return span(`refused, as it must be: ${text.slice(mark[0].length)} (a try of the proof)`, 'dim');
}

/** As loggers and Python write them, wherever in the line. */
function toneOf(text: string): Tone {
  if (/\b(?:ERROR|CRITICAL|FATAL|Traceback)\b|\w(?:Error|Exception)\b/.test(text)) return 'bad';
  return /\bWARN(?:ING)?\b/.test(text) ? 'warn' : 'plain';
}
