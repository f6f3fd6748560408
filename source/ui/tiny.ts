/** The run in a corner of a screen: what matters first, a line each. Pure. */
import type { View } from '../plan/reduce.ts';
import { inTrouble } from './client-order.ts';
import { number, samples } from './format.ts';
import { clip, type Line, span, textLine } from './line.ts';
import { metricsOf, progressOf } from './run-facts.ts';
import { wrap } from './width.ts';

/** As many lines as fit. */
export function tinyLines(view: View, phase: Line, columns: number, rows: number, now: Date): readonly Line[] {
  const { run } = view;
  const { round, rounds, share } = progressOf(run, now);
  const last = run.finished.at(-1);
  const metric = metricsOf(run.finished)[0];
  const value = metric === undefined ? undefined : last?.metrics[metric];
  const bad = run.clients.filter(inTrouble);
  const missing = run.phase?.waiting?.missing ?? [];
  const lines: readonly Line[] = [
    phase,
    textLine(rounds > 0 ? `round ${round}/${rounds} ${Math.floor(share * 100)}%` : 'no round yet'),
    bad.length > 0
      ? textLine(`${samples(bad.length)} in trouble: ${bad[0]?.name}`, 'bad')
      : textLine(`${samples(run.clients.length)} clients`, 'dim'),
    ...(missing.length > 0 && !run.end ? [textLine(`waits for ${missing[0]}`, 'warn')] : []),
    ...(last?.loss === undefined ? [] : [textLine(`loss ${number(last.loss)}`)]),
    ...(metric === undefined || value === undefined ? [] : [[span(`${metric} ${number(value)}`)]]),
  ];
  return lines.slice(0, Math.max(1, rows)).map((line) => clip(line, columns));
}

/** Says so in whatever room there is. */
export function tooSmall(columns: number, rows: number): readonly Line[] {
  const text = `terminal too small: ${columns}x${rows}, make it larger (Ctrl-C stops)`;
  return wrap(text, columns)
    .slice(0, Math.max(1, rows))
    .map((each) => clip(textLine(each), columns));
}
