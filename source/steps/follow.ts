/** The events of a run as they come, across lost connections and restarts of the server. */

import { lives } from '../flower/decide.ts';
import type { ServerEvent } from '../plan/event.ts';
import { exit, type Failure, UserError } from '../plan/failure.ts';
import type { Answers } from '../plan/step.ts';
import type { World } from '../plan/world.ts';
import { notServing } from './halted.ts';

/** Pauses between tries to reach the server again, milliseconds; the last one repeats. */
const pauses = [500, 1000, 2000, 5000, 10_000, 30_000] as const;

/** Where the next events come from: the running server, else the journal on its host. */
async function source(
  answers: Answers,
  world: World,
  run: string,
  after: number,
  signal: AbortSignal,
): Promise<AsyncIterable<ServerEvent> | Iterable<ServerEvent>> {
  const { network } = answers;
  const state = await world.state(network, network.server, signal);
  if (state.server?.run === run) return world.watch(network, run, after, signal);
  const events = await world.journalOf(network, run, after, signal);
  if (!lives(state) && events.length === 0) throw notServing(run, state);
  return events;
}

/** Whether somebody has to act before a host lets us in: a refused login and a wrong key do not mend themselves. */
export function isBarred({ exitCode, why }: Failure): boolean {
  return exitCode === exit.connection && /login|host key/i.test(why);
}

/** Whether the link was lost and may come back. A bug of ours does not mend itself either. */
function mayComeBack(error: unknown): boolean {
  if (!(error instanceof UserError)) return error instanceof Error && error.name === 'Interrupted';
  return error.failure.exitCode === exit.connection && !isBarred(error.failure);
}

/**
 * Every event of a run behind `after`, until it ends.
 * @param stale up to here an end of the run is an older one, after which it was resumed
 */
export async function* follow(
  answers: Answers,
  world: World,
  run: string,
  from: { readonly after: number; readonly stale: number },
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  let { after } = from;
  let failures = 0;
  while (!signal.aborted) {
    try {
      for await (const event of await source(answers, world, run, after, signal)) {
        // A server that starts again may tell the last one twice.
        if ((event.sequence ?? 0) <= after) continue;
        after = event.sequence ?? after;
        failures = 0;
        yield event;
        if (event.type === 'run-finished' && after > from.stale) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!mayComeBack(error)) throw error;
      const why = error instanceof UserError ? error.failure.why : 'the connection to the monitor is lost';
      // Training goes on without us; this says why nothing moves, and is no event of the run's.
      if (failures === 0) yield { type: 'notice', text: `${why}; trying again` };
    }
    await world.pause(pauses[Math.min(failures, pauses.length - 1)] ?? 1000, signal);
    failures++;
  }
}
