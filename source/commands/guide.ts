/** What the wizard leads through behind its first screen: the questions, and all steps. */
import type { Before } from '../headless/line-screen.ts';
import { addServerNames } from '../network/add-names.ts';
import type { Network } from '../network/network.ts';
import type { Draft } from '../network/write.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { Step } from '../plan/step.ts';
import { steps } from '../steps/index.ts';
import { pairOf, placesOf } from '../steps/shared.ts';
import { unseen } from '../ui/found.ts';
import { inert } from '../ui/inert.ts';
import type { Keep, NetworkDraft, Prefill, Suggest } from '../ui/screen.tsx';
import { readLocal, writeLocal } from '../world/files.ts';
import { type Found, foundIn } from '../world/found.ts';
import { abandonedIn } from '../world/lock.ts';
import { anew, type Left, untilLeft } from './again.ts';
import { appFor, withParts } from './app-source.ts';
import { type Call, orAborted } from './context.ts';
import { draftOf, type Said, validate } from './draft.ts';
import { type Project, projectOf } from './folder.ts';
import { requireNew, writeProject } from './init.ts';
import { AnswersKeeper, keptIn } from './kept.ts';
import { say } from './say.ts';
import { withScriptPort } from './script-port.ts';
import { session } from './session.ts';
import { prefillFrom, remarkFor, suggestions, unsaid, withSubject } from './start-from.ts';
import { type Visit, visitOf } from './visit.ts';
import { screenFor } from './wizard.ts';

/**
 * The questions of `init`, with what flags and answers said in them.
 * @param goesOn with the answers that are kept, where there are any
 */
export async function askDraft(call: Call, said: Said, goesOn: boolean): Promise<Draft | undefined> {
  const kept = goesOn ? await keptIn(projectOf(call).directory) : undefined;
  if (kept && !kept.answers) call.io.stderr.write(`${inert(kept.unreadable)}\n`);
  const screen = await screenFor(call);
  let asked: Asked;
  let found: Found;
  try {
    const here = await whatIsHere(call);
    found = here.found;
    const { suggest, prefill } = here;
    // Answers that are kept have had all this in them.
    const known = kept?.answers ?? unsaid(prefill, said);
    asked = await ask(call, screen, { ...known, ...said }, suggest, kept?.answers !== undefined);
  } finally {
    await screen.close();
  }
  if (asked.note) await say(call, [asked.note]);
  return asked.draft ? withSubject(draftOf(asked.draft), found) : undefined;
}

/** The answers, or what there is to say to who left. */
type Asked = { readonly draft?: NetworkDraft; readonly note?: string; readonly back?: true };

/** Asks, and keeps what is answered. */
async function ask(call: Call, screen: Before, known: Prefill, suggest: Suggest, resumed: boolean): Promise<Asked> {
  const keeper = new AnswersKeeper(projectOf(call).directory, resumed);
  let wentBack = false;
  const keep: Keep = (state) => {
    wentBack = state.outcome === 'back';
    if (!call.common.dryRun) keeper.see(state);
  };
  const draft = await orAborted(screen.questions(known, validate, suggest, keep), call.io.signal, undefined);
  const note = await keeper.leave();
  if (draft) return { draft };
  return { ...(note ? { note } : {}), ...(wentBack ? { back: true } : {}) };
}

/** What can be taken for an answer of a new network. */
async function whatIsHere(call: Call) {
  const { directory } = projectOf(call);
  const found = await foundIn(directory, call.io.home);
  const suggest = suggestions(found, directory, call.io);
  const remark = remarkFor(found.configuration, call.io);
  return { found, prefill: prefillFrom(found), suggest: Object.assign(suggest, { remark }) };
}

/**
 * @param choice what of the first screen: with nothing, with what is here already, or with the answers that are kept
 * @returns whether a network is there now, and else what there is to say to who left, or that somebody went back
 */
export async function setUp(
  call: Call,
  screen: Before,
  choice: 'setup' | 'start' | 'resume',
): Promise<{ readonly written: boolean; readonly note?: string; readonly back?: true }> {
  const { directory, file } = projectOf(call);
  const kept = choice === 'resume' ? (await keptIn(directory))?.answers : undefined;
  const { found, suggest, prefill } = await whatIsHere(call);
  const app = await appFor({ directory, cwd: call.io.cwd }, {}, found);
  const known = { ...(choice === 'start' ? prefill : kept), app: app.about, before: true as const };
  const { draft: asked, ...left } = await ask(call, screen, known, suggest, kept !== undefined);
  if (!asked) return { written: false, ...left };
  await requireNew(file, call.io.cwd);
  const draft = withSubject(draftOf(asked), found);
  const clients = await withParts(draft.clients, app.sources);
  await writeProject(directory, file, { ...draft, clients }, app.sources);
  return { written: true };
}

/** @throws UserError (2, 3) */
async function addNames({ file, directory }: Project, names: readonly string[]): Promise<Network> {
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
  const network = await withScriptPort(parseNetwork(text, file), directory);
  await writeLocal(file, text, read.mode);
  return network;
}

/** Who was killed at the plan of another run goes on with that plan, not with the run that had ended before. */
export async function asLeft(call: Call): Promise<Call> {
  const left = await abandonedIn(projectOf(call).directory, call.io.processes);
  return left?.another ? anew(call) : call;
}

export async function allSteps(call: Call, monitorOnly: boolean): Promise<Left> {
  return stepsOf(call, monitorOnly ? steps.filter(({ id }) => id === 'monitor') : steps, 'beside');
}

/**
 * Leads through some of the steps, in their order.
 * @param page whether that was begun on the page of the steps
 * @param before what is known of all of them, and what was done before
 */
export async function stepsOf(
  given: Call,
  wanted: readonly Step[],
  page: 'before' | 'beside',
  before: Visit = visitOf(unseen(steps)),
): Promise<Left> {
  const begin: Parameters<typeof untilLeft>[2] = async (limited, project, listed, known) => {
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
      page,
      known,
      ...(signed ? {} : { addNames: (names) => addNames(project, names) }),
    });
  };
  const call = await asLeft(given);
  return untilLeft(call, wanted, begin, before, steps);
}
