/** Our own record of runs: `.fl-wizard/runs/<run>/events.jsonl`, for when the hosts can't be asked any more. */
import { type FileHandle, open, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Event } from '../plan/event.ts';
import { proofFrom } from '../plan/proven.ts';
import type { World } from '../plan/world.ts';
import { AppendedLines } from './appended.ts';
import { localFailure, makeFolder } from './files.ts';
import { linesIn } from './lines.ts';
import { SharedRecord } from './shared-record.ts';

/** Whether another command has written to a record is looked at this often, milliseconds. */
const looksEvery = 10_000;

export function journalIn(directory: string, every = looksEvery): World['journal'] {
  const folder = join(directory, '.fl-wizard', 'runs');
  const fileOf = (run: string) => join(folder, run, 'events.jsonl');
  const records = new Map<string, SharedRecord>();
  return {
    async runs() {
      const names = await readdir(folder).catch(() => []);
      return names.filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(a) - Number(b));
    },
    events: (run) => eventsIn(fileOf(run)),
    reader(run) {
      const lines = new AppendedLines(fileOf(run), every, (line) => parseLine(line) !== undefined);
      return { next: (only) => eventsOf(lines.next(only), only), grown: (signal) => lines.grown(signal) };
    },
    async read(run) {
      const events: Event[] = [];
      for await (const event of eventsIn(fileOf(run))) events.push(event);
      return events;
    },
    async setAside(run) {
      await rename(fileOf(run), `${fileOf(run)}.${Date.now()}`).catch(() => undefined);
    },
    async append(run, events) {
      if (events.length === 0) return;
      const path = fileOf(run);
      try {
        const known = records.get(run);
        const handle = await (known ? openAgain(path) : openFirst(path));
        try {
          const record = known ?? new SharedRecord();
          records.set(run, record);
          await appendMissing(handle, record, events);
        } finally {
          await handle.close();
        }
      } catch (error) {
        throw localFailure(error, `Writing ${path}`);
      }
    },
  };
}

async function openFirst(path: string): Promise<FileHandle> {
  await makeFolder(dirname(path), 0o700);
  return open(path, 'a+', 0o600);
}

/** Forty times a second: its folder is not looked at unless it has gone. */
async function openAgain(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'a+', 0o600);
  } catch {
    return openFirst(path);
  }
}

async function appendMissing(handle: FileHandle, record: SharedRecord, events: readonly Event[]): Promise<void> {
  const now = await handle.stat();
  const missing = await record.missing(handle, now, events);
  if (missing.length === 0) return;
  const lines = missing.map((event) => `${JSON.stringify(event)}\n`).join('');
  // What we wrote ourselves ends with a line.
  const text = !record.isOurs(now) && (await isCut(handle, now.size)) ? `\n${lines}` : lines;
  await handle.appendFile(text);
  record.wrote(now, Buffer.byteLength(text), missing);
}

/** A kill can cut the last line: what follows must not become a part of it. */
async function isCut(handle: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return false;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] !== 10;
}

function eventsIn(path: string): AsyncGenerator<Event> {
  return eventsOf(linesIn(path));
}

async function* eventsOf(lines: AsyncIterable<readonly string[]>, only?: RegExp): AsyncGenerator<Event> {
  for await (const together of lines)
    for (const line of together) {
      const event = only?.test(line) === false ? undefined : parseLine(line);
      if (event) yield event;
    }
}

/** A line that was cut by a kill, or that is of another version, is passed over. */
function parseLine(line: string): Event | undefined {
  if (line.trim() === '') return undefined;
  try {
    return eventFrom(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** Members without which an event can't be read by anybody. */
const needed: Readonly<Record<string, readonly string[]>> = {
  'check-finished': ['check'],
  'run-started': ['rounds'],
  'phase-changed': ['phase', 'round', 'rounds'],
  'client-changed': ['client', 'state'],
  'round-finished': ['round', 'rounds', 'seconds', 'fit', 'evaluate', 'metrics'],
  'connection-refused': ['address', 'reason'],
  notice: ['text'],
  'run-finished': ['outcome'],
};

/** A journal's line as an event. What is no number stands there as null; in an event it is left out. */
export function eventFrom(line: unknown): Event | undefined {
  const value = withoutNull(line);
  if (!value || typeof value !== 'object' || !('type' in value) || !('time' in value)) return undefined;
  if (typeof value.type !== 'string' || typeof value.time !== 'string') return undefined;
  if (value.type === 'proof-finished' && !('proof' in value && proofFrom(value.proof))) return undefined;
  return (needed[value.type] ?? []).every((name) => name in value) ? (value as Event) : undefined;
}

function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNull);
  if (!value || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, each]) => each !== null);
  return Object.fromEntries(entries.map(([name, each]) => [name, withoutNull(each)]));
}
