/** A run that has not ended and that nobody trains: one frame of it would else show what was told last as if it were now. */
import { lives } from '../flower/decide.ts';
import { hasEnded, type ServerEvent } from '../plan/event.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { Evidence } from '../plan/step.ts';
import type { HostFacts, Looks } from '../plan/world.ts';

export function notServing(run: string, { process }: Pick<HostFacts, 'process'>): UserError {
  return new UserError({
    exitCode: exit.remote,
    host: 'server',
    doing: `Watching run ${run}`,
    why: `the server is ${process.state}${process.detail ? `: ${process.detail}` : ''}, and the run has not ended`,
    hint: 'fl-wizard logs server; fl-wizard launch goes on with it',
  });
}

/** Why nobody trains. */
function haltOf(run: string, { server }: Looks): UserError | undefined {
  if (!server) return undefined;
  if ('failure' in server) return new UserError(server.failure);
  return lives(server.facts) ? undefined : notServing(run, server.facts);
}

/**
 * The phase that it is in, for whoever was shown all that was told.
 * @throws UserError (4, 5) behind it, where it is nobody's wish that the server does not run
 */
export function* haltIn(known: readonly ServerEvent[], run: string, looks: Looks): Generator<Evidence> {
  const halt = hasEnded(known) ? undefined : haltOf(run, looks);
  if (!halt) return;
  const last = known.findLast((event) => event.type === 'phase-changed');
  const { round = 0, rounds = 0 } = last?.type === 'phase-changed' ? last : {};
  yield { event: { type: 'phase-changed', phase: 'halted', round, rounds, detail: halt.failure.why } };
  const { server } = looks;
  const stopped = server && 'facts' in server && !['failed', 'refused'].includes(server.facts.process.state);
  if (!stopped) throw halt;
}
