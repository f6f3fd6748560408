/** The page of the log of all hosts: its end or where somebody has stopped it, what is looked for in it, whole lines. Pure. */
import type { RunView } from '../plan/run-view.ts';
import { plural, samples } from './format.ts';
import { type Line, span, textLine } from './line.ts';
import type { LogLine } from './log-book.ts';
import { found, logEntries, type MergedLine, merged } from './merged-log.ts';
import type { TableState } from './table-state.ts';

export type LogPane = {
  readonly run: RunView;
  readonly log: readonly LogLine[];
  readonly state: TableState;
  readonly columns: number;
  readonly rows: number;
};

/** At most `rows` lines, the youngest line of the log at the bottom as everybody's logs have it. */
export function logPane({ run, log, state, columns, rows }: LogPane): readonly Line[] {
  const { held, offset, search, wraps } = state;
  const room = Math.max(1, rows - 1);
  // What is looked for can stand anywhere.
  const all = found(held ?? merged(run, log, search === '' ? room : Infinity), search);
  const end = Math.max(Math.min(room, all.length), all.length - offset);
  const lines = all.slice(Math.max(0, end - room), end);
  const shown = logEntries(lines, wraps ? columns : undefined);
  const below = held ? all.length - end + newer(held, run, log, search) : 0;
  const note = held ? `stopped, ${samples(below)} below: end follows again` : 'follows; ↑ stops it';
  const title: Line = [
    { ...span(search === '' ? ' LOG OF ALL HOSTS' : ' LOG', 'dim'), shown: wholeOf(shown, room) },
    ...(search === '' ? [] : [span(`   filter: ${search}`, 'accent')]),
    span(`   ${note}`, held ? 'warn' : 'dim'),
    // Their hosts tell no times.
    ...(lines.some(({ earlier }) => earlier) ? [span('   earlier: before this page was open', 'dim')] : []),
  ];
  if (all.length === 0 && search !== '')
    return [title, textLine(`  no line has “${search}” in it (esc shows all)`, 'dim')];
  return [title, ...fitting(shown, room)];
}

/** How many have come since somebody stopped it, of those that are still kept. */
function newer(held: readonly MergedLine[], run: RunView, log: readonly LogLine[], search: string): number {
  const last = held.at(-1);
  const now = merged(run, log, Infinity);
  const at = last ? now.findLastIndex((each) => same(each, last)) : -1;
  return found(now.slice(at + 1), search).length;
}

const same = (one: MergedLine, other: MergedLine) =>
  one.time === other.time && one.member === other.member && one.text === other.text;

/** How many of the last lines are seen in full. */
function wholeOf(entries: readonly (readonly Line[])[], room: number): number {
  let free = room;
  const first = entries.findLastIndex((entry) => {
    free -= entry.length;
    return free < 0;
  });
  return entries.length - 1 - first;
}

/** The last rows; of a line that alone has more than there is room for, its beginning. */
function fitting(entries: readonly (readonly Line[])[], room: number): readonly Line[] {
  const last = entries.at(-1) ?? [];
  if (last.length <= room) return entries.flat().slice(-room);
  const most = Math.max(1, room - 1);
  const rest = textLine(`   … ${plural(last.length - most, 'row')} more: fl-wizard logs has the line`, 'dim');
  return [...last.slice(0, most), rest].slice(0, room);
}
