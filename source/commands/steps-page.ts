/** The page from which each step is reached: how it stands, and what is done about it. */
import type { ExitCode } from '../plan/failure.ts';
import { exit } from '../plan/failure.ts';
import { steps } from '../steps/index.ts';
import type { Known } from '../ui/found.ts';
import type { CameFrom, StepsChoice } from '../ui/screen.tsx';
import { knownOf } from '../ui/steps-lines.ts';
import { anew, edited } from './again.ts';
import { changeNetwork } from './change.ts';
import { type Call, orAborted } from './context.ts';
import { stepsOf } from './guide.ts';
import { readProject } from './project.ts';
import { lookAtSteps } from './standings.ts';
import { screenFor } from './wizard.ts';

/** @returns the exit code of what was done last, or `back` to the first screen */
export async function stepsPage(call: Call): Promise<ExitCode | 'back'> {
  let last: ExitCode = exit.done;
  let from: CameFrom | undefined;
  while (!call.io.signal.aborted) {
    const { choice, known } = await choose(call, from);
    from = cameFrom(choice, known);
    switch (choice.kind) {
      case 'quit':
        return last;
      case 'back':
        return 'back';
      case 'again':
        break;
      case 'answers':
        await changeNetwork(call, await readProject(call));
        break;
      case 'file':
        await edited(call, await readProject(call));
        break;
      case 'new':
        last = await led(anew(call), steps, known);
        break;
      case 'rest':
        last = await led(call, steps, known);
        break;
      case 'step':
        last = await led(
          call,
          steps.filter(({ id }) => id === choice.id),
          known,
        );
        break;
    }
  }
  return last;
}

/** What was done in a step leads on; where nothing was to be done, one stays. */
function cameFrom(choice: StepsChoice, known: readonly Known[]): CameFrom | undefined {
  if (choice.kind !== 'step') return undefined;
  const stands = known.find(({ id }) => id === choice.id)?.stands ?? 'unseen';
  return { id: choice.id, had: ['outdated', 'missing', 'failed'].includes(stands) };
}

/** Whatever ends there leads back here. */
async function led(call: Call, wanted: typeof steps, known: readonly Known[]): Promise<ExitCode> {
  return (await stepsOf(call, wanted, 'before', known)).exitCode;
}

/** The page stays until somebody has chosen; what is still being looked at then is of no use any more. */
async function choose(
  call: Call,
  from: CameFrom | undefined,
): Promise<{ readonly choice: StepsChoice; readonly known: readonly Known[] }> {
  const project = await readProject(call);
  const screen = await screenFor(call);
  const over = new AbortController();
  const signal = AbortSignal.any([call.io.signal, over.signal]);
  const page = screen.steps(project.network.name, from);
  const looked = lookAtSteps({ ...call, io: { ...call.io, signal } }, project, steps, (event) => page.feed(event));
  try {
    // What is wrong with the project itself is no step's trouble.
    const told = looked.then(() => {
      // Who has left is told nothing more.
      if (!signal.aborted) page.whole();
      return page.choice;
    });
    const chosen = Promise.race([page.choice, told]);
    const choice = await orAborted(chosen, call.io.signal, { kind: 'quit' });
    return { choice, known: knownOf(page.view()) };
  } finally {
    over.abort();
    looked.catch(() => undefined);
    await screen.close();
  }
}
