/** What the live table's keys do and its signs mean. Pure. */
import { helpEntry } from './help-entry.ts';
import { blank, type Line, textLine } from './line.ts';
import { scrolled } from './scrolled.ts';

const keys = [
  ['↑ ↓  j k', 'choose a client'],
  ['enter', 'its own page: facts, rounds, log, certificate (← → the next one)'],
  ['l', 'the log of all hosts; ↑ ↓ stop it and scroll, end follows again'],
  ['a', 'all rounds; in the table only the last ones have room'],
  ['m', 'the next metric: drawn, and next to the loss'],
  ['o', 'order by name, state, last seen, samples, fit, loss, failures, memory'],
  ['/', 'clients with this in name, host, state, note; in the log: lines'],
  ['w', 'breaks long lines of the log, and cuts them again'],
  ['f', 'only what is in trouble, or has failed before'],
  ['r', 'restart a client or the server: asks first'],
  ['s', 'stop a client or the server: asks first'],
] as const;

const signs = [
  ['2/3 !', 'of three that were asked two answered and one failed'],
  ['2/3 +', 'two of three have answered so far'],
  ['best', 'the round that fl-wizard pull --round best brings'],
  ['SEEN', 'since when nothing was heard of a client'],
  ['41 s +', 'trains for 41 s by now'],
  ['lost', 'its connection has ended; it comes back by itself'],
  ['refused', 'the server does not let it in: fl-wizard verify says why'],
] as const;

export type TableHelp = {
  readonly columns: number;
  readonly rows: number;
  readonly offset: number;
  readonly hands: boolean;
  /** What `q` does, as the line of keys has it. */
  readonly leave: string;
  /** What came of the session: below the table there may have been no room for all of it. */
  readonly told: readonly Line[];
};

export function tableHelp({ columns, rows, offset, hands, leave, told }: TableHelp): readonly Line[] {
  // Behind the end of a run it is several keys, each with its word.
  const out = leave
    .split(/ {3}/)
    .map((each): readonly [string, string] =>
      each.includes('keeps running')
        ? ['q', 'leaves; everything keeps running. fl-wizard monitor comes back']
        : [each.slice(0, 1), each.slice(2)],
    );
  const all: readonly (readonly [string, string])[] = [...keys, ...out];
  const shown = hands ? all : all.filter(([key]) => key !== 'r' && key !== 's');
  const entries = (some: typeof all | typeof signs) => some.flatMap((each) => helpEntry(each, columns));
  const lines = [
    ...(told.length > 0 ? [...told, blank] : []),
    textLine(' Keys', 'strong'),
    ...entries(shown),
    blank,
    textLine(' What is shown', 'strong'),
    ...entries(signs),
  ];
  return scrolled(lines, rows, offset);
}
