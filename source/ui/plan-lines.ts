/** A plan before it is approved, in plain words, grouped by host. Pure. */
import { type Action, groupsOf, here, type Stage } from '../plan/action.ts';
import { invalidated } from '../plan/step.ts';
import { plural } from './format.ts';
import { blank, type Line, span, textLine } from './line.ts';
import { names } from './names.ts';
import { wrapShell } from './shell-wrap.ts';
import type { Tone } from './theme.ts';
import { pad, widthOf, wrap } from './width.ts';

/** An action as the lines for a shell that do the same. */
export type Commands = (action: Action) => readonly string[];

/** So many actions are shown with their commands: `--show-commands` prints those of any number. */
const mostCommands = 50;

/** The plan's lines. With `commands`, each action is followed by the same as lines for a shell. */
export function planLines(stages: readonly Stage[], columns: number, commands: Commands | undefined): readonly Line[] {
  const groups = groupsOf(stages);
  const labels = groups.map((group) => group.lanes.map((lane) => (lane === here ? 'here' : lane)));
  const texts = labels.map((own) => names(own, own.length > 3 ? 2 : 3));
  const width = Math.min(Math.max(8, ...texts.map(widthOf)), Math.floor(columns / 3));
  const invalid = invalidated(stages);
  let shown = 0;
  const same = (action: Action, others: readonly string[]) => {
    shown += 1;
    if (!commands || shown > mostCommands + 1) return [];
    const lines = shown > mostCommands ? ['# --show-commands prints the rest too'] : commands(action);
    const too = others.length > 0 && shown <= mostCommands ? [`# the same for ${others.join(', ')}`] : [];
    // From the first column: what is copied must not begin with spaces, or a text would not end.
    return wrapShell([...lines, ...too], columns).map((line) => textLine(line, 'dim'));
  };
  return [
    ...(invalid.length > 0
      ? [...indented(`These deployed certificates stop being valid: ${invalid.join(', ')}`, columns, 1, 'bad'), blank]
      : []),
    ...groups.flatMap((group, at) =>
      group.actions.flatMap((action, row) => [
        ...entry(row === 0 ? (texts[at] ?? '') : '', action.text, width, columns),
        ...(action.diff ?? []).flatMap((line) => diffLines(line, width + 7, columns)),
        ...same(action, (labels[at] ?? []).slice(1)),
      ]),
    ),
  ];
}

/** Who may train, or what is written into a file, is read to its end. */
function diffLines(line: string, by: number, columns: number): readonly Line[] {
  const tone = line.startsWith('+') ? 'good' : line.startsWith('-') ? 'bad' : 'dim';
  const whole = span(line, tone);
  const room = columns - by;
  if (widthOf(whole.text) <= room) return [[span(' '.repeat(by)), whole]];
  const [sign, rest] = [whole.text.slice(0, 1), whole.text.slice(1)];
  return wrap(rest, room - 1).map((part, at) => [span(' '.repeat(by)), span(`${at === 0 ? sign : ' '}${part}`, tone)]);
}

/** In one sentence what the plan touches. */
export function planTitle(stages: readonly Stage[]): string {
  const groups = groupsOf(stages);
  const actions = groups.reduce((sum, group) => sum + group.actions.length * group.lanes.length, 0);
  // What is made here for a host touches none.
  const touched = groups.filter((group) => group.actions.some((action) => 'host' in action));
  const hosts = new Set(touched.flatMap((group) => group.lanes).filter((lane) => lane !== here));
  return `${plural(actions, 'action')}${hosts.size > 0 ? ` on ${plural(hosts.size, 'host')}` : ', on this machine only'}`;
}

function entry(label: string, text: string, width: number, columns: number): readonly Line[] {
  return wrap(span(text).text, columns - width - 8).map((part, at) => [
    span(at === 0 ? '   + ' : '     ', 'good'),
    span(`${pad(span(at === 0 ? label : '').text, width)}  `, 'strong'),
    span(part),
  ]);
}

/** Wrapped text that starts in a column; below a lead such as `Why  ` it starts behind it. */
export function indented(text: string, columns: number, by: number, tone: Tone, lead = ''): readonly Line[] {
  const width = columns - by - 1 - widthOf(lead);
  return wrap(span(text).text, width).map((part, at) => [
    span(' '.repeat(by)),
    span(at === 0 ? lead : ' '.repeat(widthOf(lead)), tone),
    span(part, tone),
  ]);
}
