/** The end of a session: what came of it, and after trouble what can be done about that. Pure. */
import { type After, failedHosts } from '../plan/after.ts';
import { exit, type Failure, placeOf } from '../plan/failure.ts';
import type { StepView } from '../plan/reduce.ts';
import { failLead, failureCards, tryLead } from './failure-lines.ts';
import { foundSigns, isOld, wasInterrupted } from './found.ts';
import { blank, type Line, sign, span, textLine } from './line.ts';
import { names } from './names.ts';
import { indented } from './plan-lines.ts';
import { stepSummary } from './rail.ts';
import { scrolled } from './scrolled.ts';
import { type Beside, servesBeside, servesText } from './serves-beside.ts';
import { choiceKeys, logKey } from './session-keys.ts';
import { loggedStep, type SessionState } from './session-state.ts';
import { checkLines, warningLines, warnings } from './step-lines.ts';
import { heading } from './step-pane.ts';
import { stepSigns } from './theme.ts';

/** Where there are fewer rows, what is told begins at once. */
export const roomyRows = 16;
/** So many lines of what is told are worth that the choices stay below them. */
const leastTold = 8;

const all = Number.MAX_SAFE_INTEGER;

/** In `rows` lines: what is more is scrolled, and the choices stay where there is room for both. */
export function endPane(state: SessionState, columns: number, rows: number): readonly Line[] {
  const whole = endLines(state, columns);
  if (whole.length <= rows) return whole;
  const choices = choiceLines(state, columns);
  const pinned = choices.length > 0 && rows - choices.length - 1 >= leastTold;
  const told = pinned ? toldLines(state, columns, []) : endLines(state, columns, rows < roomyRows - 2);
  const room = pinned ? rows - choices.length - 1 : rows;
  return [...scrolled(told, room, state.offset, belowOf), ...(pinned ? [blank, ...choices] : [])];
}

/** What matters most of what can't be seen. */
function belowOf(shown: readonly Line[], below: readonly Line[]): string {
  const has = (lines: readonly Line[], lead: string) =>
    lines.some((line) => line.some(({ text }) => text.startsWith(lead)));
  if (!has(shown, tryLead) && has(below, tryLead)) return ', what to try';
  return has(below, failLead) ? ', more trouble' : '';
}

/** All of it. @param brief leaves out what the rail says, and blank lines */
export function endLines(state: SessionState, columns: number, brief = false): readonly Line[] {
  const choices = choiceLines(state, columns);
  const lines = toldLines(state, columns, choices);
  const cards = failuresOf(state).length > 0;
  return brief && cards ? lines.slice(1).filter((line) => line.length > 0) : lines;
}

function failuresOf({ view }: SessionState): readonly Failure[] {
  return view.steps.flatMap((step) => step.failures);
}

function toldLines(state: SessionState, columns: number, choices: readonly Line[]): readonly Line[] {
  const { view } = state;
  const goesOn = goesOnLines(state, columns);
  // One step that was asked for by itself: what it found is the answer, and a sum of it is none.
  const [only] = view.steps;
  if (only && view.steps.length === 1 && only.checks.length > 0 && !wasInterrupted(only))
    return [...foundLines(only, columns, [...goesOn, ...choices]), ...footerLines(state, columns)];
  const footer = footerLines(state, columns);
  const cards = failureCards(failuresOf(state), columns, all);
  const mind = warningLines(warnings(view.steps, undefined), columns);
  return [
    headLine(state),
    blank,
    ...cards,
    ...(cards.length > 0 ? [blank] : []),
    ...goesOn,
    ...choices,
    ...(choices.length > 0 ? [blank] : []),
    ...view.steps.flatMap((step) => stepSummary(step, columns)),
    ...(mind.length > 0 ? [blank, ...mind] : []),
    ...footer,
  ];
}

/** What must not be taken for failed, too. */
function goesOnLines({ view, finished }: SessionState, columns: number): readonly Line[] {
  const found = servesBeside(view);
  if (!found) return [];
  const key = finished?.choices?.includes('rest') ? choiceKeys.rest : undefined;
  return [...indented(servesText(found, key), columns, 1, 'strong'), blank];
}

/** What to do next, below all else. */
function footerLines({ finished }: SessionState, columns: number): readonly Line[] {
  const lines = (finished?.footer ?? []).flatMap((text) => indented(text, columns, 1, 'plain'));
  return lines.length > 0 ? [blank, ...lines] : [];
}

/** In a word what came of it. */
function headLine(state: SessionState): Line {
  const { end } = state.view;
  // Who interrupts has nothing to mend.
  if (end && end.exitCode > exit.declined)
    return [span(' '), sign(foundSigns.outdated), span(' Interrupted: what was done stays', 'strong')];
  if (end?.outcome === 'unchanged' && state.view.steps.some(isOld))
    return [
      span(' '),
      sign(foundSigns.outdated),
      span(' Nothing was done, and not all is as it is wanted now', 'strong'),
    ];
  // Who gives no answer to what a step needs has declined, and its step has failed all the same: one word for both.
  const failed = failuresOf(state).length > 0 && (end === undefined || end.outcome === 'declined');
  const outcome = failed ? 'failed' : (end?.outcome ?? 'changed');
  const words = {
    changed: 'Done',
    unchanged: 'Nothing to do: all is as it must be',
    declined: 'Declined: nothing more was done',
    failed: 'Not done',
  };
  return [span(' '), sign(stepSigns[outcome]), span(` ${words[outcome]}`, 'strong')];
}

/** What one step found that was asked for by itself: trouble first, once, then what is worth a word, then the rest. */
function foundLines({ title, failures, checks }: StepView, columns: number, choices: readonly Line[]): readonly Line[] {
  const cards = failureCards(failures, columns, all);
  // Each check that went wrong has its card.
  const rest = failures.length > 0 ? checks.filter(({ ok }) => ok) : checks;
  return [
    heading(title, '', columns),
    blank,
    ...cards,
    ...(cards.length > 0 ? [blank] : []),
    ...choices,
    ...(choices.length > 0 ? [blank] : []),
    ...checkLines(rest, columns, all, checks.length),
  ];
}

/** What can be done about it, in words. */
export function choiceTexts(failures: readonly Failure[], goesOn?: Beside): Readonly<Record<After, string>> {
  const hosts = names(failedHosts(failures));
  const place = placeOf(failures);
  const line = place?.line === undefined ? '' : `, line ${place.line},`;
  return {
    again: goesOn
      ? `try again: what runs stays, and ${hosts} can join until the run has ended`
      : 'try again: what is done stays, all else is looked at anew',
    failed: `try again at ${hosts} alone`,
    rest: `go on without ${hosts}`,
    edit: `edit ${place ? `${place.file}${line}` : 'fl-network.yaml'} first`,
    steps: 'look at the steps',
    new: 'begin another run',
  };
}

/** The same, each with its key. */
function choiceLines(state: SessionState, columns: number): readonly Line[] {
  const choices = state.finished?.choices ?? [];
  if (choices.length === 0) return [];
  const words = choiceTexts(failuresOf(state), servesBeside(state.view));
  const lines = (key: string, text: string): readonly Line[] =>
    indented(text, columns, 6, 'plain').map((line, at) =>
      at === 0 ? [span(`   ${key}  `, 'accent'), ...line.slice(1)] : line,
    );
  return [
    textLine(' What now?', 'strong'),
    ...choices.flatMap((each) => lines(choiceKeys[each], words[each])),
    ...(loggedStep(state) ? lines(logKey, 'show what was printed') : []),
    ...lines(
      'q',
      state.steps === 'before' ? 'back to the steps' : 'leave; the same command goes on from here another time',
    ),
  ];
}
