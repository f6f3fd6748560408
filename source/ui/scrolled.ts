/** More lines than there is room for. Pure. */
import { plural } from './format.ts';
import { type Line, textLine } from './line.ts';

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
  return [...shown, textLine(`   ${plural(lines.length, 'line')}: ${note}`, 'dim')];
}
