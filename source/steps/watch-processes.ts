/** How the processes of a network are, again and again, for who looks on: what each host tells of its own. */
import pLimit from 'p-limit';
import { type Member, members, type Network } from '../network/network.ts';
import type { ProcessSeen } from '../plan/event.ts';
import { exit, failureOf, UserError } from '../plan/failure.ts';
import type { Usage } from '../plan/host-facts.ts';
import type { World } from '../plan/world.ts';
import { isBarred } from './link.ts';
import { lastEnd } from './process-card.ts';

/** Between two looks at one host, milliseconds: a screen that tells of a crash seconds later is soon enough. */
const usual = 5000;
/** With many hosts each is asked more seldom, so that all of them together are asked this often in a second. */
const looksPerSecond = 20;
/** A host that does not answer is asked half as often each time, down to this, milliseconds. */
const seldom = 60_000;
/** A look takes a tenth of a second, and seconds on a host that is busy; longer, and others should have the place. */
const patience = 15_000;

/** @param before what was taken at the last look, where there was one */
export function seenOf(member: string, { process, taken, gpus }: Usage, before?: Usage['taken']): ProcessSeen {
  const { state, since, restarts, detail = lastEnd(process) } = process;
  const cpu = taken && before && coresBetween(before, taken);
  return {
    type: 'process-seen',
    member,
    state,
    ...(since === undefined ? {} : { since }),
    ...(restarts === undefined ? {} : { restarts }),
    ...(detail ? { detail } : {}),
    ...(cpu === undefined ? {} : { cpu }),
    ...(taken ? { memory: taken.memory } : {}),
    ...(gpus.length > 0 ? { gpus } : {}),
  };
}

type Taken = NonNullable<Usage['taken']>;

/** Cores that were kept busy between two looks; nothing where it is another process by now. */
function coresBetween(before: Taken, now: Taken): number | undefined {
  const seconds = now.at - before.at;
  if (before.process !== now.process || seconds <= 0) return undefined;
  // Of a child that nobody waited for, what it took is forgotten with it.
  return Math.max(0, now.cpu - before.cpu) / seconds;
}

type Watch = {
  readonly world: World;
  readonly network: Network;
  /** Hosts that are asked at once. */
  readonly parallel: number;
  tell(event: ProcessSeen): void;
};

/** systemd forgets how a process ended as soon as the next one runs; it is not so any more once yet another was started. */
function withLastEnd(now: Usage['process'], last: Usage['process'] | undefined): Usage['process'] {
  if (now.exitCode !== undefined || last?.exitCode === undefined) return now;
  const since = (now.restarts ?? 0) - (last.restarts ?? 0);
  return since > (last.state === 'starting' ? 1 : 0) ? now : { ...now, exitCode: last.exitCode };
}

/** Asks every member's host until the signal, or until it lets nobody in; never rejects. */
export async function watchProcesses(watch: Watch, signal: AbortSignal): Promise<void> {
  const all = members(watch.network);
  const every = Math.max(usual, (all.length * 1000) / looksPerSecond);
  const limit = pLimit(watch.parallel);
  await Promise.all(
    all.map(async (member, at) => {
      // One after the other, and so they stay: hosts that begin together would be asked together for ever.
      await watch.world.pause((at * 1000) / looksPerSecond, signal);
      await watchOne(watch, member, every, limit, signal);
    }),
  );
}

async function watchOne(
  { world, network, tell }: Watch,
  member: Member,
  every: number,
  limit: ReturnType<typeof pLimit>,
  signal: AbortSignal,
): Promise<void> {
  let before: Usage['taken'];
  let last: Usage['process'] | undefined;
  for (let failed = 0; !signal.aborted; ) {
    try {
      const found = await limit(() => look(world, network, member, signal));
      if (signal.aborted) return;
      last = withLastEnd(found.process, last);
      tell(seenOf(member.name, { ...found, process: last }, before));
      before = found.taken;
      failed = 0;
    } catch (error) {
      if (signal.aborted) return;
      const failure = failureOf(error, `Looking at ${member.name}`, member.name);
      tell({ type: 'process-seen', member: member.name, failure: failure.why });
      // Each try more could lock an account.
      if (isBarred(failure)) return;
      before = undefined;
      failed++;
    }
    await world.pause(Math.max(every, Math.min(seldom, every * 2 ** failed)), signal);
  }
}

/** @throws UserError (5) where it does not answer in time; the reason of `signal` */
async function look(world: World, network: Network, member: Member, signal: AbortSignal): Promise<Usage> {
  signal.throwIfAborted();
  const [late, answered] = [new AbortController(), new AbortController()];
  const over = AbortSignal.any([signal, late.signal]);
  // Also the way there may take long: somebody is asked for a login by another one who wants to go there.
  const patient = new Promise<never>((_, reject) => {
    over.addEventListener('abort', () => reject(over.reason), { once: true });
  });
  const why = `it did not answer for ${patience / 1000} s`;
  const silent = { exitCode: exit.remote, host: member.name, doing: `Looking at ${member.name}`, why };
  world
    .pause(patience, AbortSignal.any([signal, answered.signal]))
    .then(() => answered.signal.aborted || late.abort(new UserError(silent)));
  try {
    return await Promise.race([world.usage(network, member, over), patient]);
  } finally {
    answered.abort();
  }
}
