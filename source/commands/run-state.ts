/** How far the run is that a server trains, or trained last: for `status`. Pure. */
import { lives } from '../flower/decide.ts';
import type { HostFacts } from '../plan/host-facts.ts';

export type ServerRun = {
  /** The running server's own word: waiting, fit, evaluate, lingering or ended. */
  readonly phase?: string;
  /** The round that goes on; between two of them and where nobody trains, the last that is done. */
  readonly round?: number;
  readonly rounds?: number;
};

/** Nothing where the host's journal knows nothing of the run yet. */
export function serverRun(facts: HostFacts | undefined, run: string): ServerRun {
  const found = facts?.runs.find((each) => each.run === run);
  const phase = facts && lives(facts) ? facts.server?.phase : undefined;
  const goes = phase === 'fit' || phase === 'evaluate';
  return {
    ...(phase === undefined ? {} : { phase }),
    ...(found && found.rounds > 0
      ? { round: goes ? Math.min(found.done + 1, found.rounds) : found.done, rounds: found.rounds }
      : {}),
  };
}

/** `1: fit, round 3 of 12`. */
export function runText({ run, phase, round, rounds }: Record<string, unknown>): string {
  if (run === undefined) return '';
  const parts = [phase ?? '', rounds === undefined ? '' : `round ${round} of ${rounds}`].filter((part) => part !== '');
  return parts.length > 0 ? `${run}: ${parts.join(', ')}` : String(run);
}
