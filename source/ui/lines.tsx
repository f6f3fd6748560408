import { Box, Text } from 'ink';
import type { ReactNode } from 'react';
import { widthOf } from './format.ts';
import type { Line, Span } from './line.ts';
import { styles, toAscii } from './theme.ts';

/** How a terminal shows what it is given. */
export type Look = { readonly colors: boolean; readonly unicode: boolean };

/** Lines as Ink draws them. They were cut to the terminal before, so Ink neither wraps nor cuts. */
export function Lines({ lines, look }: { readonly lines: readonly Line[]; readonly look: Look }): ReactNode {
  return (
    <Box flexDirection="column">
      {lines.map((line, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place on the screen
        <Text key={at} wrap="truncate">
          <Spans line={line} look={look} />
        </Text>
      ))}
    </Box>
  );
}

function Spans({ line, look }: { readonly line: Line; readonly look: Look }): ReactNode {
  // Ink gives an empty text no row.
  if (line.length === 0) return ' ';
  return merged(line, look).map((span, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a span is its place in the line
    <Text key={at} {...(look.colors ? styles[span.tone] : {})}>
      {shown(span, look)}
    </Text>
  ));
}

/** Neighbors that look the same as one: fewer nodes for Ink to lay out, thirty times a second. */
function merged(line: Line, { colors }: Look): Line {
  const spans: Span[] = [];
  for (const each of line) {
    const last = spans.at(-1);
    if (last && (!colors || last.tone === each.tone || each.text.trim() === ''))
      spans[spans.length - 1] = { ...last, text: last.text + each.text };
    else spans.push(each);
  }
  return spans;
}

function shown({ text }: Span, { unicode }: Look): string {
  return unicode ? text : toAscii(text, widthOf);
}
