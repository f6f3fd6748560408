/** What a run has left on the server's host, brought here: only what is not here yet, from where the last try ended. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { type RunFile, type RunFolder, runFileName, smallFiles } from '../flower/run-folder.ts';
import type { Member } from '../network/network.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { RunsFound } from '../plan/host-facts.ts';
import { bytes } from '../plan/size.ts';
import { Transfer } from '../plan/transfer.ts';
import type { BringOptions, Brought } from '../plan/world.ts';
import { checked, known } from './answer.ts';
import { haveFolder } from './files.ts';
import { Landing, whatIsThere } from './landing.ts';
import type { Remote } from './remote.ts';
import { isJournalOf, madeNames, writeMetrics } from './run-journal.ts';

const size = z.int().min(0);
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const run = z.string().regex(/^\d{1,15}$/);
const listing = z.object({
  runs: z.array(run),
  found: known(
    z.object({
      run,
      folder: z.string().max(4096),
      rounds: size,
      finished: z.boolean(),
      outcome: known(z.string().max(100)),
      first: known(digest),
      ended: z.array(
        z.object({ round: size, loss: known(z.number()), accuracy: known(z.number()), evaluated: known(size) }),
      ),
      // What it is called becomes a name here.
      files: z.array(z.object({ name: z.string().regex(runFileName), size })),
    }),
  ),
});
const digests = z.object({ files: z.array(z.object({ sha256: digest, begun: digest })) });

/** @throws UserError (4, 5) */
export async function findRun(
  remote: Remote,
  member: Member,
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<RunsFound> {
  const request = { verb: 'run-files', home: member.remote.home, run: wanted ?? null };
  const { runs, found } = checked(listing, await remote.call(member, request, 'Looking for runs', { signal }));
  return { runs, ...(found ? { found: found as RunFolder } : {}) };
}

/** What is fetched from whom, and how. */
type Doing = BringOptions & { readonly remote: Remote; readonly member: Member; readonly run: string };

/** A file on its way: where it lands, what is there now, and what has to be there then. */
type Way = {
  readonly file: RunFile;
  readonly path: string;
  readonly there: 'nothing' | 'other' | 'same';
  readonly landing: Landing;
  readonly sha256: string;
};

/** So much takes seconds to read on the host, and somebody wonders. */
const much = 200_000_000;

/** A terminal shows one line that changes; a log is not filled with it. Milliseconds. */
const paces = { often: 1000, seldom: 10_000 };

const doingWith = (number: string) => `Fetching run ${number}`;

/**
 * Journal and configuration, the metrics that are made of the journal, and then the weights, which may be gigabytes.
 * @returns what is here then; in a dry run, what would be
 * @throws UserError: 2 another run's files are there, 3 it can't be written, 4 the connection was lost, 5 the host's reason
 */
export async function bringRun(
  remote: Remote,
  member: Member,
  found: RunFolder,
  weights: RunFile | undefined,
  options: BringOptions,
): Promise<readonly Brought[]> {
  const { folder, signal } = options;
  const doing: Doing = { remote, member, run: found.run, ...options };
  const small = smallFiles(found);
  const ways = await compared(doing, weights ? [...small, weights] : small);
  if (!(await isJournalOf(found, folder))) await mustBeFree(doing, ways);
  const brought = ways.map(broughtBy);
  if (options.dryRun) return brought;
  await haveFolder(folder, 0o700);
  try {
    await receive(doing, ways.slice(0, small.length));
    const made = options.metrics ? await writeMetrics(found.run, folder, signal) : [];
    await receive(doing, ways.slice(small.length));
    return [...brought.slice(0, small.length), ...made, ...brought.slice(small.length)];
  } finally {
    await Promise.all(ways.map(({ landing }) => landing.leave()));
  }
}

function broughtBy({ file, path, sha256, there, landing }: Way): Brought {
  if (there === 'same') return { ...file, path, sha256, outcome: 'unchanged' };
  const resumedAt = landing.begun.bytes;
  const about = { ...(there === 'nothing' ? { isNew: true as const } : {}), ...(resumedAt > 0 ? { resumedAt } : {}) };
  return { ...file, path, sha256, outcome: 'changed', ...about };
}

/** What is here of each file, and of what was begun only that which is its beginning on the host. */
async function compared({ remote, member, run: number, folder, line, signal }: Doing, files: readonly RunFile[]) {
  const sum = files.reduce((all, each) => all + each.size, 0);
  if (sum > much) line(`comparing ${bytes(sum)} on ${member.name}`);
  const here = [];
  for (const file of files) {
    const path = join(folder, file.name);
    const there = await whatIsThere(path, file.size, signal);
    here.push({ file, path, there, landing: await Landing.at(path, file.size, signal) });
  }
  const asked = here.map(({ file, landing }) => ({ ...file, begun: landing.begun.bytes }));
  const request = { verb: 'run-digests', home: member.remote.home, run: number, files: asked };
  const told = checked(digests, await remote.call(member, request, doingWith(number), { signal })).files;
  return here.map(({ file, path, there, landing }, at): Way => {
    const theirs = told[at];
    if (!theirs) throw damaged(member, number, 'the list of files');
    if (landing.begun.sha256 !== theirs.begun) landing.forget();
    const same = typeof there === 'object' && there.sha256 === theirs.sha256;
    return { file, path, landing, sha256: theirs.sha256, there: same ? 'same' : there ? 'other' : 'nothing' };
  });
}

/** Where another run's journal lies, or none, nothing is replaced. */
async function mustBeFree({ run: number, folder }: Doing, ways: readonly Way[]): Promise<void> {
  const others = ways.filter(({ there }) => there === 'other').map(({ path }) => path);
  for (const path of madeNames.map((name) => join(folder, name)))
    if (await stat(path).catch(() => undefined)) others.push(path);
  const [path] = others;
  if (path === undefined) return;
  throw new UserError({
    exitCode: exit.invalid,
    doing: doingWith(number),
    why: `${path} is there, and is not this run's`,
    hint: 'name another folder with --output, or move that one away',
  });
}

/** All that is missing, one file behind the other, each put in its place as soon as it is whole. */
async function receive(
  { remote, member, run: number, line, often, signal }: Doing,
  all: readonly Way[],
): Promise<void> {
  const ways = all.filter(({ there }) => there !== 'same');
  if (ways.length === 0) return;
  const pieces = ways.map(({ file, landing }) => ({ ...file, offset: landing.begun.bytes }));
  const missing = pieces.reduce((sum, each) => sum + each.size - each.offset, 0);
  const telling = { doing: 'fetching', done: 'fetched', noun: 'file', pace: often ? paces.often : paces.seldom };
  const transfer = new Transfer(pieces, line, undefined, telling);
  const request = { verb: 'send-files', home: member.remote.home, run: number, files: pieces };
  const stream = new Pieces(
    missing === 0 ? undefined : remote.receive(member, request, doingWith(number), { size: missing, signal }),
  );
  try {
    for (const [at, { file, landing, sha256 }] of ways.entries()) {
      for (let left = file.size - (pieces[at]?.offset ?? 0); left > 0; ) {
        const chunk = await stream.next(left);
        left -= chunk.length;
        await landing.write(chunk);
        transfer.sent(file.name, chunk.length);
      }
      if (!(await landing.land(sha256))) throw damaged(member, number, file.name);
    }
  } finally {
    await stream.close();
  }
  transfer.end();
}

/** A stream, cut where one file ends and the next begins. */
class Pieces {
  readonly #stream: AsyncGenerator<Buffer> | undefined;
  #held: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncGenerator<Buffer> | undefined) {
    this.#stream = stream;
  }

  async next(most: number): Promise<Buffer> {
    while (this.#held.length === 0) {
      const got = await this.#stream?.next();
      if (!got || got.done) throw new Error('a stream ended before its size');
      this.#held = got.value;
    }
    const piece = this.#held.subarray(0, most);
    this.#held = this.#held.subarray(piece.length);
    return piece;
  }

  async close(): Promise<void> {
    await this.#stream?.return(undefined);
  }
}

function damaged(member: Member, number: string, what: string): UserError {
  return new UserError({
    exitCode: exit.remote,
    host: member.name,
    doing: doingWith(number),
    why: `${what} arrived damaged, or was changed there meanwhile`,
    hint: 'run it again',
  });
}
