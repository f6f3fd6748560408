/**
 * The one engine: the wizard, a single step, `--yes` and the demo are all this generator, with another operator and
 * another reader. Look, decide, do, prove.
 */
import { members } from '../network/network.ts';
import { here, numbered, type Stage } from './action.ts';
import type { Outcome } from './event.ts';
import { approves, type ExitCode, exit, type Failure, failureOf, troubledHosts, UserError, worst } from './failure.ts';
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

type Result = {
  readonly outcome: Outcome;
  readonly failures: readonly Failure[];
  readonly again?: readonly Step[];
  /** Who took part. */
  readonly names?: readonly string[];
};

/**
 * Runs steps in order and yields what happens, `listed` one after the other. Never throws: trouble is the last event's exit code.
 * The run stops after a step in which anything failed, but for hosts of a step that takes each apart.
 */
export async function* run(steps: readonly Step[], options: RunOptions): AsyncGenerator<Told, ExitCode> {
  const told = steps.map(({ id, title, command }) => ({ id, title, ...(command ? { command } : {}) }));
  yield { type: 'session-started', version: 1, steps: told };
  const results: Result[] = [];
  const lost = new Set<string>();
  let release: (() => Promise<void>) | undefined;
  const unlock = async () => {
    const held = release;
    release = undefined;
    await held?.();
  };
  try {
    const left = [...steps];
    for (let step = left.shift(); step; step = left.shift()) {
      if (step.effect === 'looks') {
        // A lock is not kept over what only looks, unless a step that changes something is still to come.
        if (!left.some((later) => later.effect === 'changes')) await unlock();
      } else if (!release && !options.dryRun) {
        const taken = await attempt(() => options.world.lock(options.command), `Locking ${options.world.directory}`);
        if ('failure' in taken) {
          yield { type: 'step-started', step: step.id };
          const failures = [taken.failure];
          yield { type: 'step-finished', step: step.id, outcome: 'failed', failures };
          results.push({ outcome: 'failed', failures });
          break;
        }
        release = taken.value;
      }
      const result = yield* runStep(step, lost, options);
      results.push(result);
      if (result.outcome === 'declined') break;
      if (result.outcome === 'failed') {
        for (const host of troubledHosts(result.failures)) lost.add(host);
        const left = result.names?.some((name) => !lost.has(name));
        if (!step.apart || options.signal.aborted || endsStep(step, result.failures) || !left) break;
      }
      left.unshift(...(result.again ?? []));
    }
  } finally {
    await unlock();
  }
  const exitCode = exitCodeOf(results, options.signal);
  const outcome = exitCode === exit.done ? overall(results) : exitCode === exit.declined ? 'declined' : 'failed';
  yield { type: 'session-finished', outcome, exitCode };
  return exitCode;
}

function overall(results: readonly Result[]): Outcome {
  return results.some((result) => result.outcome === 'changed') ? 'changed' : 'unchanged';
}

function exitCodeOf(results: readonly Result[], signal: AbortSignal): ExitCode {
  if (signal.aborted) return signal.reason === 'SIGTERM' ? 143 : signal.reason === 'SIGHUP' ? 129 : 130;
  return worst(
    results.flatMap((result): ExitCode[] =>
      result.outcome === 'declined' ? [exit.declined] : result.failures.map((failure) => failure.exitCode),
    ),
  );
}

async function attempt<T>(work: () => Promise<T>, doing: string): Promise<{ value: T } | { failure: Failure }> {
  try {
    return { value: await work() };
  } catch (error) {
    return { failure: failureOf(error, doing) };
  }
}

/** Without hosts that failed in a step before. */
function without(lost: ReadonlySet<string>, answers: Answers): Answers {
  if (lost.size === 0) return answers;
  return { ...answers, only: takingPart(answers).filter((name) => !lost.has(name)) };
}

function takingPart({ network, only }: Answers): readonly string[] {
  const names = members(network).map(({ name }) => name);
  return only.length === 0 ? names : names.filter((name) => only.includes(name));
}

async function* runStep(step: Step, lost: ReadonlySet<string>, options: RunOptions): AsyncGenerator<Told, Result> {
  const { world, operator, signal } = options;
  const failures: Failure[] = [];
  const proposing: StepCheck[] = [];
  let again: readonly Step[] = [];
  let names: readonly string[] = [];
  let outcome: Outcome = 'unchanged';
  yield { type: 'step-started', step: step.id };
  try {
    let answers = without(lost, await operator.answer(step));
    names = takingPart(answers);
    let facts = await step.observe(answers, world);
    failures.push(...(yield* unreached(step, facts, failures, signal)));
    let planned = planOf(step, answers, facts, failures);
    if (isPassed(planned) && !options.dryRun) {
      const another = await options.another?.();
      if (another) {
        answers = without(lost, another);
        planned = planOf(step, answers, facts, failures);
      }
    }
    const { stages, plan, standing } = planned;
    yield {
      type: 'plan-ready',
      step: step.id,
      standing,
      actions: plan.map(({ lane, action }) => ({
        text: action.text,
        ...(lane === here ? {} : { host: lane }),
        ...(action.diff ? { diff: action.diff } : {}),
      })),
    };
    await options.planned?.(step, stages);
    if (plan.length > 0) {
      if (!options.dryRun) await world.note(step.id, 'asked', answers.options.new);
      if (options.dryRun) outcome = 'changed';
      else if (!(await operator.approve(step, stages))) {
        outcome = 'declined';
        const refusal = operator.refusal?.(step, stages);
        if (refusal) failures.push(refusal);
        // Beside hosts that failed, that nothing was done at the others is a word of its own.
        else if (failures.length > 0) failures.push(notApproved(step));
      } else {
        outcome = 'changed';
        await world.note(step.id, 'doing');
        const broken = yield* perform(step, stages, answers, options);
        await world.note(step.id, 'done');
        failures.push(...broken);
        world.forget([...new Set(plan.map(({ lane }) => lane))]);
        // Also beside a client that failed: what was done at the others is proved by what is there now.
        if (!signal.aborted && !endsStep(step, failures)) {
          facts = await step.observe(answers, world);
          failures.push(...(yield* unreached(step, facts, failures, signal)));
        }
      }
    }
    if ((!options.dryRun || step.provesDry) && outcome !== 'declined' && !endsStep(step, failures) && !signal.aborted)
      failures.push(
        ...(yield* prove(step, answers, { facts, failed: troubledHosts(failures), world, signal, proposing })),
      );
    if (proposing.length > 0 && failures.length === 0 && !signal.aborted) {
      const proposed = proposing.flatMap(({ proposes = [] }) => proposes);
      again = (await options.adopt?.(proposed)) ?? [];
      // What was taken up is nothing to be minded any more.
      if (again.length > 0) for (const check of proposing) yield adopted(step, check);
    }
  } catch (error) {
    if (!signal.aborted) {
      if (!(error instanceof UserError)) options.bug?.(error);
      failures.push(failureOf(error, step.title), ...(error instanceof UserError ? error.others : []));
    }
  }
  if (failures.length > 0 || signal.aborted) outcome = 'failed';
  yield { type: 'step-finished', step: step.id, outcome, ...(failures.length > 0 ? { failures } : {}) };
  return { outcome, failures, again, names };
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
function endsStep({ apart }: Step, failures: readonly Failure[]): boolean {
  return failures.some(({ host }) => !host || (host === 'server' && !apart));
}

function withoutLanes(stages: readonly Stage[], failed: ReadonlySet<string>): readonly Stage[] {
  if (failed.size === 0) return stages;
  return stages.map((stage) => ({
    ...stage,
    lanes: Object.fromEntries(Object.entries(stage.lanes).filter(([lane]) => !failed.has(lane))),
  }));
}
