/** Wheels to a host without a package index: only what it has not yet, from where the last try ended. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import * as z from 'zod';
import type { WheelFile } from '../flower/wheels.ts';
import type { Member } from '../network/network.ts';
import { exit, UserError } from '../plan/failure.ts';
import { Transfer } from '../plan/transfer.ts';
import { localFailure } from './files.ts';
import type { Doing } from './perform.ts';

/** A wheel as the host's agent knows it. */
export type Wheel = { readonly name: string; readonly size: number; readonly sha256: string };

type Sent = Wheel & { readonly file: string; readonly offset: number };

const answer = z.object({ here: z.array(z.int().min(0)) });

/** Digests of this session, by what changes with the content: hosts share a wheelhouse. */
const digests = new Map<string, Promise<string>>();

async function digestOf(file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file);
    const key = `${file}\n${mtimeMs} ${size} ${ino}`;
    const held = digests.get(key) ?? sha256Of(file);
    digests.set(key, held);
    return await held;
  } catch (error) {
    throw localFailure(error, `Reading ${file}`);
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}

/**
 * @param path the environment that they are for: where it is made, nothing is copied
 * @returns what was wanted, which is all there then
 * @throws UserError: 3 a wheel can't be read, 4 the connection was lost, 5 with the host's reason
 */
export async function copyWheels(
  wheels: readonly WheelFile[],
  path: string,
  member: Member,
  { remote, report, signal }: Pick<Doing, 'remote' | 'report' | 'signal'>,
): Promise<readonly Wheel[]> {
  const doing = `Copying wheels to ${member.name}`;
  const wanted = await Promise.all(
    wheels.map(async ({ file, name, size }) => ({ file, name, size, sha256: await digestOf(file) })),
  );
  const found = answer.safeParse(
    await remote.call(member, { verb: 'wheels-here', path, wheels: wanted.map(known) }, doing, { signal }),
  );
  const here = found.success && found.data.here.length === wanted.length ? found.data.here : undefined;
  if (!here) throw new UserError({ exitCode: exit.remote, host: member.name, doing, why: 'its answer can’t be read' });
  const missing = wanted
    .map((wheel, at): Sent => ({ ...wheel, offset: Math.min(here[at] ?? 0, wheel.size) }))
    .filter(({ size, offset }) => offset < size);
  if (missing.length > 0) {
    const transfer = new Transfer(missing, report.line);
    const size = missing.reduce((sum, each) => sum + each.size - each.offset, 0);
    const streamed = { size, chunks: () => bytesOf(missing, transfer) };
    const files = missing.map(({ file: _, ...wheel }) => wheel);
    await remote.call(member, { verb: 'receive-wheels', wheels: files }, doing, { streamed, signal });
    transfer.end();
  }
  return wanted.map(known);
}

const known = ({ name, size, sha256 }: Wheel): Wheel => ({ name, size, sha256 });

/** What is missing of all of them, one behind the other. */
async function* bytesOf(wheels: readonly Sent[], transfer: Transfer): AsyncGenerator<Buffer> {
  for (const { file, name, size, offset } of wheels) {
    let left = size - offset;
    try {
      for await (const chunk of createReadStream(file, { start: offset, end: size - 1, highWaterMark: chunkSize })) {
        left -= chunk.length;
        yield chunk;
        transfer.sent(name, chunk.length);
      }
    } catch (error) {
      throw localFailure(error, `Reading ${file}`);
    }
    if (left > 0)
      throw new UserError({
        exitCode: exit.local,
        doing: `Reading ${file}`,
        why: 'it became shorter while it was copied',
        hint: 'run it again when nobody writes to the wheelhouse any more',
      });
  }
}

/** Large enough that reading costs nothing beside sending, small enough that a slow link is told of in time. */
const chunkSize = 256 * 1024;
