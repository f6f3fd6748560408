/** The runs: those that the server's host knows, or else those that this machine remembers. */
import { lives } from '../flower/decide.ts';
import { bestOf, judgedOf } from '../plan/best.ts';
import { type Event, hasEnded } from '../plan/event.ts';
import { exit } from '../plan/failure.ts';
import type { HostFacts, RunFacts } from '../plan/host-facts.ts';
import { present } from '../plan/words.ts';
import type { World } from '../plan/world.ts';
import { lookAtAll } from '../steps/placed.ts';
import { factsOf, failuresOf } from '../steps/shared.ts';
import { duration, secondsBetween } from '../ui/format.ts';
import { inert } from '../ui/inert.ts';
import type { Command } from './context.ts';
import { complain, opened } from './looking.ts';
import { tableLines } from './table.ts';

/** How far a run is: unknown of one that nobody watched, once its hosts can't be asked. */
type Reached = 'rounds' | 'done' | 'finished';

/** A run, and what can be said of it without asking for more. */
type Row = Omit<RunFacts, Reached> &
  Partial<Pick<RunFacts, Reached>> & {
    /** From its first to its last event; of one that is trained, up to now. */
    readonly seconds?: number;
    /** Where our own record holds every round. */
    readonly best?: { readonly round: number; readonly by: 'loss' | 'accuracy' };
    /** A server trains it. */
    readonly going?: true;
  };

export const runs: Command = (call) =>
  opened(call, async ({ answers, world }) => {
    const looks = await lookAtAll({ ...answers, only: ['server'] }, world);
    const server = factsOf(looks, 'server');
    const rows = server
      ? await Promise.all(server.runs.map((run) => known(world, run, server)))
      : await localRuns(world);
    if (call.common.json) call.io.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    else for (const line of lines(rows)) call.io.stdout.write(`${line}\n`);
    const failures = failuresOf(looks);
    if (server) return exit.done;
    if (rows.length === 0) return complain(call, failures);
    const why = failures.map((failure) => failure.why).join('; ');
    call.io.stderr.write(
      `These are the runs that this machine remembers; the server's host can't be asked: ${inert(why)}\n`,
    );
    return exit.done;
  });

const unknown = '-';

/** As a table, in which what is not known is so. */
export function lines(rows: readonly Row[]): readonly string[] {
  const titles = ['RUN', 'STARTED', 'TOOK', 'ROUNDS', 'DONE', 'STATE', 'BEST'];
  const cells = rows.map(({ run, started, seconds, rounds, done, best, ...more }) => [
    run,
    started === undefined ? unknown : localTime(started),
    seconds === undefined ? unknown : duration(Math.round(seconds)),
    String(rounds ?? unknown),
    String(done ?? unknown),
    stateOf(more),
    best ? `round ${best.round} by ${best.by}` : '',
  ]);
  const table = tableLines(
    titles.map((title) => ({ title })),
    cells,
  );
  return [...table, ...rows.flatMap(({ run, detail }) => (detail ? [inert(`run ${run}: ${detail}`)] : []))];
}

/** In one word, where the document has two. */
function stateOf({ finished, outcome, going }: Pick<Row, 'finished' | 'outcome' | 'going'>): string {
  if (finished === undefined) return unknown;
  if (!finished) return going ? 'going' : 'not finished';
  return outcome === 'failed' ? 'failed' : 'finished';
}

/** `2026-11-20 09:41`, where the reader is. */
function localTime(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return '';
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** What the host tells of a run, with what our own record adds. */
export async function known(world: World, run: RunFacts, server: HostFacts): Promise<Row> {
  const events = await world.journal.read(run.run);
  // Hosts that were made anew count their runs from 1 again: another beginning is another run.
  const same = events.find(({ type }) => type === 'run-started')?.time === run.started;
  const going = lives(server) && server.server?.run === run.run && !run.finished;
  return {
    ...withSeconds(run, going ? world.now() : run.until),
    ...(same ? bestIn(events, run.done) : {}),
    ...(going ? { going } : {}),
  };
}

export async function localRuns(world: World): Promise<readonly Row[]> {
  return Promise.all(
    (await world.journal.runs()).map(async (run): Promise<Row> => {
      const events = await world.journal.read(run);
      const rounds = events.flatMap((event) => (event.type === 'round-finished' ? [event] : []));
      const end = hasEnded(events) ? events.findLast((event) => event.type === 'run-finished') : undefined;
      const done = rounds.reduce((most, { round }) => Math.max(most, round), 0);
      const start = events.find((event) => event.type === 'run-started');
      // Of one that nobody watched it holds what launch has proved, and no word of the server's.
      if (!events.some((event) => 'sequence' in event)) return { run };
      const facts = {
        run,
        done,
        finished: end !== undefined,
        ...present({ rounds: rounds.at(-1)?.rounds ?? start?.rounds }),
        ...present({ started: start?.time, until: end?.time ?? events.at(-1)?.time }),
        ...(end?.type === 'run-finished' ? present({ outcome: end.outcome, detail: end.detail }) : {}),
      };
      return { ...withSeconds(facts, facts.until), ...bestIn(events, done) };
    }),
  );
}

function withSeconds(run: Row, until: string | Date | undefined): Row {
  const { started } = run;
  const seconds = started !== undefined && until !== undefined ? secondsBetween(started, until) : undefined;
  return { ...run, ...present({ seconds }) };
}

/** The best round, where every round is known: of a part of them another one could be better. */
function bestIn(events: readonly Event[], done: number): Pick<Row, 'best'> {
  const rounds = new Map(
    events.flatMap((event) => (event.type === 'round-finished' ? [[event.round, judgedOf(event)] as const] : [])),
  );
  const found = rounds.size === done ? bestOf([...rounds.values()]) : undefined;
  return found ? { best: { round: found.best.round, by: found.by } } : {};
}
