/** Texts in the columns of a terminal. Apart from format.ts: the Unicode tables take tens of milliseconds to load. Pure. */
import stringWidth from 'string-width';
import { narrow } from './graphemes.ts';

const ascii = /^[ -~]*$/;
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Columns that the text takes in a terminal. A table of a thousand cells a frame is measured by its length; only what else
 * there is goes through the Unicode tables.
 */
export function widthOf(text: string): number {
  return narrow.test(text) ? text.length : stringWidth(text);
}

/** The text cut to at most `width` columns; what was cut is told by an ellipsis. */
export function cut(text: string, width: number): string {
  if (width <= 0) return '';
  if (widthOf(text) <= width) return text;
  if (ascii.test(text)) return `${text.slice(0, width - 1)}…`;
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    used += stringWidth(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** The text in exactly `width` columns. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const shown = cut(text, width);
  const space = ' '.repeat(Math.max(0, width - widthOf(shown)));
  return align === 'left' ? shown + space : space + shown;
}

/** Breaks at spaces; a word that is longer than a line is broken where the line ends. */
export function wrap(text: string, width: number): readonly string[] {
  if (width <= 0) return [];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((each) => pieces(each, width))) {
    if (line && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, line];
}

function pieces(word: string, width: number): readonly string[] {
  if (widthOf(word) <= width) return [word];
  const found: string[] = [];
  let piece = '';
  for (const { segment } of graphemes.segment(word)) {
    // A letter with marks of its own can be wider than a whole line of a tiny terminal.
    const part = cut(segment, width);
    if (piece && widthOf(piece) + widthOf(part) > width) {
      found.push(piece);
      piece = '';
    }
    piece += part;
  }
  return [...found, piece];
}
