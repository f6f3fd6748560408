/** The end of what runs, and of what was placed: lists of steps for the same engine. */
import type { ExitCode } from '../plan/failure.ts';
import type { Step } from '../plan/step.ts';
import { list } from '../plan/words.ts';
import type { Looks } from '../plan/world.ts';
import { launchStep } from '../steps/launch.ts';
import { lookAtAll } from '../steps/placed.ts';
import { purgeStep } from '../steps/purge.ts';
import { requireServer } from '../steps/shared.ts';
import { stopStep } from '../steps/stop.ts';
import { unitsStep } from '../steps/units.ts';
import type { Call, Command } from './context.ts';
import { readProject } from './project.ts';
import { session } from './session.ts';
import { named } from './status.ts';

async function go(call: Call, title: string, steps: readonly Step[]): Promise<ExitCode> {
  const { directory, network } = await readProject(call);
  const { exitCode, view } = await session(call, { title, directory, network, steps, autopilot: false, stay: false });
  const left = [...new Set(view.steps.flatMap(({ failures }) => failures.flatMap(({ host }) => host ?? [])))];
  // The last words were of what was done at the others.
  if (steps.length > 1 && left.length > 0 && !call.common.json && !call.io.signal.aborted)
    call.io.stderr.write(
      `Not done at ${list(left)}: once that is mended, the same again with --only ${left.join(',')}\n`,
    );
  return exitCode;
}

export const stop: Command<[readonly string[]]> = (call, words) => go(named(call, words), 'Stop', [stopStep]);

/** Nothing is stopped that could not be started again: clients need a server, whose host has to answer. */
const stopToRestart: Step<{ readonly looks: Looks }> = {
  ...stopStep,
  async observe(answers, world) {
    const looks = await lookAtAll(answers, world, [answers.network.server]);
    requireServer(looks);
    return { looks };
  },
};

export const restart: Command<[readonly string[]]> = (call, words) =>
  go(named(call, words), 'Restart', [stopToRestart, launchStep]);

export const down: Command<[boolean]> = (call, purge) =>
  go(call, 'Down', [stopStep, unitsStep, ...(purge ? [purgeStep] : [])]);
