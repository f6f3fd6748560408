/** Weights that a run is to begin with: whether a message of Flower holds them, before anything is copied or started. */
import { exit, UserError } from '../plan/failure.ts';
import { bytes } from '../plan/size.ts';
import type { Answers } from '../plan/step.ts';
import type { World } from '../plan/world.ts';

/**
 * What any message holds, less what it needs beside weights: as in the runtime's limit.py, which judges them again by what
 * the script sets, and whatever else a run goes on with.
 */
const most = 2_147_483_647 - 65_536;

/** @throws UserError: 2 they are too large or none, 3 they can't be read */
export async function mustFit({ options }: Answers, world: World): Promise<void> {
  const { initialWeights: file } = options;
  if (file === undefined) return;
  const size = await world.weightsIn(file);
  if (size <= most) return;
  throw new UserError({
    exitCode: exit.invalid,
    doing: `Launching with the weights in ${file}`,
    why: `they are ${bytes(size)}, and a message of Flower holds ${bytes(most)} at most`,
    hint: 'send less: half precision, or only the layers that are trained',
  });
}
