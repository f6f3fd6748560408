/** A host's log that somebody follows, across lost connections. */
import type { Member } from '../network/network.ts';
import { exit, type Failure, failureOf } from '../plan/failure.ts';
import type { World } from '../plan/world.ts';
import { isBarred } from './link.ts';

/** Pauses between tries to reach the host again, milliseconds; the last one repeats. */
const pauses = [1000, 2000, 5000, 10_000] as const;

type Reader = {
  readonly since?: Parameters<World['log']>[1]['since'];
  readonly glance?: boolean;
  onLine(line: string): void;
  /** Is told once of a connection that was lost and is tried again. */
  onLost(failure: Failure): void;
};

/**
 * Ends with the signal, or with why nothing comes any more: a host that was never reached, or that lets nobody in. What was
 * printed while the connection was lost is told when it is back; of its first second, what was told before may come again.
 */
export async function followLog(
  world: World,
  member: Member,
  { since, glance = false, onLine, onLost }: Reader,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  let from = since;
  let heard = 0;
  for (let tries = 0; !signal.aborted; ) {
    try {
      const line = (text: string) => {
        [heard, tries] = [world.now().getTime(), 0];
        onLine(text);
      };
      await world.log(member, { follow: true, glance, onLine: line, ...(from ? { since: from } : {}) }, signal);
      return undefined;
    } catch (error) {
      if (signal.aborted) return undefined;
      const failure = failureOf(error, `Reading the log of ${member.name}`, member.name);
      if (heard === 0 || failure.exitCode !== exit.connection || isBarred(failure)) return failure;
      if (tries === 0) onLost(failure);
      await world.pause(pauses[Math.min(tries, pauses.length - 1)] ?? 0, signal);
      tries++;
      // By the host's own clock, whatever ours says.
      from = { ago: Math.ceil((world.now().getTime() - heard) / 1000) };
    }
  }
  return undefined;
}
