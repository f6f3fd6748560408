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

/**
 * Every event of a run after `after`, then those that follow, until the server ends.
 * @throws Interrupted where the connection was lost, UserError (6) where the server refuses us
 */
export async function* watch(
  dial: Dial,
  run: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent, void> {
  const client = new MonitorClient(target(dial), credentialsOf(dial), channelOptions(dial));
  const method = client.Watch;
  if (typeof method !== 'function') throw new Error('no Watch in the descriptors');
  const stream: AsyncIterable<unknown> & { cancel(): void } = method.call(client, { after, run });
  const cancel = () => stream.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    for await (const message of stream) {
      const event = eventOf(message);
      if (event) yield event;
    }
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
  // To dial it again would change nothing.
  const wrong = wrongServerCause(details);
  if (wrong) return new UserError({ exitCode: exit.proof, doing: 'Watching the run', ...wrong });
  return new Interrupted(tlsCause(details)?.why ?? details);
}

/** `round_finished` as `round-finished`, members as in the journal; absent and not-a-number ones are left out. */
export function eventOf(message: unknown): ServerEvent | undefined {
  const event = member(message, 'event');
  const kind = member(event, 'event');
  if (typeof kind !== 'string') return undefined;
  const body = clean(member(event, kind));
  return {
    ...always[kind],
    ...(body as object),
    type: kind.replaceAll('_', '-'),
    time: member(event, 'time'),
    sequence: member(event, 'sequence'),
    run: member(event, 'run'),
    // A type that we don't know is passed on as it is: readers ignore it.
  } as unknown as ServerEvent;
}

function member(value: unknown, name: string): unknown {
  return value && typeof value === 'object' && name in value ? (value as Record<string, unknown>)[name] : undefined;
}

/** A message has no word for an absent list or map; in the journal these are absent rather than empty. */
const neverEmpty: readonly string[] = ['failures', 'not_finite', 'metrics'];
/** But a round has its metrics, if there are none. */
const always: Readonly<Record<string, object>> = { round_finished: { metrics: {} } };

function clean(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clean);
  if (!value || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, each]) => !name.startsWith('_') && each !== null && each !== undefined && !endless(each))
      .filter(([name, each]) => !(neverEmpty.includes(name) && Array.isArray(each) && each.length === 0))
      // A metric's name is the strategy's, and stays as it is.
      .map(([name, each]) => (name === 'metrics' ? [name, numbers(each)] : [camel(name), clean(each)])),
  );
}

/** What JSON has no number for: in a journal it would be null. */
function endless(value: unknown): boolean {
  return typeof value === 'number' && !Number.isFinite(value);
}

function camel(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** A map travels as its entries, since the descriptors are read without their options. */
function numbers(value: unknown): Record<string, number> {
  const entries = Array.isArray(value)
    ? value.map((each) => [String(member(each, 'key')), member(each, 'value')] as const)
    : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => Number.isFinite(entry[1])));
}
