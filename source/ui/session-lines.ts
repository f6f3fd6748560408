/** The screens of a session as lines: which pane, which keys, and the same act as a command. Pure. */
import { type After, failedHosts } from '../plan/after.ts';
import { troubles } from '../plan/failure.ts';
import { demoLines } from './demo-lines.ts';
import { endLines, endPane, roomyRows } from './end-pane.ts';
import { footLine, footLines } from './foot-line.ts';
import { plural } from './format.ts';
import { blank, isTooSmall, type Line, page, type Size, span, textLine } from './line.ts';
import { type MonitorFacts, monitorLines } from './monitor-lines.ts';
import { names } from './names.ts';
import { outputPane } from './output-pane.ts';
import { planLines, planTitle } from './plan-lines.ts';
import { questionLines } from './question-lines.ts';
import { railLine } from './rail.ts';
import { scrolled } from './scrolled.ts';
import { choiceKeys } from './session-keys.ts';
import {
  currentStep,
  mayBeginAnother,
  type Prompt,
  printingStep,
  type SessionState,
  screenOf,
} from './session-state.ts';
import { warningLines, warnings } from './step-lines.ts';
import { heading, stepPane } from './step-pane.ts';
import { tooSmall } from './tiny.ts';

export type Terminal = Size & { readonly unicode: boolean };

/** Rows of a terminal in which the end needs no scrolling; nothing where it is another picture. */
export function rowsOfEnd(state: SessionState, columns: number): number | undefined {
  const { demo } = state.finished ?? {};
  // The keys below, and a line that it leaves free above them.
  if (screenOf(state) === 'demo' && demo) return demoLines(demo, { columns, unicode: true }).length + 2;
  // The rail and a blank line above it, the keys below.
  const around = 2 + footLines(state, columns).length;
  return screenOf(state) === 'end' ? endLines(state, columns).length + around : undefined;
}

/** The picture that stands for the state. */
export function sessionLines(state: SessionState, terminal: Terminal): readonly Line[] {
  const { columns, rows } = terminal;
  const screen = screenOf(state);
  if (screen === 'monitor') return monitorLines(monitorFacts(state, terminal));
  if (isTooSmall({ columns, rows })) return tooSmall(columns, rows, state.finished ? 'q leaves' : undefined);
  if (screen === 'demo' && state.finished?.demo) {
    const lines = scrolled(demoLines(state.finished.demo, terminal), rows - 1, state.offset);
    return page(lines, [footLine(state, columns)], terminal);
  }
  const rail = railLine(state.view, columns, state.tick, state.known);
  // In a low terminal the trouble needs each line.
  const head = screen === 'end' && rows < roomyRows ? [rail] : [rail, blank];
  const foot = footLines(state, columns);
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
    return questionLines(prompt, { columns, rows }, state.offset);
  const printing = state.output ? printingStep(state) : undefined;
  if (printing) return [heading(printing.title, '', columns), blank, ...outputPane(printing, state.offset, rows - 2)];
  if (screen === 'end') return endPane(state, columns, rows);
  const step = currentStep(state);
  return step ? stepPane(state, step, columns, rows) : [heading('Starting', '', columns)];
}

/** What can be done once the run that is shown has ended. */
function tableEnd(state: SessionState): string {
  const { steps, finished } = state;
  const all: readonly (readonly [After, string])[] = [
    ['again', 'try again'],
    ['edit', 'edit'],
    ['new', 'new run'],
    ['steps', 'steps'],
  ];
  const choices: readonly After[] = [
    ...(finished?.choices ?? []),
    ...(mayBeginAnother(state) ? (['new'] as const) : []),
    ...(steps === 'beside' ? (['steps'] as const) : []),
  ];
  const keys = all.filter(([each]) => choices.includes(each)).map(([each, word]) => `${choiceKeys[each]} ${word}`);
  return [...keys, steps === 'before' ? 'q back' : 'q leave'].join('   ');
}

/** The live table's facts, for its picture and its keys. */
export function monitorFacts(state: SessionState, { columns, rows, unicode }: Terminal): MonitorFacts {
  const { view, hosts, certificates, log, now, finished, title, leave, ends, interactive, table, hands } = state;
  return {
    view,
    hosts,
    certificates,
    log,
    now,
    columns,
    rows,
    unicode,
    network: title,
    hands: hands && interactive && finished === undefined,
    leave: interactive ? (finished ? tableEnd(state) : leave) : '',
    ...(interactive ? { state: table } : {}),
    ...(ends === undefined ? {} : { ends }),
    ...(finished ? { footer: finished.footer } : {}),
    failures: view.steps.flatMap(({ failures }) => failures),
  };
}

function approvalPane(
  state: SessionState,
  prompt: Prompt & { kind: 'approve' },
  columns: number,
  rows: number,
): readonly Line[] {
  const title = heading(`Plan: ${prompt.title}`, columns < 70 ? '' : 'nothing is done before you say yes', columns);
  const plan = planLines(prompt.stages, columns, state.commands ? prompt.commands : undefined);
  const sum = textLine(` ${planTitle(prompt.stages)}`, 'dim');
  const mind = warningLines(warnings(state.view.steps, prompt.step), columns);
  const out = state.view.steps.find(({ id }) => id === prompt.step)?.failures ?? [];
  const hosts = failedHosts(out);
  const left: readonly Line[] =
    hosts.length === 0
      ? []
      : [
          textLine(
            ` Not in this plan: ${plural(hosts.length, 'host')} in trouble; you see all of it at the end`,
            'bad',
          ),
          ...troubles(out).map(
            ({ failure, hosts: those }): Line => [
              span('   ✗ ', 'bad'),
              span(`${names(those)}  `, 'strong'),
              span(failure.why),
            ],
          ),
          blank,
        ];
  const before = mind.length > 0 ? [blank, textLine(' Found before, and easy to forget', 'strong'), ...mind] : [];
  return [title, blank, ...scrolled([...left, ...plan, blank, sum, ...before], rows - 2, state.offset)];
}
