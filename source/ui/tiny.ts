/** The run in a corner of a screen: what matters first, a line each. Pure. */
import type { View } from '../plan/reduce.ts';
import { inTrouble } from './client-order.ts';
import { shownState } from './client-state.ts';
import { number, samples } from './format.ts';
import { clip, type Line, span, textLine } from './line.ts';
import { metricsOf, progressOf } from './run-facts.ts';
import { wrap } from './width.ts';

/** As many lines as fit; who has room left is told how to leave. */
export function tinyLines(view: View, phase: Line, columns: number, rows: number, now: Date): readonly Line[] {
  const { run } = view;
  const { round, rounds, share } = progressOf(run, now);
  const last = run.finished.at(-1);
  const metric = metricsOf(run.finished)[0];
  const value = metric === undefined ? undefined : last?.metrics[metric];
  const lines: readonly Line[] = [
    phase,
    textLine(rounds > 0 ? `round ${round}/${rounds} ${Math.floor(share * 100)}%` : 'no round yet'),
    ...stateLines(view, columns),
    ...(last?.loss === undefined ? [] : [textLine(`loss ${number(last.loss)}`)]),
    ...(metric === undefined || value === undefined ? [] : [[span(`${metric} ${number(value)}`)]]),
    textLine('q leave', 'dim'),
  ];
  return lines.slice(0, Math.max(1, rows)).map((line) => clip(line, columns));
}

/** What is wrong, whole where it is about the run; else who is in trouble, or who is waited for. */
function stateLines({ run }: View, columns: number): readonly Line[] {
  const why = run.end?.detail ?? run.lost?.why ?? (run.phase?.phase === 'halted' ? run.phase.detail : undefined);
  if (why) return wrap(span(why).text, Math.max(1, columns)).map((line) => textLine(line, 'bad'));
  const bad = run.clients.filter(inTrouble);
  const [first] = bad;
  const more = bad.length > 1 ? ` +${samples(bad.length - 1)}` : '';
  if (first) return [textLine(`${first.name}${more} ${shownState(first).word}`, 'bad')];
  const missing = run.end ? undefined : run.phase?.waiting?.missing[0];
  if (missing !== undefined) return [textLine(`waits for ${missing}`, 'warn')];
  return [textLine(`${samples(run.clients.length)} clients`, 'dim')];
}

/** Says so in whatever room there is. */
export function tooSmall(columns: number, rows: number): readonly Line[] {
  const text = `terminal too small: ${columns}x${rows}, make it larger (Ctrl-C stops)`;
  return wrap(text, columns)
    .slice(0, Math.max(1, rows))
    .map((each) => clip(textLine(each), columns));
}
