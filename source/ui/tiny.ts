/** The run in a corner of a screen: what matters first, a line each. Pure. */
import type { View } from '../plan/reduce.ts';
import { inTrouble } from './client-order.ts';
import { shownState } from './client-state.ts';
import { number, samples } from './format.ts';
import { clip, type Line, lineWidth, type Size, span, spread, textLine } from './line.ts';
import { metricsOf, progressOf } from './run-facts.ts';
import { leaveQuestion } from './table-foot.ts';
import type { TableState } from './table-state.ts';
import { wrap } from './width.ts';

export type TinyFacts = {
  readonly view: View;
  readonly phase: Line;
  readonly now: Date;
  readonly state: TableState;
  /** What `q` does; empty where nobody has a keyboard. */
  readonly leave: string;
};

/** As many lines as fit, with the keys that lead out. */
export function tinyLines({ view, phase, now, state, leave }: TinyFacts, { columns, rows }: Size): readonly Line[] {
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
  ];
  return withKeys(lines, state, leave, { columns, rows }).map((line) => clip(line, columns));
}

/** So many rows are for the run before one is for a way back. */
const leastRows = 2;

function withKeys(lines: readonly Line[], state: TableState, leave: string, size: Size): readonly Line[] {
  const rows = Math.max(1, size.rows);
  // What is asked has to be read, whatever else is.
  if (state.asked === 'leave') return [...lines.slice(0, rows - 1), textLine(`${leaveQuestion(leave)} y/n`, 'warn')];
  const out = leave === '' ? '' : wayOut(state);
  const shown = lines.slice(0, out !== '' && rows > leastRows ? rows - 1 : rows);
  const all = out !== '' && shown.length < rows ? [...shown, textLine(out, 'accent')] : shown;
  const quit = span(/^q \w+/.exec(leave)?.[0] ?? '', 'dim');
  if (quit.text === '') return all;
  if (all.length < rows) return [...all, [quit]];
  // Where each row is taken there is mostly one that ends early.
  const at = all.findLastIndex((line) => lineWidth(line) + 2 + lineWidth([quit]) <= size.columns);
  return all.map((line, each) => (each === at ? spread(line, [quit], size.columns) : line));
}

/** How to leave what is open but has no room here. The key comes first: what is cut is the rest. */
function wayOut({ asked, typing, pane, selected, filter, faults, search }: TableState): string {
  if (asked && asked !== 'leave') return `esc no: ${asked.verb} ${asked.member}`;
  if (typing) return 'esc all: filter';
  if (pane === 'log' && search) return `esc all: ${search}`;
  if (pane !== 'table') return `esc back: ${pane === 'client' ? selected : pane}`;
  if (filter) return `esc all: ${filter}`;
  return faults ? 'esc all: faults' : '';
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

/** Says so in whatever room there is. @param way the key that leads out */
export function tooSmall(columns: number, rows: number, way = 'Ctrl-C stops'): readonly Line[] {
  const text = `terminal too small: ${columns}x${rows}, make it larger (${way})`;
  return wrap(text, columns)
    .slice(0, Math.max(1, rows))
    .map((each) => clip(textLine(each), columns));
}
