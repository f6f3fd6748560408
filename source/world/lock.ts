/**
 * One run at a time in a project folder. A library that judges a lock by its age would make the second run wait for
 * seconds and lets a suspended holder lose it; here the holder is a living process or there is none.
 */
import { link, readFile, rename, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { exit, UserError } from '../plan/failure.ts';
import type { StepState } from '../plan/world.ts';
import { localFailure, makeFolder, writeLocal } from './files.ts';

type Holder = {
  readonly pid: number;
  /** Start of the process, so that a number used again is not taken for it. */
  readonly started: string;
  readonly host: string;
  readonly time: string;
  readonly command: string;
  /** The step that is being done, from its yes on: nobody else can tell once the process is gone. */
  readonly doing?: Doing;
  /** The step whose plan was to be approved, and the one that was done last. */
  readonly asked?: string;
  readonly done?: string;
  /** Set where that plan was of another run. */
  readonly another?: true;
};

type Doing = { readonly step: string; readonly time: string };

/** Start time of a process in clock ticks since boot (Linux); empty where that can't be told. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

/** What the lock has to know of processes; `cli.ts` gives it. */
export type Processes = { readonly pid: number; alive(pid: number): boolean };

async function lives(holder: Holder, processes: Processes): Promise<boolean> {
  // Another machine's process can't be asked: it counts as living (a shared folder).
  if (holder.host !== hostname()) return true;
  if (!processes.alive(holder.pid)) return false;
  const started = await startOf(holder.pid);
  return started === '' || holder.started === '' || started === holder.started;
}

/**
 * @param directory the project folder
 * @returns what releases it
 * @throws UserError (7) naming pid, host, time and command of the holder
 */
export async function takeLock(
  directory: string,
  command: string,
  now: Date,
  processes: Processes,
  name = 'lock',
): Promise<() => Promise<void>> {
  const folder = join(directory, '.fl-wizard');
  const path = join(folder, name);
  await makeFolder(folder, 0o700);
  const mine: Holder = {
    pid: processes.pid,
    started: await startOf(processes.pid),
    host: hostname(),
    time: now.toISOString(),
    command,
  };
  const own = join(folder, `${name}.${processes.pid}`);
  await writeLocal(own, `${JSON.stringify(mine)}\n`, 0o600);
  try {
    // Three tries: one for us, one after a dead holder, one where somebody else took the dead one's first.
    for (let round = 0; round < 3; round++) {
      try {
        await link(own, path);
        return () => unlink(path).catch(() => undefined);
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      }
      const holder = await holderOf(path);
      if (holder && (await lives(holder, processes))) throw held(directory, holder);
      await discard(path, holder, processes.pid);
    }
    throw held(directory, await holderOf(path));
  } catch (error) {
    throw localFailure(error, `Locking ${directory}`);
  } finally {
    await unlink(own).catch(() => undefined);
  }
}

/**
 * Writes into our own lock how far a step is.
 * @throws where it can't be written
 */
export async function noteInLock(
  directory: string,
  { pid }: Processes,
  { step, state, another }: { readonly step: string; readonly state: StepState; readonly another?: boolean },
  now: Date,
): Promise<void> {
  const path = join(directory, '.fl-wizard', 'lock');
  const holder = await holderOf(path);
  if (holder?.pid !== pid || holder.host !== hostname()) return;
  const { doing: _, asked: __, another: ___, ...mine } = holder;
  const asked = { asked: step, ...(another ? { another } : {}) };
  const how = { asked, doing: { doing: { step, time: now.toISOString() } }, done: { done: step } };
  const noted: Holder = { ...mine, ...how[state] };
  await writeLocal(path, `${JSON.stringify(noted)}\n`, 0o600);
}

type Abandoned = Pick<Holder, 'command' | 'time' | 'asked' | 'done' | 'another'> & { readonly step?: string };

/** What a process that is gone has left: it did not come to its end, and nobody has taken its lock since. */
export async function abandonedIn(directory: string, processes: Processes): Promise<Abandoned | undefined> {
  const holder = await holderOf(join(directory, '.fl-wizard', 'lock'));
  if (!holder || (await lives(holder, processes))) return undefined;
  const { command, time, doing, asked, done, another } = holder;
  return {
    command,
    time,
    ...doing,
    ...(asked === undefined ? {} : { asked }),
    ...(done === undefined ? {} : { done }),
    ...(another ? { another } : {}),
  };
}

/** Whether a living process holds it. */
export async function isHeld(directory: string, processes: Processes, name = 'lock'): Promise<boolean> {
  const holder = await holderOf(join(directory, '.fl-wizard', name));
  return holder !== undefined && (await lives(holder, processes));
}

/**
 * Takes a dead holder's lock away. Renaming is what only one of two can do; should the other already have put its own
 * lock there, that one is put back.
 */
async function discard(path: string, dead: Holder | undefined, pid: number): Promise<void> {
  const aside = `${path}.dead.${pid}`;
  await rename(path, aside).catch(() => undefined);
  const moved = await holderOf(aside);
  if (moved && (moved.pid !== dead?.pid || moved.time !== dead.time)) await link(aside, path).catch(() => undefined);
  await unlink(aside).catch(() => undefined);
}

/** What is no lock of ours has no holder: it is taken over. */
function isHolder(value: unknown): value is Holder {
  if (!value || typeof value !== 'object') return false;
  const { pid, doing, ...rest } = value as Record<string, unknown>;
  const { step = '', time = '' } = (doing ?? {}) as Record<string, unknown>;
  const { asked = '', done = '' } = rest;
  const texts = [rest.started, rest.host, rest.time, rest.command, step, time, asked, done];
  return Number.isInteger(pid) && Number(pid) > 0 && texts.every((each) => typeof each === 'string');
}

async function holderOf(path: string): Promise<Holder | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isHolder(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function held(directory: string, holder: Holder | undefined): UserError {
  return new UserError({
    exitCode: exit.locked,
    doing: `Locking ${directory}`,
    why: holder
      ? `\`fl-wizard ${holder.command}\` holds it: process ${holder.pid} on ${holder.host}, since ${holder.time}`
      : 'another run of fl-wizard holds it',
    hint:
      holder && holder.host !== hostname()
        ? `that is another machine: if nothing runs there, remove ${join(directory, '.fl-wizard', 'lock')}`
        : 'wait until it has ended; a lock whose process is gone is taken over by itself',
  });
}
