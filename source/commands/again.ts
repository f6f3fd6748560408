/** A session that is begun anew for as long as somebody does something about what failed in it. */
import { members } from '../network/network.ts';
import { failedHosts } from '../plan/after.ts';
import { type ExitCode, exit, type Failure, placeOf, UserError } from '../plan/failure.ts';
import type { View } from '../plan/reduce.ts';
import type { Step } from '../plan/step.ts';
import { type Known, unseen } from '../ui/found.ts';
import type { Call } from './context.ts';
import { readProject } from './project.ts';
import type { SessionResult } from './session.ts';
import { type Visit, visited, visitOf } from './visit.ts';

type Read = Awaited<ReturnType<typeof readProject>>;
type Begin = (call: Call, project: Read, steps: readonly Step[], known: readonly Known[]) => Promise<SessionResult>;

/** Of the last session; `toSteps`: somebody wants to see the page of the steps. `visit`: what came of all of them. */
export type Left = { readonly exitCode: ExitCode; readonly toSteps: boolean; readonly visit: Visit };

/**
 * @param steps of the whole session
 * @param begin one session of some of them, with the choices at its end
 * @param before what is known where it begins
 * @param whole the steps that another run takes, where this session has some of them only
 */
export async function untilLeft(
  given: Call,
  wanted: readonly Step[],
  begin: Begin,
  before: Visit = visitOf(unseen(wanted)),
  whole: readonly Step[] = wanted,
): Promise<Left> {
  let steps = wanted;
  let visit = before;
  let call = given;
  let { only } = call.common;
  /** Only at hosts that failed, up to the step in which they did: then all goes on. */
  let mending: { readonly only: readonly string[]; readonly until: string | undefined } | undefined;
  for (;;) {
    const project = await readProject(call);
    const last = steps.findIndex(({ id }) => id === mending?.until);
    const listed = last < 0 ? steps : steps.slice(0, last + 1);
    const { exitCode, view, after, left } = await begin(
      limited(call, mending?.only ?? only),
      project,
      listed,
      visit.known,
    );
    visit = visited(visit, view);
    if (call.io.signal.aborted || after === 'steps') return { exitCode, toSteps: after === 'steps', visit };
    // What was begun is gone on with, and not begun once more.
    if (view.steps.some(({ id, status }) => id === 'launch' && status === 'changed')) call = withoutNew(call);
    const failed = failedHosts(view.steps.flatMap((step) => step.failures));
    if (after === 'new') {
      // Who only watched has seen the end of a run: what begins the next is none of its steps.
      [call, steps, mending] = [anew(call), whole, undefined];
    } else if (after === undefined) {
      if (mending === undefined || exitCode !== exit.done || left) return { exitCode, toSteps: false, visit };
      mending = undefined;
    } else if (after === 'failed') mending = { only: failed, until: view.current };
    else if (after === 'rest') {
      const base = only ?? members(project.network).map(({ name }) => name);
      only = base.filter((name) => !failed.includes(name));
      mending = undefined;
      // Who left the editor with the file as it was has not asked for all steps once more.
    } else if (after === 'edit' && !(await edited(call, project, wrongIn(view))))
      return { exitCode, toSteps: true, visit };
  }
}

/** The same, with another run: what is out of date is mended before it, and what is not is looked at. */
export function anew(call: Call): Call {
  return { ...call, options: { ...call.options, new: true } };
}

function withoutNew(call: Call): Call {
  const { new: _, ...options } = call.options;
  return { ...call, options };
}

function limited(call: Call, only: readonly string[] | undefined): Call {
  const { only: _, ...common } = call.common;
  return { ...call, common: { ...common, ...(only ? { only } : {}) } };
}

/** What would end the trouble, as the failures say it. */
function wrongIn({ steps }: View): Wrong {
  const failures = steps.flatMap((step) => step.failures);
  const place = placeOf(failures);
  const change: NonNullable<Failure['change']> = Object.assign({}, ...failures.map((each) => each.change ?? {}));
  return { change, ...(place ? { place } : {}) };
}

type Wrong = Pick<Failure, 'change' | 'place'>;

/** Without an editor there is still the file. @returns whether the file is another now, or may be */
export async function edited(call: Call, project: Read, { change = {}, place }: Wrong = {}): Promise<boolean> {
  const [{ editFile, editNetwork }, { toldAndSeen }] = await Promise.all([import('./edit.ts'), import('./below.ts')]);
  try {
    if (place) return await editFile(call, project.directory, place);
    return await editNetwork(call, project, change);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { doing, why, hint = '' } = error.failure;
    await toldAndSeen(call, [`${doing} failed: ${why}`, ...(hint ? [`Try ${hint}`] : [])]);
    return true;
  }
}
