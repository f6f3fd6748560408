/** What the screens of a session show. Plain data; `session.ts` changes it, `session-lines.ts` draws it. */
import type { Stage } from '../plan/action.ts';
import type { After } from '../plan/after.ts';
import { emptyView, type StepView, type View } from '../plan/reduce.ts';
import type { Question } from '../plan/step.ts';
import type { DemoFacts } from './demo-facts.ts';
import type { Known } from './found.ts';
import type { LogLine } from './log-book.ts';
import { printing } from './output-pane.ts';
import type { Commands } from './plan-lines.ts';
import { hasRun } from './run-facts.ts';
import { firstTable, type TableState } from './table-state.ts';

export type Prompt =
  | {
      readonly kind: 'approve';
      readonly step: string;
      readonly title: string;
      readonly stages: readonly Stage[];
      /** Known once somebody has asked for them. */
      readonly commands?: Commands;
    }
  /** `typed`: how many characters of a secret stand there; the characters only where a host lets them be seen. */
  | { readonly kind: 'question'; readonly question: Question; readonly typed: number; readonly text?: string };

export type { Act } from './table-state.ts';

/** What this machine knows of a member's certificate. */
export type CertificateFacts = {
  readonly subject: string;
  /** RFC 3339, UTC. */
  readonly expires: string;
  readonly serial: string;
  /** SHA-256 of the certificate (DER), lower-case hex. */
  readonly fingerprint: string;
};

/** `left`: before there was an end, by q or Ctrl-C; `choices`: what can be done about what failed. */
export type Finished = {
  readonly footer: readonly string[];
  readonly demo?: DemoFacts;
  readonly left?: boolean;
  readonly choices?: readonly After[];
};

export function withoutChoices({ choices: _, ...finished }: Finished): Finished {
  return finished;
}

export type SessionState = {
  readonly title: string;
  readonly command: string;
  /** What was asked of each step, as it would be typed behind its command. */
  readonly flags?: Readonly<Record<string, string>>;
  /** What `q` does to a run that is watched. */
  readonly leave: string;
  /** What becomes of the run where `q` ends it: then that is asked about, as long as there is one. */
  readonly ends?: string;
  /** Where there is a page of the steps: whether this session was begun there, and so ends there. */
  readonly steps?: 'before' | 'beside';
  /** What was known of all steps before, where this session may have some of them only. */
  readonly known?: readonly Known[];
  readonly interactive: boolean;
  readonly view: View;
  readonly hosts: Readonly<Record<string, string>>;
  /** By the member's name. */
  readonly certificates: Readonly<Record<string, CertificateFacts>>;
  /** What all hosts printed last. */
  readonly log: readonly LogLine[];
  /** What the reader of the live table has chosen to see. */
  readonly table: TableState;
  /** Whether processes can be restarted and stopped from the live table. */
  readonly hands: boolean;
  readonly now: Date;
  readonly tick: number;
  readonly stepSince?: string;
  readonly prompt?: Prompt;
  /** How many lines were scrolled past. */
  readonly offset: number;
  /** Whether a plan shows the lines for a shell. */
  readonly commands: boolean;
  /** Whether a step, under way or failed, shows what one host printed; then `offset` says which. */
  readonly output: boolean;
  /** Somebody pressed q where that does not end anything. */
  readonly asked: boolean;
  readonly finished?: Finished;
};

export function startState(
  facts: Pick<
    SessionState,
    'title' | 'command' | 'flags' | 'leave' | 'ends' | 'steps' | 'known' | 'interactive' | 'now'
  >,
): SessionState {
  const nothing = { view: emptyView, hosts: {}, certificates: {}, log: [], table: firstTable, hands: false };
  return { ...facts, ...nothing, tick: 0, offset: 0, commands: false, output: false, asked: false };
}

/** The step that is under way. */
export function currentStep({ view }: SessionState): StepView | undefined {
  return view.steps.find((step) => step.id === view.current);
}

/** The step that failed, where it printed something: after trouble that is the log to look at. */
export function loggedStep({ view }: SessionState): StepView | undefined {
  return view.steps.find((step) => step.status === 'failed' && printing(step).length > 0);
}

/** The step whose output is to be seen. */
export function printingStep(state: SessionState): StepView | undefined {
  return state.finished ? loggedStep(state) : currentStep(state);
}

/** Whether a run has ended in front of somebody who could begin the next one from here. */
export function mayBeginAnother({ steps, view }: SessionState): boolean {
  return steps !== undefined && view.run.end !== undefined;
}

/** Which picture stands for the state. */
export function screenOf(state: SessionState): 'demo' | 'approve' | 'question' | 'monitor' | 'end' | 'step' {
  const { view, prompt, finished } = state;
  if (finished?.demo) return 'demo';
  if (!finished && prompt) return prompt.kind;
  // A run that has failed is looked at where it is to be seen; trouble before anything of it came is a page of its own. A
  // step that somebody interrupts has failed by nothing: who leaves the live table keeps what it showed last.
  const failed = view.steps.some(({ status, failures }) => status === 'failed' && failures.length > 0);
  const shown = finished ? finished.left || hasRun(view) : !failed || hasRun(view);
  if (view.current === 'monitor' && shown) return 'monitor';
  return finished ? 'end' : 'step';
}
