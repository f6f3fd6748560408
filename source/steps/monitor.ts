/** Step 8: the run as the server tells it: every event once, across lost connections and restarts. */
import type { Event, ServerEvent } from '../plan/event.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { Answers, Evidence, Step } from '../plan/step.ts';
import type { HostFacts, Looks, World } from '../plan/world.ts';
import { declared } from './inputs.ts';
import { lookAtAll } from './placed.ts';
import { factsOf } from './shared.ts';

type Facts = { readonly looks: Looks; readonly local: Local };
type Local = { readonly run?: string; readonly events: readonly ServerEvent[]; readonly ended: boolean };

/** Pauses between tries to reach the server again, milliseconds; the last one repeats. */
const pauses = [500, 1000, 2000, 5000, 10_000, 30_000] as const;

function isServerEvent(event: Event): event is ServerEvent & Event {
  return 'sequence' in event && typeof event.sequence === 'number';
}

function lastSequence(events: readonly ServerEvent[]): number {
  return events.reduce((last, event) => Math.max(last, event.sequence ?? 0), 0);
}

async function localRecord(world: World, run: string | undefined): Promise<Local> {
  const name = run ?? (await world.journal.runs()).at(-1);
  if (name === undefined) return { events: [], ended: false };
  const seen = new Set<number>();
  const events = (await world.journal.read(name)).filter(isServerEvent).filter((event) => {
    if (seen.has(event.sequence ?? 0)) return false;
    seen.add(event.sequence ?? 0);
    return true;
  });
  return { run: name, events, ended: events.some((event) => event.type === 'run-finished') };
}

/** The run that the server's host knows last: what is watched. */
function runOf(facts: HostFacts | undefined): string | undefined {
  return facts?.server?.run ?? facts?.runs.at(-1)?.run;
}

type Source = { readonly events: AsyncIterable<ServerEvent>; readonly live: boolean };

/** Where the next events come from: the running server, else the journal on its host. */
async function source(
  answers: Answers,
  world: World,
  run: string,
  after: number,
  signal: AbortSignal,
): Promise<Source> {
  const { network } = answers;
  const state = await world.state(network, network.server, signal);
  if (state.server?.run === run) return { live: true, events: world.watch(network, run, after, signal) };
  const events = await world.journalOf(network, run, after, signal);
  const dead = state.process.state !== 'running' && state.process.state !== 'starting';
  if (dead && !events.some((event) => event.type === 'run-finished'))
    throw new UserError({
      exitCode: exit.remote,
      host: 'server',
      doing: `Watching run ${run}`,
      why: `the server is ${state.process.state}${state.process.detail ? `: ${state.process.detail}` : ''}, and the run has not ended`,
      hint: 'fl-wizard logs server; fl-wizard launch goes on with it',
    });
  return {
    live: false,
    events: (async function* () {
      yield* events;
    })(),
  };
}

async function* follow(
  answers: Answers,
  world: World,
  run: string,
  start: number,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  let after = start;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const { events } = await source(answers, world, run, after, signal);
      for await (const event of events) {
        // A server that starts again may tell the last one twice.
        if ((event.sequence ?? 0) <= after) continue;
        after = event.sequence ?? after;
        failures = 0;
        yield event;
        if (event.type === 'run-finished') return;
      }
    } catch (error) {
      // The link, not the run: training goes on, and we come back.
      const lost = !(error instanceof UserError) || error.failure.exitCode === exit.connection;
      if (!lost || (error instanceof UserError && failures > 0 && after === 0)) throw error;
    }
    const pause = pauses[Math.min(failures, pauses.length - 1)] ?? 1000;
    failures++;
    await world.pause(pause, signal);
  }
}

async function* watchRun(
  answers: Answers,
  { looks, local }: Facts,
  world: World,
  signal: AbortSignal,
): AsyncGenerator<Evidence> {
  const run = runOf(factsOf(looks, 'server')) ?? local.run;
  if (run === undefined) throw nothingToWatch(looks);
  const record = run === local.run ? local : await localRecord(world, run);
  const from = answers.options.after ?? 0;
  for (const event of record.events) if ((event.sequence ?? 0) > from) yield { event };
  let end = record.events.find((event) => event.type === 'run-finished');
  if (!end) {
    for await (const event of follow(answers, world, run, lastSequence(record.events), signal)) {
      await world.journal.append(run, [stamped(event, world.now())]);
      if ((event.sequence ?? 0) > from) yield { event };
      if (event.type === 'run-finished') end = event;
    }
  }
  if (end?.type === 'run-finished' && end.outcome === 'failed')
    yield {
      check: {
        name: `run ${run}`,
        kind: 'state',
        ok: false,
        exitCode: exit.remote,
        detail: end.detail ?? 'the training run failed',
      },
    };
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
