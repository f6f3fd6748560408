/** Step 6: the server, the proof that it refuses, then the clients. The proof stands before the first client starts. */
import { type Decision, decide, lives } from '../flower/decide.ts';
import type { Member } from '../network/network.ts';
import { type Action, here, type Stage } from '../plan/action.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { HostFacts } from '../plan/host-facts.ts';
import { cases } from '../plan/proof.ts';
import type { Answers, Step } from '../plan/step.ts';
import { absentFrom } from './absent.ts';
import { mustFit } from './initial-weights.ts';
import { declared } from './inputs.ts';
import { hasChanged, startActions, stopAction } from './launch-actions.ts';
import { type LaunchFacts, launchChecks } from './launch-checks.ts';
import { lingeringStages, withServices } from './launch-keepers.ts';
import { mustBeAlone, portTaken } from './neighbors.ts';
import { lookAtAll } from './placed.ts';
import { chosenClients, factsOf, failuresOf, probeNames, requireServer } from './shared.ts';
import { staleApp } from './stale-app.ts';
import { launchStanding } from './standings.ts';
import { insiderName } from './verify-tries.ts';
import { mustAgree } from './versions.ts';

/** Importing flwr takes seconds on a small machine; a minute means that something is wrong. */
const serverSeconds = 90;
/** The same for the clients, and their first connection: one whose script loads data first is not waited for longer. */
const clientSeconds = 90;

function serverStage(
  answers: Answers,
  decision: Decision,
  { looks, services }: LaunchFacts,
  insider: string,
): readonly Stage[] {
  const { server } = answers.network;
  const facts = factsOf(looks, 'server');
  // A server that still waits for clients may have been left before its proof: none starts without one.
  if (decision.server === 'ended' || (decision.server === 'keep' && trains(facts))) return [];
  const wait: Action = {
    kind: 'await-server',
    host: server.name,
    seconds: serverSeconds,
    text: 'wait until it serves',
  };
  const others = cases.filter(({ expected }) => expected === 'refused');
  const made = others.filter(({ name }) => probeNames.some((each) => each === name));
  const prove: Action = {
    kind: 'prove-refusals',
    through: server.name,
    insider,
    cases: cases.map(({ name }) => name),
    text: `prove that it lets ${insider} in and refuses ${others.length} kinds of others, or stop it: ${made.length} with what certs made for the proof, ${others.length - made.length} with none, the server’s or the operator’s; verify tries each from every host`,
  };
  return [
    {
      title: 'Server',
      lanes: {
        server: [
          ...(decision.server === 'start'
            ? startActions(answers, {
                member: server,
                facts,
                services: services.server,
                run: decision.run,
                ...(decision.stopFirst ? { stopFirst: stopText(decision, server, facts) } : {}),
              })
            : []),
          wait,
        ],
      },
    },
    { title: 'Proof', lanes: { [here]: [prove] } },
  ];
}

/** Why a process that lives is stopped. */
function stopText({ run, changed }: Decision, { role }: Member, server: HostFacts | undefined): string {
  if (changed) return `stop the ${role}: its app or its settings are others now, and run ${run} goes on where it is`;
  if (role === 'client') return 'stop the client: it joins again once the server is proved';
  return `stop the server, which lingers after run ${server?.server?.run ?? server?.runs.at(-1)?.run ?? run}`;
}

/** Clients that still try to reach the server of before must not get into one that was not proved yet. */
function oldClientsStage(answers: Answers, decision: Decision, { looks }: LaunchFacts): readonly Stage[] {
  if (decision.server !== 'start') return [];
  const lanes = Object.fromEntries(
    answers.network.clients.flatMap((member) => {
      const facts = factsOf(looks, member.name);
      if (!facts || !lives(facts)) return [];
      return [[member.name, [stopAction(member, facts, stopText(decision, member, undefined))]]];
    }),
  );
  return Object.keys(lanes).length > 0 ? [{ title: 'Old clients', lanes }] : [];
}

function trains(facts: HostFacts | undefined): boolean {
  return facts?.server !== undefined && facts.server.phase !== 'waiting';
}

/** Clients that have to be started: those that don't run, or run for another configuration. */
function idleClients(answers: Answers, decision: Decision, { looks }: LaunchFacts): readonly Member[] {
  if (decision.server === 'ended') return [];
  return chosenClients(answers).filter((member) => {
    const facts = factsOf(looks, member.name);
    if (!facts || decision.server === 'start') return true;
    return !lives(facts) || hasChanged(answers, member, facts);
  });
}

const changedClient = 'stop the client: its app or its settings are others now';

function plan(answers: Answers, facts: LaunchFacts): readonly Stage[] {
  const server = factsOf(facts.looks, 'server');
  const decision = decide(server, answers.options, hasChanged(answers, answers.network.server, server));
  if (decision.server === 'start' && answers.only.length > 0 && !answers.only.includes('server'))
    throw new UserError({
      exitCode: exit.invalid,
      doing: 'Launching',
      why: 'the server does not run, and --only leaves it out',
      hint: 'add server to --only, or leave --only out',
    });
  if (decision.server === 'start' && server?.port.holder === 'other')
    throw new UserError({
      exitCode: exit.remote,
      host: 'server',
      doing: 'Launching the server',
      ...portTaken(answers.network, server),
    });
  const clients = idleClients(answers, decision, facts);
  const lanes = Object.fromEntries(
    clients.map((member) => {
      const host = factsOf(facts.looks, member.name);
      // With a server that starts, clients that live were stopped before it.
      const stopFirst = decision.server === 'keep' && lives(host) ? { stopFirst: changedClient } : {};
      const services = facts.services[member.name];
      return [member.name, startActions(answers, { member, facts: host, services, run: decision.run, ...stopFirst })];
    }),
  );
  // A host that did not answer gets no lane: nobody has to wait for its client.
  const lost = new Set(failuresOf(facts.looks).map(({ host }) => host));
  const proved = serverStage(answers, decision, facts, insiderName(answers.network, lost));
  if (clients.length === 0) return decision.server === 'start' ? proved : [];
  const names = clients.map(({ name }) => name).filter((name) => !lost.has(name));
  const wait: Action = {
    kind: 'await-clients',
    run: decision.run,
    clients: names,
    seconds: clientSeconds,
    text: 'wait until the server has let them in',
  };
  return [
    ...oldClientsStage(answers, decision, facts),
    ...proved,
    { title: 'Clients', lanes },
    { title: 'Joined', lanes: { [here]: [wait] } },
  ];
}

export const launchStep: Step<LaunchFacts> = {
  ...declared('launch'),
  effect: 'changes',
  async observe(answers, world) {
    await mustFit(answers, world);
    const looks = await lookAtAll(answers, world, [answers.network.server]);
    requireServer(looks);
    mustBeAlone(answers.network, looks);
    if (!world.dryRun) mustAgree(answers, looks);
    const stale = world.dryRun ? undefined : await staleApp(answers, world, looks);
    for (const member of [answers.network.server, ...chosenClients(answers)]) {
      const facts = factsOf(looks, member.name);
      // A dry run of `up` sees hosts on which nothing lies yet.
      if (facts && !facts.environmentReady && !world.dryRun)
        throw new UserError({
          exitCode: exit.remote,
          host: member.name,
          doing: `Launching on ${member.name}`,
          why: 'the Python environment is not there',
          hint: 'fl-wizard deploy',
        });
    }
    // For who looks at how all stands; who launches reads what comes of it.
    const names = answers.network.clients.map(({ name }) => name);
    const ended = factsOf(looks, 'server')?.runs.at(-1)?.finished === true;
    const absent = world.dryRun && ended ? await absentFrom(world, names) : undefined;
    return {
      ...(await withServices(answers, world, looks)),
      ...(stale ? { stale } : {}),
      ...(absent ? { absent } : {}),
    };
  },
  plan(answers, facts) {
    const stages = plan(answers, facts);
    if (stages.length > 0 && facts.stale) throw new UserError(facts.stale);
    return [...lingeringStages(answers, facts, stages), ...stages];
  },
  stands: (answers, { looks, absent }, planned) => launchStanding(answers, looks, planned, absent),
  verify: launchChecks,
  failures: ({ looks }) => failuresOf(looks),
};
