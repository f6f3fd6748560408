/** Whether what is shown of a run is how things stand now. Pure. */
import type { RunView } from '../plan/run-view.ts';

/**
 * `reading`: what was told before we came is still being read; `lost`: nothing is heard, and it is how things were last;
 * `halted`: nobody trains; `ended`: the run is over; `now`: as it is.
 */
export type Tense = 'reading' | 'lost' | 'halted' | 'ended' | 'now';

export function tenseOf(run: RunView): Tense {
  if (run.last < run.past) return 'reading';
  if (run.end) return 'ended';
  if (run.lost) return 'lost';
  return run.phase?.phase === 'halted' ? 'halted' : 'now';
}

/** The moment up to which something is known: clocks of what is not heard stand still. */
export function knownUntil(run: RunView, now: Date): Date {
  const tense = tenseOf(run);
  if (tense === 'lost' && run.lost) return new Date(run.lost.since);
  if (tense === 'halted' && run.phase) return new Date(run.phase.since);
  return now;
}

const over: readonly unknown[] = ['stopped', 'failed', 'refused'];

/** The same for what clients do: where the server has ended, or is not to be heard any more, nobody is known to train. */
export function clientTense(run: RunView): Tense {
  const tense = tenseOf(run);
  const isOver = run.lost?.forGood === true || over.includes(run.server.process?.state);
  return tense === 'lost' && isOver ? 'halted' : tense;
}
