/** What `launch` has to do about the run, from what was found on the server's host. Pure. */
import { exit, UserError } from '../plan/failure.ts';
import type { HostFacts, RunFacts } from '../plan/host-facts.ts';

export type Wish = {
  readonly new?: boolean;
  readonly resume?: string;
  readonly rounds?: number;
};

export type Decision = {
  readonly run: string;
  /** `start`: the server has to be started for it. `keep`: it runs. `ended`: nothing is to be started at all. */
  readonly server: 'start' | 'keep' | 'ended';
  /** A server of ours that has to be stopped first: it lingers after an older run. */
  readonly stopFirst: boolean;
  /** Set where it lives, and was started with another app or other settings than those of now. */
  readonly changed?: true;
};

/** Whether a host's process lives, by its supervisor's word: it runs, or is about to. */
export function lives(found: Pick<HostFacts, 'process'> | undefined): boolean {
  return found?.process.state === 'running' || found?.process.state === 'starting';
}

/**
 * @param changed whether a server that lives was started with another app or other settings
 * @throws UserError (2) where the wish can't be met
 */
export function decide(facts: HostFacts | undefined, wish: Wish, changed = false): Decision {
  const decision = decideRun(facts, wish);
  return changed && decision.server === 'keep' ? { ...decision, server: 'start', stopFirst: true, changed } : decision;
}

function decideRun(facts: HostFacts | undefined, wish: Wish): Decision {
  const runs = facts?.runs ?? [];
  const last = runs.at(-1);
  const alive = lives(facts);
  if (wish.resume !== undefined) return resume(runs, wish, facts, alive);
  if (wish.new && last) {
    if (!last.finished && alive)
      throw refuse(
        `run ${last.run} is still going (${last.done} of ${last.rounds} rounds)`,
        `fl-wizard stop, or wait for its end`,
      );
    return { run: String(Number(last.run) + 1), server: 'start', stopFirst: alive };
  }
  if (!last) return { run: '1', server: alive ? 'keep' : 'start', stopFirst: false };
  if (wish.rounds !== undefined && wish.rounds !== last.rounds)
    throw refuse(
      `run ${last.run} ${last.finished ? 'had' : 'has'} ${last.rounds} rounds, and --rounds is for a run that begins or is resumed`,
      `launch --new --rounds ${wish.rounds} starts the next, --resume ${last.run} --rounds N goes on with this one${last.finished ? '' : ' once it is stopped'}`,
    );
  if (last.finished) return { run: last.run, server: 'ended', stopFirst: false };
  return { run: last.run, server: alive ? 'keep' : 'start', stopFirst: false };
}

function resume(
  runs: readonly RunFacts[],
  { resume: run = '', rounds = 0 }: Wish,
  facts: HostFacts | undefined,
  alive: boolean,
): Decision {
  const wanted = runs.find((each) => each.run === run);
  if (!wanted)
    throw refuse(
      `there is no run ${run} on the server's host (${runs.map((each) => each.run).join(', ') || 'none yet'})`,
      'fl-wizard runs lists them',
    );
  // Also one that has failed, where all of its rounds were gone through.
  const left = Math.max(rounds, wanted.outcome === 'failed' ? wanted.rounds : 0) > wanted.done;
  if (wanted.finished && wanted.done > 0 && !left)
    throw refuse(
      `run ${run} is finished after ${wanted.done} rounds`,
      `--rounds ${wanted.done + 1} or more goes on with it`,
    );
  const active = alive ? (facts?.server?.run ?? runs.at(-1)?.run) : undefined;
  const going = runs.find((each) => each.run === active && !each.finished);
  if (going && (going.run !== run || (rounds > 0 && rounds !== going.rounds)))
    throw refuse(
      `run ${going.run} is still going${going.run === run ? `, with ${going.rounds} rounds` : ''}`,
      'fl-wizard stop, or wait for its end',
    );
  return { run, server: going ? 'keep' : 'start', stopFirst: alive && !going };
}

function refuse(why: string, hint: string): UserError {
  return new UserError({ exitCode: exit.invalid, doing: 'Launching', why, hint });
}
