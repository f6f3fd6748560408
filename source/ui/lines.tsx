import { styleText } from 'node:util';
import { Transform } from 'ink';
import type { ReactNode } from 'react';
import type { Easel } from './easel.ts';
import type { Line } from './line.ts';
import { styles, type Tone, toAscii } from './theme.ts';
import { widthOf } from './width.ts';

/** How a terminal shows what it is given. */
export type Look = {
  readonly colors: boolean;
  readonly unicode: boolean;
  /** Where there is a painter: it puts the lines on the terminal itself. */
  readonly easel?: Easel | undefined;
};

/**
 * Lines as Ink places them. They were cut to the terminal before, so to Ink they are a block of so many rows whose
 * text comes last: it would measure and wrap every new text, thirty times a second, and never forget one of them.
 */
export function Lines({ lines, look }: { readonly lines: readonly Line[]; readonly look: Look }): ReactNode {
  const drawn = lines.map((line) => drawnLine(line, look));
  const { easel } = look;
  if (easel) return <Transform transform={() => easel.put(drawn)}>.</Transform>;
  return <Transform transform={(_, row) => drawn[row] ?? ''}>{rowsOf(lines.length)}</Transform>;
}

const rowsOf = (count: number) => Array.from({ length: count }, () => '.').join('\n');

/** A text in its tone. The environment is not asked: whether there are colors was decided when the screen was opened. */
export function styled(text: string, tone: Tone): string {
  const style = styles[tone];
  return style.length > 0 && text !== '' ? styleText([...style], text, { validateStream: false }) : text;
}

function drawnLine(line: Line, { colors, unicode }: Look): string {
  return line
    .map(({ text, tone }) => {
      const shown = unicode ? text : toAscii(text, widthOf);
      return colors ? styled(shown, tone) : shown;
    })
    .join('');
}
