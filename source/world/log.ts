/** The log of a host's process, as it lies there and as it grows. */
import type { Member } from '../network/network.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { World } from '../plan/world.ts';
import { splitLines } from '../ssh/output.ts';
import type { Remote } from './remote.ts';

/** So much of it is read at first: some 200 lines. */
const lastBytes = 20_000;

/** And so much by who only looks on: some ten lines. */
const glanceBytes = 1500;
/**
 * What is written faster is left out for who only looks on, at the host: 200 lines each time that it looks, and it does so
 * three times a second. Fifty hosts that print all they can then bring 3 MB/s, and not what a disk can take.
 */
const glanceMost = 20_000;
/** A host that keeps to that is never cut again: what came while we did something else stands together, a second of it. */
const pieceBytes = 3 * glanceMost;
const pieceLines = 1000;

/** @throws UserError (4, 5) */
export async function readLog(
  remote: Remote,
  member: Member,
  { follow, since, glance = false, onLine }: Parameters<World['log']>[1],
  signal: AbortSignal,
): Promise<void> {
  const doing = `Reading the log of ${member.name}`;
  const request = {
    verb: 'log',
    home: member.remote.home,
    name: member.name,
    bytes: glance ? glanceBytes : lastBytes,
    most: glance ? glanceMost : null,
    follow,
    since: since ?? null,
  };
  const stream = await remote.open(member, request, doing, glance);
  const stop = () => stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  const lines = glance ? lastLines(onLine) : splitLines(onLine);
  let trouble = 'the host ended it';
  try {
    if (signal.aborted) stop();
    for await (const chunk of stream) lines.push(chunk as Buffer);
    // What has no line break yet is all that there will be.
    if (!follow) lines.end();
  } catch (error) {
    trouble = error instanceof Error ? error.message : String(error);
    if (!follow && !signal.aborted) throw lost(member, doing, trouble);
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
  if (follow && !signal.aborted) throw lost(member, doing, trouble);
}

/** The last lines of each piece: whatever a host sends, one piece of it is soon over, and keys are read in between. */
function lastLines(onLine: (line: string) => void): ReturnType<typeof splitLines> {
  let held: string[] = [];
  const lines = splitLines((line) => held.push(line));
  const tell = () => {
    for (const line of held.slice(-pieceLines)) onLine(line);
    held = [];
  };
  return {
    push(chunk) {
      lines.push(chunk.subarray(-pieceBytes));
      tell();
    },
    end() {
      lines.end();
      tell();
    },
  };
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
