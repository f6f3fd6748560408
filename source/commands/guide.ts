/** What the wizard leads through behind its first screen: the questions, and all steps. */
import { addServerNames } from '../network/add-names.ts';
import type { Network } from '../network/network.ts';
import type { Draft } from '../network/write.ts';
import { type ExitCode, exit, UserError } from '../plan/failure.ts';
import type { Step } from '../plan/step.ts';
import { steps } from '../steps/index.ts';
import { pairOf, placesOf } from '../steps/shared.ts';
import type { Screen } from '../ui/screen.tsx';
import { readLocal, writeLocal } from '../world/files.ts';
import { foundIn } from '../world/found.ts';
import { untilLeft } from './again.ts';
import { type Call, orAborted } from './context.ts';
import { draftOf, type Said, validate } from './draft.ts';
import { type Project, projectOf } from './folder.ts';
import { requireNew, writeProject } from './init.ts';
import { session } from './session.ts';
import { prefillFrom, suggestions } from './start-from.ts';
import { templateFolders, withParts } from './templates.ts';
import { screenFor } from './wizard.ts';

/** The questions of `init`, with what flags and answers said in them. */
export async function askDraft(call: Call, said: Said): Promise<Draft | undefined> {
  const screen = await screenFor(call);
  try {
    const here = await whatIsHere(call);
    const draft = await orAborted(screen.questions(said, validate, here.suggest), call.io.signal, undefined);
    return draft ? draftOf(draft) : undefined;
  } finally {
    await screen.close();
  }
}

async function whatIsHere(call: Call) {
  const { directory } = projectOf(call);
  const found = await foundIn(directory, call.io.home);
  return { found, prefill: prefillFrom(found), suggest: suggestions(found, directory, call.io.home) };
}

/** @param start with what is here already, where somebody chose that */
export async function setUp(call: Call, screen: Screen, start: boolean): Promise<boolean> {
  const { directory, file } = projectOf(call);
  const { found, suggest, prefill } = await whatIsHere(call);
  const { app = 'an example, handwritten digits in numpy, in app/' } = prefill;
  const known = start ? { ...prefill, app } : { app };
  const asked = await orAborted(screen.questions(known, validate, suggest), call.io.signal, undefined);
  if (!asked) return false;
  await requireNew(file, call.io.cwd);
  const draft = draftOf(asked);
  // An app that is here is the user's own: it is not put beside an example, and gets nothing that only that one reads.
  const clients = found.app ? draft.clients : withParts(draft.clients, 'numpy');
  const copied = found.app?.path === '.' ? [{ folder: directory, files: found.app.files }] : [];
  await writeProject(directory, file, { ...draft, clients }, found.app ? copied : templateFolders('numpy'));
  return true;
}

/** @throws UserError (2, 3) */
async function addNames({ file }: Project, names: readonly string[]): Promise<Network> {
  const read = await readLocal(file);
  const text = read && addServerNames(read.content.toString('utf8'), names);
  if (!text)
    throw new UserError({
      exitCode: exit.invalid,
      doing: `Writing ${file}`,
      why: 'server.names is written in a way that fl-wizard does not change',
      hint: `add them by hand: ${names.join(', ')}`,
    });
  const { parseNetwork } = await import('../network/read.ts');
  const network = parseNetwork(text, file);
  await writeLocal(file, text, read.mode);
  return network;
}

export async function allSteps(call: Call, monitorOnly: boolean): Promise<ExitCode> {
  return stepsOf(call, monitorOnly ? steps.filter(({ id }) => id === 'monitor') : steps);
}

/** Leads through some of the steps, in their order. */
export function stepsOf(call: Call, wanted: readonly Step[]): Promise<ExitCode> {
  return untilLeft(call, wanted, async (limited, project, listed) => {
    const { directory, network } = project;
    // Once it is signed, another name would make it invalid: that is for whoever wants it to say.
    const signed = await readLocal(pairOf(placesOf(directory, network), 'server').certificate);
    return session(limited, {
      title: network.name,
      directory,
      network,
      steps: listed,
      autopilot: false,
      stay: true,
      choices: true,
      ...(signed ? {} : { addNames: (names) => addNames(project, names) }),
    });
  });
}
