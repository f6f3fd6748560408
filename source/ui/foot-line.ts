/** The last line of a session's screens: the keys, and the same act as a command. Pure. */

import type { After } from '../plan/after.ts';
import { type Line, span, spread } from './line.ts';
import { printing } from './output-pane.ts';
import { choiceKeys } from './session-keys.ts';
import { currentStep, type SessionState } from './session-state.ts';

const choiceWords: Readonly<Record<After, string>> = {
  again: 'again',
  failed: 'only these',
  rest: 'without',
  edit: 'edit',
};

export function footLine(state: SessionState, columns: number): Line {
  const keys = state.interactive ? keysOf(state, columns) : '';
  return spread([span(` ${keys}`, 'dim')], [span(`$ ${commandOf(state)} `, 'dim')], columns, 'left');
}

function keysOf(state: SessionState, columns: number): string {
  const { prompt, finished, commands } = state;
  if (finished?.choices?.length)
    return `${finished.choices.map((each) => `${choiceKeys[each]} ${choiceWords[each]}`).join('   ')}   q leave`;
  if (finished) return 'enter leave   ↑↓ scroll';
  if (prompt?.kind === 'approve')
    return columns < 60
      ? 'y yes, do it   n no'
      : `y yes, do it   n no   c ${commands ? 'hide' : 'show'} the commands   ↑↓ scroll`;
  if (prompt?.question.kind === 'host-key') return 'y trust it   n no';
  if (prompt?.question.kind === 'names') return columns < 60 ? 'y yes   n no' : 'y write them down   n go on without';
  if (prompt?.question.kind === 'login') return 'enter answer   esc give up';
  if (prompt?.question.wanted === 'new-ca' && columns >= 60) return 'enter go on, alone: no passphrase   esc cancel';
  if (prompt) return 'enter go on   esc cancel';
  if (state.asked) return 'still at work: Ctrl-C stops it';
  const step = currentStep(state);
  const hosts = step ? printing(step).length : 0;
  if (state.output) return `l back${hosts > 1 ? '   ↑↓ host' : ''}   Ctrl-C stop`;
  return hosts > 0 ? 'l what is printed   Ctrl-C stop' : 'Ctrl-C stop';
}

/** The same act as a subcommand. */
function commandOf({ view, command, finished }: SessionState): string {
  const whole = command.startsWith('fl-wizard') ? command : `fl-wizard ${command}`.trim();
  const step = view.steps.find(({ id }) => id === view.current);
  // A command of one step is that step; the wizard is none.
  const isStep = view.steps.length < 2 && whole !== 'fl-wizard';
  return finished || isStep || !step ? whole : `fl-wizard ${step.command ?? step.id}`;
}
