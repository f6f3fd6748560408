/** The eight steps as they are now, and which one is chosen: a value that keys and events change. Pure. */
import { doneBefore } from '../plan/builds-on.ts';
import { onlyAsks } from '../plan/failure.ts';
import { emptyView, type StepView, type View } from '../plan/reduce.ts';
import type { Found } from './found.ts';
import type { Key } from './keys.ts';
import { moveOf, wordOf } from './moves.ts';

export type StepsState = {
  readonly title: string;
  readonly view: View;
  /** The step that the cursor is on. */
  readonly at: number;
  /** Somebody has moved it: what is found later moves it no more. */
  readonly moved: boolean;
  /** All were looked at. */
  readonly whole: boolean;
  readonly tick: number;
  /** The step that somebody comes back from, and whether there was something to do in it. */
  readonly from?: CameFrom;
  /** The page that explains keys and signs is open, so many lines further down. */
  readonly help?: number;
};

export type CameFrom = { readonly id: string; readonly had: boolean };

/**
 * `step`: this one alone; `rest`: all of them, which is how one goes on; `new`: another run; `answers`: others, asked as at first; `file`:
 * fl-network.yaml in an editor; `back`: to the first screen.
 */
export type StepsChoice =
  | { readonly kind: 'step'; readonly id: string }
  | { readonly kind: 'rest' | 'new' | 'answers' | 'file' | 'again' | 'back' | 'quit' };

export function startSteps(title: string, from?: CameFrom): StepsState {
  return { title, view: emptyView, at: 0, moved: false, whole: false, tick: 0, ...(from ? { from } : {}) };
}

/** How a step stands. Checks that failed count as much as hosts that could not be looked at. */
export function foundOf({ status, standing, failures }: StepView): Found {
  // A host that nobody was asked about yet is in no trouble.
  if (onlyAsks(failures)) return 'missing';
  if (failures.length > 0 || status === 'failed') return 'failed';
  if (status === 'waiting') return 'unseen';
  if (status === 'changed' || status === 'unchanged') return standing?.state ?? 'missing';
  return 'looking';
}

/** The step that one builds on and that has to be done anew, where it would be done but for that. */
export function stepBelow({ steps }: View, step: StepView): StepView | undefined {
  if (foundOf(step) !== 'done') return undefined;
  const found = new Map(steps.map((each) => [each.id, each]));
  const base = doneBefore(step.id, (id) => {
    const each = found.get(id);
    return each && foundOf(each);
  });
  return base === undefined ? undefined : found.get(base);
}

/** How many are done, and with what is wanted now. */
export function doneCount(view: View): number {
  return view.steps.filter((step) => foundOf(step) === 'done' && !stepBelow(view, step)).length;
}

/** The step before it that is in the same trouble: that one is to be seen to first. */
export function waitsFor({ steps }: View, step: StepView): StepView | undefined {
  const troubles = step.failures.map(troubleOf);
  if (troubles.length === 0) return undefined;
  const before = steps.slice(0, steps.indexOf(step));
  return before.find(({ failures }) => {
    const known = new Set(failures.map(troubleOf));
    return troubles.every((each) => known.has(each));
  });
}

const troubleOf = ({ host = '', why }: StepView['failures'][number]) => `${host} ${why}`;

/** The step that one would go on with: the first that is not done. */
export function nextStep({ steps }: View): number {
  return Math.max(0, steps.findIndex(isToDo));
}

const isToDo = (step: StepView) => !['done', 'unseen', 'looking'].includes(foundOf(step));
const hasNext = ({ steps }: View) => steps.some(isToDo);

/** With what was seen by now. The cursor goes to what is likely, unless somebody has moved it. */
export function seen(state: StepsState, view: View, whole: boolean): StepsState {
  const begins = state.view.steps.length === 0 && view.steps.length > 0;
  const ends = whole && !state.whole;
  const at = (begins || ends) && !state.moved ? likelyAt(state, view, whole) : state.at;
  return { ...state, view, whole, at };
}

/** Whoever comes back from a step stays there, unless it was done meanwhile: that leads on to what is still to do. */
function likelyAt({ from }: StepsState, view: View, whole: boolean): number {
  const at = view.steps.findIndex(({ id }) => id === from?.id);
  const step = view.steps[at];
  if (!step) return whole ? nextStep(view) : 0;
  return whole && from?.had && foundOf(step) === 'done' && hasNext(view) ? nextStep(view) : at;
}

/** Keys, and lines of one letter, that say what is wanted. */
export const stepsLetters: Readonly<Record<string, Exclude<StepsChoice['kind'], 'step'>>> = {
  g: 'rest',
  n: 'new',
  e: 'answers',
  f: 'file',
  r: 'again',
  b: 'back',
  q: 'quit',
};

export type StepsChange = { readonly state: StepsState; readonly choice?: StepsChoice };

/**
 * What a key changes. A Ctrl-C was seen before.
 * @param page lines that a page of what is shown has
 */
export function stepsKey(state: StepsState, key: Key, page?: number): StepsChange {
  const word = wordOf(key);
  if (state.help !== undefined) return helpKey(state, state.help, key, page);
  if (word === '?') return { state: { ...state, help: 0 } };
  const { steps } = state.view;
  const step = steps[state.at];
  if (word === 'enter' || word === 'right') return step ? { state, choice: { kind: 'step', id: step.id } } : { state };
  if (word === 'escape' || word === 'left') return { state, choice: { kind: 'back' } };
  const kind = stepsLetters[word];
  if (kind) return { state, choice: { kind } };
  if (word === 'home' || word === 'end')
    return { state: { ...state, at: word === 'home' ? 0 : Math.max(0, steps.length - 1), moved: true } };
  // A number is a step's place.
  const by = moveOf(key);
  const to = /^[1-9]$/.test(word) ? Number(word) - 1 : by === undefined ? undefined : state.at + by;
  if (to === undefined || steps.length === 0) return { state };
  return { state: { ...state, at: Math.max(0, Math.min(steps.length - 1, to)), moved: true } };
}

/** Where the steps are not seen, none of them is chosen. */
function helpKey({ help: _, ...state }: StepsState, offset: number, key: Key, page?: number): StepsChange {
  const word = wordOf(key);
  if (word === 'q') return { state, choice: { kind: 'quit' } };
  if (['?', 'b', 'escape', 'left', 'enter'].includes(word)) return { state };
  const by = word === 'home' ? -offset : (moveOf(key, page) ?? 0);
  return { state: { ...state, help: Math.max(0, Math.min(mostHelp, offset + by)) } };
}

/** It has fewer lines in any terminal; the picture stops at its end. */
const mostHelp = 100;
