/** What launch finds once it is done, or where there was nothing to do: how the run is, its server and its clients. */
import { exit, type Failure } from '../plan/failure.ts';
import type { HostFacts, Looks, RunFacts } from '../plan/host-facts.ts';
import type { Answers, Evidence, StepCheck } from '../plan/step.ts';
import type { Absent } from './absent.ts';
import { ranBefore } from './launch-actions.ts';
import { type Kept, keptChecks } from './launch-keepers.ts';
import { clientCheck, prepares } from './process-card.ts';
import { failedBy, hintAfter } from './run-failure.ts';
import { chosenClients, factsOf } from './shared.ts';
import { versionsSeen } from './versions.ts';

export type LaunchFacts = Kept & {
  /** Set where hosts have another app than the one here: what starts would run that one. */
  readonly stale?: Failure;
  /** Who took no part in the last run. */
  readonly absent?: Absent;
};

const about = { host: 'server', kind: 'state' as const, exitCode: exit.remote };

/** How a run that is over has ended, and how to go on. */
function endCheck(answers: Answers, run: RunFacts, looks: Looks): StepCheck {
  const { network } = answers;
  const server = factsOf(looks, 'server');
  const failed = run.outcome === 'failed';
  const why = run.detail ?? (server?.process.state === 'failed' ? server.process.detail : undefined);
  const because = why === undefined ? '' : `: ${why}`;
  const end = { ...about, name: `run ${run.run}`, ok: !failed };
  const word = failed ? 'ended without success' : `finished after ${run.done} rounds`;
  // Nothing was started now: what has changed since was not tried yet.
  if (ranBefore(answers, server)) {
    const detail = `${word}, with the app or the settings of before${because}`;
    return { ...end, detail, hint: 'fl-wizard launch --new starts the next with those of now' };
  }
  if (!failed) {
    const next = 'fl-wizard pull fetches its weights, fl-wizard launch --new starts the next';
    return { ...end, detail: `${word}${because}; ${next}` };
  }
  const { trace = [] } = factsOf(looks, failedBy(network, why).name) ?? {};
  return {
    ...end,
    detail: `${word}${because}`,
    hint: hintAfter(run),
    ...(trace.length === 0 ? {} : { said: trace }),
  };
}

function serverCheck({ network }: Answers, server: HostFacts | undefined): StepCheck {
  const name = 'server';
  if (server?.process.state !== 'running') {
    const detail = `is ${server?.process.state ?? 'unknown'}`;
    return { ...about, name, ok: false, detail, hint: 'fl-wizard logs server' };
  }
  const port = server.server?.port ?? network.flower.port;
  return { ...about, name, ok: true, detail: `serves on port ${port}, run ${server.runs.at(-1)?.run ?? '1'}` };
}

export async function* launchChecks(
  answers: Answers,
  { looks, services, stale }: LaunchFacts,
): AsyncGenerator<Evidence> {
  const server = factsOf(looks, 'server');
  const run = server?.runs.at(-1);
  if (run?.finished) {
    yield { check: endCheck(answers, run, looks) };
    return;
  }
  yield { check: serverCheck(answers, server) };
  yield* keptChecks(answers, answers.network.server, server, services.server);
  yield* versionsSeen(answers, looks);
  if (stale) {
    const { host: _, ...everywhere } = about;
    const hint = stale.hint === undefined ? {} : { hint: stale.hint };
    yield { check: { ...everywhere, name: 'app', ok: true, detail: stale.why, ...hint } };
  }
  for (const member of chosenClients(answers)) {
    const facts = factsOf(looks, member.name);
    if (!facts) continue;
    const check = clientCheck(member, facts, server);
    const runs = ['running', 'finished'].includes(facts.process.state) || prepares(facts.process);
    yield { check: runs || !check.ok ? check : { ...check, ok: false, hint: `fl-wizard logs ${member.name}` } };
    yield* keptChecks(answers, member, facts, services[member.name]);
  }
}
