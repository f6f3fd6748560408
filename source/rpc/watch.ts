/** The monitor's stream: typed messages in, the journal's events out. */
import { status } from '@grpc/grpc-js';
import type { ServerEvent } from '../plan/event.ts';
import { exit, UserError } from '../plan/failure.ts';
import { tlsCause, wrongServerCause } from '../plan/tls-errors.ts';
import { channelOptions, credentialsOf, type Dial, target } from './dial.ts';
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
  const stream: AsyncIterable<unknown> & { cancel(): void } = method.call(client, {
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
export function eventsOf(message: unknown): readonly ServerEvent[] {
  const together = member(message, 'events');
  const events = Array.isArray(together) && together.length > 0 ? together : [member(message, 'event')];
  return events.flatMap((event) => eventOf(event) ?? []);
}

/** `round_finished` as `round-finished`, members as in the journal; absent and not-a-number ones are left out. */
function eventOf(event: unknown): ServerEvent | undefined {
  const kind = member(event, 'event');
  if (typeof kind !== 'string') return undefined;
  // A type that we don't know is passed on as it is: readers ignore it.
  return {
    ...always[kind],
    type: typeOf(kind),
    time: member(event, 'time'),
    sequence: member(event, 'sequence'),
    run: member(event, 'run'),
    ...(clean(member(event, kind)) as object),
  } as unknown as ServerEvent;
}

function member(value: unknown, name: string): unknown {
  return value && typeof value === 'object' && name in value ? (value as Record<string, unknown>)[name] : undefined;
}

/** A message has no word for an absent list or map; in the journal these are absent rather than empty. */
const neverEmpty: ReadonlySet<string> = new Set(['failures', 'not_finite', 'metrics']);
/** But a round has its metrics, if there are none. */
const always: Readonly<Record<string, object>> = { round_finished: { metrics: {} } };

/** Ten thousand times a second: no lists of pairs in between. The names are those of our own descriptors. */
function clean(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clean);
  if (!value || typeof value !== 'object') return value;
  const made: Record<string, unknown> = {};
  const told = value as Record<string, unknown>;
  for (const name of Object.keys(told)) {
    const each = told[name];
    if (each === null || each === undefined || endless(each) || name.startsWith('_')) continue;
    if (Array.isArray(each) && each.length === 0 && neverEmpty.has(name)) continue;
    // A metric's name is the strategy's, and stays as it is.
    if (name === 'metrics') made[name] = numbers(each);
    else made[camel(name)] = clean(each);
  }
  return made;
}

/** What JSON has no number for: in a journal it would be null. */
function endless(value: unknown): boolean {
  return typeof value === 'number' && !Number.isFinite(value);
}

const typeOf = remembered((kind) => kind.replaceAll('_', '-'));
const camel = remembered((name) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()));

/** For the few names that there are. */
function remembered(make: (name: string) => string): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    const found = known.get(name) ?? make(name);
    known.set(name, found);
    return found;
  };
}

/** A map travels as its entries, since the descriptors are read without their options. */
function numbers(value: unknown): Record<string, number> {
  const entries = Array.isArray(value)
    ? value.map((each) => [String(member(each, 'key')), member(each, 'value')] as const)
    : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => Number.isFinite(entry[1])));
}
