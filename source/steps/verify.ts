/** Step 7: proves mutual TLS, from here and from every client host. Repeats what launch did, at any time. */
import { exit, troubledHosts, UserError } from '../plan/failure.ts';
import type { HostFacts, Looks } from '../plan/host-facts.ts';
import { unlimitedName } from '../plan/proof.ts';
import type { Proof, ProofTry } from '../plan/proven.ts';
import type { Answers, Evidence, Step, StepCheck } from '../plan/step.ts';
import type { World } from '../plan/world.ts';
import { declared } from './inputs.ts';
import { lookAtAll } from './placed.ts';
import { clientCheck } from './process-card.ts';
import { chosenClients, factsOf, failuresOf } from './shared.ts';
import { proofStanding } from './standings.ts';
import { certificatesOf, checksOfDays, issuedServer, replacedSince } from './verify-days.ts';
import { endedMeanwhile, isUnanswered } from './verify-ended.ts';
import { type LastProof, lastProof, lastWord } from './verify-last.ts';
import { hostsOf, otherFiles, recordOf, sourcesOf, withServersWord } from './verify-record.ts';
import { judgements } from './verify-servers.ts';
import { type Done, trialsOf, tryOne } from './verify-tries.ts';

type Serving = NonNullable<HostFacts['server']>;
type Facts = { readonly looks: Looks; readonly last: LastProof; readonly replaced: readonly string[] };
/** Hosts that did not answer: nothing is tried through them, and then nothing is mutual. */
const lostOf = (looks: Looks) => troubledHosts(failuresOf(looks));

function verdictOf(tries: readonly Done[], looks: Looks): StepCheck {
  const lost = lostOf(looks);
  const failed = tries.filter(({ check }) => !check.ok).length;
  const counted = (expected: ProofTry['expected']) => tries.filter(({ entry }) => entry.expected === expected).length;
  const [refused, letIn, refuses] = [counted('refused'), counted('accepted'), counted('refuses')];
  const about = { name: 'mutual TLS', kind: 'state' } as const;
  if (failed === 0 && lost.size === 0) {
    // A try by each host, and with an older TLS, is the same kind.
    const kinds = new Set(
      tries.flatMap(({ check, entry }) => (entry.expected === 'refused' ? [unlimitedName(check.name)] : [])),
    ).size;
    const servers = `the clients refuse ${refuses} of ${refuses} wrong servers`;
    return {
      ...about,
      ok: true,
      detail: `mutual: ${refused} of ${refused} refused (${kinds} kinds), ${letIn} let in; ${servers}`,
    };
  }
  const why = [
    ...(failed > 0 ? [`${failed} of ${tries.length} tries did not come out as they must`] : []),
    ...(lost.size > 0 ? [`not tried from ${[...lost].join(', ')}`] : []),
  ];
  // Where nothing came out wrong, it is the host that did not answer that decides the exit code.
  const exitCode = failed > 0 ? exit.proof : (failuresOf(looks)[0]?.exitCode ?? exit.connection);
  return { ...about, ok: false, exitCode, detail: `not proved: ${why.join('; ')}` };
}

/**
 * Tells tries in their order. Once one found nobody, all are waited for, and the server is asked whether it has ended: then
 * what the others failed by is said once, by the verdict.
 */
async function* toldInOrder(
  running: readonly Promise<readonly Done[]>[],
  endedServer: () => Promise<StepCheck | undefined>,
): AsyncGenerator<Evidence, { readonly done: readonly Done[]; readonly ended: StepCheck | undefined }> {
  const done: Done[] = [];
  let asked: { readonly ended: StepCheck | undefined } | undefined;
  for (const next of running)
    for (const each of await next) {
      if (!asked && isUnanswered(each)) {
        await Promise.all(running);
        asked = { ended: await endedServer() };
      }
      done.push(each);
      if (each.check.ok || !asked?.ended || !isUnanswered(each)) yield { check: each.check };
    }
  return { done, ended: asked?.ended };
}

type Scene = { readonly looks: Looks; readonly server: Serving };

/** Whether the server ended before the proof did is what it returns. */
async function* proveNow(
  answers: Answers,
  world: World,
  { looks, server }: Scene,
  signal: AbortSignal,
): AsyncGenerator<Evidence, boolean> {
  const lost = lostOf(looks);
  const started = world.now().toISOString();
  // All at once (the world bounds how many); they are shown in their order.
  const running = [
    ...trialsOf(answers, lost).map(async (trial) => [await tryOne(answers.network, world, trial, server)]),
    ...judgements(answers, world, server, lost, signal),
  ];
  const sources = sourcesOf(answers, world);
  const hosts = sources.then((found) => hostsOf(answers, world, looks, found));
  for (const each of [...running, hosts]) each.catch(() => undefined);
  const { done, ended } = yield* toldInOrder(running, () => endedMeanwhile(answers, world, signal));
  // What was cut off is no answer, and no record is made of it.
  signal.throwIfAborted();
  const { run } = server;
  const asked = { run, runs: factsOf(looks, 'server')?.runs ?? [] };
  const tries = await withServersWord(
    answers,
    world,
    asked,
    done.map(({ entry }) => entry),
    signal,
  );
  const certificates = await certificatesOf(answers, world, tries);
  for (const check of checksOfDays(certificates, await issuedServer(answers, world))) yield { check };
  const verdict = ended ?? verdictOf(done, looks);
  yield { check: verdict };
  const found = { run, started, mutual: verdict.ok, verdict: verdict.detail, tries, certificates };
  yield* otherFiles(await hosts, await sources);
  const proof = recordOf(answers, world, await sources, { ...found, hosts: await hosts });
  // Of a server that has ended nothing is kept as a proof.
  if (!ended) await keep(world, [...done.map(({ check }) => check), verdict], proof);
  yield { proof };
  return ended !== undefined;
}

/** For when nothing runs any more. */
function keep(world: World, checks: readonly StepCheck[], proof: Proof): Promise<void> {
  const about = { step: 'verify', time: proof.time };
  return world.journal.append(proof.run, [
    ...checks.map(({ exitCode: _, proposes: __, change: ___, ...check }) => ({
      type: 'check-finished' as const,
      check,
      ...about,
    })),
    { type: 'proof-finished', proof, ...about },
  ]);
}

/** Which clients are in, by the server's word where it tells, else by their own process. */
function* clientStates(answers: Answers, looks: Looks): Generator<Evidence> {
  for (const member of chosenClients(answers)) {
    const facts: HostFacts | undefined = factsOf(looks, member.name);
    if (!facts) continue;
    yield { check: clientCheck(member, facts, factsOf(looks, 'server')) };
  }
}

/** A certificate that can't be read is a word of the steps that make and place it. */
async function replacedIn({ proof }: LastProof, answers: Answers, world: World): Promise<readonly string[]> {
  try {
    return proof ? await replacedSince(proof.certificates, answers, world) : [];
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}

export const verifyStep: Step<Facts> = {
  ...declared('verify'),
  effect: 'looks',
  async observe(answers, world) {
    const [looks, last] = [await lookAtAll(answers, world, [answers.network.server]), await lastProof(world)];
    return { looks, last, replaced: await replacedIn(last, answers, world) };
  },
  plan: () => [],
  stands: ({ network }, { looks, last, replaced }) =>
    proofStanding(
      looks,
      last,
      network.clients.map(({ name }) => name),
      replaced,
    ),
  async *verify(answers, { looks, last }, world, signal) {
    const server = factsOf(looks, 'server');
    if (server?.server) {
      const ended = yield* proveNow(answers, world, { looks, server: server.server }, signal);
      // How they were before is no word on how they are without it.
      if (!ended) yield* clientStates(answers, looks);
      return;
    }
    const ended = last.ended || server?.runs.find(({ run }) => run === last.run)?.finished === true;
    if (ended && last.tries) {
      yield* lastWord(last);
      return;
    }
    const look = looks.server;
    const failure = look && 'failure' in look ? look.failure : undefined;
    yield {
      check: {
        name: 'the training port',
        host: 'server',
        kind: 'state',
        ok: false,
        exitCode: failure?.exitCode ?? exit.proof,
        detail: failure?.why ?? 'no server is running, so there is nothing to prove',
        // A run that is over is not gone on with.
        hint: failure?.hint ?? `fl-wizard launch${server?.runs.at(-1)?.finished ? ' --new' : ''}`,
      },
    };
  },
  // With nothing to be tried, hosts that are gone are no trouble: the last proof is told.
  failures: ({ looks }) => (factsOf(looks, 'server')?.server ? failuresOf(looks) : []),
};
