/** More lines than there is room for. Pure. */
import { plural } from './format.ts';
import { type Line, textLine } from './line.ts';

/** Scrolls through lines that are more than the room. */
export function scrolled(lines: readonly Line[], rows: number, offset: number): readonly Line[] {
  if (lines.length <= rows) return lines;
  const room = Math.max(1, rows - 1);
  const from = Math.max(0, Math.min(offset, lines.length - room));
  const after = lines.length - from - room;
  const note = [from > 0 ? `↑ ${from} above` : '', after > 0 ? `↓ ${after} below` : ''].filter(Boolean).join('   ');
  return [...lines.slice(from, from + room), textLine(`   ${plural(lines.length, 'line')}: ${note}`, 'dim')];
}
