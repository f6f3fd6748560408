/** Everything a screen shows, worked out of the events alone. Pure; the Ink screens and the plain lines read it. */
import type { Check, ClientChanged, ClientState, Event, Outcome, PhaseChanged, RoundFinished } from './event.ts';
import type { ExitCode, Failure } from './failure.ts';
import type { Proof } from './proven.ts';

export type ActionView = {
  readonly text: string;
  readonly host?: string;
  readonly status: 'waiting' | 'doing' | 'done' | 'failed';
  /** The last lines that it printed. */
  readonly lines?: readonly string[];
};

export type StepView = {
  readonly id: string;
  readonly title: string;
  readonly command?: string;
  readonly status: 'waiting' | 'looking' | 'planned' | 'doing' | Outcome;
  readonly actions: readonly ActionView[];
  /** When the first of them began. */
  readonly doingSince?: string;
  readonly checks: readonly Check[];
  readonly failures: readonly Failure[];
};

export type ClientView = {
  readonly name: string;
  readonly state: ClientState;
  readonly since: string;
  readonly host?: string;
  readonly detail?: string;
  readonly address?: string;
  readonly samples?: number;
  readonly fitSeconds?: number;
  readonly loss?: number;
  readonly metrics?: Readonly<Record<string, number>>;
};

export type RunView = {
  readonly id?: string;
  readonly started?: string;
  readonly rounds: number;
  readonly phase?: PhaseChanged & { readonly since: string };
  readonly finished: readonly RoundFinished[];
  readonly clients: readonly ClientView[];
  readonly flower?: string;
  readonly strategy?: string;
  readonly roundTimeout?: number;
  readonly restarts: number;
  readonly notices: readonly { readonly time: string; readonly text: string }[];
  readonly end?: { readonly time: string; readonly outcome: Outcome; readonly detail?: string };
  readonly last: number;
};

export type View = {
  readonly steps: readonly StepView[];
  readonly current?: string;
  readonly run: RunView;
  /** Checks of the latest proof, by launch or verify. */
  readonly proof: readonly Check[];
  readonly provedAt?: string;
  /** The whole of the latest proof, as it is handed on. */
  readonly proved?: { readonly proof: Proof; readonly earlier: boolean };
  readonly end?: { readonly outcome: Outcome; readonly exitCode: ExitCode };
};

/** So many lines of an action's output are kept: a screen that is all of it. */
export const linesKept = 60;

/** Notices are a tail: a screen shows a few, and a run of days must not grow. */
const noticesKept = 50;

export const emptyView: View = {
  steps: [],
  run: { rounds: 0, finished: [], clients: [], restarts: 0, notices: [], last: 0 },
  proof: [],
};

export function reduce(view: View, event: Event): View {
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
        ...(event.step === 'verify' ? { proof: [] } : {}),
      };
    case 'plan-ready':
      return inStep(view, event.step, () => ({
        status: 'planned',
        actions: event.actions.map((action) => ({ ...action, status: 'waiting' })),
      }));
    case 'action-started':
      return inStep(
        inAction(view, event.step, event.action, () => ({ status: 'doing' })),
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
      }));
    case 'check-finished':
      return withProof(
        inStep(view, event.step, (step) => ({ checks: [...withoutWarning(step.checks, event.check), event.check] })),
        event.check,
        event.time,
      );
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
      return { ...view, run: reduceRun(view.run, event) };
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
  const others = view.proof.filter((each) => each.name !== check.name || each.host !== check.host);
  return { ...view, proof: [...others, check], provedAt: time };
}

/** The part of the view that comes from the running server. An event that was seen before changes nothing. */
function reduceRun(run: RunView, event: Event): RunView {
  const sequence = 'sequence' in event ? event.sequence : undefined;
  if (sequence !== undefined && 'run' in event && event.run === run.id && sequence <= run.last) return run;
  const fresh = 'run' in event && event.run !== undefined && event.run !== run.id ? newRun(event.run) : run;
  const next = sequence === undefined ? fresh : { ...fresh, last: sequence };
  switch (event.type) {
    case 'run-started':
      return {
        ...next,
        started: event.time,
        rounds: event.rounds,
        ...(event.flower ? { flower: event.flower } : {}),
        ...(event.strategy ? { strategy: event.strategy } : {}),
        ...(event.roundTimeout ? { roundTimeout: event.roundTimeout } : {}),
        clients: [...next.clients, ...expected(event.clients ?? [], next.clients, event.time)],
      };
    case 'server-started': {
      const { end: _, ...open } = next;
      return { ...open, restarts: next.restarts + (event.resumedAfter === undefined ? 0 : 1) };
    }
    case 'phase-changed': {
      const same = next.phase?.phase === event.phase && next.phase.round === event.round;
      return {
        ...next,
        rounds: event.rounds,
        phase: { ...event, since: same ? (next.phase?.since ?? event.time) : event.time },
      };
    }
    case 'client-changed':
      return { ...next, clients: withClient(next.clients, event, event.time) };
    case 'round-finished':
      return {
        ...next,
        rounds: event.rounds,
        finished: [...next.finished.filter((each) => each.round !== event.round), event],
      };
    case 'connection-refused':
      return noted(next, event.time, `refused ${event.name ?? event.address}: ${event.reason}`);
    case 'notice':
      return noted(next, event.time, event.text);
    case 'run-finished':
      return {
        ...next,
        end: { time: event.time, outcome: event.outcome, ...(event.detail ? { detail: event.detail } : {}) },
      };
    default:
      return next;
  }
}

/** Clients that the run expects and nobody has seen yet. */
function expected(names: readonly string[], known: readonly ClientView[], since: string): readonly ClientView[] {
  const seen = new Set(known.map(({ name }) => name));
  return [...new Set(names)].filter((name) => !seen.has(name)).map((name) => ({ name, state: 'starting', since }));
}

function newRun(id: string): RunView {
  return { ...emptyView.run, id };
}

function noted(run: RunView, time: string, text: string): RunView {
  return { ...run, notices: [...run.notices, { time, text }].slice(-noticesKept) };
}

function withClient(clients: readonly ClientView[], event: ClientChanged, time: string): readonly ClientView[] {
  const old = clients.find((client) => client.name === event.client);
  const { detail: _, ...kept } = old ?? { name: event.client };
  const view: ClientView = {
    ...kept,
    name: event.client,
    state: event.state,
    since: old?.state === event.state ? old.since : time,
    ...(event.host ? { host: event.host } : {}),
    ...(event.detail ? { detail: event.detail } : {}),
    ...(event.address ? { address: event.address } : {}),
    ...(event.samples === undefined ? {} : { samples: event.samples }),
    ...(event.seconds !== undefined && event.loss === undefined ? { fitSeconds: event.seconds } : {}),
    ...(event.loss === undefined ? {} : { loss: event.loss }),
    ...(event.metrics ? { metrics: event.metrics } : {}),
  };
  return old ? clients.map((client) => (client === old ? view : client)) : [...clients, view];
}
