/** What `?` tells of a page, to be read above it in full. Pure. */
import type { After } from '../plan/after.ts';
import { isConfirmed } from '../plan/step.ts';
import type { Page } from './app.tsx';
import type { Reading } from './confirm.ts';
import type { Key } from './keys.ts';
import { offered, type WelcomeFacts, welcomeTexts } from './offers.ts';
import { questionReading } from './question-reading.ts';
import { choiceKeys, logKey } from './session-keys.ts';
import { loggedStep, type SessionState, screenOf } from './session-state.ts';

export function isHelp(key: Key): boolean {
  return key.name === 'text' && key.text === '?';
}

/** Nothing where `?` belongs to the page itself: where it is typed, and where the page has a help of its own. */
export function readingOf(page: Page): Reading | undefined {
  if (page.kind === 'questions') return questionReading(page.model.store.get());
  return page.kind === 'session' ? sessionReading(page.model.store.get()) : undefined;
}

type Entry = readonly [sign: string, meaning: string];

const scrolling: Entry = ['↑ ↓', 'scroll; home and end lead to both ends'];

export function welcomeReading(facts: WelcomeFacts): Reading {
  const offers = offered(facts).map(({ label, what }) => (what === '' ? label : `${label}: ${what}`));
  return {
    title: 'What this is',
    no: 'back',
    lines: [
      ...(facts.note === undefined ? [] : [`! ${facts.note}`, '']),
      ...welcomeTexts(facts),
      '',
      ...offers,
      '',
      ['↑ ↓  1-9', 'choose'],
      ['enter', 'go'],
      ['q, esc', 'quit'],
    ],
  };
}

function sessionReading(state: SessionState): Reading | undefined {
  const entries = keysOf(state);
  return (
    entries && {
      title: 'Keys',
      no: 'back',
      lines: [...entries, ['Ctrl-C', 'ends what is under way, and says what stays']],
    }
  );
}

const after: Readonly<Record<After, string>> = {
  again: 'try again: what is done stays, all else is looked at anew',
  failed: 'try again, only at the hosts that failed',
  rest: 'go on without the hosts that failed',
  edit: 'edit fl-network.yaml first',
  steps: 'look at the steps',
  new: 'begin another run',
};

function keysOf(state: SessionState): readonly Entry[] | undefined {
  const { prompt, finished, steps } = state;
  const screen = screenOf(state);
  if (screen === 'monitor') return undefined;
  const back =
    steps === undefined ? [] : [[choiceKeys.steps, 'back to the steps; nothing of this plan is done'] as const];
  if (finished) {
    const { choices = [] } = finished;
    const log = choices.length > 0 && loggedStep(state) ? [[logKey, 'what was printed by what failed'] as const] : [];
    return [...choices.map((each) => [choiceKeys[each], after[each]] as const), ...log, scrolling, ['q', 'leave']];
  }
  if (prompt?.kind === 'question' && !isConfirmed(prompt.question)) return undefined;
  if (prompt?.kind === 'question') return [['y', 'yes'], ['n, esc', 'no'], scrolling];
  if (prompt)
    return [
      ['y', 'yes, do it'],
      [state.commands ? 'n' : 'n, q, esc', 'no: nothing of this plan is done'],
      ...back,
      state.commands
        ? ['c, q, esc', 'the plan without the lines for a shell']
        : ['c', 'the plan with the lines for a shell that do the same'],
      scrolling,
    ];
  return [[logKey, 'what the hosts print, and back'], scrolling];
}
