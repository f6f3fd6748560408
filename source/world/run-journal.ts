/** A run's journal that was fetched, and what is made of it: read line by line, with care, since a host wrote it. */
import { constants } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { journalName, type RunFolder } from '../flower/run-folder.ts';
import { clientsCsv, MetricsReader, metricsJson, roundsCsv } from '../flower/run-metrics.ts';
import { sha256 } from '../plan/digest.ts';
import type { Event } from '../plan/event.ts';
import type { Brought } from '../plan/world.ts';
import { readLocal, writeLocal } from './files.ts';
import { eventFrom } from './journal.ts';
import { linesIn } from './lines.ts';

const whole = z.int().min(0);
const text = z.string().max(10_000);
const tally = z.object({ ok: whole, failed: whole });
const metrics = z.record(z.string().max(1000), z.number());
const failure = z.object({ client: text, phase: text, reason: text });

/** What metrics are made from. Numbers are numbers, or the event is nobody's. */
const events = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('run-started'),
    time: text,
    rounds: whole,
    strategy: text.optional(),
    flower: text.optional(),
  }),
  z.looseObject({ type: z.literal('server-started'), time: text }),
  z.looseObject({
    type: z.literal('client-changed'),
    time: text,
    client: text,
    state: text,
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
  z.looseObject({ type: z.literal('run-finished'), time: text, outcome: text, detail: text.optional() }),
]);

function eventIn(line: string): Event | undefined {
  try {
    const { success, data } = events.safeParse(eventFrom(JSON.parse(line)));
    return success ? (data as Event) : undefined;
  } catch {
    return undefined;
  }
}

/** Nothing where there is no journal. @throws UserError (3) */
const linesOf = (path: string) => linesIn(path, constants.O_NOFOLLOW);

/** The events that metrics are made from; what is none of them is passed over. */
export async function* runEvents(path: string): AsyncGenerator<Event> {
  for await (const line of linesOf(path)) {
    const event = eventIn(line);
    if (event) yield event;
  }
}

/** Whether the journal that lies in a folder is that of this run: hosts that were made anew count from 1 again. */
export async function isJournalOf({ first }: RunFolder, folder: string): Promise<boolean> {
  for await (const line of linesOf(join(folder, journalName))) return sha256(`${line}\n`) === first;
  return false;
}

const texts = { 'metrics.json': metricsJson, 'metrics.csv': roundsCsv, 'clients.csv': clientsCsv };
/** What is made of a journal. */
export const madeNames = Object.keys(texts);

/** Makes them of the journal that lies in a folder. @throws UserError (3) */
export async function writeMetrics(run: string, folder: string, signal: AbortSignal): Promise<readonly Brought[]> {
  const reader = new MetricsReader();
  for await (const event of runEvents(join(folder, journalName))) {
    signal.throwIfAborted();
    reader.add(event);
  }
  const metrics = reader.metrics(run);
  const made: Brought[] = [];
  for (const [name, textOf] of Object.entries(texts)) {
    const path = join(folder, name);
    const content = Buffer.from(textOf(metrics));
    const same = (await readLocal(path))?.content.equals(content) === true;
    if (!same) await writeLocal(path, content, 0o600);
    const outcome = same ? 'unchanged' : 'changed';
    made.push({ name, size: content.length, path, sha256: sha256(content), outcome });
  }
  return made;
}
