/** What a step does and found: progress by action and host, and checks. Pure. */
import type { Check } from '../plan/event.ts';
import type { ActionView, StepView } from '../plan/reduce.ts';
import { pad, plural, widthOf } from './format.ts';
import { type Line, sign, span } from './line.ts';
import { indented } from './plan-lines.ts';
import { actionSigns, spinner } from './theme.ts';

/** Progress in at most `rows` lines. What failed and what goes on is always told; the rest is counted if need be. */
export function progressLines(step: StepView, columns: number, rows: number, tick: number): readonly Line[] {
  const hosts = Math.min(24, Math.max(4, ...step.actions.map((action) => widthOf(span(action.host ?? 'here').text))));
  const draw = (actions: readonly ActionView[]) =>
    actions.flatMap((action) => actionLines(action, columns, hosts, tick));
  const all = draw(step.actions);
  if (all.length <= rows) return all;
  const by = (status: ActionView['status']) => step.actions.filter((action) => action.status === status);
  const counted = (count: number, word: string, text: string, tone: 'good' | 'dim'): readonly Line[] =>
    count > 0 ? [[span(`   ${text} `, tone), span(plural(count, 'action')), span(` ${word}`)]] : [];
  const done = counted(by('done').length, 'done', '✓', 'good');
  const waiting = counted(by('waiting').length, 'still to do', '○', 'dim');
  const busy = draw([...by('failed'), ...by('doing')]);
  const room = Math.max(0, rows - done.length - waiting.length);
  const more: readonly Line[] = [[span(`   … ${busy.length - room + 1} more lines`, 'dim')]];
  return [...done, ...(busy.length <= room ? busy : [...busy.slice(0, Math.max(0, room - 1)), ...more]), ...waiting];
}

function actionLines(action: ActionView, columns: number, hosts: number, tick: number): readonly Line[] {
  const state = actionSigns[action.status];
  const mark = action.status === 'doing' ? { ...state, text: spinner[tick % spinner.length] ?? state.text } : state;
  const tone = action.status === 'waiting' ? 'dim' : 'plain';
  const head: Line = [
    span('   '),
    sign(mark),
    span(` ${pad(span(action.host ?? 'here').text, hosts)}  `, action.status === 'waiting' ? 'dim' : 'strong'),
    span(action.text, tone),
  ];
  // The last line of output is of interest while it goes on, and where it went wrong.
  if (!action.line || (action.status !== 'doing' && action.status !== 'failed')) return [head];
  const line = span(action.line.trim(), 'dim');
  return line.text === '' || columns < 60 ? [head] : [head, [span(' '.repeat(hosts + 7)), line]];
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
  const room = rows - 1;
  if (lines.length <= room) return [title, ...lines];
  return [title, ...lines.slice(0, Math.max(0, room - 1)), [span(`   … ${lines.length - room + 1} more lines`, 'dim')]];
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
