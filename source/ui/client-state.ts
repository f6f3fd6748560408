/**
 * A client's state in a word, by what the server says of it and what its host says of its process: the same words in the
 * live table and in `status`, which asks hosts alone. Pure.
 */

import { lives } from '../flower/decide.ts';
import { served } from '../plan/client-view.ts';
import type { ClientState } from '../plan/event.ts';
import type { ProcessLook } from '../plan/host-facts.ts';
import type { ClientView } from '../plan/run-view.ts';
import { present } from '../plan/words.ts';
import type { Tense } from './tense.ts';
import { stateTones, type Tone } from './theme.ts';

export type ShownState = {
  readonly word: Exclude<ClientState, 'connected'> | 'finished' | 'no server' | '…';
  readonly tone: Tone;
  readonly trouble: boolean;
  /** Why, in the word of who said it. */
  readonly why?: string;
};

/** All of them, the most urgent first. */
export const shownStates: readonly ShownState['word'][] = [
  'failed',
  'refused',
  'lost',
  'restarting',
  'no server',
  'starting',
  'training',
  'evaluating',
  'idle',
  'stopped',
  'finished',
  '…',
];

/** Who is in and does nothing is idle, whether it has worked before or not. */
function wordOf(state: ClientState): ShownState['word'] {
  return state === 'connected' ? 'idle' : state;
}

const troubles: ReadonlySet<string> = new Set(['failed', 'refused', 'lost', 'restarting']);

/** States in which the server waits for somebody to come: then the host knows more of it. */
const away: ReadonlySet<ClientState> = new Set(['starting', 'lost', 'failed', 'refused', 'restarting']);

/** A thousand clients are asked for it with each frame: nothing is made where there is nothing to add. */
const plain = Object.fromEntries(
  (Object.keys(stateTones) as ClientState[]).map((state): [ClientState, ShownState] => [
    state,
    { word: wordOf(state), tone: stateTones[state], trouble: troubles.has(state) },
  ]),
) as Readonly<Record<ClientState, ShownState>>;

/** @param tense of the run: of the past it is no news, and where nobody trains there is nobody who could have it train */
export function shownState({ state, since, detail, process }: ClientView, tense: Tense = 'now'): ShownState {
  if (tense === 'reading') return { word: '…', tone: 'dim', trouble: false };
  if (tense === 'lost' && served.has(state)) return { word: wordOf(state), tone: 'dim', trouble: false };
  if (tense === 'halted' && served.has(state)) return { word: 'no server', tone: 'dim', trouble: false };
  const own = detail ? { ...plain[state], why: detail } : plain[state];
  // What the server heard later than the host was asked is the newer word.
  if (!process || process.time < since || !away.has(state)) return own;
  const why = present({ why: process.detail ?? detail });
  switch (process.state) {
    case 'stopped':
    case 'finished':
      return { word: process.state, tone: 'dim', trouble: false };
    case 'failed':
    case 'refused':
      return { word: process.state, tone: stateTones[process.state], trouble: true, ...why };
    case 'starting':
      return state === 'starting' ? own : { word: 'restarting', tone: 'warn', trouble: true, ...why };
    default:
      return own;
  }
}

/** What a client that is in says of itself. Whoever is not dials, once or again and again, and may have been in before. */
const saidOfItself: ReadonlyMap<string, ShownState['word']> = new Map([
  ...[...served].map((state) => [state, wordOf(state)] as const),
  ['left', 'idle'],
]);

/**
 * The same of a client whose host was asked, and that of its server.
 * @param server left out where its host did not answer
 * @returns nothing where the client has told nothing of itself yet
 */
export function wordFromHosts(
  name: string,
  { process, client }: ProcessLook,
  server: ProcessLook | undefined,
): ShownState['word'] | undefined {
  if (!client) return undefined;
  const { state } = process;
  if (state === 'stopped' || state === 'finished' || state === 'failed' || state === 'refused') return state;
  if (server && !lives(server)) return 'no server';
  if (server?.server?.lost?.[name]) return 'lost';
  return saidOfItself.get(client.state) ?? (server ? 'starting' : 'lost');
}
