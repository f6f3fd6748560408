/** The monitor's stream: typed messages in, the journal's events out. */
import { status } from '@grpc/grpc-js';
import type { ServerEvent } from '../plan/event.ts';
import { exit, UserError } from '../plan/failure.ts';
import { tlsCause, wrongServerCause } from '../plan/tls-errors.ts';
import { channelOptions, credentialsOf, type Dial, target } from './dial.ts';
import type { Plain } from './messages.ts';
import { MonitorClient } from './services.ts';

/** The stream broke and may be dialed again; anything else that is thrown is final. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** As many watch as the server has places for. */
export class Crowded extends UserError {
  override readonly name = 'Crowded';
}

/**
 * Every event of a run after `after`, then those that follow, until the server ends: what came together, together. Ten
 * thousand a second are handed on by the hundred, since handing each on costs more than all that is done with it.
 * @throws Interrupted where the connection was lost, Crowded (5) where others have all places, UserError (6) where the
 *   server refuses us
 */
export async function* watch(
  dial: Dial,
  run: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<readonly ServerEvent[], void> {
  const client = new MonitorClient(target(dial), credentialsOf(dial), channelOptions(dial));
  const method = client.Watch;
  if (typeof method !== 'function') throw new Error('no Watch in the descriptors');
  const stream: AsyncIterable<Plain> & { cancel(): void } = method.call(client, {
    after,
    run,
    together: true,
  });
  const cancel = () => stream.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    for await (const message of stream) yield eventsOf(message);
  } catch (error) {
    if (signal.aborted) return;
    throw translate(error);
  } finally {
    signal.removeEventListener('abort', cancel);
    client.close();
  }
}

function translate(error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const details = error instanceof Error && 'details' in error ? String(error.details) : String(error);
  if (code === status.PERMISSION_DENIED || code === status.UNAUTHENTICATED)
    return new UserError({
      exitCode: exit.proof,
      doing: 'Watching the run',
      why: `the server refuses the operator's certificate: ${details}`,
      hint: 'fl-wizard deploy --only-certificates',
    });
  // A message that is too large has the same code, and the words of our own library.
  if (code === status.RESOURCE_EXHAUSTED && /watch it already|Concurrent RPC limit/.test(details))
    return new Crowded({
      exitCode: exit.remote,
      doing: 'Watching the run',
      why: `the server has no place for one more monitor: ${details}`,
      hint: 'end one of them; fl-wizard monitor --once and fl-wizard status need no place',
    });
  // To dial it again would change nothing.
  const wrong = wrongServerCause(details);
  if (wrong) return new UserError({ exitCode: exit.proof, doing: 'Watching the run', ...wrong });
  return new Interrupted(tlsCause(details)?.why ?? details);
}

/** All that one message brings: several where the server knows that we take them. */
export function eventsOf({ events, event }: Plain): readonly ServerEvent[] {
  const together = Array.isArray(events) && events.length > 0 ? events : event === undefined ? [] : [event];
  // A message has no word for an empty map, and a round has its metrics, if there are none.
  return together.map((each) => (each.type === 'round-finished' ? { metrics: {}, ...each } : each));
}
