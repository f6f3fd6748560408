/** The end of what runs, and of what was placed: lists of steps for the same engine. */
import { failedHosts } from '../plan/after.ts';
import { type ExitCode, exit } from '../plan/failure.ts';
import type { Step } from '../plan/step.ts';
import { list } from '../plan/words.ts';
import { purgeStep } from '../steps/purge.ts';
import { restartSteps } from '../steps/restart.ts';
import { stopStep } from '../steps/stop.ts';
import { unitsStep } from '../steps/units.ts';
import { type Call, type Command, interactive } from './context.ts';
import { readProject } from './project.ts';
import { session } from './session.ts';
import type { SessionOptions } from './stage.ts';
import { named } from './status.ts';

type Listed = Pick<SessionOptions, 'title' | 'directory' | 'network' | 'steps'>;

async function go(call: Call, title: string, steps: readonly Step[]): Promise<ExitCode> {
  const { directory, network } = await readProject(call);
  const about = { title, directory, network, steps };
  const { exitCode, view } = await session(call, { ...about, autopilot: false, stay: false });
  await tellRest(call, { ...about, steps }, exitCode);
  const left = failedHosts(view.steps.flatMap(({ failures }) => failures));
  // The last words were of what was done at the others.
  if (steps.length > 1 && left.length > 0 && !call.common.json && !call.io.signal.aborted)
    call.io.stderr.write(
      `Not done at ${list(left)}: once that is mended, the same again with --only ${left.join(',')}\n`,
    );
  return exitCode;
}

/**
 * Where nobody could approve the first plan, the others are seen as well: as things are now, since what comes first was not
 * done. What `restart` starts again can't be planned while it runs.
 */
async function tellRest(call: Call, about: Listed, exitCode: ExitCode): Promise<void> {
  const { common, io } = call;
  const [, ...rest] = about.steps;
  if (exitCode !== exit.declined || rest.length === 0 || common.json || interactive(call)) return;
  if (rest.some(({ id }) => id === 'launch')) {
    io.stderr.write('Then they are started again: what that takes is planned once they have ended.\n');
    return;
  }
  io.stderr.write('Behind that would be done, as things are now:\n');
  const dry = { ...call, common: { ...common, dryRun: true } };
  await session(dry, { ...about, steps: rest, autopilot: false, stay: false });
}

export const stop: Command<[readonly string[]]> = (call, words) => go(named(call, words), 'Stop', [stopStep]);

export const restart: Command<[readonly string[]]> = (call, words) => go(named(call, words), 'Restart', restartSteps);

export const down: Command<[boolean]> = (call, purge) =>
  go(call, 'Down', [stopStep, unitsStep, ...(purge ? [purgeStep] : [])]);
