/** What runs where, its logs, and the runs: looks at all hosts at once. */
import type { Member } from '../network/network.ts';
import { hasEnded } from '../plan/event.ts';
import { exit, type Failure, failureOf, worst } from '../plan/failure.ts';
import { sinceOf } from '../plan/span.ts';
import { present } from '../plan/words.ts';
import type { HostFacts, World } from '../plan/world.ts';
import { followLog } from '../steps/follow-log.ts';
import { lookAtAll } from '../steps/placed.ts';
import { againHint, endedForGood, hangs } from '../steps/process-card.ts';
import { chosen, factsOf, failuresOf } from '../steps/shared.ts';
import { inert } from '../ui/inert.ts';
import type { Call, Command } from './context.ts';
import { complain, opened } from './looking.ts';
import { tableLines } from './table.ts';

function row(member: Member, facts: HostFacts | undefined, server: HostFacts | undefined): Record<string, unknown> {
  const run = facts?.server?.run ?? facts?.runs.at(-1)?.run;
  const lost = facts && hangs(member, facts, server);
  const detail = lost ?? facts?.process.detail ?? facts?.client?.detail;
  return {
    name: member.name,
    role: member.role,
    host: member.ssh.host,
    state: facts ? facts.process.state : 'unreachable',
    ...(facts?.client?.state ? { client: lost === undefined ? facts.client.state : 'lost' } : {}),
    ...(facts?.process.since ? { since: facts.process.since } : {}),
    ...(facts?.process.restarts ? { restarts: facts.process.restarts } : {}),
    ...(facts?.process.unit ? { unit: facts.process.unit.name } : {}),
    ...(detail ? { detail } : {}),
    ...(member.role === 'server' && run ? { run } : {}),
  };
}

function print(call: Call, rows: readonly Record<string, unknown>[], columns: readonly string[]): void {
  const lines = tableLines(
    columns.map((column) => ({ title: column.toUpperCase() })),
    rows.map((each) => columns.map((column) => String(each[column] ?? ''))),
  );
  for (const line of lines) call.io.stdout.write(`${line}\n`);
}

export const status: Command<[readonly string[]]> = (call, words) =>
  opened(named(call, words), async ({ network, answers, world }) => {
    const looks = await lookAtAll(answers, world);
    const server = factsOf(looks, 'server');
    const rows = chosen(answers).map((member) => row(member, factsOf(looks, member.name), server));
    if (call.common.json) call.io.stdout.write(`${JSON.stringify({ network: network.name, hosts: rows }, null, 2)}\n`);
    else {
      print(call, rows, ['name', 'host', 'state', 'client', 'since', 'restarts', 'run']);
      const told = chosen(answers).flatMap((member) => causeOf(member, factsOf(looks, member.name), server));
      for (const line of told) call.io.stdout.write(`${inert(line)}\n`);
    }
    const failures = failuresOf(looks);
    // Hosts that are gone together with a run that has ended are no failure: a demo's are.
    const gone = failures.length > 0 && failures.every(({ exitCode }) => exitCode === exit.connection);
    return gone && (await lastRunEnded(world)) ? exit.done : complain(call, failures);
  });

/** Why a process is not as it should be, and what to type: what no column has room for. */
export function causeOf(
  member: Member,
  facts: HostFacts | undefined,
  server: HostFacts | undefined,
): readonly string[] {
  if (!facts) return [];
  const { process, client, trace } = facts;
  const ended = endedForGood(facts);
  const why = hangs(member, facts, server) ?? process.detail ?? client?.detail ?? (ended ? 'it ended' : undefined);
  if (why === undefined || process.state === 'finished' || process.state === 'stopped') return [];
  const again = ended || hangs(member, facts, server) !== undefined;
  const hint = again ? [`  Try  ${againHint(member, facts)}`] : [];
  const last = trace?.at(-1)?.trim();
  const said = last && !why.includes(last) ? `; the last call of its code failed: ${last}` : '';
  return [`${member.name}: ${why}${said}`, ...hint];
}

async function lastRunEnded(world: World): Promise<boolean> {
  const run = (await world.journal.runs()).at(-1);
  return run !== undefined && hasEnded(await world.journal.read(run));
}

export const runs: Command = (call) =>
  opened(call, async ({ answers, world }) => {
    const looks = await lookAtAll({ ...answers, only: ['server'] }, world);
    const remote = factsOf(looks, 'server')?.runs;
    const rows = remote ?? (await localRuns(world));
    if (call.common.json) call.io.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    else {
      print(call, rows.map(withState), ['run', 'rounds', 'done', 'state']);
      for (const { run, detail } of rows) if (detail) call.io.stdout.write(`${inert(`run ${run}: ${detail}`)}\n`);
    }
    return remote || rows.length > 0 ? exit.done : complain(call, failuresOf(looks));
  });

/** In one word, where the document has two. */
function withState(run: HostFacts['runs'][number]): Record<string, unknown> {
  const ended = run.outcome === 'failed' ? 'failed' : 'finished';
  return { ...run, state: run.finished ? ended : 'not finished' };
}

async function localRuns(world: World): Promise<readonly HostFacts['runs'][number][]> {
  return Promise.all(
    (await world.journal.runs()).map(async (run) => {
      const events = await world.journal.read(run);
      const rounds = events.flatMap((event) => (event.type === 'round-finished' ? [event] : []));
      const end = hasEnded(events) ? events.findLast((event) => event.type === 'run-finished') : undefined;
      return {
        run,
        rounds: rounds.at(-1)?.rounds ?? 0,
        done: Math.max(0, ...rounds.map(({ round }) => round)),
        finished: end !== undefined,
        ...(end?.type === 'run-finished' ? present({ outcome: end.outcome, detail: end.detail }) : {}),
      };
    }),
  );
}

export function named(call: Call, words: readonly string[]): Call {
  return words.length === 0 ? call : { ...call, common: { ...call.common, only: words } };
}

export const logs: Command<[readonly string[], boolean, string | undefined]> = (call, words, follow, wanted) => {
  const since = wanted === undefined ? undefined : sinceOf('--since', wanted);
  return opened(named(call, words), async ({ answers, world }) => {
    const members = chosen(answers);
    const width = Math.max(...members.map(({ name }) => name.length));
    const { stdout, signal } = call.io;
    // A reader that has gone away (`| head -1`) ends it.
    stdout.on('error', () => call.io.interrupt());
    const print = ({ name }: Member, line: string) => stdout.write(`${name.padEnd(width)}  ${inert(line)}\n`);
    const lost = (failure: Failure) =>
      call.io.stderr.write(`${inert(`${failure.host}: ${failure.why}; trying again`)}\n`);
    const failures = await Promise.all(
      members.map(async (member): Promise<readonly Failure[]> => {
        if (follow) {
          const onLine = (line: string) => print(member, line);
          const failure = await followLog(world, member, { onLine, onLost: lost, ...(since ? { since } : {}) }, signal);
          if (failure) complain(call, [failure]);
          return failure ? [failure] : [];
        }
        // One host's lines stand together.
        const held: string[] = [];
        const onLine = (line: string) => held.push(line);
        const read = world.log(member, { follow, onLine, ...(since ? { since } : {}) }, signal);
        const failed = await read.then(
          () => [],
          (error: unknown) =>
            signal.aborted ? [] : [failureOf(error, `Reading the log of ${member.name}`, member.name)],
        );
        for (const line of held) print(member, line);
        return failed;
      }),
    );
    return follow ? worst(failures.flat().map(({ exitCode }) => exitCode)) : complain(call, failures.flat());
  });
};
