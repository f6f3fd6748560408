/** What the one who runs the steps needs of the screen. */
import type { After } from '../plan/after.ts';
import type { Event } from '../plan/event.ts';
import type { View } from '../plan/reduce.ts';
import type { Operator } from '../plan/step.ts';
import type { Known } from './found.ts';
import type { Commands } from './plan-lines.ts';
import type { Act, CertificateFacts, Finished } from './session-state.ts';

export type SessionOptions = {
  /** What was asked of each step, by its id, as it would be typed behind its command: ` --new`. */
  readonly flags?: Readonly<Record<string, string>>;
  /** Never asks for an approval: the demo and `--yes`. */
  readonly autopilot?: boolean;
  /** What `q` does to a run that is watched. */
  readonly leave?: string;
  /** What becomes of the run where `q` ends it: then that is asked about first. */
  readonly ends?: string;
  /** Where there is a page of the steps: whether this session was begun there, and so ends there. */
  readonly steps?: 'before' | 'beside';
  /** All steps, and what is known of them before this session, which may have some of them only. */
  readonly known?: readonly Known[];
};

export type Session = {
  readonly operator: Pick<Operator, 'approve' | 'ask'>;
  /** Resolves when somebody leaves the live table. */
  readonly left: Promise<'q'>;
  feed(event: Event): void;
  /** What all that was fed has come to. */
  view(): View;
  /** How to find the commands of the plan that comes next: only where somebody wants to see them. */
  commands(find: () => Promise<Commands>): void;
  /** What each client's host is called. */
  hosts(map: Readonly<Record<string, string>>): void;
  /** What is known of the members' certificates, by their names. */
  certificates(map: Readonly<Record<string, CertificateFacts>>): void;
  /** A line that a member's host printed. @param earlier whether that was before anybody looked: at a time nobody knows */
  log(member: string, line: string, earlier?: boolean): void;
  /** Who restarts or stops a member from the live table, once that was asked and answered; what becomes of it is fed. */
  acts(handle: (act: Act) => void): void;
  /** Who is told whose page is open: the log of that client is then followed, where not all are. */
  wants(handle: (member: string | undefined) => void): void;
  /**
   * All is done, or was `left`: the last screen stays until enter or q, or until one of the choices is taken. With `demo` it
   * is the demo's end.
   */
  finish(finished: Finished): Promise<After | 'leave'>;
};
