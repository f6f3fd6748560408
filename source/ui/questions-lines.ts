/** The questions as lines: what it is, why it is asked, an example, the line to type in. Pure. */
import { characters, type Editor } from './editor.ts';
import { type Field, fields } from './fields.ts';
import { plural } from './format.ts';
import { blank, isTooSmall, type Line, page, type Size, span, spread, textLine } from './line.ts';
import { indented } from './plan-lines.ts';
import { draftOf, fieldOf, type QuestionsState } from './questions-state.ts';
import { tooSmall } from './tiny.ts';
import { pad, widthOf } from './width.ts';

export function questionsLines(state: QuestionsState, size: Size): readonly Line[] {
  const { columns, rows } = size;
  if (isTooSmall({ columns, rows })) return tooSmall(columns, rows);
  const field = fieldOf(state);
  const step = Math.min(state.at + 1, fields.length);
  const head = [
    spread([span(' Set up a network', 'strong')], [span(`${step} of ${fields.length} `, 'dim')], columns),
    blank,
  ];
  const foot = [spread([span(keysOf(state, columns), 'dim')], [span('$ fl-wizard init ', 'dim')], columns, 'left')];
  const room = rows - head.length - foot.length;
  const body = field ? questionLines(state, field, columns, room) : summaryLines(state, columns, room);
  return page([...head, ...body], foot, size);
}

function questionLines(state: QuestionsState, field: Field, columns: number, rows: number): readonly Line[] {
  const problem = state.problem ? indented(state.problem, columns, 3, 'bad', '✗ ') : [];
  const input = [inputLine(state, columns), ...problem];
  const list = field.name === 'clients' ? clientLines(state, columns) : [];
  const about = [
    textLine(` ${field.title}`, 'strong'),
    blank,
    ...indented(field.what, columns, 3, 'plain'),
    ...indented(field.why, columns, 3, 'dim'),
    ...indented(field.example, columns, 3, 'dim', 'For example  '),
    ...(field.empty === undefined ? [] : indented(field.empty, columns, 3, 'dim', 'Left empty   ')),
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

/** The part of the list around what is selected; else its end, where the next one goes. */
function windowed(list: readonly Line[], { selected }: QuestionsState, rows: number): readonly Line[] {
  if (list.length <= rows) return list;
  const room = Math.max(0, rows - 1);
  const from =
    selected === undefined ? list.length - room : Math.max(0, Math.min(selected - (room >> 1), list.length - room));
  return [
    textLine(`   ${plural(list.length, 'client')}, ↑↓ to see them`, 'dim'),
    ...list.slice(from, from + room),
  ].slice(0, rows);
}

function clientLines({ clients, selected }: QuestionsState, columns: number): readonly Line[] {
  const width = Math.min(Math.floor(columns / 2), Math.max(4, ...clients.map((client) => widthOf(client.name))));
  return clients.map((client, at) => [
    span(at === selected ? '   ❯ ' : '     ', 'accent'),
    span(pad(client.name, width), at === selected ? 'strong' : 'plain'),
    span(`  ${client.ssh}`, 'dim'),
  ]);
}

function inputLine({ editor, selected }: QuestionsState, columns: number): Line {
  if (selected !== undefined) return [span('     ')];
  return [span('   ❯ ', 'accent'), ...editorSpans(editor, columns - 7)];
}

/** The part of the text around the cursor that fits, with the cursor as a block. */
export function editorSpans({ text, cursor }: Editor, width: number): Line {
  const all = characters(text);
  let from = 0;
  while (widthOf(all.slice(from, cursor).join('')) > width - 2) from += 1;
  const under = all[cursor];
  const before = all.slice(from, cursor).join('');
  const after = all.slice(cursor + 1).join('');
  return [span(before), span(under === undefined || under === ' ' ? '█' : under, 'accent'), span(after)];
}

function summaryLines(state: QuestionsState, columns: number, rows: number): readonly Line[] {
  const draft = draftOf(state);
  const row = (label: string, value: string): Line => [span(`   ${pad(label, 14)}`, 'dim'), span(value || '-')];
  const top = [
    textLine(' Is this right?', 'strong'),
    blank,
    row('name', draft.name),
    row('clients dial', draft.address),
    row('other names', draft.names.join(', ')),
    row('server', draft.server),
    row('SSH key', draft.identityFile || 'as ~/.ssh/config and the agent say'),
    row('clients', plural(draft.clients.length, 'client')),
  ];
  const last = [
    blank,
    ...indented(
      'With yes this becomes fl-network.yaml, which you can edit. Hosts are only looked at; each step asks first.',
      columns,
      1,
      'plain',
    ),
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
  if (!field) return columns < 60 ? ' y yes   b back' : ' y yes, go on   b back   q leave';
  const leave = state.at === 0 ? 'esc leave' : 'esc back';
  if (field.name !== 'clients') return ` enter go on   ${leave}`;
  if (state.selected !== undefined) return ' enter edit   d remove   ↑↓ choose';
  const enter = state.editor.text.trim() ? 'enter add' : state.clients.length > 0 ? 'enter go on' : 'enter add';
  return columns < 60 ? ` ${enter}   ${leave}` : ` ${enter}   ↑↓ choose   ${leave}`;
}
