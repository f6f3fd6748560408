/** The log of a host's process, as it lies there and as it grows. */
import type { Member } from '../network/network.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { World } from '../plan/world.ts';
import { WholeLines } from './agent-answers.ts';
import type { Remote } from './remote.ts';

/** So much of it is read at first: some 200 lines. */
const lastBytes = 20_000;

/** @throws UserError (4, 5) */
export async function readLog(
  remote: Remote,
  member: Member,
  { follow, since, onLine }: Parameters<World['log']>[1],
  signal: AbortSignal,
): Promise<void> {
  const doing = `Reading the log of ${member.name}`;
  const request = {
    verb: 'log',
    home: member.remote.home,
    name: member.name,
    bytes: lastBytes,
    follow,
    since: since ?? null,
  };
  const stream = await remote.open(member, request, doing);
  const stop = () => stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  const lines = new WholeLines();
  let trouble = 'the host ended it';
  try {
    if (signal.aborted) stop();
    for await (const chunk of stream) for (const line of lines.take(chunk as Buffer)) onLine(line);
    // What has no line break yet is all that there will be.
    if (!follow) for (const line of lines.take(Buffer.from('\n'))) if (line !== '') onLine(line);
  } catch (error) {
    trouble = error instanceof Error ? error.message : String(error);
    if (!follow && !signal.aborted) throw lost(member, doing, trouble);
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
  if (follow && !signal.aborted) throw lost(member, doing, trouble);
}

function lost({ name }: Member, doing: string, trouble: string): UserError {
  return new UserError({
    exitCode: exit.connection,
    host: name,
    doing,
    why: `the connection was lost: ${trouble}`,
    hint: 'run it again; what was written meanwhile is in the log',
  });
}
