/** Doing what was approved: the lanes of a stage at once, stage after stage. */
import pLimit from 'p-limit';
import { type Action, here, type Stage, withoutHosts } from './action.ts';
import type { Happening } from './event.ts';
import { exit, type Failure, failureOf, UserError } from './failure.ts';
import { reported } from './merge.ts';
import type { RunOptions } from './run-step.ts';
import type { Answers, Step } from './step.ts';
import type { Report } from './world.ts';

/** Does all stages. A failed lane is left out of the later stages; a failed server or local lane ends the step. */
export async function* perform(
  step: Step,
  stages: readonly Stage[],
  answers: Answers,
  options: RunOptions,
): AsyncGenerator<Happening, readonly Failure[]> {
  const failures: Failure[] = [];
  const failed = new Set<string>();
  const limit = pLimit(options.parallel);
  let next = 0;
  for (const stage of stages) {
    const first = next;
    const rest = (actions: readonly Action[]) => actions.map((action) => withoutHosts(action, failed));
    const lanes = Object.entries(stage.lanes).map(([lane, actions]) => {
      const from = next;
      next += actions.length;
      return { lane, actions, from };
    });
    if (first === next) continue;
    if (options.signal.aborted || failed.has(here) || (failed.has('server') && !step.apart)) break;
    yield* reported<Happening>(async (emit) => {
      await Promise.all(
        lanes
          .filter(({ lane }) => !failed.has(lane))
          .map(({ lane, actions, from }) =>
            limit(async () => {
              const [first, ...others] = await performLane(step, lane, rest(actions), from, answers, options, emit);
              if (!first) return;
              failed.add(lane);
              failures.push(first, ...others);
            }),
          ),
      );
    });
  }
  return failures;
}

async function performLane(
  step: Step,
  lane: string,
  actions: readonly Action[],
  from: number,
  answers: Answers,
  { world, signal, bug }: RunOptions,
  emit: (event: Happening) => void,
): Promise<readonly Failure[]> {
  const host = lane === here ? {} : { host: lane };
  for (const [offset, action] of actions.entries()) {
    if (signal.aborted) return [];
    const about = { step: step.id, action: from + offset, ...host };
    const failedChecks: Failure[] = [];
    const report: Report = {
      line: (line) => emit({ type: 'action-output', ...about, line }),
      event: (event) => emit(event),
      check: (check) => {
        // A try that was interrupted tells nothing of who was tried, and is still none that came out.
        if (check.ok || !signal.aborted) emit({ type: 'check-finished', step: step.id, check });
        if (!check.ok) failedChecks.push(proofFailed(action, check.name, check.detail, check.hint));
      },
    };
    emit({ type: 'action-started', ...about });
    try {
      await world.perform(action, answers.network, report, signal);
      if (failedChecks[0]) throw new UserError(failedChecks[0]);
      emit({ type: 'action-finished', ...about, outcome: 'changed' });
    } catch (error) {
      emit({ type: 'action-finished', ...about, outcome: 'failed' });
      // What was interrupted on purpose is no failure of the host, and no bug.
      if (signal.aborted) return [];
      if (!(error instanceof UserError)) bug?.(error);
      const failures = [failureOf(error, action.text, host.host), ...(error instanceof UserError ? error.others : [])];
      for (const failure of failures)
        if (failure.host) emit({ type: 'host-failed', step: step.id, host: failure.host, failure });
      return failures;
    }
  }
  return [];
}

function proofFailed(action: Action, name: string, detail: string, hint: string | undefined): Failure {
  return {
    exitCode: exit.proof,
    doing: action.text,
    why: `${name}: ${detail}`,
    ...(hint ? { hint } : {}),
  };
}
