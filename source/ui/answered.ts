/** How far a phase is: who has brought something, who is still at it, and who takes far longer than the others. Pure. */
import type { Tally } from '../plan/event.ts';
import type { ClientView, RunView } from '../plan/run-view.ts';
import { secondsBetween, tenths } from './format.ts';
import { onceForLast } from './once-for.ts';

export type Answered = {
  readonly have: number;
  readonly need: number;
  /** Names of those who are still at it. */
  readonly missing: readonly string[];
};

const at = { fit: 'training', evaluate: 'evaluating' } as const;

/** Of a phase in which clients work; nothing where nobody was asked yet. */
export function answeredIn({ phase, clients }: RunView): Answered | undefined {
  return answeredOnce(clients, phase);
}

/** A frame asks for it twice, and a thousand clients are looked at for it. */
const answeredOnce = onceForLast((clients: RunView['clients'], phase: RunView['phase']): Answered | undefined => {
  const kind = phase?.phase;
  if (kind !== 'fit' && kind !== 'evaluate') return undefined;
  const missing: string[] = [];
  let have = 0;
  for (const client of clients)
    if (client.state === at[kind] && client.round === phase?.round) missing.push(client.name);
    else if (hasAnswered(client, kind, phase?.round ?? 0)) have += 1;
  return have + missing.length === 0 ? undefined : { have, need: have + missing.length, missing };
});

function hasAnswered(client: ClientView, phase: 'fit' | 'evaluate', round: number): boolean {
  const { last } = client;
  if (last?.round !== round) return false;
  return phase === 'fit' ? last.fitSeconds !== undefined || last.failed === true : last.loss !== undefined;
}

/** What a round's fit has brought, once it is over and the round is not. */
export function fitOf({ clients }: RunView, round: number): Tally | undefined {
  let [ok, failed] = [0, 0];
  for (const { last } of clients) {
    if (last?.round !== round) continue;
    if (last.fitSeconds !== undefined) ok += 1;
    else if (last.failed) failed += 1;
  }
  return ok + failed === 0 ? undefined : { ok, failed };
}

/** Longer than this, and so many times longer than half of the others: something is wrong with it. */
const patience = { seconds: 30, times: 5 } as const;

const nobody: ReadonlyMap<string, string> = new Map();

/** Clients that are at their fit for far longer than the others took, with what those took, by their names. */
export function laggards({ clients, phase }: RunView, now: Date): ReadonlyMap<string, string> {
  const second = Math.floor(now.getTime() / 1000);
  const seconds = phase?.phase === 'fit' ? (secondsBetween(phase.since, now) ?? 0) : 0;
  if (seconds <= patience.seconds) return nobody;
  // Times are put in order for it: once a second is soon enough, and a thousand clients change with each frame.
  if (last?.phase !== phase || last?.second !== second || last?.count !== clients.length)
    last = { phase, second, count: clients.length, found: slowAmong(clients, now) };
  return last.found;
}

type Last = {
  readonly phase: RunView['phase'];
  readonly second: number;
  readonly count: number;
  readonly found: ReadonlyMap<string, string>;
};
let last: Last | undefined;

function slowAmong(clients: RunView['clients'], now: Date): ReadonlyMap<string, string> {
  const times = clients
    .filter(({ state }) => state !== 'training')
    .flatMap(({ fitSeconds }) => fitSeconds ?? [])
    .sort((a, b) => a - b);
  const usual = times[Math.floor(times.length / 2)];
  if (usual === undefined) return nobody;
  const most = Math.max(patience.seconds, patience.times * usual);
  const slow = clients.filter(({ state, since }) => state === 'training' && (secondsBetween(since, now) ?? 0) > most);
  return new Map(slow.map(({ name }) => [name, `others took ${tenths(usual)}`]));
}
