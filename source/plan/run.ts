/**
 * The one engine: the wizard, a single step, `--yes` and the demo are all this generator, with another operator and
 * another reader. Look, decide, do, prove.
 */
import type { Outcome } from './event.ts';
import { type ExitCode, exit, type Failure, failureOf, troubledHosts, worst } from './failure.ts';
import { endsStep, type Result, type RunOptions, runStep } from './run-step.ts';
import type { Step } from './step.ts';
import type { Told } from './told.ts';

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
