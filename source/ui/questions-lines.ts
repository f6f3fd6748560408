/** The questions as lines: what it is, why it is asked, an example, the line to type in. Pure. */
import { leastClients } from '../network/least-clients.ts';
import { characters, type Editor } from './editor.ts';
import { type Field, fields } from './fields.ts';
import { plural } from './format.ts';
import { blank, isTooSmall, type Line, page, type Size, span, spread, textLine } from './line.ts';
import { indented } from './plan-lines.ts';
import { draftOf, fieldOf, type QuestionsState } from './questions-state.ts';
import { remarkNow, remarksOf, takenSaid } from './remarks.ts';
import { offered } from './suggestions.ts';
import { tooSmall } from './tiny.ts';
import { pad, widthOf } from './width.ts';

/** With fewer rows there is room for answers and for what is done with them. */
const roomyRows = 18;
/** So many notes leave room for the answers that they are about. */
const mostRemarks = 3;

export function questionsLines(state: QuestionsState, size: Size): readonly Line[] {
  const { columns, rows } = size;
  if (isTooSmall({ columns, rows })) return tooSmall(columns, rows);
  const field = fieldOf(state);
  const step = Math.min(state.at + 1, fields.length);
  const head = [
    spread(
      [span(state.changes ? ' Other answers' : ' Set up a network', 'strong')],
      [span(state.changes ? '' : `${step} of ${fields.length} `, 'dim')],
      columns,
    ),
    blank,
  ];
  const foot = [
    spread(
      [span(keysOf(state, columns), 'dim')],
      [span(state.changes ? '' : '$ fl-wizard init ', 'dim')],
      columns,
      'left',
    ),
  ];
  const room = rows - head.length - foot.length;
  const body = field ? questionLines(state, field, columns, room) : summaryLines(state, columns, room);
  return page([...head, ...body], foot, size);
}

function questionLines(state: QuestionsState, field: Field, columns: number, rows: number): readonly Line[] {
  const problem = state.problem ? indented(state.problem, columns, 3, 'bad', '✗ ') : [];
  const remark = state.problem ? undefined : remarkNow(state);
  const note = remark === undefined ? [] : indented(remark, columns, 3, 'warn', '! ');
  const input = [inputLine(state, columns), ...problem, ...note];
  const list = field.name === 'clients' ? clientLines(state, columns) : [];
  const about = [
    textLine(` ${field.title}`, 'strong'),
    blank,
    ...indented(field.what, columns, 3, 'plain'),
    ...indented(field.why, columns, 3, 'dim'),
    ...indented(field.example, columns, 3, 'dim', 'For example  '),
    ...(field.empty === undefined ? [] : indented(field.empty, columns, 3, 'dim', 'Left empty   ')),
    ...foundLines(state, field, columns),
    blank,
  ];
  // The line to type in is always seen; explanations give way first, then the head of a long list.
  const room = rows - input.length - 1;
  const shown = about.length + Math.min(list.length, 3) <= room ? about : about.slice(0, 2);
  const space = Math.max(0, room - shown.length);
  return [
    ...shown,
    ...windowed(list, state, space),
    ...(list.length > 0 && space > list.length ? [blank] : []),
    ...input,
  ];
}

function offersOf(state: QuestionsState, { name }: Field) {
  return offered(state.known[name] ?? [], state.editor.text, name, draftOf(state));
}

/** Where an answer was found that nobody typed, and what else is known. */
function foundLines(state: QuestionsState, field: Field, columns: number): readonly Line[] {
  const source = state.from[field.name];
  const offers = offersOf(state, field);
  const [first] = offers;
  const words = offers.slice(0, 6).map(({ value }) => value);
  const more = offers.length > words.length ? ` and ${offers.length - words.length} more` : '';
  return [
    ...(source === undefined ? [] : indented(source, columns, 3, 'accent', 'Found in     ')),
    ...(first ? indented(`${words.join('  ')}${more}  (${first.from})`, columns, 3, 'accent', 'Known        ') : []),
  ];
}

/** The part of the list around what is selected; else its end, where the next one goes. */
function windowed(list: readonly Line[], { selected, at }: QuestionsState, rows: number): readonly Line[] {
  if (list.length <= rows) return list;
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

function clientLines({ clients, selected, remarks }: QuestionsState, columns: number): readonly Line[] {
  const width = Math.min(Math.floor(columns / 2), Math.max(4, ...clients.map((client) => widthOf(client.name))));
  return clients.map((client, at) => [
    span(at === selected ? '   ❯ ' : '     ', 'accent'),
    span(pad(client.name, width), at === selected ? 'strong' : 'plain'),
    span(`  ${client.ssh}`, 'dim'),
    ...(remarksOf(remarks, [{ kind: 'ssh', value: client.ssh }]).length > 0 ? [span('  !', 'warn')] : []),
  ]);
}

function inputLine({ editor, selected }: QuestionsState, columns: number): Line {
  if (selected !== undefined) return [span('     ')];
  return [span('   ❯ ', 'accent'), ...editorSpans(editor, columns - 7)];
}

/** The part of the text around the cursor that fits, with the cursor as a block. */
export function editorSpans({ text, cursor }: Editor, width: number): Line {
  const all = characters(text);
  let from = cursor;
  // From the cursor back: a text is far longer than what is seen of it.
  for (let free = width - 2; from > 0; from -= 1) {
    free -= widthOf(all[from - 1] ?? '');
    if (free < 0) break;
  }
  const under = all[cursor];
  const before = all.slice(from, cursor).join('');
  const after = all.slice(cursor + 1).join('');
  return [span(before), span(under === undefined || under === ' ' ? '█' : under, 'accent'), span(after)];
}

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

function summaryLines(state: QuestionsState, columns: number, rows: number): readonly Line[] {
  const row = (label: string, value: string, at?: number): Line => [
    span(at !== undefined && at === state.chosen ? '   ❯ ' : '     ', 'accent'),
    span(pad(label, 14), 'dim'),
    span(value || '-'),
  ];
  const top = [
    textLine(state.changes ? ' Which answer is another one?' : ' Is this right?', 'strong'),
    blank,
    ...summaryRows(state).map(([label, value], at) => row(label, value, at)),
    ...(state.app === undefined ? [] : [row('app', state.app)]),
  ];
  const remarks = remarksOf(state.remarks, takenSaid(state));
  const more = remarks.length > mostRemarks ? [`and ${remarks.length - mostRemarks} more`] : [];
  const notes = [...remarks.slice(0, mostRemarks), ...more].flatMap((text) => indented(text, columns, 3, 'warn', '! '));
  // Where there is little room, what a yes does comes before it.
  const begins = rows < roomyRows ? undefined : beginsWith(state);
  const last = [
    blank,
    ...notes,
    ...(begins === undefined ? [] : indented(begins, columns, 1, 'dim')),
    ...indented(afterYes(state), columns, 1, 'plain'),
  ];
  const { selected: _, ...unselected } = state;
  return [
    ...top,
    ...windowed(clientLines(unselected, columns), unselected, Math.max(1, rows - top.length - last.length)),
    ...last,
  ];
}

function keysOf(state: QuestionsState, columns: number): string {
  const field = fieldOf(state);
  if (!field) {
    if (state.changes)
      return columns < 60
        ? ' enter change  y yes, go on  q as it was'
        : ' ↑↓ choose   enter change it   y yes, go on   q as it was';
    if (state.chosen !== undefined) return ' enter change it   ↑↓ choose   y yes';
    return columns < 60 ? ' y yes   ↑↓ change   b back' : ' y yes, go on   ↑↓ change an answer   b back   q leave';
  }
  const leave = state.editing ? 'esc as it was' : state.at === 0 && !state.before ? 'esc leave' : 'esc back';
  const tab = offersOf(state, field).length > 0 ? '   tab known' : '';
  if (field.name !== 'clients') return ` enter go on${tab}   ${leave}`;
  if (state.selected !== undefined) return ' enter edit   c copy   d remove   ↑↓ choose';
  const enter = state.editor.text.trim() ? 'enter add' : state.clients.length > 0 ? 'enter go on' : 'enter add';
  return columns < 60 ? ` ${enter}${tab}   ${leave}` : ` ${enter}${tab}   ↑↓ choose   ${leave}`;
}
