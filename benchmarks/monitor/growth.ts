/** How a run grows: its journal, who comes to it for the first time, and who comes again. */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { serve } from './served.ts';

type Read = { readonly seconds: number; readonly peak: number };

function read(program: string, task: { folder: string; port: number; last: number }): Read {
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, JSON.stringify(task)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** One line for a run of so many events. */
export async function grown(reader: string, events: number, clients: number): Promise<string> {
  const server = await serve();
  const { told, cpu, memory } = await server.tell({ events, clients });
  const { folder, port, journal } = server;
  const task = { folder, port, last: told };
  const [first, again] = [read(reader, task), read(reader, task)];
  await server.end();
  const megabytes = (path: string) => statSync(path).size / 1e6;
  const record = join(folder, '.fl-wizard', 'runs', '1', 'events.jsonl');
  return [
    `${told} events: written in ${cpu.toFixed(1)} s of CPU by a server of ${memory.toFixed(0)} MB`,
    `its journal ${megabytes(journal).toFixed(1)} MB, our record ${megabytes(record).toFixed(1)} MB`,
    `read for the first time in ${first.seconds.toFixed(1)} s (${first.peak.toFixed(0)} MB at most)`,
    `again, from our record, in ${again.seconds.toFixed(1)} s (${again.peak.toFixed(0)} MB)`,
  ].join('; ');
}
