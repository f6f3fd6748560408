/** A step that looks, does or has ended, and the end of a session. Pure. */
import { type After, failedHosts } from '../plan/after.ts';
import type { Failure } from '../plan/failure.ts';
import type { StepView } from '../plan/reduce.ts';
import { failureCards } from './failure-lines.ts';
import { duration, plural, samples, secondsBetween } from './format.ts';
import { blank, type Line, sign, span, spread, textLine } from './line.ts';
import { names } from './names.ts';
import { stepSummary } from './rail.ts';
import { choiceKeys } from './session-keys.ts';
import type { SessionState } from './session-state.ts';
import { checkLines, progressLines, warnings } from './step-lines.ts';
import { spinner, stepSigns } from './theme.ts';

/** What a pane is about, and how far it is. */
export function heading(title: string, right: string, columns: number): Line {
  return spread([span(` ${title}`, 'strong')], [span(`${right} `, 'dim')], columns, 'left');
}

/** What one step found that was asked for by itself: trouble first, once, then what is worth a word, then the rest. */
function foundLines({ title, failures, checks }: StepView, columns: number): readonly Line[] {
  const all = Number.MAX_SAFE_INTEGER;
  const cards = failureCards(failures, columns, all);
  // Each check that went wrong has its card.
  const rest = failures.length > 0 ? checks.filter(({ ok }) => ok) : checks;
  return [
    heading(title, '', columns),
    blank,
    ...cards,
    ...(cards.length > 0 ? [blank] : []),
    ...checkLines(rest, columns, all, checks.length),
  ];
}

export function stepPane(state: SessionState, step: StepView, columns: number, rows: number): readonly Line[] {
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
  // Checks get their rows before texts are told in full; a few of them even where there is hardly any room.
  const checked = step.checks.length === 0 ? 0 : step.checks.length + 2;
  const given = { rows: Math.max(0, room - Math.min(checked, 4)), roomy: room - checked };
  const actions = take(progressLines(step, columns, given, state));
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
  return `${samples(done)} of ${samples(actions.length)} done${time}`;
}

/** What can be done about it, each with its key. */
function choiceLines(choices: readonly After[], failures: readonly Failure[]): readonly Line[] {
  if (choices.length === 0) return [];
  const hosts = names(failedHosts(failures));
  const words: Readonly<Record<After, string>> = {
    again: 'try again: what is done stays, all else is looked at anew',
    failed: `try again at ${hosts} alone`,
    rest: `go on without ${hosts}`,
    edit: 'edit fl-network.yaml first',
  };
  const line = (key: string, text: string): Line => [span(`   ${key}  `, 'accent'), span(text)];
  return [
    textLine(' What now?', 'strong'),
    ...choices.map((each) => line(choiceKeys[each], words[each])),
    line('q', 'leave'),
    blank,
  ];
}

/** What came of all steps, in as many lines as it takes. */
export function endLines({ view, finished }: SessionState, columns: number): readonly Line[] {
  // One step that was asked for by itself: what it found is the answer, and a sum of it is none.
  const [only] = view.steps;
  if (only && view.steps.length === 1 && only.checks.length > 0) return foundLines(only, columns);
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
  const cards = failureCards(failures, columns, Number.MAX_SAFE_INTEGER);
  const choices = choiceLines(finished?.choices ?? [], failures);
  const mind = warnings(view.steps, undefined).length;
  return [
    [span(' '), sign(mark), span(` ${words[outcome]}`, 'strong')],
    blank,
    ...cards,
    ...(cards.length > 0 ? [blank] : []),
    ...choices,
    ...view.steps.map((step) => stepSummary(step)),
    ...(mind > 0 ? [blank, textLine(`   ${plural(mind, 'warning')}: fl-wizard preflight shows them`, 'warn')] : []),
    ...(footer.length > 0 ? [blank, ...footer] : []),
  ];
}
