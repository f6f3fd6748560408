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
  const kind = phase?.phase;
  if (kind !== 'fit' && kind !== 'evaluate') return undefined;
  const isBusy = ({ state, round }: ClientView) => state === at[kind] && round === phase?.round;
  const busy = clients.filter(isBusy);
  const done = clients.filter((client) => !isBusy(client) && hasAnswered(client, kind, phase?.round ?? 0)).length;
  const need = done + busy.length;
  return need === 0 ? undefined : { have: done, need, missing: busy.map(({ name }) => name) };
}

function hasAnswered(client: ClientView, phase: 'fit' | 'evaluate', round: number): boolean {
  const last = client.rounds.at(-1);
  if (last?.round !== round) return false;
  return phase === 'fit' ? last.fitSeconds !== undefined || last.failed === true : last.loss !== undefined;
}

/** What a round's fit has brought, once it is over and the round is not. */
export function fitOf({ clients }: RunView, round: number): Tally | undefined {
  const lasts = clients.flatMap(({ rounds }) => rounds.at(-1) ?? []).filter((last) => last.round === round);
  const ok = lasts.filter(({ fitSeconds }) => fitSeconds !== undefined).length;
  const failed = lasts.filter((last) => last.failed && last.fitSeconds === undefined).length;
  return ok + failed === 0 ? undefined : { ok, failed };
}

/** Longer than this, and so many times longer than half of the others: something is wrong with it. */
const patience = { seconds: 30, times: 5 } as const;

/** Clients that are at their fit for far longer than the others took, with what those took, by their names. */
export function laggards(run: RunView, now: Date): ReadonlyMap<string, string> {
  return laggardsOnce(run.clients, run.phase, Math.floor(now.getTime() / 1000));
}

const laggardsOnce = onceForLast(
  (clients: RunView['clients'], phase: RunView['phase'], second: number): ReadonlyMap<string, string> => {
    const found = new Map<string, string>();
    if (phase?.phase !== 'fit') return found;
    const times = clients
      .filter(({ state }) => state !== 'training')
      .flatMap(({ fitSeconds }) => fitSeconds ?? [])
      .sort((a, b) => a - b);
    const usual = times[Math.floor(times.length / 2)];
    if (usual === undefined) return found;
    for (const { name, state, since } of clients) {
      const seconds = state === 'training' ? (secondsBetween(since, new Date(second * 1000)) ?? 0) : 0;
      if (seconds > Math.max(patience.seconds, patience.times * usual)) found.set(name, `others took ${tenths(usual)}`);
    }
    return found;
  },
);
