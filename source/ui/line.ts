/**
 * A screen as values: lines of spans. Screens are worked out here, where sizes can be computed and tested; the Ink
 * components only show them. Every text passes through `span`, so nothing reaches a terminal that was not made inert.
 */
import { inert } from './inert.ts';
import type { Sign, Tone } from './theme.ts';
import { cut, widthOf } from './width.ts';

export type Span = {
  readonly text: string;
  readonly tone: Tone;
  /** Of a list or text that goes on out of sight: how many of its lines are seen. */
  readonly shown?: number;
};
export type Line = readonly Span[];

/** What the layout has to know of the terminal. */
export type Size = { readonly columns: number; readonly rows: number };

/** Where nothing can be shown, nothing can be answered either: a plan is not approved unseen. */
export function isTooSmall({ columns, rows }: Size): boolean {
  return columns < 30 || rows < 8;
}

/** A piece of a line. Safe for any text. */
export function span(text: string, tone: Tone = 'plain'): Span {
  return { text: inert(text), tone };
}

export function sign({ text, tone }: Sign): Span {
  return { text, tone };
}

/** A line of one text. */
export function textLine(text: string, tone: Tone = 'plain'): Line {
  return [span(text, tone)];
}

export const blank: Line = [];

export function lineWidth(line: Line): number {
  return line.reduce((sum, each) => sum + widthOf(each.text), 0);
}

/** The line cut to what fits. */
export function clip(line: Line, columns: number): Line {
  if (lineWidth(line) <= columns) return line;
  const kept: Span[] = [];
  let free = columns;
  for (const each of line) {
    if (free <= 0) break;
    const width = widthOf(each.text);
    // The last span that fits exactly gives one column up for the ellipsis of what follows.
    const text = width < free ? each.text : cut(`${each.text} `, free);
    kept.push({ ...each, text });
    free -= widthOf(text);
  }
  return kept;
}

/** Left and right end of one line. Where both do not fit, `keep` says which one stays whole. */
export function spread(left: Line, right: Line, columns: number, keep: 'left' | 'right' = 'right'): Line {
  const wanted = lineWidth(right);
  if (wanted === 0) return clip(left, columns);
  const free = columns - lineWidth(left) - wanted;
  if (free >= 2) return [...left, { text: ' '.repeat(free), tone: 'plain' }, ...right];
  if (keep === 'left') return clip(left, columns);
  // Less than a third for the left side says nothing: then the right one stands alone.
  if (columns - wanted < columns / 3) return clip(right, columns);
  return spread(clip(left, columns - wanted - 2), right, columns, 'left');
}

export function rule(columns: number): Line {
  return [{ text: ` ${'─'.repeat(Math.max(0, columns - 1))}`, tone: 'dim' }];
}

/** Joins with a separator, leaving out what is empty. */
export function join(parts: readonly Line[], separator: string): Line {
  return parts
    .filter((part) => part.length > 0)
    .flatMap((part, at) => (at === 0 ? part : [{ text: separator, tone: 'dim' as const }, ...part]));
}

/** Exactly `rows` lines: body from the top, foot at the bottom; a body that is too long is cut, never the foot. */
export function page(body: readonly Line[], foot: readonly Line[], { columns, rows }: Size): readonly Line[] {
  const shownFoot = foot.slice(-Math.max(0, rows));
  const free = Math.max(0, rows - shownFoot.length);
  const shown = body.slice(0, free);
  const gap = Array.from({ length: free - shown.length }, () => blank);
  return [...shown, ...gap, ...shownFoot].map((line) => clip(line, columns));
}
