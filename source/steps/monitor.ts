/** Step 8: the run as the server tells it: every event once, across lost connections and restarts. */
import { type Check, type Event, hasEnded, type ServerEvent } from '../plan/event.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { Answers, Evidence, Step } from '../plan/step.ts';
import type { HostFacts, Looks, RunFacts, World } from '../plan/world.ts';
import { follow } from './follow.ts';
import { haltIn } from './halted.ts';
import { declared } from './inputs.ts';
import { type Told, withLooks } from './missing-clients.ts';
import { lookAtAll } from './placed.ts';
import { failedBy } from './run-failure.ts';
import { factsOf } from './shared.ts';

type Facts = { readonly looks: Looks; readonly local: Local };
type Local = { readonly run?: string; readonly events: readonly ServerEvent[]; readonly ended: boolean };

function isServerEvent(event: Event): event is ServerEvent & Event {
  return 'sequence' in event && typeof event.sequence === 'number';
}

function lastSequence(events: readonly ServerEvent[]): number {
  return events.reduce((last, event) => Math.max(last, event.sequence ?? 0), 0);
}

/**
 * Our own record of a run. Hosts that were made anew count their runs from 1 again: a record of another beginning is
 * another run's, and is set aside.
 * @param found the run as the server's host knows it
 */
async function localRecord(world: World, found: RunFacts | undefined): Promise<Local> {
  const name = found?.run ?? (await world.journal.runs()).at(-1);
  if (name === undefined) return { events: [], ended: false };
  const seen = new Set<number>();
  const events = (await world.journal.read(name)).filter(isServerEvent).filter((event) => {
    if (seen.has(event.sequence ?? 0)) return false;
    seen.add(event.sequence ?? 0);
    return true;
  });
  const began = events.find((event) => event.type === 'run-started');
  if (found?.started && began && 'time' in began && began.time !== found.started) {
    await world.journal.setAside(name);
    return { run: name, events: [], ended: false };
  }
  return { run: name, events, ended: hasEnded(events) };
}

/** The run that the server's host knows last: what is watched. */
function runOf(facts: HostFacts | undefined): RunFacts | undefined {
  const active = facts?.server?.run;
  return facts?.runs.find(({ run }) => run === active) ?? facts?.runs.at(-1);
}

async function* watchRun(
  answers: Answers,
  { looks, local }: Facts,
  world: World,
  signal: AbortSignal,
): AsyncGenerator<Evidence> {
  const found = runOf(factsOf(looks, 'server'));
  const run = found?.run ?? local.run;
  // A record without events is of a run that nobody watched, on hosts that know nothing of it any more.
  if (run === undefined || (!found && local.events.length === 0)) throw nothingToWatch(looks);
  const from = answers.options.after ?? 0;
  const known = [...local.events];
  // For one frame, and from a run that has ended, there is nothing that comes behind it.
  const past = lastSequence(local.events);
  if (!answers.options.once && past > from) yield { event: { type: 'past-known', last: past, run } };
  for (const event of local.events) if ((event.sequence ?? 0) > from) yield { event };
  for await (const told of more(answers, world, run, { looks, local }, signal)) {
    if ('check' in told) {
      yield told;
      continue;
    }
    const { event } = told;
    if (event.sequence !== undefined) {
      known.push(event);
      await world.journal.append(run, [stamped(event, world.now())]);
    }
    if (event.sequence === undefined || event.sequence > from) yield { event };
  }
  if (answers.options.once) yield* haltIn(known, run, looks);
  const end = hasEnded(known) ? known.findLast((event) => event.type === 'run-finished') : undefined;
  if (end?.type === 'run-finished' && end.outcome === 'failed' && !answers.options.once)
    yield {
      check: {
        name: `run ${run}`,
        kind: 'state',
        ok: false,
        exitCode: exit.remote,
        detail: end.detail ?? 'the training run failed',
        hint: 'fl-wizard status names each host’s trouble, fl-wizard logs shows what they printed',
        ...(await traceOf(answers, end.detail, world, signal)),
      },
    };
}

/** Where in the user's code it failed, if the host can still be asked. */
async function traceOf(
  { network }: Answers,
  reason: string | undefined,
  world: World,
  signal: AbortSignal,
): Promise<Pick<Check, 'said'>> {
  try {
    const { trace = [] } = await world.state(network, failedBy(network, reason), signal);
    return trace.length > 0 ? { said: trace } : {};
  } catch (error) {
    if (error instanceof UserError || signal.aborted) return {};
    throw error;
  }
}

function lastRound(events: readonly ServerEvent[]): number {
  return events.reduce((last, event) => (event.type === 'round-finished' ? Math.max(last, event.round) : last), 0);
}

/** What our own record does not hold yet: for one frame what there is now, else until the run ends. */
async function* more(
  answers: Answers,
  world: World,
  run: string,
  { looks, local }: Facts,
  signal: AbortSignal,
): AsyncGenerator<Told> {
  const found = runOf(factsOf(looks, 'server'));
  const after = lastSequence(local.events);
  // Where the host can't be asked, its own word is missing: our record then has to do.
  const current = !found || (found.finished && found.done <= lastRound(local.events));
  if (local.ended && current) return;
  if (!answers.options.once) {
    const past = found?.last ?? 0;
    const from = { after, stale: found?.finished ? 0 : past, past, known: local.events };
    yield* withLooks({ answers, world, run, known: local.events }, signal, (until) =>
      follow(answers, world, run, from, until),
    );
    return;
  }
  if (found) for (const event of await world.journalOf(answers.network, run, after, signal)) yield { event };
}

function stamped(event: ServerEvent, now: Date): ServerEvent & { time: string } {
  return 'time' in event && typeof event.time === 'string'
    ? { ...event, time: event.time }
    : { ...event, time: now.toISOString() };
}

function nothingToWatch(looks: Looks): UserError {
  const server = looks.server;
  if (server && 'failure' in server) return new UserError(server.failure);
  return new UserError({
    exitCode: exit.remote,
    host: 'server',
    doing: 'Watching the run',
    why: 'no run was launched yet',
    hint: 'fl-wizard launch',
  });
}

export const monitorStep: Step<Facts> = {
  ...declared('monitor'),
  effect: 'looks',
  async observe(answers, world) {
    const looks = await lookAtAll({ ...answers, only: ['server'] }, world);
    return { looks, local: await localRecord(world, runOf(factsOf(looks, 'server'))) };
  },
  plan: () => [],
  verify: watchRun,
};
