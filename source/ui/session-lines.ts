/** The screens of a session as lines: which pane, which keys, and the same act as a command. Pure. */
import type { Failure } from '../plan/failure.ts';
import type { StepView } from '../plan/reduce.ts';
import { demoLines } from './demo-lines.ts';
import { failureCards } from './failure-lines.ts';
import { duration, plural, secondsBetween } from './format.ts';
import { blank, type Line, page, type Size, sign, span, spread, textLine } from './line.ts';
import { monitorLines, tooSmall } from './monitor-lines.ts';
import { indented, planLines, planTitle } from './plan-lines.ts';
import { questionLines } from './question-lines.ts';
import { railLine, stepSummary } from './rail.ts';
import { type Prompt, type SessionState, screenOf } from './session-state.ts';
import { checkLines, progressLines, warnings } from './step-lines.ts';
import { spinner, stepSigns } from './theme.ts';

export type Terminal = Size & { readonly unicode: boolean };

/** The picture that stands for the state. */
export function sessionLines(state: SessionState, terminal: Terminal): readonly Line[] {
  const { columns, rows } = terminal;
  if (columns < 30 || rows < 8) return tooSmall(columns, rows);
  const screen = screenOf(state);
  if (screen === 'monitor') return monitor(state, terminal);
  if (screen === 'demo' && state.finished?.demo)
    return page(demoLines(state.finished.demo, terminal), [footLine(state, terminal)], terminal);
  const head = [railLine(state.view, columns, state.tick), blank];
  const foot = [footLine(state, terminal)];
  const room = rows - head.length - foot.length;
  return page([...head, ...pane(state, screen, columns, room)], foot, terminal);
}

function pane(
  state: SessionState,
  screen: 'approve' | 'question' | 'end' | 'step' | 'demo',
  columns: number,
  rows: number,
): readonly Line[] {
  const { prompt } = state;
  if (screen === 'approve' && prompt?.kind === 'approve') return approvalPane(state, prompt, columns, rows);
  if (screen === 'question' && prompt?.kind === 'question')
    return questionLines(prompt.question, prompt.typed, columns);
  if (screen === 'end') return endPane(state, columns, rows);
  const step = currentStep(state);
  return step ? stepPane(state, step, columns, rows) : [heading('Starting', '', columns)];
}

function monitor(state: SessionState, { columns, rows, unicode }: Terminal): readonly Line[] {
  const { view, hosts, now, offset, finished, title, leave, interactive } = state;
  const keys = finished ? 'enter leave' : leave;
  return monitorLines({
    view,
    hosts,
    now,
    offset,
    columns,
    rows,
    unicode,
    network: title,
    keys: interactive ? [span(` ${keys}`, 'dim')] : [],
    ...(finished ? { footer: finished.footer } : {}),
  });
}

function currentStep({ view }: SessionState): StepView | undefined {
  return view.steps.find((step) => step.id === view.current);
}

function heading(title: string, right: string, columns: number): Line {
  return spread([span(` ${title}`, 'strong')], [span(`${right} `, 'dim')], columns, 'left');
}

/** Scrolls through lines that are more than the room. */
export function scrolled(lines: readonly Line[], rows: number, offset: number): readonly Line[] {
  if (lines.length <= rows) return lines;
  const room = Math.max(1, rows - 1);
  const from = Math.max(0, Math.min(offset, lines.length - room));
  const after = lines.length - from - room;
  const note = [from > 0 ? `↑ ${from} above` : '', after > 0 ? `↓ ${after} below` : ''].filter(Boolean).join('   ');
  return [...lines.slice(from, from + room), textLine(`   ${plural(lines.length, 'line')}: ${note}`, 'dim')];
}

function approvalPane(
  state: SessionState,
  prompt: Prompt & { kind: 'approve' },
  columns: number,
  rows: number,
): readonly Line[] {
  const title = heading(`Plan: ${prompt.title}`, columns < 70 ? '' : 'nothing is done before you say yes', columns);
  const plan = planLines(prompt.stages, columns, state.commands);
  const sum = textLine(` ${planTitle(prompt.stages)}`, 'dim');
  const mind = warnings(state.view.steps, prompt.step).flatMap((check): Line[] => [
    [span('   ! ', 'warn'), span(`${check.host ? `${check.host}: ` : ''}${check.name}, ${check.detail}`)],
    ...indented(check.hint ?? '', columns, 5, 'plain', 'Try  '),
  ]);
  const before = mind.length > 0 ? [blank, textLine(' Found before, and easy to forget', 'strong'), ...mind] : [];
  return [title, blank, ...scrolled([...plan, blank, sum, ...before], rows - 2, state.offset)];
}

function stepPane(state: SessionState, step: StepView, columns: number, rows: number): readonly Line[] {
  const passed = state.stepSince === undefined ? 0 : (secondsBetween(state.stepSince, state.now) ?? 0);
  const head = [heading(step.title, stepProgress(step, passed), columns), blank];
  let room = rows - head.length;
  const take = (lines: readonly Line[]) => {
    if (lines.length === 0) return [];
    const own = [...lines, blank].slice(0, Math.max(0, room));
    room -= own.length;
    return own;
  };
  // What went wrong stands above what went well.
  const cards = take(failureCards(step.failures, columns, room - Math.min(4, step.actions.length)));
  const looking = step.actions.length === 0 ? take(lookingLine(state, step)) : [];
  const actions = take(progressLines(step, columns, Math.max(0, room - Math.min(step.checks.length, 4)), state.tick));
  const idle =
    step.status === 'unchanged' && step.actions.length === 0
      ? take([textLine('   nothing to do: all is as it must be')])
      : [];
  const checks = take(checkLines(step.checks, columns, room));
  return [...head, ...cards, ...looking, ...idle, ...actions, ...checks];
}

/** Before there are actions: what goes on. */
function lookingLine({ tick }: SessionState, { status, checks }: StepView): readonly Line[] {
  if (status !== 'looking' && (status !== 'planned' || checks.length > 0)) return [];
  const text = status === 'looking' ? ' looking… nothing is changed by this' : ' checking…';
  return [[span('   '), span(spinner[tick % spinner.length] ?? '', 'accent'), span(text, 'dim')]];
}

function stepProgress({ status, actions }: StepView, passed: number): string {
  const done = actions.filter((action) => action.status === 'done').length;
  const time = passed >= 1 && (status === 'looking' || status === 'doing') ? `   ${duration(Math.floor(passed))}` : '';
  if (actions.length === 0 || status === 'looking') return time.trim();
  return `${done} of ${actions.length} done${time}`;
}

function endPane({ view, finished }: SessionState, columns: number, rows: number): readonly Line[] {
  const failures: readonly Failure[] = view.steps.flatMap((step) => step.failures);
  const outcome = view.end?.outcome ?? (failures.length > 0 ? 'failed' : 'changed');
  const mark = stepSigns[outcome];
  const words = {
    changed: 'Done',
    unchanged: 'Nothing to do: all is as it must be',
    declined: 'Declined: nothing more was done',
    failed: 'Not done',
  };
  const footer = (finished?.footer ?? []).map((text) => textLine(` ${text}`));
  const steps = view.steps.map((step) => stepSummary(step));
  const cards = failureCards(failures, columns, Math.max(4, rows - 3 - footer.length - Math.min(steps.length, 4)));
  const mind = warnings(view.steps, undefined).length;
  return [
    [span(' '), sign(mark), span(` ${words[outcome]}`, 'strong')],
    blank,
    ...cards,
    ...(cards.length > 0 ? [blank] : []),
    ...steps.slice(0, Math.max(0, rows - 3 - cards.length - footer.length)),
    ...(mind > 0 ? [blank, textLine(`   ${plural(mind, 'warning')}: fl-wizard preflight shows them`, 'warn')] : []),
    blank,
    ...footer,
  ];
}

function footLine(state: SessionState, { columns }: Terminal): Line {
  const keys = state.interactive ? keysOf(state, columns) : '';
  return spread([span(` ${keys}`, 'dim')], [span(`$ ${commandOf(state)} `, 'dim')], columns, 'left');
}

function keysOf(state: SessionState, columns: number): string {
  const { prompt, finished, commands } = state;
  if (finished) return 'enter leave';
  if (prompt?.kind === 'approve')
    return columns < 60
      ? 'y yes, do it   n no'
      : `y yes, do it   n no   c ${commands ? 'hide' : 'show'} the commands   ↑↓ scroll`;
  if (prompt?.question.kind === 'host-key') return 'y trust it   n no';
  if (prompt) return 'enter go on   esc no';
  return state.asked ? 'still at work: Ctrl-C stops it' : 'Ctrl-C stop';
}

/** The same act as a subcommand. */
function commandOf({ view, command, finished }: SessionState): string {
  return finished || view.steps.length < 2 || view.current === undefined ? command : `fl-wizard ${view.current}`;
}
