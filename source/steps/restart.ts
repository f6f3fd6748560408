/** Ends what runs and starts it again: a list of steps for the same engine. */
import { decide, lives } from '../flower/decide.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { Looks } from '../plan/host-facts.ts';
import type { Answers, Step } from '../plan/step.ts';
import { launchStep } from './launch.ts';
import { hasChanged } from './launch-actions.ts';
import { lookAtAll } from './placed.ts';
import { chosen, factsOf, requireServer } from './shared.ts';
import { stopStep } from './stop.ts';

/** What is said to be done where clients can't be restarted without their server. */
export const withoutServer = 'Restarting clients alone';

/** @throws UserError (2) where launch would have to start the server, which is not among those that are restarted */
function requireServing(answers: Answers, looks: Looks): void {
  const { server } = answers.network;
  if (chosen(answers).includes(server)) return;
  const facts = factsOf(looks, server.name);
  if (decide(facts, answers.options, hasChanged(answers, server, facts)).server !== 'start') return;
  throw new UserError({
    exitCode: exit.invalid,
    doing: withoutServer,
    why: lives(facts) ? 'the app or the settings of the server are others now' : 'the server does not run',
    hint: 'nothing was stopped; fl-wizard restart server starts the server',
  });
}

/** Nothing is stopped that could not be started again: clients need a server, whose host has to answer. */
const stopToRestart: Step<{ readonly looks: Looks }> = {
  ...stopStep,
  async observe(answers, world) {
    const looks = await lookAtAll(answers, world, [answers.network.server]);
    requireServer(looks);
    return { looks };
  },
  // Not with each look: what was stopped by then has to be started, whatever became of the server.
  plan(answers, facts) {
    requireServing(answers, facts.looks);
    return stopStep.plan(answers, facts);
  },
};

export const restartSteps: readonly Step[] = [stopToRestart, launchStep];
