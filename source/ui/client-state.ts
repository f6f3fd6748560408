/** A client's state in a word, by what the server says of it and what its host says of its process. Pure. */
import type { ClientState } from '../plan/event.ts';
import type { ClientView } from '../plan/run-view.ts';
import { stateTones, type Tone } from './theme.ts';

export type ShownState = {
  readonly word: ClientState | 'stopped' | 'finished';
  readonly tone: Tone;
  readonly trouble: boolean;
};

const troubles: ReadonlySet<string> = new Set(['failed', 'refused', 'lost', 'restarting']);

/** States in which the server waits for somebody to come: then the host knows more of it. */
const away: ReadonlySet<ClientState> = new Set(['starting', 'lost', 'failed', 'refused', 'restarting']);

export function shownState({ state, since, process }: ClientView): ShownState {
  // What the server heard later than the host was asked is the newer word.
  const told = process && process.time >= since && away.has(state) ? process.state : undefined;
  if (told === 'stopped' || told === 'finished') return { word: told, tone: 'dim', trouble: false };
  if (told === 'failed' || told === 'refused') return { word: told, tone: stateTones[told], trouble: true };
  if (told === 'starting' && state !== 'starting') return { word: 'restarting', tone: 'warn', trouble: true };
  return { word: state, tone: stateTones[state], trouble: troubles.has(state) };
}
