/** A run's journal that was fetched, and what is made of it. */
import { join } from 'node:path';
import { journalName, type RunFolder } from '../flower/run-folder.ts';
import { clientsCsv, MetricsReader, metricsJson, roundsCsv } from '../flower/run-metrics.ts';
import { sha256 } from '../plan/digest.ts';
import type { Brought } from '../plan/world.ts';
import { readLocal, writeLocal } from './files.ts';
import { linesOf, runEvents } from './run-events.ts';

/** Whether the journal that lies in a folder is that of this run: hosts that were made anew count from 1 again. */
export async function isJournalOf({ first }: RunFolder, folder: string): Promise<boolean> {
  for await (const [line] of linesOf(join(folder, journalName)))
    if (line !== undefined) return sha256(`${line}\n`) === first;
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
    const before = (await readLocal(path))?.content;
    const same = before?.equals(content) === true;
    if (!same) await writeLocal(path, content, 0o600);
    const outcome = same ? 'unchanged' : 'changed';
    const isNew = before === undefined ? { isNew: true as const } : {};
    made.push({ name, size: content.length, path, sha256: sha256(content), outcome, ...isNew });
  }
  return made;
}
