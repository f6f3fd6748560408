/** All answers before a yes: warnings, the answers, what the yes does. Pure. */
import { leastClients } from '../network/least-clients.ts';
import { fields } from './fields.ts';
import { plural } from './format.ts';
import { blank, type Line, span, textLine } from './line.ts';
import { indented } from './plan-lines.ts';
import { draftOf, type QuestionsState } from './questions-state.ts';
import { remarksOf, takenSaid } from './remarks.ts';
import { pad, widthOf } from './width.ts';

/** With fewer rows, what a yes has to know stands before the answers. */
const roomyRows = 18;
/** So many notes leave room for the answers that they are about. */
const mostRemarks = 3;

/** What a yes to the answers does. */
export function afterYes({ changes }: QuestionsState): string {
  return changes
    ? 'With yes you see what they make out of date; nothing is saved before that. What else stands in fl-network.yaml stays as it is.'
    : 'With yes this becomes fl-network.yaml, which you can edit, and app/ and .gitignore where there are none. Hosts are only looked at; each step asks first.';
}

/** With how many clients a run begins: whoever names three may expect all of them. Nothing where it is all. */
export function beginsWith({ changes, clients }: QuestionsState): string | undefined {
  if (changes || clients.length <= leastClients) return undefined;
  return `A run begins with all ${clients.length}, or half a minute after ${leastClients} of them have joined, unless server.py or flower.minClients in fl-network.yaml asks for more.`;
}

/** All answers, in the order of their questions. */
export function summaryRows(state: QuestionsState): readonly (readonly [label: string, value: string])[] {
  const { name, address, names, server, identityFile, clients } = draftOf(state);
  return [
    ['name', name],
    ['clients dial', address],
    ['other names', names.join(', ')],
    ['server', server],
    ['SSH key', identityFile || 'as ~/.ssh/config and the agent say'],
    ['clients', plural(clients.length, 'client')],
  ];
}

/** What there is to say of the answers, and what a yes to them does. */
export function summaryNotes(state: QuestionsState): { readonly notes: readonly string[]; readonly does: string } {
  const begins = beginsWith(state);
  const remarks = remarksOf(state, takenSaid(state));
  return { notes: [...remarks, ...(begins === undefined ? [] : [begins])], does: afterYes(state) };
}

export function summaryLines(state: QuestionsState, columns: number, rows: number): readonly Line[] {
  const title = textLine(state.changes ? ' Which answer do you want to change?' : ' Is this right?', 'strong');
  const answers = answerLines(state, columns);
  const { selected: _, ...unselected } = state;
  const clients = (room: number) => windowed(clientLines(unselected, columns), unselected, Math.max(1, room));
  const does = indented(afterYes(state), columns, 1, 'plain');
  if (rows < roomyRows) {
    const warned = lowNotes(state, columns, Math.max(1, rows - 1 - answers.length));
    const top = [title, ...warned, ...answers];
    const room = rows - top.length - does.length - 1;
    return room > 0 ? [...top, ...clients(room), blank, ...does] : top;
  }
  const top = [title, blank, ...answers];
  const remarks = remarksOf(state, takenSaid(state));
  const hidden = remarks.length - mostRemarks;
  const more = hidden > 0 ? [`and ${plural(hidden, 'other warning')}: ? shows all`] : [];
  const notes = [...remarks.slice(0, mostRemarks), ...more].flatMap((text) => indented(text, columns, 3, 'warn', '! '));
  const begins = beginsWith(state);
  const last = [blank, ...notes, ...(begins === undefined ? [] : indented(begins, columns, 1, 'dim')), ...does];
  return [...top, ...clients(rows - top.length - last.length), ...last];
}

function answerLines(state: QuestionsState, columns: number): readonly Line[] {
  const row = (label: string, value: string, at?: number): Line => [
    span(at !== undefined && at === state.chosen ? '   ❯ ' : '     ', 'accent'),
    span(pad(label, columns < 60 ? 13 : 14), 'dim'),
    span(value || '-'),
  ];
  return [
    ...summaryRows(state).map(([label, value], at) => row(label, value, at)),
    ...(state.app === undefined ? [] : [row('app', state.app)]),
  ];
}

/** Warnings are never left out: where they have no room, their number stands there, and where they are. */
function lowNotes(state: QuestionsState, columns: number, rows: number): readonly Line[] {
  const { notes } = summaryNotes(state);
  const lines = notes.flatMap((text) => indented(text, columns, 1, 'warn', '! '));
  return lines.length <= rows ? lines : [textLine(` ! ${plural(notes.length, 'warning')}: ? shows them`, 'warn')];
}

/** The part of the list around what is selected; else its end, where the next one goes. */
export function windowed(
  list: readonly Line[],
  { selected, at }: Pick<QuestionsState, 'selected' | 'at'>,
  rows: number,
): readonly Line[] {
  if (list.length <= rows) return list;
  // Where there is one row only, it is the one that a key would act on.
  if (rows === 1 && selected !== undefined) return list.slice(selected, selected + 1);
  const room = Math.max(0, rows - 1);
  const from =
    selected === undefined ? list.length - room : Math.max(0, Math.min(selected - (room >> 1), list.length - room));
  return [
    textLine(
      at < fields.length ? `   ${plural(list.length, 'client')}, ↑↓ to see them` : '   the last of them:',
      'dim',
    ),
    ...list.slice(from, from + room),
  ].slice(0, rows);
}

export function clientLines(state: QuestionsState, columns: number): readonly Line[] {
  const { clients, selected } = state;
  const width = Math.min(Math.floor(columns / 2), Math.max(4, ...clients.map((client) => widthOf(client.name))));
  return clients.map((client, at) => [
    span(at === selected ? '   ❯ ' : '     ', 'accent'),
    span(pad(client.name, width), at === selected ? 'strong' : 'plain'),
    span(`  ${client.ssh}`, 'dim'),
    ...(remarksOf(state, [{ kind: 'ssh', value: client.ssh }]).length > 0 ? [span('  !', 'warn')] : []),
  ]);
}
