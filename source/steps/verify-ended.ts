/** A server that ended while it was tried: then that is the trouble, and not each try that found nobody. */
import { lives } from '../flower/decide.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { ProcessLook } from '../plan/host-facts.ts';
import type { Answers, StepCheck } from '../plan/step.ts';
import type { World } from '../plan/world.ts';
import { againHint, ofProcess } from './process-card.ts';
import type { Done } from './verify-tries.ts';

/** Whether a try may have failed since nobody answered. To be let in wrongly takes a server that runs. */
export function isUnanswered({ check, entry }: Done): boolean {
  return !check.ok && entry.outcome !== 'accepted';
}

/** A process that has closed its port needs a moment to end, milliseconds. */
const toEnd = 1000;

async function lookAgain({ network }: Answers, world: World, signal: AbortSignal): Promise<ProcessLook> {
  const look = await world.state(network, network.server, signal);
  if (look.server || !lives(look)) return look;
  await world.pause(toEnd, signal);
  return world.state(network, network.server, signal);
}

/** The verdict where the server has ended; nothing where it runs, or can't be asked. */
export async function endedMeanwhile(
  answers: Answers,
  world: World,
  signal: AbortSignal,
): Promise<StepCheck | undefined> {
  const { network } = answers;
  const { server } = network;
  try {
    const look = await lookAgain(answers, world, signal);
    if (lives(look)) return undefined;
    const { process, trace } = look;
    const why = process.detail ?? process.state;
    return {
      name: 'mutual TLS',
      host: server.name,
      kind: 'state',
      ok: false,
      exitCode: exit.remote,
      detail: `the proof was not made, the server ended while it was tried: ${why}`,
      hint: againHint(server, look),
      ...ofProcess(server, await world.homeOf(network, server), trace),
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return undefined;
  }
}
