import { Box, Text } from 'ink';
import SelectInput from 'ink-select-input';
import type { ReactNode } from 'react';
import { plural } from './format.ts';
import type { Key } from './keys.ts';
import { blank, clip, isTooSmall, type Line, type Size, span, spread, textLine } from './line.ts';
import { Lines, type Look, styled } from './lines.tsx';
import { toAscii } from './theme.ts';
import { tooSmall } from './tiny.ts';
import { cut, pad, widthOf, wrap } from './width.ts';

export type Choice = 'demo' | 'setup' | 'start' | 'resume' | 'steps' | 'choose' | 'monitor' | 'quit';

/** What is known of the folder before anything is asked. */
export type WelcomeFacts = {
  readonly state: 'empty' | 'half' | 'network' | 'running';
  /** Of questions that somebody left half way: how many are answered, and since when. */
  readonly answers?: string;
  /** A sentence of something that is not as it should be. */
  readonly note?: string;
  readonly network?: { readonly name: string; readonly clients: number; readonly address: string };
  readonly found: readonly (readonly [label: string, value: string])[];
  /** What is here that a network can be started from, in a few words. */
  readonly start?: string;
};

export type Item = {
  readonly value: Exclude<Choice, 'quit'>;
  readonly label: string;
  readonly what: string;
  readonly command: string;
};

const items: Readonly<Record<Item['value'], Omit<Item, 'value'>>> = {
  demo: {
    label: 'Try it on this machine',
    what: '3 pretend hosts, real TLS, 3 rounds, 30 s',
    command: 'fl-wizard demo',
  },
  setup: { label: 'Set up a network', what: 'asks, explains, writes fl-network.yaml', command: 'fl-wizard init' },
  resume: { label: 'Go on with your answers', what: '', command: 'fl-wizard init' },
  start: { label: 'Start from what is here', what: '', command: 'fl-wizard init' },
  steps: { label: 'Go on', what: 'all steps; nothing without your yes', command: 'fl-wizard up' },
  choose: { label: 'Look at the steps', what: 'done, out of date, not yet; go to any', command: 'fl-wizard STEP' },
  monitor: { label: 'Watch the run', what: 'the live round table', command: 'fl-wizard monitor' },
};

/** In an order that later facts don't change: what an eye has found stays where it is. */
const offers: Readonly<Record<WelcomeFacts['state'], readonly Item['value'][]>> = {
  empty: ['demo', 'setup'],
  half: ['resume', 'demo', 'setup'],
  network: ['steps', 'choose', 'monitor', 'demo'],
  running: ['steps', 'choose', 'monitor', 'demo'],
};

/** What can be done here. */
export function offered({ state, start, answers = '' }: WelcomeFacts): readonly Item[] {
  const offer = offers[state].map((value) => ({
    value,
    ...items[value],
    ...(value === 'resume' ? { what: answers } : {}),
  }));
  const isNew = state === 'empty' || state === 'half';
  const all = isNew && start ? [...offer, { value: 'start' as const, ...items.start, what: start }] : offer;
  return state === 'half' ? all.map((item) => (item.value === 'setup' ? { ...item, what: anew } : item)) : all;
}

/** What becomes of answers that somebody does not go on with. */
const anew = 'anew; the answers so far are set aside';

/** What the cursor stands on at first. */
export function likely({ state }: WelcomeFacts): Item['value'] {
  // Where it would do something else under a finger that is on its way, it stays.
  if (state === 'empty') return 'demo';
  if (state === 'half') return 'resume';
  return state === 'running' ? 'monitor' : 'steps';
}

/**
 * What a key does there: the offer that the cursor is on then, or what was chosen. Not Ink's own list, which draws it: of
 * two keys that come in one piece it sees the second where the cursor was before the first.
 */
export function welcomeKey(
  facts: WelcomeFacts,
  highlighted: Item['value'],
  key: Key,
): Choice | { readonly to: Item['value'] } {
  const word = key.name === 'text' ? key.text : key.name;
  const values = offered(facts).map(({ value }) => value);
  const at = Math.max(0, values.indexOf(highlighted));
  const goes = (to: number) => ({ to: values[Math.max(0, Math.min(values.length - 1, to))] ?? highlighted });
  switch (word) {
    case 'q':
    case 'escape':
      return 'quit';
    case 'enter':
      return highlighted;
    case 'down':
    case 'j':
      return goes(at + 1);
    case 'up':
    case 'k':
      return goes(at - 1);
    case 'home':
      return goes(0);
    case 'end':
      return goes(values.length - 1);
    default:
      return /^[1-9]$/.test(word) ? goes(Number(word) - 1) : { to: highlighted };
  }
}

export type WelcomeProps = Look &
  Size & {
    readonly version: string;
    readonly directory: string;
    readonly facts: WelcomeFacts;
    /** The offer that the cursor stands on. */
    readonly highlighted: Item['value'];
  };

/** The first screen: what this folder is, and what can be done. */
export function Welcome(props: WelcomeProps): ReactNode {
  const { columns, rows, facts, colors, unicode, highlighted } = props;
  const look = { colors, unicode };
  const offer = offered(facts);
  if (isTooSmall({ columns, rows })) return <Lines lines={tooSmall(columns, rows)} look={look} />;
  const parts = layout(props, offer.length);
  const labels = offer.map((item) => ({ key: item.value, value: item.value, label: labelOf(item, props) }));
  const command = offer.find((item) => item.value === highlighted)?.command ?? 'fl-wizard';
  return (
    <Box flexDirection="column">
      <Lines lines={parts.above} look={look} />
      <SelectInput
        // It is told where its cursor is by being a new one.
        key={`${labels.length} ${highlighted}`}
        initialIndex={Math.max(
          0,
          labels.findIndex(({ value }) => value === highlighted),
        )}
        items={labels}
        isFocused={false}
        indicatorComponent={unicode ? (colors ? Pointer : PlainPointer) : AsciiPointer}
        itemComponent={colors ? Offer : PlainOffer}
      />
      <Lines lines={[...parts.below, footLine(command, columns)]} look={look} />
    </Box>
  );
}

function labelOf({ label, what }: Item, { columns, unicode }: WelcomeProps): string {
  const text = cut(columns < 60 ? label : `${pad(label, 26)}${what}`, columns - 5);
  return unicode ? text : toAscii(text, widthOf);
}

type PartProps = { readonly isSelected?: boolean };

function Pointer({ isSelected = false }: PartProps): ReactNode {
  return <Text>{styled(isSelected ? '   ❯ ' : '     ', 'accent')}</Text>;
}

function PlainPointer({ isSelected = false }: PartProps): ReactNode {
  return <Text>{isSelected ? '   ❯ ' : '     '}</Text>;
}

function AsciiPointer({ isSelected = false }: PartProps): ReactNode {
  return <Text>{isSelected ? '   > ' : '     '}</Text>;
}

function Offer({ isSelected = false, label }: PartProps & { readonly label: string }): ReactNode {
  return <Text>{styled(label, isSelected ? 'strong' : 'plain')}</Text>;
}

function PlainOffer({ label }: { readonly label: string }): ReactNode {
  return <Text>{label}</Text>;
}

/** The lines around the choice; in a low terminal the explanations give way. */
function layout({ version, directory, facts, columns, rows }: WelcomeProps, choices: number) {
  const title = spread(
    [span(` fl-wizard ${version}`, 'strong')],
    [span(`${directory}  (${stateWord(facts)}) `, 'dim')],
    columns,
    'left',
  );
  const promise = promises.map((text) => textLine(` ${text}`));
  const found = facts.found.map(
    ([label, value], at): Line => [
      span(at === 0 ? ' Found   ' : '         ', 'strong'),
      span(pad(span(label).text, 16), 'dim'),
      span(value),
    ],
  );
  const free = rows - choices - 3;
  const above = free >= 5 ? [title, blank, ...promise, blank] : [title, blank];
  const room = Math.max(0, rows - above.length - choices - 1);
  const note = facts.note ? [...noteLines(facts.note, columns), blank] : [];
  const wanted = [blank, ...note, ...networkLine(facts), ...found, blank, ...needs];
  const kept = [...wanted.slice(0, room), ...Array.from({ length: Math.max(0, room - wanted.length) }, () => blank)];
  return { above: above.map((line) => clip(line, columns)), below: kept.map((line) => clip(line, columns)) };
}

export const promises = [
  'Flower on your hosts, with mutual TLS that is proved and a live view.',
  'Apart from your answers, nothing is written or sent before you say yes.',
] as const;

const needs: readonly Line[] = [
  textLine(' You will need for a network', 'strong'),
  [span('   server   ', 'dim'), span('SSH, Python 3.11+, one port that the clients can reach')],
  [span('   client   ', 'dim'), span('SSH, Python 3.11+')],
];

function noteLines(note: string, columns: number): readonly Line[] {
  return wrap(span(note).text, columns - 2).map((part) => textLine(` ${part}`, 'warn'));
}

function networkLine({ network }: WelcomeFacts): readonly Line[] {
  if (!network) return [];
  return [
    [
      span(' Network ', 'strong'),
      span(`${network.name}: server ${network.address}, ${plural(network.clients, 'client')}`),
    ],
  ];
}

export function stateWord({ state, network }: WelcomeFacts): string {
  if (state === 'half') return 'half done';
  return state === 'empty'
    ? 'no network yet'
    : state === 'running'
      ? `${network?.name ?? 'network'}, running`
      : (network?.name ?? 'network');
}

function footLine(command: string, columns: number): Line {
  const keys = columns < 60 ? ' enter go   q quit' : ' ↑↓ choose   enter go   q quit';
  return spread([span(keys, 'dim')], [span(`$ ${command} `, 'dim')], columns, 'left');
}
