/** Ends what runs and starts it again: a list of steps for the same engine. */
import type { Step } from '../plan/step.ts';
import type { Looks } from '../plan/world.ts';
import { launchStep } from './launch.ts';
import { lookAtAll } from './placed.ts';
import { requireServer } from './shared.ts';
import { stopStep } from './stop.ts';

/** Nothing is stopped that could not be started again: clients need a server, whose host has to answer. */
const stopToRestart: Step<{ readonly looks: Looks }> = {
  ...stopStep,
  async observe(answers, world) {
    const looks = await lookAtAll(answers, world, [answers.network.server]);
    requireServer(looks);
    return { looks };
  },
};

export const restartSteps: readonly Step[] = [stopToRestart, launchStep];
