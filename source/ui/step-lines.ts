/** What a step does and found: progress by action and host, and checks. Pure. */
import type { Check } from '../plan/event.ts';
import { secondsLeft } from '../plan/progress.ts';
import type { ActionView, StepView } from '../plan/reduce.ts';
import { bar, duration, plural, samples, secondsBetween } from './format.ts';
import { type Line, lineWidth, sign, span } from './line.ts';
import { names } from './names.ts';
import { indented } from './plan-lines.ts';
import { actionSigns, spinner } from './theme.ts';
import { pad, widthOf, wrap } from './width.ts';

/**
 * Progress in at most `rows` lines: texts in full where that fits into `roomy` lines, else a line each. What failed and
 * what goes on is always told; the rest is counted if need be.
 */
export function progressLines(
  step: StepView,
  columns: number,
  { rows, roomy }: { readonly rows: number; readonly roomy: number },
  { tick, now }: { readonly tick: number; readonly now: Date },
): readonly Line[] {
  const { actions } = step;
  // Hundreds never fit, and are not laid out to find that out.
  const shown = actions.length <= Math.max(rows, roomy) ? actions : actions.filter(({ status }) => isBusy(status));
  const hosts = Math.min(24, Math.max(4, ...shown.map((action) => widthOf(span(action.host ?? 'here').text))));
  const draw = (some: readonly ActionView[], full: boolean) =>
    some.flatMap((action) => actionLines(action, { columns, hosts, tick, now, full }));
  const full = actions.length <= roomy ? draw(actions, true) : undefined;
  if (full && full.length <= roomy) return full;
  const all = actions.length <= rows ? draw(actions, false) : undefined;
  if (all && all.length <= rows) return all;
  const by = (status: ActionView['status']) => actions.filter((action) => action.status === status);
  const sum = sumLines(step, columns, now);
  const busy = [...by('failed'), ...by('doing')];
  return [...sum, ...fitting(busy, rows - sum.length, (action) => draw([action], false), 'more')];
}

const isBusy = (status: ActionView['status']) => status === 'failed' || status === 'doing';

/** How far a plan is that is more than the screen: while it goes on a bar, and when it will be done. */
function sumLines({ status, actions, doingSince }: StepView, columns: number, now: Date): readonly Line[] {
  const total = actions.length;
  const done = actions.filter((action) => action.status === 'done').length;
  if (status !== 'doing') {
    const rest: Line[] =
      done < total ? [[span('   ○ ', 'dim'), span(`${plural(total - done, 'action')} not done`)]] : [];
    return [[span('   ✓ ', 'good'), span(`${plural(done, 'action')} done`)], ...rest];
  }
  const seconds = doingSince === undefined ? 0 : (secondsBetween(doingSince, now) ?? 0);
  const left = secondsLeft({ done, total, seconds });
  const text = `${Math.floor((100 * done) / total)} %${left === undefined ? '' : `   about ${duration(Math.ceil(left))} left`}`;
  const width = Math.max(8, Math.min(40, columns - widthOf(text) - 6));
  return [[span('   '), span(bar(done / total, width), 'accent'), span(`  ${text}`)]];
}

/** What fits of some entries, each with its lines, and how many did not. */
function fitting<T>(
  entries: readonly T[],
  rows: number,
  draw: (entry: T) => readonly Line[],
  word: string,
): readonly Line[] {
  const lines: Line[] = [];
  for (const [at, entry] of entries.entries()) {
    const own = draw(entry);
    // The last row is kept for saying how many are not shown; where there is only one, the first of them is worth more.
    if (lines.length + own.length <= rows - (rows > 1 && at < entries.length - 1 ? 1 : 0)) lines.push(...own);
    else return [...lines, [span(`   … ${samples(entries.length - at)} ${word}`, 'dim')]].slice(0, Math.max(0, rows));
  }
  return lines;
}

type ActionLayout = {
  readonly columns: number;
  readonly hosts: number;
  readonly tick: number;
  readonly now: Date;
  readonly full: boolean;
};

function actionLines(action: ActionView, { columns, hosts, tick, now, full }: ActionLayout): readonly Line[] {
  const state = actionSigns[action.status];
  const mark = action.status === 'doing' ? { ...state, text: spinner[tick % spinner.length] ?? state.text } : state;
  const waits = action.status === 'waiting';
  const text = span(action.text).text;
  const parts = full ? wrap(text, columns - hosts - 8) : [text];
  const lines = parts.map(
    (part, at): Line => [
      ...(at === 0 ? [span('   '), sign(mark)] : [span('    ')]),
      span(` ${pad(at === 0 ? span(action.host ?? 'here').text : '', hosts)}  `, waits ? 'dim' : 'strong'),
      span(part, waits ? 'dim' : 'plain'),
    ],
  );
  const silent = silentWords(action, now);
  const last = action.lines?.at(-1);
  if (silent)
    return [
      ...lines,
      [span(' '.repeat(hosts + 7)), span(silent, 'warn'), span(last ? `; last: ${last.trim()}` : '', 'dim')],
    ];
  // The last line of output is of interest while it goes on, and where it went wrong.
  if (!last || (action.status !== 'doing' && action.status !== 'failed')) return lines;
  const line = span(last.trim(), 'dim');
  return line.text === '' || columns < 60 ? lines : [...lines, [span(' '.repeat(hosts + 7)), line]];
}

/** A host that hangs says nothing: whoever waits for it sees at which one it stands, and since when. */
function silentWords({ status, host, heard }: ActionView, now: Date): string | undefined {
  if (status !== 'doing' || host === undefined || heard === undefined) return undefined;
  const seconds = Math.floor(secondsBetween(heard, now) ?? 0);
  return seconds >= silentSeconds ? `says nothing for ${duration(seconds)}` : undefined;
}

/** Most answer within one; a connection is given up after ten. */
const silentSeconds = 10;

/**
 * Checks in at most `rows` lines: what is wrong first, then warnings, then what is well.
 * @param made how many were made, where those that went wrong are told elsewhere
 */
export function checkLines(
  checks: readonly Check[],
  columns: number,
  rows: number,
  made = checks.length,
): readonly Line[] {
  if (checks.length === 0 || rows < 2) return [];
  const wrong = checks.filter((check) => !check.ok);
  const warned = checks.filter((check) => check.ok && check.hint);
  const well = checks.filter((check) => check.ok && !check.hint);
  const right = warned.length + well.length;
  const title: Line = [
    span(' Checked', 'strong'),
    span(`   ${right} of ${made} as they must be`, right < made ? 'bad' : 'dim'),
  ];
  // A check takes a line at least: no more than these can be seen.
  const ordered = [...wrong, ...warned, ...well];
  const seen = ordered.slice(0, rows);
  const widths = {
    name: Math.min(34, Math.max(...seen.map((check) => widthOf(span(check.name).text)))),
    host: Math.min(20, Math.max(0, ...seen.map((check) => widthOf(span(check.host ?? '').text)))),
  };
  // Where all of it is scrolled through, nothing is cut.
  const full = rows === Number.MAX_SAFE_INTEGER;
  const entry = (check: Check) => checkEntry(check, widths, columns, full);
  // What went wrong is seen before what to try, if there is no room for both.
  const room = rows - 1 - (wrong.length < ordered.length ? 1 : 0);
  const brief = wrong.length > room || wrong.flatMap(entry).length > room;
  const draw = (check: Check) => (brief && !check.ok ? entry(check).slice(0, 1) : entry(check));
  return [title, ...fitting(ordered, rows - 1, draw, 'more')];
}

function checkEntry(
  check: Check,
  widths: { readonly name: number; readonly host: number },
  columns: number,
  full: boolean,
): readonly Line[] {
  const mark = check.ok ? (check.hint ? span('!', 'warn') : span('✓', 'good')) : span('✗', 'bad');
  const tone = check.ok ? 'dim' : 'bad';
  const host = widths.host > 0 ? `${pad(span(check.host ?? '').text, widths.host)}  ` : '';
  const head: Line = [span('   '), mark, span(` ${pad(span(check.name).text, widths.name)}  `), span(host, 'dim')];
  const line: Line = [...head, span(check.detail, tone)];
  const name = span([check.name, check.host].filter(Boolean).join('  ')).text;
  const lines =
    full && lineWidth(line) > columns
      ? [
          ...wrap(name, columns - 6).map(
            (part, at): Line => [span('   '), at === 0 ? mark : span(' '), span(` ${part}`)],
          ),
          ...indented(check.detail, columns, 5, tone),
        ]
      : [line];
  return check.hint ? [...lines, ...indented(check.hint, columns, 5, 'plain', 'Try  ')] : lines;
}

/** Warnings of earlier steps: they must be seen before the next plan is approved. */
export function warnings(steps: readonly StepView[], current: string | undefined): readonly Check[] {
  return steps
    .filter((step) => step.id !== current)
    .flatMap((step) => step.checks.filter((check) => check.ok && check.hint));
}

/** Each warning once, with all hosts that it was found at. */
export function warningLines(found: readonly Check[], columns: number): readonly Line[] {
  const alike = new Map<string, Check[]>();
  for (const check of found) {
    const key = JSON.stringify([check.name, check.detail, check.hint]);
    alike.set(key, [...(alike.get(key) ?? []), check]);
  }
  return [...alike.values()].flatMap((some): readonly Line[] => {
    const [first] = some;
    if (!first) return [];
    const hosts = some.flatMap(({ host }) => host ?? []);
    const what = first.name === first.host ? first.detail : `${first.name}, ${first.detail}`;
    const about = hosts.length > 0 ? `${names(hosts)}: ${what}` : what;
    return [...indented(about, columns, 3, 'warn', '! '), ...indented(first.hint ?? '', columns, 5, 'plain', 'Try  ')];
  });
}
