/** What a reader of the live table has chosen to see: a value that keys change. Pure. */
import { characters, type Editor, edit, editorOf } from './editor.ts';
import type { Key } from './keys.ts';
import { found, type MergedLine } from './merged-log.ts';
import { moveOf, wordOf } from './moves.ts';

export const sorts = ['given', 'name', 'state', 'seen', 'samples', 'fit', 'loss', 'failures', 'memory'] as const;
export type Sort = (typeof sorts)[number];

/** What can be done to a process from the live table. */
export type Act = { readonly verb: 'restart' | 'stop'; readonly member: string };

export type TableState = {
  readonly pane: 'table' | 'client' | 'log' | 'rounds' | 'help';
  /** The page that the help was opened from, and leads back to. */
  readonly behind?: TableState['pane'];
  /** The client that the cursor is on, by its name: rows move. Nothing: the first one. */
  readonly selected?: string;
  readonly filter: string;
  /** What is looked for, of clients or in the log, while it is typed. */
  readonly typing?: Editor;
  readonly sort: Sort;
  /** Only clients and rounds in trouble. */
  readonly faults: boolean;
  /** The metric that is drawn and stands first. Nothing: the most telling one. */
  readonly metric?: string;
  /** What is to be done, once it was said yes to; `leave` where that ends what is watched. */
  readonly asked?: Act | 'leave';
  /** What the lines of the log have that are shown. */
  readonly search: string;
  /** Whether the log's long lines are broken, and not cut. */
  readonly wraps: boolean;
  /** Lines scrolled: on a page from its top, in the log back from its end. */
  readonly offset: number;
  /** The log as it was when somebody began to scroll: what is read must not run away. */
  readonly held?: readonly MergedLine[];
};

export const firstTable: TableState = {
  pane: 'table',
  filter: '',
  sort: 'given',
  faults: false,
  search: '',
  wraps: false,
  offset: 0,
};

/** What keys need to know of what is shown. */
export type TableContext = {
  /** Names of the clients in the order in which they stand. */
  readonly clients: readonly string[];
  readonly metrics: readonly string[];
  /** The merged log as it is now. */
  readonly log: () => readonly MergedLine[];
  /** Whether processes can be restarted and stopped from here. */
  readonly hands: boolean;
  /** Whether leaving ends what is watched, and so is asked about. */
  readonly asks: boolean;
  /** Lines that a page has of what is shown. */
  readonly page?: number;
};

export type TableChange = {
  readonly state: TableState;
  readonly effect?: { readonly kind: 'leave' } | { readonly kind: 'act'; readonly act: Act };
};

/** The client that the cursor is on. */
export function cursorOf({ selected }: TableState, { clients }: TableContext): string | undefined {
  return selected !== undefined && clients.includes(selected) ? selected : clients[0];
}

/** The client whose own page is open. */
export function pageOf({ pane, selected }: TableState): string | undefined {
  return pane === 'client' ? selected : undefined;
}

/** What a key changes. A Ctrl-C was seen before. */
export function tableKey(state: TableState, key: Key, context: TableContext): TableChange {
  if (state.typing) return { state: whileTyping(state, state.typing, key) };
  const word = wordOf(key);
  if (state.asked) return whileAsked(state, state.asked, word, context);
  if (word === 'q')
    return context.asks ? { state: { ...state, asked: 'leave' } } : { state, effect: { kind: 'leave' } };
  if (word === 'escape' && (state.pane !== 'table' || state.filter || state.faults)) return { state: back(state) };
  if (word === '?')
    return { state: state.pane === 'help' ? back(state) : { ...pane(state, 'help'), behind: state.pane } };
  if (word === 'l') return { state: pane(state, state.pane === 'log' ? 'table' : 'log') };
  if (word === 'a') return { state: pane(state, state.pane === 'rounds' ? 'table' : 'rounds') };
  if (word === 'm') return { state: { ...state, ...nextMetric(state, context.metrics) } };
  if (word === 'r' || word === 's') return { state: asking(state, word === 'r' ? 'restart' : 'stop', context) };
  if (state.pane === 'table') return onTable(state, key, context);
  if (state.pane === 'log' && word === '/') return { state: { ...state, typing: editorOf(state.search) } };
  if (state.pane === 'log' && word === 'w') return { state: { ...state, wraps: !state.wraps } };
  if (state.pane === 'client' && (word === 'left' || word === 'right'))
    return { state: { ...moved(state, word === 'left' ? -1 : 1, context), offset: 0 } };
  return { state: scrolledBy(state, key, context) };
}

/**
 * What a key changes where only the run's most important lines have room: nothing is chosen or done that nobody can see, but
 * there are ways out.
 */
export function tinyKey(state: TableState, key: Key, context: TableContext): TableChange {
  const isLeave = key.name === 'text' && key.text === 'q';
  if (state.asked === 'leave' || key.name === 'escape') return tableKey(state, key, context);
  const { typing: _, ...seen } = unasked(state);
  return isLeave ? tableKey(seen, key, context) : { state };
}

function onTable(state: TableState, key: Key, context: TableContext): TableChange {
  const word = wordOf(key);
  const cursor = cursorOf(state, context);
  switch (word) {
    case 'enter':
    case 'right':
      if (cursor === undefined) return { state };
      return { state: { ...pane(state, 'client'), selected: cursor } };
    case '/':
      return { state: { ...state, typing: editorOf(state.filter) } };
    case 'f':
      return { state: { ...state, faults: !state.faults } };
    case 'o':
      return { state: { ...state, sort: sorts[(sorts.indexOf(state.sort) + 1) % sorts.length] ?? 'given' } };
    case 'home':
    case 'end':
      return { state: selecting(state, word === 'home' ? context.clients[0] : context.clients.at(-1)) };
    default: {
      const by = moveOf(key, context.page);
      return { state: by === undefined ? state : moved(state, by, context) };
    }
  }
}

function selecting(state: TableState, name: string | undefined): TableState {
  return name === undefined ? state : { ...state, selected: name };
}

function moved(state: TableState, by: number, context: TableContext): TableState {
  const { clients } = context;
  const at = clients.indexOf(cursorOf(state, context) ?? '');
  const to = Math.max(0, Math.min(clients.length - 1, at + by));
  return selecting(state, clients[to]);
}

function pane({ held: _, behind: __, ...state }: TableState, to: TableState['pane']): TableState {
  return { ...state, pane: to, offset: 0 };
}

/** One step towards the whole table. */
function back(state: TableState): TableState {
  if (state.pane === 'log' && state.search) return looking(state, '');
  if (state.pane === 'help') return pane(state, state.behind ?? 'table');
  if (state.pane !== 'table') return pane(state, 'table');
  return { ...state, filter: '', faults: false };
}

function whileTyping({ typing: _, ...state }: TableState, typing: Editor, key: Key): TableState {
  if (key.name === 'enter') return looking(state, typing.text.trim());
  if (key.name === 'escape') return looking(state, '');
  // Arrows that move the cursor up and down have nothing to do in one line.
  const text: Key = key.name === 'paste' ? { name: 'text', text: key.lines[0] ?? '' } : key;
  const next = edit(typing, text) ?? typing;
  return { ...looking(state, characters(next.text).join('').trim()), typing: next };
}

/** What is shown of the clients, or of the log, is what has this. */
function looking(state: TableState, text: string): TableState {
  return state.pane === 'log' ? { ...state, search: text, offset: 0 } : { ...state, filter: text };
}

function asking(state: TableState, verb: Act['verb'], context: TableContext): TableState {
  if (!context.hands) return state;
  return { ...state, asked: { verb, member: cursorOf(state, context) ?? 'server' } };
}

/** The same without a question. */
export function unasked({ asked: _, ...state }: TableState): TableState {
  return state;
}

function whileAsked(state: TableState, asked: Act | 'leave', word: string, context: TableContext): TableChange {
  const closed = unasked(state);
  if (word === 'y' || word === 'Y')
    return { state: closed, effect: asked === 'leave' ? { kind: 'leave' } : { kind: 'act', act: asked } };
  if (word === 'v' && asked !== 'leave') {
    const member = asked.member === 'server' ? cursorOf(state, context) : 'server';
    return { state: member === undefined ? state : { ...state, asked: { ...asked, member } } };
  }
  return word === 'n' || word === 'N' || word === 'q' || word === 'escape' ? { state: closed } : { state };
}

function nextMetric({ metric }: TableState, metrics: readonly string[]): Pick<TableState, 'metric'> {
  const [first] = metrics;
  if (first === undefined) return {};
  return { metric: metrics[(metrics.indexOf(metric ?? first) + 1) % metrics.length] ?? first };
}

function scrolledBy(state: TableState, key: Key, context: TableContext): TableState {
  const word = wordOf(key);
  // A log is read from its end, a page from its top.
  const sign = state.pane === 'log' ? -1 : 1;
  const { held, ...rest } = state;
  if (word === (sign < 0 ? 'end' : 'home')) return { ...rest, offset: 0 };
  const by = word === 'home' || word === 'end' ? Number.MAX_SAFE_INTEGER : (moveOf(key, context.page) ?? 0) * sign;
  if (by === 0) return state;
  const offset = Math.max(0, state.offset + by);
  if (state.pane !== 'log') return { ...state, offset };
  if (offset === 0) return { ...rest, offset };
  const stopped = held ?? context.log();
  const most = Math.max(0, found(stopped, state.search).length - 1);
  return { ...rest, offset: Math.min(offset, most), held: stopped };
}
