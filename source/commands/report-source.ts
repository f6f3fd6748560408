/** Which journal a report is made from: the one on the server's host, else our own record. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lives } from '../flower/decide.ts';
import { configurationName, journalName, type RunFolder } from '../flower/run-folder.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { ProcessLook } from '../plan/host-facts.ts';
import { hostsGone } from '../steps/link.ts';
import { localFailure } from '../world/files.ts';
import { runEvents } from '../world/run-events.ts';
import type { Call } from './context.ts';
import { isDemo } from './demo-folder.ts';
import type { Opened } from './looking.ts';
import { theOne } from './pull.ts';
import { StatusLine } from './status-line.ts';

export type RunJournal = {
  readonly run: string;
  /** Where the journal lies here. */
  readonly path: string;
  /** Our own record of the run, which alone has its proofs. */
  readonly record: string;
  /** Where its settings lie, as its server wrote them. */
  readonly settings?: string;
  readonly from: 'host' | 'record';
  /** Why it is our own record. */
  readonly why?: string;
  /** What the server's host says of its process; left out where it was not asked. */
  readonly server?: ProcessLook;
  /** Where its hosts are a demo's: whether they are gone with it. They will be, whoever reads the report later. */
  readonly demo?: 'lives' | 'gone';
};

/** Who is told how it goes on. The caller says so: behind a page that is made beside a live screen nothing may be printed. */
export type Telling = Pick<StatusLine, 'tell' | 'end'>;

export const silent: Telling = { tell: () => undefined, end: () => undefined };

/** On a screen. Elsewhere nobody watches it come. */
export function onScreen({ io, common }: Call): Telling {
  const changes = io.stderr.isTTY === true && !common.plain && !common.json && io.env.TERM !== 'dumb';
  return new StatusLine(io.stderr, { changes, silent: !changes });
}

const recordOf = (directory: string, run: string) => join(directory, '.fl-wizard', 'runs', run, journalName);

/** @throws UserError (2) for what is no number: it becomes a part of a path */
export function runNumber(word: string | undefined): string | undefined {
  if (word === undefined || /^[1-9]\d{0,14}$/.test(word)) return word;
  throw new UserError({
    exitCode: exit.invalid,
    doing: 'Looking for the run',
    why: `${JSON.stringify(word)} is no run`,
    hint: 'it takes the number of a run; fl-wizard runs lists them',
  });
}

/** Whether there is anything in a record that a server told. */
async function hasEvents(path: string): Promise<boolean> {
  for await (const event of runEvents(path)) if ('sequence' in event) return true;
  return false;
}

/**
 * Works with the journal of a run, which lies in a folder of its own until then: nothing is left behind, and two reports
 * at once are none of each other's business.
 * @param number the newest run where it is left out
 * @throws UserError: 2 there is no such run, 4 or 5 its host can't tell of it and there is no record here
 */
export async function withJournal<T>(
  call: Call,
  project: Opened,
  number: string | undefined,
  telling: Telling,
  work: (journal: RunJournal) => Promise<T>,
): Promise<T> {
  const found = await fromHost(call, project, number);
  if ('folder' in found) {
    const folder = await mkdtemp(join(tmpdir(), 'fl-report-')).catch((error: unknown) => {
      throw localFailure(error, 'Making a temporary folder');
    });
    try {
      const fetched = await fetchedFrom(call, project, found, { folder, telling });
      return await work('error' in fetched ? await fromRecord(project, found.run, fetched) : fetched);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return work(await fromRecord(project, number, found));
}

/** Why the host's journal can't be had, and what to throw if nothing is here either. */
type Missing = { readonly why: string; readonly error: UserError };

function missing(error: unknown, { io }: Call): Missing {
  const cannot =
    error instanceof UserError && [exit.connection, exit.remote].some((code) => code === error.failure.exitCode);
  if (io.signal.aborted || !cannot) throw error;
  return { why: `the server's host can't be asked: ${error.failure.why}`, error };
}

/** The run on the server's host, or why it is not had from there. */
async function fromHost(
  call: Call,
  { network, world }: Opened,
  number: string | undefined,
): Promise<RunFolder | Missing> {
  try {
    const all = await world.findRun(network, number, call.io.signal);
    if (all.found) return all.found;
    try {
      return theOne(all, number);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { why: `the server's host knows ${number === undefined ? 'of no run' : `no run ${number}`}`, error };
    }
  } catch (error) {
    return missing(error, call);
  }
}

async function fetchedFrom(
  call: Call,
  { network, directory, world }: Opened,
  found: RunFolder,
  { folder, telling }: { readonly folder: string; readonly telling: Telling },
): Promise<RunJournal | Missing> {
  const { signal } = call.io;
  try {
    // A journal of weeks is hundreds of megabytes.
    const line = (text: string) => telling.tell(text);
    const options = { folder, dryRun: false, metrics: false, line, often: true, signal };
    const brought = await world.bringRun(network, found, undefined, options);
    const at = (name: string) => brought.find((each) => each.name === name)?.path;
    const server = await world.state(network, network.server, signal).catch((error: unknown) => {
      if (signal.aborted || !(error instanceof UserError)) throw error;
      return undefined;
    });
    const [path, settings] = [at(journalName), at(configurationName)];
    if (path === undefined) return noJournal(found.run);
    return {
      run: found.run,
      path,
      record: recordOf(directory, found.run),
      from: 'host',
      ...((await isDemo({ directory, network })) ? { demo: 'lives' } : {}),
      ...(settings === undefined ? {} : { settings }),
      ...(server === undefined ? {} : { server }),
    };
  } catch (error) {
    return missing(error, call);
  } finally {
    telling.end();
  }
}

function noJournal(run: string): Missing {
  const why = "the server's host has no journal of it";
  return { why, error: new UserError({ exitCode: exit.remote, host: 'server', doing: `Reading run ${run}`, why }) };
}

async function fromRecord(
  { directory, world }: Opened,
  number: string | undefined,
  { why, error }: Missing,
): Promise<RunJournal> {
  const run = number ?? (await world.journal.runs()).at(-1);
  if (run === undefined) throw error;
  const record = recordOf(directory, run);
  if (!(await hasEvents(record))) throw error;
  const gone = error.failure.why === hostsGone;
  return { run, path: record, record, from: 'record', why, ...(gone ? { demo: 'gone' } : {}) };
}

/** Whether the server trains this run now; nothing where its host was not asked. */
export function isServed({ server, run }: RunJournal): boolean | undefined {
  if (!server) return undefined;
  return lives(server) && (server.server === undefined || server.server.run === run);
}
