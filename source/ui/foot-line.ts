/** The last line of a session's screens: the keys, and the same act as a command. Pure. */

import type { After } from '../plan/after.ts';
import { type Line, span, spread } from './line.ts';
import { printing } from './output-pane.ts';
import { choiceKeys, logKey } from './session-keys.ts';
import { loggedStep, printingStep, type SessionState } from './session-state.ts';
import { widthOf } from './width.ts';

const choiceWords: Readonly<Record<After, string>> = {
  again: 'again',
  failed: 'only these',
  rest: 'without',
  edit: 'edit',
  steps: 'the steps',
  new: 'new run',
};

/** Where no other line may explain them. */
const briefWords: Readonly<Record<After, string>> = {
  again: 'again',
  failed: 'failed only',
  rest: 'without them',
  edit: 'edit the file',
  steps: 'steps',
  new: 'new run',
};

/** The same; the choices after trouble take as many lines as they need: what can't be seen can't be chosen. */
export function footLines(state: SessionState, columns: number): readonly Line[] {
  const { finished, interactive, output } = state;
  if (!interactive || output || !finished?.choices?.length) return [footLine(state, columns)];
  const gap = columns < narrow ? '  ' : '   ';
  const rows: string[] = [];
  for (const each of endKeys(state, finished.choices, columns)) {
    const last = rows.at(-1);
    if (last !== undefined && widthOf(last) + gap.length + widthOf(each) < columns) rows[rows.length - 1] += gap + each;
    else rows.push(` ${each}`);
  }
  const lines = rows.map((row): Line => [span(row, 'dim')]);
  const command: Line = [span(`$ ${commandOf(state)} `, 'dim')];
  return lines.map((line, at) => (at < lines.length - 1 ? line : spread(line, command, columns, 'left')));
}

/** Where there are fewer columns, words are spared. */
const narrow = 60;

function endKeys(state: SessionState, choices: readonly After[], columns: number): readonly string[] {
  const words = choices.map((each) => `${choiceKeys[each]} ${columns < narrow ? briefWords[each] : choiceWords[each]}`);
  return [...words, ...(loggedStep(state) ? [`${logKey} log`] : []), leaveKey(state)];
}

export function footLine(state: SessionState, columns: number): Line {
  const keys = state.interactive ? keysOf(state, columns) : '';
  return spread([span(` ${keys}`, 'dim')], [span(`$ ${commandOf(state)} `, 'dim')], columns, 'left');
}

function keysOf(state: SessionState, columns: number): string {
  const { prompt, finished, commands } = state;
  if (finished && state.output) return outputKeys(state, leaveKey(state));
  if (finished) return `enter ${state.steps === 'before' ? 'back to the steps' : 'leave'}   ↑↓ scroll`;
  if (prompt?.kind === 'approve')
    return columns < 60
      ? `y yes, do it   n no${state.steps ? '   b steps' : ''}`
      : `y yes, do it   n no${state.steps ? '   b back' : ''}   c ${commands ? 'hide' : 'show'} the commands${state.steps && columns < 100 ? '' : '   ↑↓ scroll'}`;
  if (prompt?.question.kind === 'host-key') return 'y trust it   n no';
  if (prompt?.question.kind === 'names') return columns < 60 ? 'y yes   n no' : 'y write them down   n go on without';
  if (prompt?.question.kind === 'login') return 'enter answer   esc give up';
  if (prompt?.question.kind === 'sudo') return 'enter go on   esc give up';
  if (prompt?.question.wanted === 'new-ca' && columns >= 60) return 'enter go on, alone: no passphrase   esc cancel';
  if (prompt) return 'enter go on   esc cancel';
  if (state.asked) return 'still at work: Ctrl-C stops it';
  if (state.output) return outputKeys(state, 'Ctrl-C stop');
  return printed(state) > 0 ? 'l what is printed   Ctrl-C stop' : 'Ctrl-C stop';
}

/** Whoever came from the page of the steps goes back there. */
function leaveKey({ steps }: SessionState): string {
  return steps === 'before' ? 'q back' : 'q leave';
}

function printed(state: SessionState): number {
  const step = printingStep(state);
  return step ? printing(step).length : 0;
}

function outputKeys(state: SessionState, end: string): string {
  return `l back${printed(state) > 1 ? '   ↑↓ host' : ''}   ${end}`;
}

/** The same act as a subcommand. */
function commandOf({ view, command, flags = {}, finished }: SessionState): string {
  const whole = command.startsWith('fl-wizard') ? command : `fl-wizard ${command}`.trim();
  const step = view.steps.find(({ id }) => id === view.current);
  // A command of one step is that step; the wizard is none.
  const isStep = view.steps.length < 2 && whole !== 'fl-wizard';
  return finished || isStep || !step ? whole : `fl-wizard ${step.command ?? step.id}${flags[step.id] ?? ''}`;
}
