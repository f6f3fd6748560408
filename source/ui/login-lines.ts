/** What a host asks at login. A bar stands before each of its own words, so that none is taken for ours. Pure. */
import type { LoginQuestion } from '../plan/step.ts';
import { editorOf } from './editor.ts';
import { inert } from './inert.ts';
import { blank, type Line, type Size, span, textLine } from './line.ts';
import { indented } from './plan-lines.ts';
import { editorSpans } from './questions-lines.ts';
import { widthOf, wrap } from './width.ts';

/** @param typed what may be seen of the answer */
export function loginLines(question: LoginQuestion, typed: string, { columns, rows }: Size): readonly Line[] {
  const { host, address, user, because, says } = question;
  const own = says.length > 0;
  const label = own ? '   Answer  ' : '   Password  ';
  const input: readonly Line[] = [
    [span(label, 'strong'), ...editorSpans(editorOf(inert(typed)), columns - widthOf(label) - 1)],
  ];
  const title = textLine(` ${host} ${own ? 'asks at login' : 'wants a password'}`, 'strong');
  const words = says.flatMap((line) => barred(line, columns));
  const where = indented(`${user}@${address}${own ? ' asks, in its own words:' : ''}`, columns, 3, 'plain');
  const why = [
    ...indented(because, columns, 3, 'dim'),
    ...indented('What you type goes to this host only, once: never stored, never asked twice.', columns, 3, 'dim'),
  ];
  // From what can be spared to what can't: our reasons, blank lines, the beginning of the host's words.
  const whole = [title, blank, ...where, blank, ...(own ? [...words, blank] : []), ...why, blank, ...input];
  if (whole.length <= rows) return whole;
  const brief = [title, ...where, ...words, ...input];
  if (brief.length <= rows) return brief;
  const head = [title, ...where].slice(0, Math.max(1, rows - 2 - input.length));
  return [...head, ...words.slice(-Math.max(0, rows - head.length - input.length)), ...input].slice(-rows);
}

function barred(line: string, columns: number): readonly Line[] {
  const parts = wrap(inert(line), columns - 6);
  return (parts.length > 0 ? parts : ['']).map((part) => [span('   │ ', 'accent'), span(part)]);
}
