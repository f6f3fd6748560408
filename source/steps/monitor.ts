/** Step 8: the run as the server tells it: every event once, across lost connections and restarts. */
import { type Check, type Event, type ServerEvent, withTime } from '../plan/event.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { HostFacts, Looks, RunFacts } from '../plan/host-facts.ts';
import { RecordedProof } from '../plan/proof-count.ts';
import type { Answers, Evidence, Step } from '../plan/step.ts';
import type { RecordReader, World } from '../plan/world.ts';
import { follow } from './follow.ts';
import { haltIn } from './halted.ts';
import { declared } from './inputs.ts';
import { Known } from './known.ts';
import { type Told, withLooks } from './missing-clients.ts';
import { lookAtAll } from './placed.ts';
import { Recorder } from './recorder.ts';
import { failedBy, hintAfter } from './run-failure.ts';
import { factsOf } from './shared.ts';
import { watchStanding } from './standings.ts';
import { watchProof } from './watch-proof.ts';

/** `run`: the one that is watched, if any is known. */
type Facts = { readonly looks: Looks; readonly run?: string };

function isServerEvent(event: Event): event is ServerEvent & Event {
  return 'sequence' in event && typeof event.sequence === 'number';
}

/** Our own record of a run, as it was written. */
async function* recorded(world: World, run: string): AsyncGenerator<ServerEvent & Event> {
  for await (const event of world.journal.events(run)) if (isServerEvent(event)) yield event;
}

/** The last sequence of our own record. */
async function lastRecorded(world: World, run: string): Promise<number> {
  let last = 0;
  for await (const event of recorded(world, run)) last = Math.max(last, event.sequence ?? 0);
  return last;
}

/**
 * Hosts that were made anew count their runs from 1 again: a record of another beginning is another run's, and is set
 * aside.
 */
async function setAsideOlder(world: World, { run, started }: RunFacts): Promise<void> {
  if (started === undefined) return;
  for await (const event of recorded(world, run)) {
    if (event.type !== 'run-started') continue;
    if (event.time !== started) await world.journal.setAside(run);
    return;
  }
}

/** The run that the server's host knows last: what is watched. */
function runOf(facts: HostFacts | undefined): RunFacts | undefined {
  const active = facts?.server?.run;
  return facts?.runs.find(({ run }) => run === active) ?? facts?.runs.at(-1);
}

async function* watchRun(answers: Answers, facts: Facts, world: World, signal: AbortSignal): AsyncGenerator<Evidence> {
  const { looks, run } = facts;
  if (run === undefined) throw nothingToWatch(looks);
  const from = answers.options.after ?? 0;
  const known = new Known();
  // For one frame there is nothing that comes behind it.
  const past = answers.options.once ? 0 : (runOf(factsOf(looks, 'server'))?.last ?? (await lastRecorded(world, run)));
  if (past > from) yield { events: [{ type: 'past-known', last: past, run }] };
  const proof = new RecordedProof();
  const record = world.journal.reader(run);
  for await (const event of record.next()) {
    proof.add(event);
    if (isServerEvent(event) && known.add(event) && known.last > from) yield { events: [event] };
  }
  if (proof.count) yield { events: [{ type: 'proof-known', proof: proof.count, run }] };
  // A record without events is of a run that nobody watched, on hosts that know nothing of it any more.
  if (known.last === 0 && !runOf(factsOf(looks, 'server'))) throw nothingToWatch(looks);
  const recorder = new Recorder(world.journal, run);
  try {
    for await (const told of more(answers, world, run, { looks, known, proof, record }, signal)) {
      if ('check' in told) {
        yield told;
        continue;
      }
      const news = told.events.filter(
        (event) => known.add(event) && !(event.type === 'past-known' && event.last === past),
      );
      for (const event of news) {
        const full = event.sequence === undefined ? undefined : recorder.add(withTime(event, world.now));
        if (full) await full;
      }
      yield { events: news.filter(({ sequence }) => sequence === undefined || sequence > from) };
    }
  } finally {
    await recorder.flush();
  }
  if (answers.options.once) yield* haltIn(known.events, run, looks);
  const { end } = known;
  if (end?.outcome === 'failed' && !answers.options.once)
    yield {
      check: {
        name: `run ${run}`,
        kind: 'state',
        ok: false,
        exitCode: exit.remote,
        detail: end.detail ?? 'the training run failed',
        hint: hintAfter({ run, done: known.round, rounds: known.rounds }),
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

/** What our own record holds, and where it is read on. */
type Seen = {
  readonly looks: Looks;
  readonly known: Known;
  readonly proof: RecordedProof;
  readonly record: RecordReader;
};

/** What our own record does not hold yet: for one frame what there is now, else until the run ends. */
async function* more(
  answers: Answers,
  world: World,
  run: string,
  { looks, known, ...proved }: Seen,
  signal: AbortSignal,
): AsyncGenerator<Told> {
  const found = runOf(factsOf(looks, 'server'));
  const after = known.last;
  // Where the host can't be asked, its own word is missing: our record then has to do.
  const current = !found || (found.finished && found.done <= known.round);
  if (known.end && current) {
    // What came behind the end, such as tries of a proof, nobody waits for.
    if (!answers.options.once && (found?.last ?? 0) > after)
      yield { events: [{ type: 'past-known', last: after, run }] };
    return;
  }
  if (!answers.options.once) {
    const past = found?.last ?? 0;
    const from = { after, stale: found?.finished ? 0 : past, past, known: known.events };
    yield* withLooks(
      { answers, world, run, known: known.events },
      signal,
      (until) => follow(answers, world, run, from, until),
      (tell, until) => watchProof({ ...proved, run }, tell, until),
    );
    return;
  }
  if (found) yield { events: await world.journalOf(answers.network, run, after, signal) };
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
    const found = runOf(factsOf(looks, 'server'));
    if (found) await setAsideOlder(world, found);
    const run = found?.run ?? (await world.journal.runs()).at(-1);
    return { looks, ...(run === undefined ? {} : { run }) };
  },
  plan: () => [],
  stands: (_, { looks, run }) => watchStanding(factsOf(looks, 'server'), run),
  verify: watchRun,
};
