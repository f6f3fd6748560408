/** The page from which each step is reached: how it stands, and what is done about it. */
import type { ExitCode } from '../plan/failure.ts';
import { exit } from '../plan/failure.ts';
import { steps } from '../steps/index.ts';
import { type Known, unseen } from '../ui/found.ts';
import type { CameFrom, StepsChoice } from '../ui/screen.tsx';
import { knownOf } from '../ui/steps-lines.ts';
import { anew, edited, type Left } from './again.ts';
import { changeNetwork } from './change.ts';
import { type Call, orAborted } from './context.ts';
import { stepsOf } from './guide.ts';
import { readProject } from './project.ts';
import { say } from './say.ts';
import { lookAtSteps } from './standings.ts';
import { looked, partingWords, type Visit, visitOf } from './visit.ts';
import { screenFor } from './wizard.ts';

/**
 * @param before what came of the session that led here
 * @returns the exit code of what was done last, or `back` to the first screen
 */
export async function stepsPage(call: Call, before: Visit = visitOf(unseen(steps))): Promise<ExitCode | 'back'> {
  let last: ExitCode = exit.done;
  let visit = before;
  let from: CameFrom | undefined;
  while (!call.io.signal.aborted) {
    const { choice, known } = await choose(call, from);
    visit = looked(visit, known);
    from = cameFrom(choice, known);
    if (choice.kind === 'quit' || choice.kind === 'back') {
      // Pictures that are true no more are gone: what stays is said.
      if (choice.kind === 'quit' || visit.did.length > 0) await say(call, partingWords(visit));
      return choice.kind === 'back' ? 'back' : last;
    }
    const left = await done(call, choice, visit);
    // Other answers make all that was known a thing of before.
    if (left) ({ exitCode: last, visit } = left);
    else visit = { ...visit, known: unseen(steps) };
  }
  return last;
}

/** What was chosen, but for leaving. */
async function done(call: Call, choice: StepsChoice, visit: Visit): Promise<Left | undefined> {
  switch (choice.kind) {
    case 'answers':
      await changeNetwork(call, await readProject(call));
      return undefined;
    case 'file':
      await edited(call, await readProject(call));
      return undefined;
    case 'new':
      return stepsOf(anew(call), steps, 'before', visit);
    case 'rest':
      return stepsOf(call, steps, 'before', visit);
    case 'step': {
      const wanted = steps.filter(({ id }) => id === choice.id);
      return stepsOf(call, wanted, 'before', visit);
    }
    default:
      return undefined;
  }
}

/** What was done in a step leads on; where nothing was to be done, one stays. */
function cameFrom(choice: StepsChoice, known: readonly Known[]): CameFrom | undefined {
  if (choice.kind !== 'step') return undefined;
  const stands = known.find(({ id }) => id === choice.id)?.stands ?? 'unseen';
  return { id: choice.id, had: ['outdated', 'missing', 'failed'].includes(stands) };
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
