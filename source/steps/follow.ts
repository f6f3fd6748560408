/** The events of a run as they come, across lost connections and restarts of the server. */

import { lives } from '../flower/decide.ts';
import type { ServerEvent } from '../plan/event.ts';
import type { ProcessLook } from '../plan/host-facts.ts';
import type { Answers } from '../plan/step.ts';
import type { World } from '../plan/world.ts';
import { Halt, leftFor } from './halted.ts';
import { Link, Trouble } from './link.ts';

/** Pauses between tries to reach the server again, milliseconds; the last one repeats, for as long as it takes. */
const pauses = [500, 1000, 2000, 5000, 10_000, 30_000] as const;

/** Where a run is followed from. */
export type From = {
  /** The last sequence that is known. */
  readonly after: number;
  /** Up to here an end of the run is an older one, after which it was resumed. */
  readonly stale: number;
  /** The last that was told before we came. */
  readonly past: number;
  /** What is known of it already. */
  readonly known: readonly ServerEvent[];
};

type Source = {
  readonly events: AsyncIterable<readonly ServerEvent[]> | Iterable<readonly ServerEvent[]>;
  /** How the server's process is, where it does not serve the run and its journal holds nothing new. */
  readonly idle?: ProcessLook;
  /** Whether the server itself tells them. */
  readonly served: boolean;
};

/** Where the next events come from: the running server, else the journal on its host. */
async function source(
  answers: Answers,
  world: World,
  run: string,
  { after, lost }: { readonly after: number; readonly lost: boolean },
  signal: AbortSignal,
): Promise<Source> {
  const { network } = answers;
  const state = await world.state(network, network.server, signal);
  // Once more the last one that we have: a server with nothing new to tell is heard by that.
  const known = lost ? Math.max(0, after - 1) : after;
  if (state.server?.run === run) return { events: world.watch(network, run, known, signal), served: true };
  const events = await world.journalOf(network, run, after, signal);
  return { events: [events], served: false, ...(events.length === 0 ? { idle: state } : {}) };
}

/**
 * Every event of a run behind what is known, until it ends; and what there is to say of the link. Without end where nothing
 * but time is needed: training goes on without us.
 * @throws UserError (4) where a host lets us in no more, (5) where the server has ended without the run, (6) where it
 * refuses us
 */
export async function* follow(
  answers: Answers,
  world: World,
  run: string,
  from: From,
  signal: AbortSignal,
): AsyncGenerator<readonly ServerEvent[]> {
  let { after } = from;
  let failures = 0;
  const link = new Link(from.known);
  const trouble = new Trouble(link, () => world.now());
  const halt = new Halt(run, from.known, { now: () => world.now(), patient: isPatient(answers, world) });
  const ask = () => source(answers, world, run, { after, lost: link.lost }, signal);
  if (from.past > Math.max(after, answers.options.after ?? 0)) yield [{ type: 'past-known', last: from.past, run }];
  let tried = false;
  while (!signal.aborted) {
    try {
      const { events, served, idle } = await trouble.asking(ask());
      for await (const together of events) {
        const told: ServerEvent[] = [];
        let over = false;
        for (const event of together) {
          const end = event.type === 'run-finished';
          if (served || end) told.push(...link.heard());
          // A server that starts again may tell the last one twice.
          if ((event.sequence ?? 0) <= after) continue;
          after = event.sequence ?? after;
          failures = 0;
          halt.see(event);
          over = end && after > from.stale;
          // What was told behind the end is not read, and nothing more is waited for.
          if (over && after < from.past) told.push({ type: 'past-known', last: after, run });
          told.push(event);
          if (over) break;
        }
        if (told.length > 0) yield told;
        if (over) return;
      }
      if (idle) yield [...idling(idle, run, link, halt)];
    } catch (error) {
      if (signal.aborted) return;
      for (const event of trouble.bear(error, tried)) yield [event];
    }
    tried = true;
    await world.pause(pauses[Math.min(failures, pauses.length - 1)] ?? 1000, signal);
    failures++;
  }
}

/** Somebody at a terminal waits until a run that was stopped is launched again; who waits for an exit code does not. */
function isPatient({ options }: Answers, world: World): boolean {
  return world.attended && !options.wait;
}

/** The host answers, and nobody serves the run there. */
function* idling(look: ProcessLook, run: string, link: Link, halt: Halt): Generator<ServerEvent> {
  const active = look.server?.run;
  if (active !== undefined && active !== run) throw leftFor(run, active);
  if (lives(look)) {
    yield* link.lostBy('its host answers, and the server is starting');
    return;
  }
  yield* link.heard();
  yield* halt.by(look);
}
