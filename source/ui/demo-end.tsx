import { renderToString } from 'ink';
import type { ReactNode } from 'react';
import type { DemoFacts } from './demo-facts.ts';
import { demoLines } from './demo-lines.ts';
import { clip } from './line.ts';
import { Lines, type Look } from './lines.tsx';

export type { DemoFacts } from './demo-facts.ts';

export type DemoEndProps = DemoFacts & Look & { readonly columns: number; readonly rows?: number };

/** The demo's last screen: rounds, what was refused, what there is now, what to type next. */
export function DemoEnd({ columns, rows, colors, unicode, ...facts }: DemoEndProps): ReactNode {
  const lines = demoLines(facts, { columns, unicode, ...(rows === undefined ? {} : { rows }) });
  return <Lines lines={lines.map((line) => clip(line, columns))} look={{ colors, unicode }} />;
}

/** The same as text, for where there is no terminal. Ends with a newline. */
export function renderDemoEnd(facts: DemoFacts, look: Partial<Look> & { readonly columns?: number } = {}): string {
  const { columns = 80, colors = false, unicode = true } = look;
  const frame = renderToString(<DemoEnd {...facts} columns={columns} colors={colors} unicode={unicode} />, { columns });
  return `${frame.trimEnd()}\n`;
}
