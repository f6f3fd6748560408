/** What the first screen says of a folder and offers there, on a screen or in lines. Pure. */
import { plural } from './format.ts';
import type { Key } from './keys.ts';
import { wordOf } from './moves.ts';

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
  if (state === 'empty') return 'demo';
  if (state === 'half') return 'resume';
  return 'steps';
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
  const word = wordOf(key);
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

/** What whoever starts it has to know first. */
export const promises = [
  'Flower on your hosts, with mutual TLS that is proved and a live view.',
  'Nothing is changed on your hosts before you have seen the plan and said yes.',
] as const;

/** What a network needs, by who needs it. */
export const needs = [
  ['server', 'SSH, Python 3.11+, one port that the clients can reach'],
  ['client', 'SSH, Python 3.11+'],
] as const;

/** All that the first screen says besides what it offers, for where it has no room for it. */
export function welcomeTexts({ network, found }: WelcomeFacts): readonly string[] {
  return [
    ...promises,
    ...(network ? ['', networkText(network)] : []),
    ...(found.length > 0 ? ['', ...found.map(([label, value]) => `Found ${label}: ${value}`)] : []),
    '',
    'You will need for a network',
    ...needs.map(([who, what]) => `${who}: ${what}`),
  ];
}

export function networkText({ name, address, clients }: NonNullable<WelcomeFacts['network']>): string {
  return `${name}: server ${address}, ${plural(clients, 'client')}`;
}

export function stateWord({ state, network }: WelcomeFacts): string {
  if (state === 'half') return 'half done';
  return state === 'empty'
    ? 'no network yet'
    : state === 'running'
      ? `${network?.name ?? 'network'}, running`
      : (network?.name ?? 'network');
}
