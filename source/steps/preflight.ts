/** Step 2: every host at once, before anything is signed. Changes nothing; for the way it opens the Flower port for seconds. */
import type { Member } from '../network/network.ts';
import { exit, failureOf, UserError } from '../plan/failure.ts';
import type { HostFacts, Looks } from '../plan/host-facts.ts';
import type { Answers, Evidence, Step, StepCheck } from '../plan/step.ts';
import type { Survey } from '../plan/survey.ts';
import type { Ways } from '../plan/way.ts';
import type { World } from '../plan/world.ts';
import { requirementsIn } from './app.ts';
import { syntaxChecks, syntaxFaults } from './app-syntax.ts';
import { wheelhouseOf } from './environment.ts';
import { declared } from './inputs.ts';
import { mustBeAlone } from './neighbors.ts';
import { lookAtAll } from './placed.ts';
import { type Finding, hostFindings, type Wanted } from './preflight-host.ts';
import { surveyFindings, surveyOf } from './preflight-survey.ts';
import { wayFinding } from './preflight-way.ts';
import { chosen, chosenClients, factsOf } from './shared.ts';
import { difference } from './versions.ts';

type Facts = { readonly looks: Looks; readonly wanted?: Wanted };

/** What a host offers, or the check that says why it could not be asked. */
type Surveys = ReadonlyMap<string, Promise<Survey | StepCheck>>;

function surveys(answers: Answers, looks: Looks, world: World, signal: AbortSignal): Surveys {
  const wheelhouse = answers.options.wheelhouse !== undefined;
  const asked = new Set([answers.network.server, ...chosen(answers)]);
  return new Map(
    [...asked].flatMap((member) => {
      const facts = factsOf(looks, member.name);
      if (!facts) return [];
      const request = surveyOf(member, answers.network, facts, wheelhouse);
      const survey = world.survey(member, request, signal).catch((error: unknown) => unsurveyed(error, member));
      return [[member.name, survey] as const];
    }),
  );
}

function unsurveyed(error: unknown, { name }: Member): StepCheck {
  const { why, hint, exitCode } = failureOf(error, `Looking at ${name}`, name);
  return {
    name: 'what it offers',
    host: name,
    kind: 'state',
    ok: false,
    detail: why,
    exitCode,
    ...(hint ? { hint } : {}),
  };
}

/** The ways of the clients that answer, tried where the server's port is free or ours. */
async function ways(answers: Answers, looks: Looks, world: World, signal: AbortSignal): Promise<Ways> {
  const clients = chosenClients(answers).filter(({ name }) => factsOf(looks, name));
  const server = factsOf(looks, 'server');
  const barrier = world.dryRun
    ? 'a dry run opens no port'
    : !server
      ? 'the server could not be looked at'
      : server.port.holder === 'other'
        ? `port ${answers.network.flower.port} of the server is in use`
        : undefined;
  if (barrier === undefined && clients.length > 0)
    return world.tryWays(answers.network, clients, server?.server, signal);
  const untried = { untried: barrier ?? '', unwanted: world.dryRun };
  return { ways: new Map(clients.map(({ name }) => [name, Promise.resolve(untried)])), closed: Promise.resolve() };
}

/** The one thing that preflight does at a host: it is said. */
function opened({ network }: Answers, looks: Looks, { ways: tried }: Ways, dryRun: boolean): readonly StepCheck[] {
  if (dryRun || tried.size === 0 || factsOf(looks, 'server')?.port.holder !== 'nobody') return [];
  const detail = `fl-wizard listens on ${network.flower.port} for these seconds, so that the clients can try the way to it`;
  return [{ name: 'port opened', host: 'server', kind: 'state', ok: true, detail }];
}

function* unreached(member: Member, looks: Looks): Generator<StepCheck> {
  const look = looks[member.name];
  if (!look || 'facts' in look) return;
  const { doing, why, hint, exitCode, asks } = look.failure;
  // What is wrong here is no host's trouble.
  if (exitCode === exit.local) throw new UserError(look.failure);
  const name = exitCode === exit.connection ? 'login' : 'Python';
  // Where it ended at a jump host, that is whom the words are about.
  const detail = doing.includes(', the way to ') ? `${doing}: ${why}` : why;
  const more = { ...(hint ? { hint } : {}), ...(asks ? { asks } : {}) };
  yield { host: member.name, kind: 'state', name, ok: false, detail, exitCode, ...more };
}

async function* offered(
  member: Member,
  { network }: Answers,
  { facts, wanted }: { readonly facts: HostFacts; readonly wanted: Wanted | undefined },
  found: Survey | StepCheck | undefined,
): AsyncGenerator<Finding | StepCheck> {
  yield* hostFindings(member, facts, network, wanted);
  if (found === undefined) return;
  if ('ok' in found) yield found;
  else yield* surveyFindings(member, network, facts, found);
}

const surveyIn = (found: Survey | StepCheck | undefined) => (found === undefined || 'ok' in found ? undefined : found);

export const preflightStep: Step<Facts> = {
  ...declared('preflight'),
  effect: 'looks',
  provesDry: true,
  async observe(answers, world) {
    const [looks, requirements, wheelhouse] = await Promise.all([
      lookAtAll(answers, world, [answers.network.server]),
      requirementsIn(answers.network, world),
      wheelhouseOf(answers, world),
    ]);
    mustBeAlone(answers.network, looks);
    return { looks, wanted: { requirements, ...(wheelhouse ? { wheelhouse } : {}) } };
  },
  plan: () => [],
  async *verify(answers, { looks, wanted }, world, signal): AsyncGenerator<Evidence> {
    const { network } = answers;
    const found = surveys(answers, looks, world, signal);
    const faults = syntaxFaults(network, chosen(answers), looks, world);
    const tried = await ways(answers, looks, world, signal);
    for (const check of opened(answers, looks, tried, world.dryRun)) yield { check };
    for (const member of chosen(answers)) {
      for (const check of unreached(member, looks)) yield { check };
      const facts = factsOf(looks, member.name);
      if (!facts) continue;
      const about = { host: member.name, kind: 'state' as const, exitCode: exit.remote };
      const own = await found.get(member.name);
      for await (const finding of offered(member, answers, { facts, wanted }, own))
        yield { check: { ...about, ...finding } };
      const way = await tried.ways.get(member.name);
      if (!way) continue;
      const server = surveyIn(await found.get('server'));
      yield { check: { ...about, ...wayFinding(way, { network, client: member, server, own: surveyIn(own) }) } };
    }
    for (const check of difference(answers, looks)) yield { check };
    for (const check of syntaxChecks(network, await faults)) yield { check };
    await tried.closed;
  },
};
