/** One step of a run: look, decide, do, prove. */
import { members } from '../network/network.ts';
import { here, numbered, type Stage } from './action.ts';
import type { Happening, Outcome } from './event.ts';
import { approves, exit, type Failure, failureOf, troubledHosts, UserError } from './failure.ts';
import { perform } from './lanes.ts';
import { adopted, prove, unreached } from './prove.ts';
import type { Answers, Operator, Standing, Step, StepCheck } from './step.ts';
import type { Told } from './told.ts';
import type { World } from './world.ts';

export type RunOptions = {
  readonly world: World;
  readonly operator: Operator;
  readonly signal: AbortSignal;
  /** Print the plan, do nothing. */
  readonly dryRun?: boolean;
  /** Hosts at once. */
  readonly parallel: number;
  /** Sees each plan before it is approved, with all that the events leave out. */
  planned?(step: Step, stages: readonly Stage[]): Promise<void>;
  /**
   * Takes up what a step has proposed for the server's certificate, or leaves it.
   * @returns the steps to do again before the others, since the answers are new; none where they are as they were
   */
  adopt?(proposed: readonly string[]): Promise<readonly Step[]>;
  /**
   * Told of a run that has ended otherwise than it is wanted now, with which nothing is to be done.
   * @returns the answers that ask for another one; none where all goes on with that run
   */
  another?(): Promise<Answers | undefined>;
  /** Told of what was thrown and is no `UserError`: its stack is wanted in a bug report. */
  bug?(error: unknown): void;
  /** For the lock's holder and the screen: `up`, `certs`, … */
  readonly command: string;
};

/** What came of a step. */
export type Result = {
  readonly outcome: Outcome;
  readonly failures: readonly Failure[];
  readonly again?: readonly Step[];
  /** Who took part. */
  readonly names?: readonly string[];
};

/** Without hosts that failed in a step before. */
function without(lost: ReadonlySet<string>, answers: Answers): Answers {
  if (lost.size === 0) return answers;
  return { ...answers, only: takingPart(answers).filter((name) => !lost.has(name)) };
}

function takingPart({ network, only }: Answers): readonly string[] {
  const names = members(network).map(({ name }) => name);
  return only.length === 0 ? names : names.filter((name) => only.includes(name));
}

/** What comes of a step, as it is known so far: also where it is broken off. */
type SoFar = { outcome: Outcome; failures: Failure[]; again: readonly Step[]; names: readonly string[] };

export async function* runStep(
  step: Step,
  lost: ReadonlySet<string>,
  options: RunOptions,
): AsyncGenerator<Told, Result> {
  const result: SoFar = { outcome: 'unchanged', failures: [], again: [], names: [] };
  yield { type: 'step-started', step: step.id };
  try {
    yield* lookDecideDoProve(step, lost, options, result);
  } catch (error) {
    if (!options.signal.aborted) {
      if (!(error instanceof UserError)) options.bug?.(error);
      result.failures.push(failureOf(error, step.title), ...(error instanceof UserError ? error.others : []));
    }
  }
  const { failures } = result;
  if (failures.length > 0 || options.signal.aborted) result.outcome = 'failed';
  yield { type: 'step-finished', step: step.id, outcome: result.outcome, ...(failures.length > 0 ? { failures } : {}) };
  return result;
}

async function* lookDecideDoProve(
  step: Step,
  lost: ReadonlySet<string>,
  options: RunOptions,
  result: SoFar,
): AsyncGenerator<Told, void> {
  const { world, operator, signal, dryRun = false } = options;
  const { failures } = result;
  let answers = without(lost, await operator.answer(step));
  result.names = takingPart(answers);
  let facts = await step.observe(answers, world);
  failures.push(...(yield* unreached(step, facts, failures, signal)));
  let planned = planOf(step, answers, facts, failures);
  const another = isPassed(planned) && !dryRun ? await options.another?.() : undefined;
  if (another) {
    answers = without(lost, another);
    planned = planOf(step, answers, facts, failures);
  }
  yield planReady(step, planned);
  await options.planned?.(step, planned.stages);
  if (planned.plan.length > 0)
    result.outcome = dryRun ? 'changed' : await approved(step, planned, answers, options, failures);
  if (result.outcome === 'declined') return;
  if (result.outcome === 'changed' && !dryRun) {
    yield* carryOut(step, planned, answers, options, failures);
    // Also beside a client that failed: what was done at the others is proved by what is there now.
    if (signal.aborted || endsStep(step, failures)) return;
    facts = await step.observe(answers, world);
    failures.push(...(yield* unreached(step, facts, failures, signal)));
  }
  if ((dryRun && !step.provesDry) || endsStep(step, failures) || signal.aborted) return;
  const proposing: StepCheck[] = [];
  const about = { facts, failed: troubledHosts(failures), world, signal, proposing };
  failures.push(...(yield* prove(step, answers, about)));
  if (proposing.length === 0 || failures.length > 0 || signal.aborted) return;
  result.again = (await options.adopt?.(proposing.flatMap(({ proposes = [] }) => proposes))) ?? [];
  // What was taken up is nothing to be minded any more.
  if (result.again.length > 0) for (const check of proposing) yield adopted(step, check);
}

/** Asks whether it is to be done. */
async function approved(
  step: Step,
  { stages }: Planned,
  answers: Answers,
  { world, operator }: RunOptions,
  failures: Failure[],
): Promise<Outcome> {
  await world.note(step.id, 'asked', answers.options.new);
  if (await operator.approve(step, stages)) return 'changed';
  const refusal = operator.refusal?.(step, stages);
  if (refusal) failures.push(refusal);
  // Beside hosts that failed, that nothing was done at the others is a word of its own.
  else if (failures.length > 0) failures.push(notApproved(step));
  return 'declined';
}

async function* carryOut(
  step: Step,
  { stages, plan }: Planned,
  answers: Answers,
  options: RunOptions,
  failures: Failure[],
): AsyncGenerator<Told, void> {
  const { world } = options;
  await world.note(step.id, 'doing');
  const broken = yield* perform(step, stages, answers, options);
  await world.note(step.id, 'done');
  failures.push(...broken);
  world.forget([...new Set(plan.map(({ lane }) => lane))]);
}

function planReady({ id: step }: Step, { plan, standing }: Planned): Happening {
  const actions = plan.map(({ lane, action }) => ({
    text: action.text,
    ...(lane === here ? {} : { host: lane }),
    ...(action.diff ? { diff: action.diff } : {}),
  }));
  return { type: 'plan-ready', step, standing, actions };
}

function planOf(step: Step, answers: Answers, facts: unknown, failures: readonly Failure[]): Planned {
  const stages = withoutLanes(step.plan(answers, facts), troubledHosts(failures));
  const plan = numbered(stages);
  const standing = step.stands?.(answers, facts, plan.length) ?? { state: plan.length === 0 ? 'done' : 'missing' };
  return { stages, plan, standing };
}

type Planned = {
  readonly stages: readonly Stage[];
  readonly plan: ReturnType<typeof numbered>;
  readonly standing: Standing;
};

/** Whether all would go on with a run that has ended otherwise than it is wanted now. */
function isPassed({ plan, standing: { over, state } }: Planned): boolean {
  return plan.length === 0 && over === true && state === 'outdated';
}

function notApproved({ id, title }: Step): Failure {
  return {
    exitCode: exit.declined,
    doing: `${title}: the rest`,
    why: 'this plan was not approved, so nothing of it was done',
    hint: approves(id),
  };
}

/**
 * A server or a local lane that failed ends the step: there is nothing that could be proved. Where hosts are nothing to each
 * other, the server is one of them.
 */
export function endsStep({ apart }: Step, failures: readonly Failure[]): boolean {
  return failures.some(({ host }) => !host || (host === 'server' && !apart));
}

function withoutLanes(stages: readonly Stage[], failed: ReadonlySet<string>): readonly Stage[] {
  if (failed.size === 0) return stages;
  return stages.map((stage) => ({
    ...stage,
    lanes: Object.fromEntries(Object.entries(stage.lanes).filter(([lane]) => !failed.has(lane))),
  }));
}
