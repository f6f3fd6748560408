/** The events of a journal, read line by line, with care, since a host wrote it. */
import { constants } from 'node:fs';
import * as z from 'zod';
import type { Event } from '../plan/event.ts';
import type { Proof } from '../plan/proven.ts';
import { eventFrom } from './journal.ts';
import { linesIn } from './lines.ts';

const whole = z.int().min(0);
const text = z.string().max(10_000);
const tally = z.object({ ok: whole, failed: whole });
const metrics = z.record(z.string().max(1000), z.number());
const failure = z.object({ client: text, phase: text, reason: text });

/** What metrics and reports are made from. Numbers are numbers, or the event is nobody's. */
const events = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('run-started'),
    time: text,
    rounds: whole,
    strategy: text.optional(),
    flower: text.optional(),
    minClients: whole.optional(),
    roundTimeout: z.number().optional(),
    clients: z.array(text).max(10_000).optional(),
  }),
  z.looseObject({ type: z.literal('server-started'), time: text, resumedAfter: whole.optional() }),
  z.looseObject({
    type: z.literal('client-changed'),
    time: text,
    client: text,
    state: text,
    detail: text.optional(),
    address: text.optional(),
    round: whole.optional(),
    samples: z.number().optional(),
    seconds: z.number().optional(),
    loss: z.number().optional(),
    metrics: metrics.optional(),
    bytesUp: whole.optional(),
    bytesDown: whole.optional(),
  }),
  z.looseObject({
    type: z.literal('round-finished'),
    time: text,
    round: whole,
    rounds: whole,
    seconds: z.number(),
    fit: tally,
    evaluate: tally,
    loss: z.number().optional(),
    metrics,
    bytes: whole.optional(),
    weights: text.optional(),
    failures: z.array(failure).optional(),
    notFinite: z.array(text).optional(),
  }),
  z.looseObject({
    type: z.literal('phase-changed'),
    time: text,
    phase: text,
    round: whole,
    rounds: whole,
    waiting: z.looseObject({ missing: z.array(text).max(10_000) }).optional(),
  }),
  z.looseObject({ type: z.literal('connection-accepted'), time: text, client: text, address: text, fingerprint: text }),
  z.looseObject({
    type: z.literal('connection-refused'),
    time: text,
    address: text,
    reason: text,
    name: text.optional(),
    fingerprint: text.optional(),
    probe: z.boolean().optional(),
  }),
  z.looseObject({ type: z.literal('notice'), time: text, text }),
  z.looseObject({ type: z.literal('run-finished'), time: text, outcome: text, detail: text.optional() }),
]);

function parsed(line: string): Event | undefined {
  try {
    return eventFrom(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function eventIn(line: string): Event | undefined {
  const { success, data } = events.safeParse(parsed(line));
  return success ? (data as Event) : undefined;
}

/** Nothing where there is no journal. @throws UserError (3) */
export const linesOf = (path: string) => linesIn(path, constants.O_NOFOLLOW);

/**
 * The events that metrics and reports are made from; what is none of them is passed over. Each once: our own record has
 * some twice where two monitors watched, and a server that starts again tells its last one again.
 */
export async function* runEvents(path: string): AsyncGenerator<Event> {
  let last = 0;
  for await (const lines of linesOf(path))
    for (const line of lines) {
      const event = eventIn(line);
      if (!event) continue;
      const sequence = 'sequence' in event && typeof event.sequence === 'number' ? event.sequence : undefined;
      if (sequence !== undefined && sequence <= last) continue;
      last = sequence ?? last;
      yield event;
    }
}

/** A line of our own record that tells of the last proof, or of the beginning of the run that it is of. */
const ofProof = /"type":"(?:proof-finished|run-started)"/;

/**
 * The last proof of a run, which only our own record has.
 * @param started when the run began: hosts that were made anew count from 1 again, and a record of another beginning is of
 * another run
 */
export async function lastProofIn(path: string, started: string | undefined): Promise<Proof | undefined> {
  let proof: Proof | undefined;
  for await (const lines of linesOf(path))
    for (const line of lines) {
      if (!ofProof.test(line)) continue;
      const event = parsed(line);
      if (event?.type === 'proof-finished') proof = event.proof;
      if (event?.type === 'run-started' && started !== undefined && event.time !== started) return undefined;
    }
  return proof;
}
