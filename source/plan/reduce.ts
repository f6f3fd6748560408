/** Everything a screen shows, worked out of the events alone. Pure; the Ink screens and the plain lines read it. */
import type { Check, Event, Outcome } from './event.ts';
import type { ExitCode, Failure } from './failure.ts';
import type { ProofCount } from './proof-count.ts';
import type { Proof } from './proven.ts';
import { emptyRun, foldRun, type RunView } from './run-view.ts';
import type { Standing } from './step.ts';

export type ActionView = {
  readonly text: string;
  readonly host?: string;
  readonly status: 'waiting' | 'doing' | 'done' | 'failed';
  /** The last lines that it printed. */
  readonly lines?: readonly string[];
  /** When it began, or was heard of last. */
  readonly heard?: string;
};

export type StepView = {
  readonly id: string;
  readonly title: string;
  readonly command?: string;
  readonly status: 'waiting' | 'looking' | 'planned' | 'doing' | Outcome;
  readonly actions: readonly ActionView[];
  /** How it stood when it was looked at. */
  readonly standing?: Standing;
  /** When the first of them began. */
  readonly doingSince?: string;
  readonly checks: readonly Check[];
  readonly failures: readonly Failure[];
};

export type View = {
  readonly steps: readonly StepView[];
  readonly current?: string;
  readonly run: RunView;
  /** Checks of the latest proof, by launch or verify. */
  readonly proof: readonly Check[];
  readonly provedAt?: string;
  /** Whether another step has begun since: its first try is that of a new proof. */
  readonly proofIsOver?: boolean;
  /** The last one that was made before this session. */
  readonly earlierProof?: ProofCount;
  /** The whole of the latest proof, as it is handed on. */
  readonly proved?: { readonly proof: Proof; readonly earlier: boolean };
  readonly end?: { readonly outcome: Outcome; readonly exitCode: ExitCode };
};

/** So many lines of an action's output are kept: a screen that is all of it. */
export const linesKept = 60;

export const emptyView: View = {
  steps: [],
  run: emptyRun,
  proof: [],
};

export function reduce(view: View, event: Event): View {
  return fold(view, [event]);
}

/** Many events in order. What a server tells and what a session does touch different parts, so each is worked in by itself. */
export function fold(view: View, events: readonly Event[]): View {
  const told: Event[] = [];
  let next = view;
  for (const event of events) {
    const done = reduceSession(next, event);
    if (done) next = done;
    else told.push(event);
  }
  const run = told.length > 0 ? foldRun(next.run, told) : next.run;
  return run === next.run ? next : { ...next, run };
}

/** Nothing where it is no event of a session's. */
function reduceSession(view: View, event: Event): View | undefined {
  switch (event.type) {
    case 'session-started':
      return {
        ...view,
        steps: event.steps.map((step) => ({ ...step, status: 'waiting', actions: [], checks: [], failures: [] })),
      };
    case 'step-started':
      return {
        ...inStep(view, event.step, () => ({ status: 'looking', actions: [], checks: [], failures: [] })),
        current: event.step,
        proofIsOver: true,
        ...(event.step === 'verify' ? { proof: [] } : {}),
      };
    case 'plan-ready':
      return inStep(view, event.step, () => ({
        status: 'planned',
        ...(event.standing ? { standing: event.standing } : {}),
        actions: event.actions.map((action) => ({ ...action, status: 'waiting' })),
      }));
    case 'action-started':
      return inStep(
        inAction(view, event.step, event.action, () => ({ status: 'doing', heard: event.time })),
        event.step,
        (step) => ({
          doingSince: step.doingSince ?? event.time,
        }),
      );
    case 'action-finished':
      return inAction(view, event.step, event.action, () => ({
        status: event.outcome === 'failed' ? 'failed' : 'done',
      }));
    case 'action-output':
      return inAction(view, event.step, event.action, ({ lines = [] }) => ({
        lines: [...lines.slice(1 - linesKept), event.line],
        heard: event.time,
      }));
    case 'check-finished':
      return withProof(
        inStep(view, event.step, (step) => ({ checks: [...withoutWarning(step.checks, event.check), event.check] })),
        event.check,
        event.time,
      );
    case 'proof-known':
      return { ...view, earlierProof: event.proof };
    case 'proof-finished':
      return { ...view, proved: { proof: event.proof, earlier: event.earlier === true } };
    case 'host-failed':
      return inStep(view, event.step, (step) => ({ failures: [...step.failures, event.failure] }));
    case 'step-finished':
      return inStep(view, event.step, (step) => ({
        status: event.outcome,
        failures: event.failures ?? step.failures,
      }));
    case 'session-finished':
      return { ...view, end: { outcome: event.outcome, exitCode: event.exitCode } };
    default:
      return undefined;
  }
}

/** A check that was a warning and is told again stands there once. */
function withoutWarning(checks: readonly Check[], { name, host }: Check): readonly Check[] {
  const isIt = (each: Check) => each.hint !== undefined && each.ok && each.name === name && each.host === host;
  return checks.some(isIt) ? checks.filter((each) => !isIt(each)) : checks;
}

function inStep(view: View, id: string, change: (step: StepView) => Partial<StepView>): View {
  return { ...view, steps: view.steps.map((step) => (step.id === id ? { ...step, ...change(step) } : step)) };
}

function inAction(view: View, id: string, index: number, change: (action: ActionView) => Partial<ActionView>): View {
  return inStep(view, id, ({ actions }) => {
    const action = actions[index];
    return { status: 'doing', actions: action ? actions.with(index, { ...action, ...change(action) }) : actions };
  });
}

function withProof(view: View, check: Check, time: string): View {
  if (check.kind === 'state') return view;
  const before = view.proofIsOver ? [] : view.proof;
  const others = before.filter((each) => each.name !== check.name || each.host !== check.host);
  return { ...view, proof: [...others, check], provedAt: time, proofIsOver: false };
}
