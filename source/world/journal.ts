/** Our own record of runs: `.fl-wizard/runs/<run>/events.jsonl`, for when the hosts can't be asked any more. */
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Event } from '../plan/event.ts';
import type { World } from '../plan/world.ts';
import { localFailure, makeFolder, readLocal } from './files.ts';

export function journalIn(directory: string): World['journal'] {
  const folder = join(directory, '.fl-wizard', 'runs');
  const fileOf = (run: string) => join(folder, run, 'events.jsonl');
  return {
    async runs() {
      const names = await readdir(folder).catch(() => []);
      return names.filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(a) - Number(b));
    },
    async read(run) {
      const file = await readLocal(fileOf(run));
      return (file?.content.toString('utf8') ?? '').split('\n').flatMap(parseLine);
    },
    async append(run, events) {
      if (events.length === 0) return;
      const path = fileOf(run);
      await makeFolder(join(folder, run), 0o700);
      try {
        const handle = await open(path, 'a', 0o600);
        try {
          await handle.appendFile(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
        } finally {
          await handle.close();
        }
      } catch (error) {
        throw localFailure(error, `Writing ${path}`);
      }
    },
  };
}

/** A line that was cut by a kill, or that is of another version, is passed over. */
function parseLine(line: string): Event[] {
  if (line.trim() === '') return [];
  try {
    const value: unknown = JSON.parse(line);
    return value && typeof value === 'object' && 'type' in value && 'time' in value ? [value as Event] : [];
  } catch {
    return [];
  }
}
