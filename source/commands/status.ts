/** What runs where, its logs, and the runs: looks at all hosts at once. */
import { lives } from '../flower/decide.ts';
import type { Member } from '../network/network.ts';
import { hasEnded } from '../plan/event.ts';
import { exit, type Failure, failureOf, worst } from '../plan/failure.ts';
import type { HostFacts, Looks } from '../plan/host-facts.ts';
import { sinceOf } from '../plan/span.ts';
import type { World } from '../plan/world.ts';
import { followLog } from '../steps/follow-log.ts';
import { hostsGone } from '../steps/link.ts';
import { lookAtAll } from '../steps/placed.ts';
import { againHint, endedForGood, hangs, lastEnd, raisedIn } from '../steps/process-card.ts';
import { chosen, factsOf, failuresOf } from '../steps/shared.ts';
import { wordFromHosts } from '../ui/client-state.ts';
import { duration, secondsBetween } from '../ui/format.ts';
import { inert } from '../ui/inert.ts';
import type { Call, Command } from './context.ts';
import { insteadOfHosts } from './demo-folder.ts';
import { complain, opened } from './looking.ts';
import { runText, serverRun } from './run-state.ts';
import { usageCells, usageRow, usagesOf } from './status-usage.ts';
import { tableLines } from './table.ts';

function row(member: Member, facts: HostFacts | undefined, server: HostFacts | undefined): Record<string, unknown> {
  const run = facts?.server?.run ?? facts?.runs.at(-1)?.run;
  const lost = facts && hangs(member, facts, server);
  const detail = lost ?? facts?.process.detail ?? facts?.client?.detail ?? (facts && lastEnd(facts.process));
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
    ...(member.role === 'server' && run ? { run, ...serverRun(facts, run) } : {}),
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
    const limits = { parallel: call.common.parallel, signal: call.io.signal };
    const usages = await usagesOf(world, answers, (name) => factsOf(looks, name) !== undefined, limits);
    const used = (name: unknown) => usages[String(name)];
    if (call.common.json) {
      const hosts = rows.map((each) => ({ ...each, ...usageRow(used(each.name)) }));
      call.io.stdout.write(`${JSON.stringify({ network: network.name, hosts }, null, 2)}\n`);
    } else {
      const now = world.now();
      const cells = rows.map((each) => ({
        ...each,
        since: ageText(each, now),
        run: runText(each),
        client: clientWord(String(each.name), looks),
        ...usageCells(used(each.name)),
      }));
      const gpu = cells.some((each) => 'gpu' in each) ? ['gpu'] : [];
      print(call, cells, ['name', 'host', 'state', 'client', 'since', 'restarts', 'memory', ...gpu, 'run']);
      for (const line of causesOf(chosen(answers), looks)) call.io.stdout.write(`${inert(line)}\n`);
    }
    const failures = failuresOf(looks);
    // Hosts that are gone together with a run that has ended are no failure: a demo's are.
    const gone = failures.length > 0 && failures.every(({ exitCode }) => exitCode === exit.connection);
    const ended = gone && (await lastRunEnded(world));
    // Those of a demo are all gone by the same, which is said once.
    const [first] = failures.every(({ why }) => why === hostsGone) ? failures : [];
    if (!ended) return complain(call, first ? [first] : failures);
    if (first && !call.common.json) call.io.stdout.write(`${hostsGone}: ${insteadOfHosts}\n`);
    return exit.done;
  });

/** As the live table has it; the document keeps the client's own word. */
function clientWord(name: string, looks: Looks): string {
  const facts = factsOf(looks, name);
  return (facts && wordFromHosts(name, facts, factsOf(looks, 'server'))) ?? '';
}

/** `up 2h 05m` of what runs; else for how long it has been so. */
function ageText({ state, since }: Record<string, unknown>, now: Date): string {
  const seconds = typeof since === 'string' ? secondsBetween(since, now) : undefined;
  if (seconds === undefined) return '';
  return `${state === 'running' ? 'up ' : ''}${duration(Math.round(seconds))}`;
}

/** What is wrong with these, each in its own words; that a server which is known not to run can't be reached is said once. */
export function causesOf(members: readonly Member[], looks: Looks): readonly string[] {
  const server = factsOf(looks, 'server');
  const down = server !== undefined && !lives(server) && server.process.state !== 'finished';
  const inVain = (member: Member) => {
    const facts = factsOf(looks, member.name);
    return down && facts?.process.state === 'running' && facts.client?.state === 'retrying';
  };
  const told = members.flatMap((member) =>
    inVain(member) ? [] : causeOf(member, factsOf(looks, member.name), server),
  );
  // One that has failed says so itself, with what to do.
  if (!members.some(inVain) || (server && endedForGood(server))) return told;
  return [
    ...told,
    'The server does not run, and its clients try to reach it again and again',
    '  Try  fl-wizard launch',
  ];
}

/** Why a process is not as it should be, and what to type: what no column has room for. */
export function causeOf(
  member: Member,
  facts: HostFacts | undefined,
  server: HostFacts | undefined,
): readonly string[] {
  if (!facts) return [];
  const { process, client, trace } = facts;
  const ended = endedForGood(facts);
  const own = hangs(member, facts, server) ?? process.detail ?? client?.detail;
  const why = own ?? (ended ? 'it ended' : lastEnd(process));
  if (why === undefined || process.state === 'finished' || process.state === 'stopped') return [];
  const again = ended || hangs(member, facts, server) !== undefined;
  const hint = again ? [`  Try  ${againHint(member, facts)}`] : [];
  const last = raisedIn(trace);
  const said = last && !why.includes(last) ? `; the last call of its code failed: ${last}` : '';
  return [`${member.name}: ${why}${said}`, ...hint];
}

async function lastRunEnded(world: World): Promise<boolean> {
  const run = (await world.journal.runs()).at(-1);
  return run !== undefined && hasEnded(await world.journal.read(run));
}

export function named(call: Call, words: readonly string[]): Call {
  return words.length === 0 ? call : { ...call, common: { ...call.common, only: words } };
}

export const logs: Command<[readonly string[], boolean, string | undefined]> = (call, words, follow, wanted) => {
  const since = wanted === undefined ? undefined : sinceOf('--since', wanted);
  return opened(named(call, words), async ({ answers, world }) => {
    const members = chosen(answers);
    const width = Math.max(...members.map(({ name }) => name.length));
    const { stdout } = call.io;
    // A reader that has gone away (`| head -1`) ends it, and nothing is lost by that.
    const left = new AbortController();
    const signal = AbortSignal.any([call.io.signal, left.signal]);
    stdout.on('error', () => left.abort());
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
    if (left.signal.aborted) return exit.done;
    return follow ? worst(failures.flat().map(({ exitCode }) => exitCode)) : complain(call, failures.flat());
  });
};
