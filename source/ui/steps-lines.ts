/** The page of the eight steps: how each stands, and what there is to do in the one that is chosen. Pure. */
import { failedHosts } from '../plan/after.ts';
import { onlyAsks } from '../plan/failure.ts';
import type { StepView, View } from '../plan/reduce.ts';
import { failureCards } from './failure-lines.ts';
import { plural } from './format.ts';
import { type Found, type Known, overOf, type Stands, foundSigns as signs } from './found.ts';
import { blank, isTooSmall, type Line, page, rule, type Size, sign, span, spread, textLine } from './line.ts';
import { names } from './names.ts';
import { checkLines, progressLines } from './step-lines.ts';
import { stepsHelp } from './steps-help.ts';
import { doneCount, foundOf, type StepsState, stepBelow, waitsFor } from './steps-state.ts';
import { spinner, type Tone } from './theme.ts';
import { tooSmall } from './tiny.ts';
import { cut, widthOf, wrap } from './width.ts';

export function stepsLines(state: StepsState, { columns, rows }: Size): readonly Line[] {
  if (isTooSmall({ columns, rows })) return tooSmall(columns, rows, 'q leaves');
  if (state.help !== undefined)
    return page(stepsHelp(columns, rows - 1, state.help), [textLine(' ? back   ↑↓ scroll   q quit', 'dim')], {
      columns,
      rows,
    });
  const { steps } = state.view;
  const sum = state.whole
    ? `${doneCount(state.view)} of ${steps.length} steps are done`
    : 'looking; nothing is changed by this';
  const head = spread([span(` ${state.title}`, 'strong')], [span(`${sum} `, 'dim')], columns, 'left');
  const top = [head, ...(rows > 12 ? [blank] : [])];
  let spare = rows - top.length - steps.length - 1 - leastDetail;
  let isWrapped = false;
  const table = steps.flatMap((step, at) => {
    const own = rowOf(state, step, at === state.at, columns, spare > 0);
    spare -= own.length - 1;
    if (at === state.at) isWrapped = own.length > 1;
    return own;
  });
  const body = [...top, ...table];
  const chosen = steps[state.at];
  const room = rows - body.length - 1;
  const place = { columns, rows: room, isWrapped };
  const more = chosen ? (room > 3 ? detail(state, chosen, place) : whyLines(state, chosen, place)) : [];
  return page([...body, ...more], [footLine(state, chosen, columns)], { columns, rows });
}

/** @param wraps whether a cause that is longer than its row has a second one */
function rowOf(
  { tick, view }: StepsState,
  step: StepView,
  isChosen: boolean,
  columns: number,
  wraps: boolean,
): readonly Line[] {
  const { found, word, why } = wordsOf(view, step);
  const mark = signs[found];
  const turning = found === 'looking' ? { ...mark, text: spinner[tick % spinner.length] ?? mark.text } : mark;
  const tone: Tone = found === 'failed' ? 'bad' : found === 'outdated' || found === 'before' ? 'warn' : 'plain';
  const lead = [
    span(isChosen ? ' ❯ ' : '   ', 'accent'),
    sign(turning),
    span(` ${step.id.padEnd(12)} `, isChosen ? 'strong' : 'plain'),
  ];
  // Where a row has no room for why, the chosen one's stands below.
  if (columns < narrow) return [[...lead, span(word, tone)]];
  const [first = '', ...rest] = wraps ? wrap(span(why).text, columns - beforeWhy) : [why];
  return [
    [...lead, span(`${word.padEnd(13)}  `, tone), span(first, 'dim')],
    ...(rest.length > 0 ? [[span(' '.repeat(beforeWhy)), span(rest.join(' '), 'dim')]] : []),
  ];
}

const narrow = 50;
/** Columns before the cause in a row. */
const beforeWhy = 33;
/** Rows that what is to do in the chosen step keeps, before causes have a second one. */
const leastDetail = 8;

/** What is left below the table. `isWrapped`: the chosen step's row says all of its cause in a second one. */
type Below = Size & { readonly isWrapped: boolean };

/** Why the chosen step stands as it does, where its row does not say all of it, and what is known of one done before. */
function whyLines({ view }: StepsState, step: StepView, { columns, rows, isWrapped }: Below): readonly Line[] {
  const { found, why } = wordsOf(view, step);
  const isSeen = columns >= narrow && (isWrapped || widthOf(span(why).text) <= columns - beforeWhy);
  const own = found === 'before' ? step.standing?.why : undefined;
  const text = span([...(isSeen ? [] : [why]), ...(own === undefined ? [] : [own])].join('; ')).text;
  if (text === '') return [];
  const parts = wrap(text, columns - 2);
  const shown = parts.length > rows ? [...parts.slice(0, rows - 1), parts.slice(rows - 1).join(' ')] : parts;
  return shown.map((part) => textLine(` ${cut(part, columns - 2)}`));
}

/** How a step stands, in a word, and why. */
export function wordsOf(
  view: View,
  step: StepView,
): { readonly found: Stands; readonly word: string; readonly why: string } {
  const first = waitsFor(view, step);
  // What could be seen of it at other hosts is not how it stands.
  if (first) return { found: 'unseen', word: 'not looked at', why: waitingWords(step, first) };
  const below = stepBelow(view, step);
  if (below) return { found: 'before', word: signs.before.word, why: `${notSo(waitsFor(view, below) ?? below)}` };
  const found = foundOf(step);
  return { found, word: signs[found].word, why: whyOf(step, found) };
}

/** What this page has seen, for a session that begins from here; what it has not seen to the end it does not know. */
export function knownOf(view: View): readonly Known[] {
  return view.steps.map((step) => {
    const { found } = wordsOf(view, step);
    return { id: step.id, stands: found === 'looking' ? 'unseen' : found, ...overOf(step) };
  });
}

function waitingWords({ failures }: StepView, first: StepView): string {
  const hosts = failedHosts(failures);
  if (hosts.length === 0 || onlyAsks(failures)) return `${first.id} first`;
  return `${names(hosts)} ${hosts.length === 1 ? 'is' : 'are'} in trouble: ${first.id} first`;
}

function notSo(step: StepView): string {
  const found = foundOf(step);
  if (found === 'failed') return `${step.id} is in trouble`;
  return `now ${step.id} is ${found === 'outdated' ? 'out of date' : 'not done'}`;
}

/** Why it is not done, or what is known of one that is. */
function whyOf({ standing, failures, actions, checks }: StepView, found: Found): string {
  if (onlyAsks(failures)) return asksFirst(failures);
  const failure = failures.find(({ asks }) => asks === undefined);
  if (found === 'failed') return failure ? `${failure.host ? `${failure.host}: ` : ''}${failure.why}` : '';
  if (found === 'unseen' || found === 'looking') return '';
  if (standing?.why) return standing.why;
  if (actions.length > 0)
    return `${actions.length > 1 ? `${plural(actions.length, 'action')}, first: ` : ''}${actions[0]?.text ?? ''}`;
  return found === 'done' ? wellWords(checks) : '';
}

/** What a look alone can't say yes to. */
function asksFirst(failures: StepView['failures']): string {
  const hosts = failedHosts(failures);
  return hosts.length === 1 ? 'its host key is asked about first' : `${hosts.length} host keys are asked about first`;
}

function wellWords(checks: StepView['checks']): string {
  const warned = checks.filter(({ hint }) => hint !== undefined).length;
  if (checks.length === 0) return 'nothing to do';
  return `${plural(checks.length, 'check')}${warned > 0 ? `, ${plural(warned, 'warning')}` : ''}`;
}

/** What the chosen step would do, or what was found in it. */
function detail(state: StepsState, step: StepView, below: Below): readonly Line[] {
  const { tick } = state;
  const { columns, rows } = below;
  let room = rows - 2;
  const take = (lines: readonly Line[]) => {
    const own = lines.slice(0, Math.max(0, room));
    room -= own.length;
    return own;
  };
  const cards = onlyAsks(step.failures) ? [] : take(failureCards(step.failures, columns, room));
  const still = { ...step, actions: step.actions.map((action) => ({ ...action, status: 'waiting' as const })) };
  const planned =
    step.actions.length > 0
      ? take(progressLines(still, columns, { rows: room, roomy: room }, { tick, now: noon }))
      : [];
  const made = onlyAsks(step.failures) ? step.checks.filter(({ ok }) => ok) : step.checks;
  const checks = take(checkLines(made, columns, room));
  // Trouble and plans say themselves why.
  const why = cards.length + planned.length === 0 ? take(whyLines(state, step, { ...below, rows: room })) : [];
  const end = take(endWords(step, columns));
  const all = [...why, ...cards, ...planned, ...checks, ...end];
  if (all.length === 0) return [];
  const title = step.actions.length > 0 ? `${step.title}: what is to do, once you have said yes to it` : step.title;
  return [rule(columns), textLine(` ${title}`, 'strong'), ...all];
}

/** Where something was started on the hosts: no step ends it. */
function endWords({ id, standing }: StepView, columns: number): readonly Line[] {
  if ((id !== 'launch' && id !== 'monitor') || (standing?.state ?? 'missing') === 'missing') return [];
  return wrap(endsAll, columns - 2).map((part) => textLine(` ${part}`, 'dim'));
}

const endsAll = 'fl-wizard stop ends what runs on the hosts; fl-wizard down removes its units as well.';

/** Nothing is under way, so nothing is timed. */
const noon = new Date(0);

/** Behind one that has ended another run can be begun. */
function isOver({ view }: StepsState): boolean {
  return view.steps.some(({ standing }) => standing?.over);
}

/** What is likely, and how one leaves; the others are told by `?`. */
function keysOf(state: StepsState, columns: number): string {
  const over = isOver(state);
  if (columns < 60) return [' enter do', over ? 'n new' : 'g on', 'b back', '? keys', 'q quit'].join('  ');
  // What is seldom wanted gives way: from the first screen, which b leads to, q leaves as well.
  if (columns < 100 && over) return [' enter do', 'g on', 'n new run', 'e answers', 'b back', '? keys'].join('  ');
  if (columns < 100) return [' enter do', 'g go on', 'e answers', 'b back', '? keys', 'q quit'].join('  ');
  const run = over ? ['n new run'] : [];
  return [' enter do it', 'g go on', ...run, 'e answers', 'f file', 'r look again', 'b back', '? keys', 'q quit'].join(
    over ? '  ' : '   ',
  );
}

function footLine(state: StepsState, step: StepView | undefined, columns: number): Line {
  const command = step ? `fl-wizard ${step.command ?? step.id}` : 'fl-wizard';
  return spread([span(keysOf(state, columns), 'dim')], [span(`$ ${command} `, 'dim')], columns, 'left');
}
