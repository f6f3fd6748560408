/** What a key means on the screen that is shown. Pure. */
import type { After } from '../plan/after.ts';
import { isConfirmed } from '../plan/step.ts';
import type { Key } from './keys.ts';
import { moveOf } from './moves.ts';
import { leadsBy } from './scrolled.ts';
import { loggedStep, mayBeginAnother, type SessionState, screenOf } from './session-state.ts';

export type Verb =
  | { readonly verb: 'yes' | 'no' | 'back' | 'commands' | 'output' | 'remind' | 'nothing' }
  /** `after`: what is to be done about what failed; left out, nothing is. */
  | { readonly verb: 'end'; readonly after?: After }
  | { readonly verb: 'scroll'; readonly by: number }
  /** A key of the live table's. */
  | { readonly verb: 'table'; readonly key: Key }
  /** A key of what is typed. */
  | { readonly verb: 'secret'; readonly key: Key };

/** Of what can be done about what failed. */
export const choiceKeys: Readonly<Record<After, string>> = {
  again: 't',
  failed: 'o',
  rest: 'w',
  edit: 'e',
  steps: 'b',
  new: 'n',
};
/** Shows what was printed, and leads back. */
export const logKey = 'l';

/** @param page lines that a page of what is shown has */
export function verbOf(state: SessionState, key: Key, page?: number): Verb {
  const { finished, prompt } = state;
  const letter = key.name === 'text' ? key.text : undefined;
  if (screenOf(state) === 'monitor') return inTable(state, key, letter);
  if (finished) return atEnd(state, key, letter, page);
  if (prompt?.kind === 'question' && !isConfirmed(prompt.question)) {
    if (key.name === 'enter') return { verb: 'yes' };
    if (key.name === 'escape') return { verb: 'no' };
    // What is typed has one line: these keys can only mean what stands above it.
    return key.name === 'text' || moveOf(key) === undefined ? { verb: 'secret', key } : scroll(key, page);
  }
  if (prompt) {
    if (letter === 'y' || letter === 'Y') return { verb: 'yes' };
    if (letter === choiceKeys.steps && state.steps !== undefined && prompt.kind === 'approve') return { verb: 'back' };
    // What leads out of the lines for a shell is no answer to the plan that they stand in.
    const leaves = letter === 'q' || key.name === 'escape';
    if (leaves && state.commands && prompt.kind === 'approve') return { verb: 'commands' };
    if (leaves || letter === 'n' || letter === 'N') return { verb: 'no' };
    return letter === 'c' ? { verb: 'commands' } : scroll(key, page);
  }
  if (screenOf(state) === 'step' && letter === logKey) return { verb: 'output' };
  if (screenOf(state) === 'step' && state.output && letter !== 'q') return scroll(key, page);
  // Where something is being done, q would leave it half done: only Ctrl-C ends that, and says so.
  return { verb: letter === 'q' ? 'remind' : 'nothing' };
}

/** Behind the end of a run some of the table's letters say what is to be done about it; the others are the table's. */
function inTable(state: SessionState, key: Key, letter: string | undefined): Verb {
  const { finished, steps, table } = state;
  if (!finished || table.typing || table.asked) return { verb: 'table', key };
  const after = (['again', 'edit'] as const).find((each) => choiceKeys[each] === letter);
  if (after && finished.choices?.includes(after)) return { verb: 'end', after };
  if (letter === choiceKeys.new && mayBeginAnother(state)) return { verb: 'end', after: 'new' };
  return letter === choiceKeys.steps && steps === 'beside' ? { verb: 'end', after: 'steps' } : { verb: 'table', key };
}

function atEnd(state: SessionState, key: Key, letter: string | undefined, page?: number): Verb {
  if (letter === 'q') return { verb: 'end' };
  if (state.output) return letter === logKey || key.name === 'escape' ? { verb: 'output' } : scroll(key, page);
  const { choices = [] } = state.finished ?? {};
  const after = choices.find((choice) => choiceKeys[choice] === letter);
  if (letter === choiceKeys.steps && state.steps !== undefined) return { verb: 'end', after: 'steps' };
  if (after) return { verb: 'end', after };
  if (choices.length === 0) return key.name === 'enter' || key.name === 'escape' ? { verb: 'end' } : scroll(key, page);
  // Where something is to be chosen, Enter would be a choice that nobody can see.
  return letter === logKey && loggedStep(state) ? { verb: 'output' } : scroll(key, page);
}

function scroll(key: Key, page?: number): Verb {
  const by = leadsBy(key, page);
  return by === undefined ? { verb: 'nothing' } : { verb: 'scroll', by };
}
