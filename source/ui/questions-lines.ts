/** The questions as lines: what it is, why it is asked, an example, the line to type in. Pure. */
import { characters, type Editor } from './editor.ts';
import { type Field, fields } from './fields.ts';
import { type FootKey, fittingKeys, helpKey, narrow } from './foot-keys.ts';
import { blank, clip, isTooSmall, type Line, page, type Size, span, spread, textLine } from './line.ts';
import { indented } from './plan-lines.ts';
import { clientLines, summaryLines, windowed } from './question-summary.ts';
import { draftOf, fieldOf, type QuestionsState } from './questions-state.ts';
import { isHeard, remarkNow } from './remarks.ts';
import { offered } from './suggestions.ts';
import { tooSmall } from './tiny.ts';
import { widthOf } from './width.ts';

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
      [span(` ${keysOf(state, columns)}`, 'dim')],
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
  const list = field.name === 'clients' ? clientLines(state, columns) : [];
  // The title and the row under the cursor are seen beside the longest word about it.
  const said = state.selected === undefined ? [...problem, ...note] : brief([...problem, ...note], rows - 5, columns);
  const input = [inputLine(state, columns), ...said];
  const title = textLine(` ${field.title}`, 'strong');
  const what = indented(field.what, columns, 3, 'plain');
  const found = foundLines(state, field, columns);
  const about = [
    title,
    blank,
    ...what,
    ...indented(field.why, columns, 3, 'dim'),
    ...indented(field.example, columns, 3, 'dim', 'For example  '),
    ...(field.empty === undefined ? [] : indented(field.empty, columns, 3, 'dim', 'Left empty   ')),
    ...found,
    blank,
  ];
  // The line to type in is always seen; explanations give way first, then the head of a long list.
  const room = rows - input.length - 1;
  const beside = Math.min(list.length, 3);
  // Where what stands in the line is from, before why it is asked.
  const low = [title, ...found.slice(0, 1), ...about.slice(1).filter((line) => line !== found[0])];
  const shown = about.length + beside <= room ? about : brief(low, room - beside, columns);
  const space = Math.max(0, room - shown.length);
  return [
    ...shown,
    ...windowed(list, state, space),
    ...(list.length > 0 && space > list.length ? [blank] : []),
    ...input,
  ];
}

/** The question, and of what explains it as much as there is room for, a line at least: `?` tells all of it. */
function brief(about: readonly Line[], rows: number, columns: number): readonly Line[] {
  const lines = about.filter((line) => line.length > 0);
  if (lines.length <= rows) return lines;
  const kept = lines.slice(0, Math.max(2, rows));
  return [...kept.slice(0, -1), clip([...(kept.at(-1) ?? []), span(' …', 'dim')], columns)];
}

function offersOf(state: QuestionsState, { name }: Field) {
  return offered(state.known[name] ?? [], state.editor.text, name, draftOf(state));
}

/** Where an answer was found that nobody typed, and what else is known. */
function foundLines(state: QuestionsState, field: Field, columns: number): readonly Line[] {
  const source = state.from[field.name];
  // Of a certificate.conf, which begins with the address.
  const unused = field.name === 'address' ? state.from.unused : undefined;
  const offers = offersOf(state, field);
  const [first] = offers;
  const words = offers.slice(0, 6).map(({ value }) => value);
  const more = offers.length > words.length ? ` and ${offers.length - words.length} more` : '';
  return [
    ...(source === undefined ? [] : indented(source, columns, 3, 'accent', 'Found in     ')),
    ...(unused === undefined ? [] : indented(unused, columns, 3, 'warn', 'Not taken    ')),
    ...(first ? indented(`${words.join('  ')}${more}  (${first.from})`, columns, 3, 'accent', 'Known        ') : []),
  ];
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

function keysOf(state: QuestionsState, columns: number): string {
  return fittingKeys(footKeys(state, columns), columns - 1);
}

const key = (text: string, importance: number): FootKey => ({ text, importance });

function footKeys(state: QuestionsState, columns: number): readonly FootKey[] {
  const field = fieldOf(state);
  if (!field) return summaryKeys(state, columns);
  if (state.selected !== undefined)
    return [key('enter edit', 100), key('c copy', 90), key('d remove', 90), key('↑↓ choose', 60), helpKey];
  const leave = state.editing ? 'esc as it was' : state.at === 0 && !state.before ? 'esc leave' : 'esc back';
  const isClients = field.name === 'clients';
  const adds = isClients && (state.editor.text.trim() !== '' || state.clients.length === 0);
  return [
    key(adds ? 'enter add' : isHeard(state) ? 'enter again takes it as it is' : 'enter go on', 100),
    ...(offersOf(state, field).length > 0 ? [key('tab known', 70)] : []),
    ...(isClients && state.clients.length > 0 ? [key('↑↓ choose', 60)] : []),
    // In a client's line it may be part of a pattern.
    ...(isClients && state.editor.text !== '' ? [] : [{ ...helpKey, text: '? help' }]),
    key(leave, 90),
  ];
}

function summaryKeys({ changes, chosen }: QuestionsState, columns: number): readonly FootKey[] {
  const wide = columns >= narrow;
  const help = { ...helpKey, text: '? all' };
  if (changes)
    return [
      key('↑↓ choose', 50),
      key(wide ? 'enter change it' : 'enter change', 80),
      key(wide ? 'y yes, go on' : 'y yes', 100),
      help,
      key('q as it was', 70),
    ];
  if (chosen !== undefined) return [key('enter change it', 90), key('↑↓ choose', 50), key('y yes', 100), help];
  return [
    key(wide ? 'y yes, go on' : 'y yes', 100),
    key(wide ? '↑↓ change an answer' : '↑↓ change', 90),
    key('b back', 80),
    help,
    key('q leave', 70),
  ];
}
