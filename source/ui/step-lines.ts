/** What a step does and found: progress by action and host, and checks. Pure. */
import type { Check } from '../plan/event.ts';
import type { ActionView, StepView } from '../plan/reduce.ts';
import { pad, plural, widthOf, wrap } from './format.ts';
import { type Line, type Span, sign, span } from './line.ts';
import { indented } from './plan-lines.ts';
import { actionSigns, spinner } from './theme.ts';

/**
 * Progress in at most `rows` lines: texts in full where that fits into `roomy` lines, else a line each. What failed and
 * what goes on is always told; the rest is counted if need be.
 */
export function progressLines(
  step: StepView,
  columns: number,
  { rows, roomy }: { readonly rows: number; readonly roomy: number },
  tick: number,
): readonly Line[] {
  const hosts = Math.min(24, Math.max(4, ...step.actions.map((action) => widthOf(span(action.host ?? 'here').text))));
  const draw = (actions: readonly ActionView[], full: boolean) =>
    actions.flatMap((action) => actionLines(action, { columns, hosts, tick, full }));
  // Hundreds of actions never fit in full; they are not wrapped to find that out.
  const full = step.actions.length <= roomy ? draw(step.actions, true) : undefined;
  if (full && full.length <= roomy) return full;
  const all = draw(step.actions, false);
  if (all.length <= rows) return all;
  const by = (status: ActionView['status']) => step.actions.filter((action) => action.status === status);
  const done = counted(by('done').length, 'done', span('   ✓ ', 'good'));
  const waiting = counted(by('waiting').length, 'still to do', span('   ○ ', 'dim'));
  const busy = draw([...by('failed'), ...by('doing')], false);
  return [...done, ...limited(busy, Math.max(0, rows - done.length - waiting.length)), ...waiting];
}

function counted(count: number, word: string, mark: Span): readonly Line[] {
  return count > 0 ? [[mark, span(plural(count, 'action')), span(` ${word}`)]] : [];
}

/** What fits, and how much did not. */
function limited(lines: readonly Line[], rows: number): readonly Line[] {
  if (lines.length <= rows) return lines;
  const shown = Math.max(0, rows - 1);
  return [...lines.slice(0, shown), [span(`   … ${plural(lines.length - shown, 'more line')}`, 'dim')]];
}

type ActionLayout = {
  readonly columns: number;
  readonly hosts: number;
  readonly tick: number;
  readonly full: boolean;
};

function actionLines(action: ActionView, { columns, hosts, tick, full }: ActionLayout): readonly Line[] {
  const state = actionSigns[action.status];
  const mark = action.status === 'doing' ? { ...state, text: spinner[tick % spinner.length] ?? state.text } : state;
  const waits = action.status === 'waiting';
  const text = span(action.text).text;
  const parts = full ? wrap(text, columns - hosts - 8) : [text];
  const lines = parts.map(
    (part, at): Line => [
      ...(at === 0 ? [span('   '), sign(mark)] : [span('    ')]),
      span(` ${pad(at === 0 ? span(action.host ?? 'here').text : '', hosts)}  `, waits ? 'dim' : 'strong'),
      span(part, waits ? 'dim' : 'plain'),
    ],
  );
  // The last line of output is of interest while it goes on, and where it went wrong.
  if (!action.line || (action.status !== 'doing' && action.status !== 'failed')) return lines;
  const line = span(action.line.trim(), 'dim');
  return line.text === '' || columns < 60 ? lines : [...lines, [span(' '.repeat(hosts + 7)), line]];
}

/** Checks in at most `rows` lines: what is wrong first, then warnings, then what is well. */
export function checkLines(checks: readonly Check[], columns: number, rows: number): readonly Line[] {
  if (checks.length === 0 || rows < 2) return [];
  const wrong = checks.filter((check) => !check.ok);
  const warned = checks.filter((check) => check.ok && check.hint);
  const well = checks.filter((check) => check.ok && !check.hint);
  const title: Line = [
    span(' Checked', 'strong'),
    span(`   ${checks.length - wrong.length} of ${checks.length} as they must be`, wrong.length > 0 ? 'bad' : 'dim'),
  ];
  const ordered = [...wrong, ...warned, ...well];
  const widths = {
    name: Math.min(34, Math.max(...ordered.map((check) => widthOf(span(check.name).text)))),
    host: Math.min(20, Math.max(0, ...ordered.map((check) => widthOf(span(check.host ?? '').text)))),
  };
  const lines = ordered.flatMap((check) => checkEntry(check, widths, columns));
  return [title, ...limited(lines, rows - 1)];
}

function checkEntry(
  check: Check,
  widths: { readonly name: number; readonly host: number },
  columns: number,
): readonly Line[] {
  const mark = check.ok ? (check.hint ? span('!', 'warn') : span('✓', 'good')) : span('✗', 'bad');
  const host = widths.host > 0 ? `${pad(span(check.host ?? '').text, widths.host)}  ` : '';
  const line: Line = [
    span('   '),
    mark,
    span(` ${pad(span(check.name).text, widths.name)}  `),
    span(host, 'dim'),
    span(check.detail, check.ok ? 'dim' : 'bad'),
  ];
  return check.hint ? [line, ...indented(check.hint ?? '', columns, 5, 'plain', 'Try  ')] : [line];
}

/** Warnings of earlier steps: they must be seen before the next plan is approved. */
export function warnings(steps: readonly StepView[], current: string | undefined): readonly Check[] {
  return steps
    .filter((step) => step.id !== current)
    .flatMap((step) => step.checks.filter((check) => check.ok && check.hint));
}
