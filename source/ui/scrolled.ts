/** More lines than there is room for. Pure. */
import { plural } from './format.ts';
import type { Key } from './keys.ts';
import { type Line, span } from './line.ts';
import { moveOf } from './moves.ts';

/**
 * Scrolls through lines that are more than the room.
 * @param word what is said of the lines below, beside their number
 */
export function scrolled(
  lines: readonly Line[],
  rows: number,
  offset: number,
  word: (shown: readonly Line[], below: readonly Line[]) => string = () => '',
): readonly Line[] {
  if (lines.length <= rows) return lines;
  const room = Math.max(1, rows - 1);
  const from = Math.max(0, Math.min(offset, lines.length - room));
  const after = lines.length - from - room;
  const shown = lines.slice(from, from + room);
  const below = after > 0 ? `↓ ${after} below${word(shown, lines.slice(from + room))}` : '';
  const note = [from > 0 ? `↑ ${from} above` : '', below].filter(Boolean).join('   ');
  return [...shown, [{ ...span(`   ${plural(lines.length, 'line')}: ${note}`, 'dim'), shown: room }]];
}

/** More lines than anything has that is read. */
const longest = 10_000;

/**
 * Where a key leads in what is scrolled; nothing where it leads nowhere.
 * @param draw the picture at a place, which knows where it ends
 */
export function scrolledTo(key: Key, offset: number, draw: (offset: number) => readonly Line[]): number | undefined {
  const by = leadsBy(
    key,
    pageOf(key, () => draw(offset)),
  );
  return by === undefined ? undefined : within(offset + by, by, draw);
}

/**
 * By how many lines a key leads a page on: the last line that was seen is the first one then, and none is skipped.
 * @param draw the picture as it is
 * @returns nothing where the key leads no page on, or nothing goes on out of sight
 */
export function pageOf(key: Key, draw: () => readonly Line[]): number | undefined {
  if (key.name !== 'page-up' && key.name !== 'page-down') return undefined;
  const [shown] = draw().flatMap((line) => line.flatMap((each) => each.shown ?? []));
  return shown === undefined ? undefined : Math.max(1, shown - 1);
}

/** By how many lines a key leads on, to both ends too. */
export function leadsBy(key: Key, page?: number): number | undefined {
  if (key.name === 'home') return Number.NEGATIVE_INFINITY;
  return key.name === 'end' ? Number.POSITIVE_INFINITY : moveOf(key, page);
}

/** A place that is never below the first one from which on the picture is the same: so the way back begins at once. */
export function within(wanted: number, by: number, draw: (offset: number) => readonly Line[]): number {
  const next = Math.min(longest, Math.max(0, wanted));
  if (by < 0) return next;
  const at = (offset: number) =>
    draw(offset)
      .map((line) => line.map(({ text }) => text).join(''))
      .join('\n');
  const end = at(longest);
  if (at(next) !== end) return next;
  let [from, to] = [0, next];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (at(middle) === end) to = middle;
    else from = middle + 1;
  }
  return from;
}
