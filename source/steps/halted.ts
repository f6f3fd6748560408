/** A run that has not ended and that nobody trains: else what was told last would be shown as if it were now. */
import { lives } from '../flower/decide.ts';
import { hasEnded, type PhaseChanged, type ServerEvent } from '../plan/event.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { HostFacts, Looks, ProcessLook } from '../plan/host-facts.ts';
import type { Evidence } from '../plan/step.ts';
import { present } from '../plan/words.ts';
import { timeOfLast } from './link.ts';
import { Patience } from './patience.ts';

/** The same whoever stopped it: why nobody trains, and what to do. */
export function toGoOn(why: string): string {
  return `${why}; fl-wizard launch goes on with it`;
}

export function notServing(run: string, { process }: Pick<HostFacts, 'process'>): UserError {
  return new UserError({
    exitCode: exit.remote,
    host: 'server',
    doing: `Watching run ${run}`,
    why: `the server is ${process.state}${process.detail ? `: ${process.detail}` : ''}, and the run has not ended`,
    hint: toGoOn('fl-wizard logs server'),
  });
}

/** Somebody stopped a run and launched another. */
export function leftFor(run: string, active: string): UserError {
  return new UserError({
    exitCode: exit.remote,
    host: 'server',
    doing: `Watching run ${run}`,
    why: `it was left before its end: run ${active} is trained now`,
    hint: `fl-wizard monitor watches run ${active}; fl-wizard launch --resume ${run} goes on with this one later`,
  });
}

/** Whether it is nobody's fault that a process does not run. */
function wasStopped({ process: { state } }: Pick<HostFacts, 'process'>): boolean {
  return state !== 'failed' && state !== 'refused';
}

/**
 * The phase of a run that nobody trains: its round is the one that it is left in.
 * @param since when the last was told of it: from then on no time passes for the run, whenever that is noticed
 */
function haltedPhase(
  last: Pick<PhaseChanged, 'round' | 'rounds'> | undefined,
  detail: string,
  since: string | undefined,
): ServerEvent {
  const { round, rounds } = last ?? { round: 0, rounds: 0 };
  return { type: 'phase-changed', phase: 'halted', round, rounds, detail, ...present({ time: since }) };
}

/** What a run that is followed is told to be while its server's process has ended. */
export class Halt {
  readonly #run: string;
  readonly #patient: boolean;
  readonly #booting: Patience;
  #last: Pick<PhaseChanged, 'round' | 'rounds'> | undefined;
  #lastTime: string | undefined;
  #told: string | undefined;

  /** @param options.patient whether it is waited for until somebody launches it again */
  constructor(run: string, known: readonly ServerEvent[], options: { now(): Date; readonly patient: boolean }) {
    this.#run = run;
    this.#patient = options.patient;
    this.#booting = new Patience(options.now);
    for (const event of known) this.see(event);
  }

  see(event: ServerEvent): void {
    if (event.type === 'phase-changed' || event.type === 'round-finished') this.#last = event;
    if (event.type === 'run-started') this.#last = { round: 0, rounds: event.rounds };
    this.#lastTime = timeOfLast([event]) ?? this.#lastTime;
    this.#told = undefined;
    this.#booting.renew();
  }

  /** @throws UserError (5) where it failed, or nothing is to be expected of waiting */
  *by(look: ProcessLook): Generator<ServerEvent> {
    const trouble = notServing(this.#run, look);
    const booting = look.process.unit !== undefined && !this.#booting.isOver();
    if (!wasStopped(look) || !(this.#patient || booting)) throw trouble;
    const { why } = trouble.failure;
    if (this.#told === why) return;
    this.#told = why;
    yield haltedPhase(this.#last, toGoOn(why), this.#lastTime);
  }
}

/**
 * How the run stands that one frame is of, for whoever was shown all that was told: that its host can't be asked, and since
 * when nothing is known, or that nobody trains it.
 * @throws UserError (4, 5) behind it, where the run has not ended and it is nobody's wish that the server does not run
 */
export function* haltIn(known: readonly ServerEvent[], run: string, { server }: Looks): Generator<Evidence> {
  const ended = hasEnded(known);
  if (server && 'failure' in server) {
    const since = present({ since: timeOfLast(known) });
    yield { events: [{ type: 'link-changed', state: 'lost', why: server.failure.why, ...since }] };
    if (!ended) throw new UserError(server.failure);
  }
  if (ended || !server || !('facts' in server) || lives(server.facts)) return;
  const halt = notServing(run, server.facts);
  const last = known.findLast((event) => event.type === 'phase-changed');
  const { why } = halt.failure;
  // Of one that failed the card below says what to try.
  const detail = wasStopped(server.facts) ? toGoOn(why) : why;
  const round = last?.type === 'phase-changed' ? last : undefined;
  yield { events: [haltedPhase(round, detail, timeOfLast(known))] };
  if (!wasStopped(server.facts)) throw halt;
}
