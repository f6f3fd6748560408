/** The last line of the live table: what is asked, what is typed, or the keys. Pure. */
import { type FootKey, fittingKeys, helpKey, narrow } from './foot-keys.ts';
import { clip, type Line, lineWidth, span } from './line.ts';
import type { Act, TableState } from './table-state.ts';

export type FootFacts = {
  readonly state: TableState;
  /** What `q` does. */
  readonly leave: string;
  /** What becomes of what is watched where that is asked about. */
  readonly ends: string;
  readonly hands: boolean;
  readonly columns: number;
  readonly clients: number;
  /** Whether any client, or any round, is or was in trouble: else there is nothing to choose by that. */
  readonly faulty: boolean;
};

export function tableFoot(facts: FootFacts): Line {
  const { state, columns, clients, leave, ends } = facts;
  if (state.asked === 'leave') return question(leaveQuestion(leave), '', ends, columns);
  if (state.asked) return actQuestion(state.asked, clients, columns);
  if (state.typing) return typing(state.typing.text, columns);
  return [span(` ${fittingKeys(keysOf(facts), columns - 1)}`, 'dim')];
}

const consequences = {
  'stop server': 'training halts until launch',
  'restart server': 'this round begins again',
  'stop client': 'it is missed until launch',
  'restart client': 'its part of this round is lost',
} as const;

function actQuestion({ verb, member }: Act, clients: number, columns: number): Line {
  const server = member === 'server';
  const other = clients === 0 ? '' : server ? '   v a client' : '   v the server';
  const meaning = consequences[`${verb} ${server ? 'server' : 'client'}`];
  return question(`${verb} ${server ? 'the server' : member}?`, other, meaning, columns);
}

/** What is asked before somebody leaves, made of the words for its key: `q stop the demo`. */
export function leaveQuestion(leave: string): string {
  return `${leave.replace(/^q /, '')}?`;
}

/** What it means is left out where it does not fit; what to type never is. */
function question(text: string, more: string, means: string, columns: number): Line {
  const asked = [span(` ${text}  `, 'warn'), span('y yes   n no', 'strong')];
  const other = more === '' ? [] : [span(more, 'strong')];
  const meaning = [span(`   (${means})`, 'dim')];
  const fits = (line: Line) => lineWidth(line) <= columns;
  return (
    [
      [...asked, ...other, ...meaning],
      [...asked, ...other],
    ].find(fits) ?? clip(asked, columns)
  );
}

function typing(text: string, columns: number): Line {
  const help = '   enter keep   esc all';
  const shown = [span(' filter: ', 'dim'), span(`${text}▏`, 'accent')];
  return clip(columns >= 50 ? [...shown, span(help, 'dim')] : shown, columns);
}

function keysOf({
  state: { pane, filter, faults, search, wraps },
  leave,
  hands,
  clients,
  faulty,
  columns,
}: FootFacts): readonly FootKey[] {
  const some = clients > 0;
  const back = { text: 'esc back', importance: 90 };
  const end = { text: columns < narrow ? brief(leave) : leave, importance: 100 };
  const acts = hands
    ? [
        { text: 'r restart', importance: 25 },
        { text: 's stop', importance: 30 },
      ]
    : [];
  if (pane === 'help') return [{ text: '↑↓ scroll', importance: 50 }, back, end];
  if (pane === 'rounds')
    return [{ text: '↑↓ scroll', importance: 60 }, { text: 'm metric', importance: 20 }, back, end];
  if (pane === 'log')
    return [
      { text: '↑↓ scroll', importance: 60 },
      { text: 'end follow', importance: 45 },
      { text: '/ filter', importance: 55 },
      { text: wraps ? 'w cut' : 'w wrap', importance: 50 },
      search ? { ...back, text: 'esc show all' } : back,
      end,
    ];
  if (pane === 'client')
    return [
      { text: '←→ next client', importance: 60 },
      { text: '↑↓ scroll', importance: 40 },
      ...acts,
      { text: 'm metric', importance: 20 },
      back,
      end,
    ];
  return [
    ...(filter || faults ? [{ text: 'esc show all', importance: 85 }] : []),
    ...(some ? [{ text: 'enter client', importance: 70 }] : []),
    { text: 'l log', importance: 60 },
    { text: 'a all rounds', importance: 15 },
    { text: 'm metric', importance: 35 },
    ...(some
      ? [
          { text: '/ filter', importance: 40 },
          { text: 'o sort', importance: 20 },
          ...(faulty || faults ? [{ text: 'f faults', importance: 38 }] : []),
        ]
      : []),
    ...acts,
    helpKey,
    end,
  ];
}

/** Of several keys all, nearer to each other; of one its first word, since `?` tells the rest. */
function brief(leave: string): string {
  return leave.includes('   ') ? leave.replace(/ {3}/g, '  ') : leave.replace(/^(q [\w-]+).*/, '$1');
}
