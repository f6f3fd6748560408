/** Waiting and proving are actions too, so that the proof can stand between the server's stage and the clients'. */
import { lives } from '../flower/decide.ts';
import { configPath } from '../flower/layout.ts';
import type { Member, Network } from '../network/network.ts';
import type { Action } from '../plan/action.ts';
import { exit, type Failure, failureOf, UserError } from '../plan/failure.ts';
import type { HostFacts, ProcessLook } from '../plan/host-facts.ts';
import type { World } from '../plan/world.ts';
import { againHint, endedForGood, ofProcess, prepares } from '../steps/process-card.ts';
import { checkOf, insiderOf, placeOf } from '../steps/verify-tries.ts';
import { type Doing, memberOf } from './perform.ts';
import { stopProcess } from './stop.ts';

type Make<Kind extends Action['kind']> = Extract<Action, { kind: Kind }>;

/** Between two looks at a starting process, milliseconds. */
const lookPause = 250;
/** More hosts are asked less often: each look costs a host and us a process. */
const pausePerHost = 20;

/** A server that is asked to end may first hand its clients over; then it is killed. */
const stopSeconds = 30;

function late(host: string, doing: string, why: string, more: Partial<Failure> = {}): UserError {
  return new UserError({ exitCode: exit.remote, host, doing, why, hint: `fl-wizard logs ${host}`, ...more });
}

async function cardOf(
  member: Member,
  world: World,
  network: Network,
  trace: HostFacts['trace'],
): Promise<Partial<Failure>> {
  return ofProcess(member, await world.homeOf(network, member), trace);
}

/** Waits until the server says that it serves; ends at once where its process has ended. */
export async function awaitServer(action: Make<'await-server'>, doing: Doing): Promise<void> {
  try {
    await serves(action, doing);
  } catch (error) {
    // Its supervisor would try on, and one day serve without having been proved.
    await stopUnproved(memberOf(doing.network, action.host), doing);
    throw error;
  }
}

async function serves(
  { host, seconds }: Make<'await-server'>,
  { network, world, report, signal }: Doing,
): Promise<void> {
  const member = memberOf(network, host);
  const doing = 'Starting the Flower server';
  const until = Date.now() + seconds * 1000;
  while (!signal.aborted) {
    const { process, server, trace } = await world.state(network, member, signal);
    if (server) {
      for (const notice of server.notices ?? []) report.line(notice);
      return;
    }
    if (['failed', 'stopped', 'finished', 'refused', 'none'].includes(process.state))
      throw late(
        host,
        doing,
        `it ended: ${process.detail ?? `exit code ${process.exitCode ?? 'unknown'}`}`,
        await cardOf(member, world, network, trace),
      );
    if (Date.now() > until) throw late(host, doing, `it did not serve within ${seconds} s`);
    await world.pause(lookPause, signal);
  }
}

/** Tries every case at the running port. Unless all came out right, the server is stopped before any client starts. */
export async function proveRefusals(action: Make<'prove-refusals'>, doing: Doing): Promise<void> {
  let proved = false;
  try {
    proved = await tryAll(action, doing);
  } finally {
    // Also where a try could not be made, or somebody interrupted: a server that was not proved serves nobody.
    if (!proved) await stopUnproved(memberOf(doing.network, action.through), doing);
  }
}

async function tryAll({ through, insider, cases }: Make<'prove-refusals'>, doing: Doing): Promise<boolean> {
  const { network, world, report, signal } = doing;
  const member = memberOf(network, through);
  const { server } = await world.state(network, member, signal);
  if (!server) throw late(through, 'Proving mutual TLS', 'the server does not serve any more');
  const client = memberOf(network, insider);
  const seen = await Promise.all(
    cases.map(async (which) => {
      const trial = { which, through: placeOf(network, which, member, client) };
      return checkOf(trial, await world.probe(network, trial, server), insiderOf(network, client));
    }),
  );
  const time = world.now().toISOString();
  await world.journal.append(
    server.run,
    seen.map((check) => ({ type: 'check-finished', step: 'launch', check, time })),
  );
  for (const check of seen) report.check(check);
  return seen.every((check) => check.ok);
}

async function stopUnproved(member: Member, { network, world, remote, report }: Doing): Promise<void> {
  const config = configPath(await world.homeOf(network, member), member.name);
  // Not under the session's signal: an interrupted proof has to end in a stopped server all the same.
  const signal = AbortSignal.timeout(stopSeconds * 1000);
  const { process } = await world.state(network, member, signal);
  const { unit } = process;
  await stopProcess(remote, member, { config, ...(unit ? { unit } : {}) }, signal);
  // One that has ended by itself was not stopped by us.
  if (lives({ process })) report.line('the server was stopped: it is not proved that it refuses whom it must');
}

/** Waits until every client was let in, or says of each that was not why. One that failed keeps no other from being waited for. */
export async function awaitClients(action: Make<'await-clients'>, given: Doing): Promise<void> {
  const { network, world, report, signal } = given;
  const until = Date.now() + action.seconds * 1000;
  const failures: Failure[] = [];
  let waiting = action.clients;
  while (waiting.length > 0 && !signal.aborted) {
    const [server, ...found] = await Promise.all([
      world.state(network, network.server, signal),
      ...waiting.map((name) => lookAt(name, given)),
    ]);
    // Clients that can't reach it any more would be blamed for what it ended by.
    if (server.process.state === 'failed') throw await serverEnded(server, given);
    const late = Date.now() > until;
    const told = await Promise.all(found.map((each) => standing(each, late ? action.seconds : undefined, given)));
    for (const { name, line, failure } of told) {
      if (line !== undefined) report.line(`${name} ${line}`);
      if (failure) failures.push(failure);
    }
    waiting = told.flatMap(({ name, line, failure }) => (line === undefined && !failure ? [name] : []));
    if (waiting.length > 0) await world.pause(Math.max(lookPause, pausePerHost * waiting.length), signal);
  }
  const [first, ...others] = failures;
  if (first) throw new UserError(first, others);
}

async function serverEnded({ process, trace }: ProcessLook, { network, world }: Doing): Promise<UserError> {
  const card = await cardOf(network.server, world, network, trace);
  return late('server', 'Waiting for the clients', `the server ended: ${process.detail ?? 'see its log'}`, card);
}

type Looked = { readonly name: string } & ({ readonly look: ProcessLook } | { readonly failure: Failure });

/** A host that is gone is a client that failed. */
async function lookAt(name: string, { network, world, signal }: Doing): Promise<Looked> {
  try {
    return { name, look: await world.state(network, memberOf(network, name), signal) };
  } catch (error) {
    return { name, failure: failureOf(error, `Starting ${name}`, name) };
  }
}

type Standing = { readonly name: string; readonly line?: string; readonly failure?: Failure };

/**
 * How it is with a client: a line ends the waiting for it, a failure too.
 * @param limit the seconds that it was waited for, once they are over
 */
async function standing(looked: Looked, limit: number | undefined, { network, world }: Doing): Promise<Standing> {
  const { name } = looked;
  if ('failure' in looked) return looked;
  const { process, client, trace } = looked.look;
  const doing = `Starting ${name}`;
  if (endedForGood({ process })) {
    const why = client?.detail ?? process.detail ?? `it ${process.state}`;
    const member = memberOf(network, name);
    const card = await cardOf(member, world, network, trace);
    return { name, failure: late(name, doing, why, { hint: againHint(member, { process }), ...card }).failure };
  }
  if (isIn(process.state, client?.state)) return { name, line: 'is in' };
  if (limit === undefined) return { name };
  if (prepares(process))
    return { name, line: `runs for ${limit} s and has not called start_client yet: does its script load data first?` };
  return { name, failure: late(name, doing, client?.detail ?? `it did not join within ${limit} s`).failure };
}

function isIn(process: string, client: string | undefined): boolean {
  return (
    process === 'finished' ||
    client === 'connected' ||
    client === 'training' ||
    client === 'evaluating' ||
    client === 'idle'
  );
}
