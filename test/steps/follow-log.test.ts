/** A log that is followed while its host comes and goes. */
import { describe, expect, it } from 'vitest';
import { exit, type Failure, UserError } from '../../source/plan/failure.ts';
import type { World } from '../../source/plan/world.ts';
import { followLog } from '../../source/steps/follow-log.ts';
import { fakeWorld, network, trouble } from '../plan/fakes.ts';

const gone = () => new UserError(trouble(exit.connection, 'server'));
const barred = () => new UserError({ ...trouble(exit.connection, 'server'), why: 'the host key has changed' });

/** What each connection brings: lines, and then an error; after the last one nobody wants more. */
async function followed(...connections: readonly (readonly [readonly string[], UserError?])[]) {
  const [lines, lost, asked]: [string[], Failure[], unknown[]] = [[], [], []];
  const over = new AbortController();
  let seconds = 0;
  const log: World['log'] = async (_member, { onLine, since }) => {
    asked.push(since);
    const [said, error] = connections[asked.length - 1] ?? [[]];
    for (const line of said) onLine(line);
    if (!error) over.abort();
    else throw error;
  };
  const pause: World['pause'] = async (milliseconds) => {
    seconds += milliseconds / 1000;
  };
  const world = fakeWorld([], { log, pause, now: () => new Date(1_000_000 + seconds * 1000) });
  const reader = {
    since: { ago: 60 },
    onLine: (line: string) => lines.push(line),
    onLost: (each: Failure) => lost.push(each),
  };
  const failure = await followLog(world, network.server, reader, over.signal);
  return { lines, lost, asked, failure };
}

describe('a log that is followed', () => {
  it('goes on when its host is back, from where it was, and says once that it was gone', async () => {
    const seen = await followed([['one'], gone()], [[], gone()], [['two', 'three']]);
    expect(seen.lines).toEqual(['one', 'two', 'three']);
    expect(seen.lost).toHaveLength(1);
    // Pauses of one and of two seconds since its last line.
    expect(seen.asked).toEqual([{ ago: 60 }, { ago: 1 }, { ago: 3 }]);
    expect(seen.failure).toBeUndefined();
  });

  it('is told of again when it is lost again', async () => {
    expect((await followed([['one'], gone()], [['two'], gone()], [[]])).lost).toHaveLength(2);
  });

  it('ends where its host was never reached, and where it lets nobody in any more', async () => {
    expect(await followed([[], gone()])).toMatchObject({ lost: [], failure: { exitCode: exit.connection } });
    expect(await followed([['one'], barred()])).toMatchObject({
      lost: [],
      failure: { why: 'the host key has changed' },
    });
    const broken = new UserError(trouble(exit.remote, 'server'));
    expect(await followed([['one'], broken])).toMatchObject({ lost: [], failure: { exitCode: exit.remote } });
  });
});
