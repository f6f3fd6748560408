/** The last line of a session's screens: the keys, and the same act as a command. Pure. */

import type { After } from '../plan/after.ts';
import type { Question } from '../plan/step.ts';
import { type FootKey, fittingKeys, helpKey, narrow } from './foot-keys.ts';
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
  edit: 'edit',
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

function endKeys(state: SessionState, choices: readonly After[], columns: number): readonly string[] {
  const words = choices.map((each) => `${choiceKeys[each]} ${columns < narrow ? briefWords[each] : choiceWords[each]}`);
  return [...words, ...(loggedStep(state) ? [`${logKey} log`] : []), helpKey.text, leaveKey(state)];
}

export function footLine(state: SessionState, columns: number): Line {
  const keys = state.interactive ? keysOf(state, columns) : '';
  return spread([span(` ${keys}`, 'dim')], [span(`$ ${commandOf(state)} `, 'dim')], columns, 'left');
}

function keysOf(state: SessionState, columns: number): string {
  return fittingKeys(footKeys(state, columns), columns - 1);
}

const key = (text: string, importance: number): FootKey => ({ text, importance });
const scrolls = key('↑↓ scroll', 60);

function footKeys(state: SessionState, columns: number): readonly FootKey[] {
  const { prompt, finished, commands } = state;
  if (finished && state.output) return [...outputKeys(state), key(leaveKey(state), 100)];
  if (finished)
    return [key(`enter ${state.steps === 'before' ? 'back to the steps' : 'leave'}`, 100), scrolls, helpKey];
  if (prompt?.kind === 'approve') {
    // With a way back, 80 columns hold the same act as a command only beside short words.
    const short = columns < narrow || (columns < 100 && state.steps !== undefined);
    const word = commands ? 'hide ' : short ? '' : 'show ';
    const show = columns < narrow ? 'c commands' : `c ${word}commands`;
    const back = state.steps ? [key(columns < narrow ? 'b steps' : 'b back', 50)] : [];
    const yes = key(short ? 'y yes' : 'y yes, do it', 100);
    const more = columns < narrow ? key('↑↓', 65) : scrolls;
    return [yes, key('n no', 99), ...back, key(show, commands ? 98 : 70), more, helpKey];
  }
  if (prompt) return questionKeys(prompt.question, columns);
  if (state.asked) return [key('still at work: Ctrl-C stops it', 100)];
  const stop = key('Ctrl-C stop', 100);
  if (state.output) return [...outputKeys(state), stop];
  return [...(printed(state) > 0 ? [key('l what is printed', 70)] : []), stop, helpKey];
}

/** What is asked in between. Where something is typed, `?` is a letter of it. */
function questionKeys(question: Question, columns: number): readonly FootKey[] {
  const wide = columns >= narrow;
  switch (question.kind) {
    case 'host-key':
      return [key('y trust it', 100), key('n no', 99), scrolls];
    case 'names':
      return [key(wide ? 'y write them down' : 'y yes', 100), key(wide ? 'n go on without' : 'n no', 99), scrolls];
    case 'another':
      return [
        key(wide ? 'y plan the next run' : 'y yes', 100),
        key(wide ? 'n go on with that one' : 'n no', 99),
        scrolls,
      ];
    case 'login':
      return [key('enter answer', 100), key('esc give up', 99)];
    case 'sudo':
      return [key('enter go on', 100), key('esc give up', 99), scrolls];
    default:
      return [
        key(question.wanted === 'new-ca' && wide ? 'enter go on, alone: no passphrase' : 'enter go on', 100),
        key('esc cancel', 99),
        scrolls,
      ];
  }
}

/** Whoever came from the page of the steps goes back there. */
function leaveKey({ steps }: SessionState): string {
  return steps === 'before' ? 'q back' : 'q leave';
}

function printed(state: SessionState): number {
  const step = printingStep(state);
  return step ? printing(step).length : 0;
}

function outputKeys(state: SessionState): readonly FootKey[] {
  return [key('l back', 90), ...(printed(state) > 1 ? [key('↑↓ host', 60)] : [])];
}

/** The same act as a subcommand. */
function commandOf({ view, command, flags = {}, finished }: SessionState): string {
  const whole = command.startsWith('fl-wizard') ? command : `fl-wizard ${command}`.trim();
  const step = view.steps.find(({ id }) => id === view.current);
  // A command of one step is that step; the wizard is none.
  const isStep = view.steps.length < 2 && whole !== 'fl-wizard';
  return finished || isStep || !step ? whole : `fl-wizard ${step.command ?? step.id}${flags[step.id] ?? ''}`;
}
