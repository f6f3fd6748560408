/** Step 6: the server, the proof that it refuses, then the clients. The proof stands before the first client starts. */
import { type Decision, decide, lives } from '../flower/decide.ts';
import { configPath, processConfig } from '../flower/layout.ts';
import type { Member } from '../network/network.ts';
import { type Action, here, type Stage } from '../plan/action.ts';
import { sha256 } from '../plan/digest.ts';
import { exit, UserError } from '../plan/failure.ts';
import { cases } from '../plan/proof.ts';
import type { Answers, Evidence, Step } from '../plan/step.ts';
import type { HostFacts, Looks } from '../plan/world.ts';
import { declared } from './inputs.ts';
import { lookAtAll } from './placed.ts';
import { chosenClients, factsOf, failuresOf } from './shared.ts';
import { insiderName } from './verify.ts';

type Facts = { readonly looks: Looks };

/** Importing flwr takes seconds on a small machine; a minute means that something is wrong. */
const serverSeconds = 90;
/** The same for the clients, and their first connection. */
const clientSeconds = 90;

/** Weights that the user starts from are copied to the server's host for this run. */
function initialWeights(answers: Answers, home: string, run: string): { file: string; to: string } | undefined {
  const file = answers.options.initialWeights;
  return file === undefined ? undefined : { file, to: `${home}/initial-weights-${run}.npz` };
}

function configOf(answers: Answers, member: Member, facts: HostFacts | undefined, run: string): string {
  const paths = facts?.paths ?? { home: member.remote.home, certificates: member.remote.certificates };
  if (member.role === 'client') return processConfig(answers.network, member, paths, { id: run });
  const weights = initialWeights(answers, paths.home, run);
  // A run that goes on keeps the rounds that it was launched with, unless others are asked for.
  const rounds = answers.options.rounds ?? facts?.runs.find((each) => each.run === run)?.rounds;
  return processConfig(answers.network, member, paths, {
    id: run,
    ...(rounds ? { rounds } : {}),
    ...(answers.options.resume === run ? { resume: true } : {}),
    ...(weights === undefined ? {} : { initialWeights: weights.to }),
  });
}

/** Writes a process's configuration where it differs, and starts it. */
function startActions(
  answers: Answers,
  member: Member,
  facts: HostFacts | undefined,
  run: string,
  stopFirst: boolean,
): readonly Action[] {
  const content = configOf(answers, member, facts, run);
  const home = facts?.paths.home ?? member.remote.home;
  const config = configPath(home, member.name);
  const same = facts?.files[config]?.sha256 === sha256(content);
  const host = member.name;
  const weights = member.role === 'server' ? initialWeights(answers, home, run) : undefined;
  const upload: Action = {
    kind: 'upload',
    host,
    files: [
      { from: { text: content }, to: config, mode: 0o600 },
      ...(weights ? [{ from: { file: weights.file }, to: weights.to, mode: 0o600 }] : []),
    ],
    text: `write ${config}${weights ? ` and copy ${weights.file}` : ''}`,
  };
  const stop: Action = { kind: 'stop', host, config, text: `stop the ${member.role} of the run before` };
  const what = member.role === 'server' ? 'the Flower server' : 'the Flower client';
  const start: Action = { kind: 'start', host, config, text: `start ${what}, supervised, for run ${run}` };
  return [...(stopFirst ? [stop] : []), ...(same ? [] : [upload]), start];
}

function serverStage(
  answers: Answers,
  decision: Decision,
  facts: HostFacts | undefined,
  insider: string,
): readonly Stage[] {
  const { server } = answers.network;
  // A server that still waits for clients may have been left before its proof: none starts without one.
  if (decision.server === 'ended' || (decision.server === 'keep' && trains(facts))) return [];
  const wait: Action = {
    kind: 'await-server',
    host: server.name,
    seconds: serverSeconds,
    text: 'wait until it serves',
  };
  const prove: Action = {
    kind: 'prove-refusals',
    through: server.name,
    insider,
    cases: cases.map(({ name }) => name),
    text: `prove that it lets ${insider} in and refuses ${cases.length - 1} others, or stop it`,
  };
  return [
    {
      title: 'Server',
      lanes: {
        server: [
          ...(decision.server === 'start'
            ? startActions(answers, server, facts, decision.run, decision.stopFirst)
            : []),
          wait,
        ],
      },
    },
    { title: 'Proof', lanes: { [here]: [prove] } },
  ];
}

/** Clients that still try to reach the server of before must not get into one that was not proved yet. */
function oldClientsStage(answers: Answers, decision: Decision, { looks }: Facts): readonly Stage[] {
  if (decision.server !== 'start') return [];
  const lanes = Object.fromEntries(
    answers.network.clients.flatMap((member) => {
      const facts = factsOf(looks, member.name);
      if (!facts || !lives(facts)) return [];
      const config = configPath(facts.paths.home, member.name);
      return [
        [
          member.name,
          [{ kind: 'stop' as const, host: member.name, config, text: 'stop the client of the run before' }],
        ],
      ];
    }),
  );
  return Object.keys(lanes).length > 0 ? [{ title: 'Old clients', lanes }] : [];
}

function trains(facts: HostFacts | undefined): boolean {
  return facts?.server !== undefined && facts.server.phase !== 'waiting';
}

/** Clients that have to be started: those that don't run, or run for another configuration. */
function idleClients(answers: Answers, decision: Decision, { looks }: Facts): readonly Member[] {
  if (decision.server === 'ended') return [];
  return chosenClients(answers).filter((member) => {
    const facts = factsOf(looks, member.name);
    if (!facts || decision.server === 'start') return true;
    return !lives(facts);
  });
}

function plan(answers: Answers, facts: Facts): readonly Stage[] {
  const server = factsOf(facts.looks, 'server');
  const decision = decide(server, answers.options);
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
      why: `port ${answers.network.flower.port} is in use: ${server.port.name ?? 'by another process'}`,
      hint: 'end that process, or set flower.port to another one',
    });
  const clients = idleClients(answers, decision, facts);
  const lanes = Object.fromEntries(
    clients.map((member) => {
      const host = factsOf(facts.looks, member.name);
      return [member.name, startActions(answers, member, host, decision.run, false)];
    }),
  );
  // A host that did not answer gets no lane: nobody has to wait for its client.
  const lost = new Set(failuresOf(facts.looks).map(({ host }) => host));
  const proved = serverStage(answers, decision, server, insiderName(answers.network, lost));
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

async function* verify(answers: Answers, { looks }: Facts): AsyncGenerator<Evidence> {
  const server = factsOf(looks, 'server');
  const run = server?.runs.at(-1);
  const about = { kind: 'state' as const, exitCode: exit.remote };
  if (run?.finished) {
    const ok = run.outcome !== 'failed';
    yield {
      check: {
        ...about,
        host: 'server',
        name: `run ${run.run}`,
        ok,
        detail: ok
          ? `finished after ${run.done} rounds; fl-wizard pull fetches its weights, fl-wizard launch --new starts the next`
          : 'ended without success',
        ...(ok ? {} : { hint: 'fl-wizard launch --new starts another, --resume goes on with this one' }),
      },
    };
    return;
  }
  const lives = server?.process.state === 'running';
  yield {
    check: {
      ...about,
      host: 'server',
      name: 'server',
      ok: lives,
      detail: lives
        ? `serves on port ${server.server?.port ?? answers.network.flower.port}, run ${run?.run ?? '1'}`
        : `is ${server?.process.state ?? 'unknown'}`,
      ...(lives ? {} : { hint: 'fl-wizard logs server' }),
    },
  };
  for (const member of chosenClients(answers)) {
    const facts = factsOf(looks, member.name);
    if (!facts) continue;
    const ok = facts.process.state === 'running' || facts.process.state === 'finished';
    const detail = facts.client?.detail ?? facts.process.detail ?? facts.client?.state ?? facts.process.state;
    yield {
      check: {
        ...about,
        host: member.name,
        name: 'client',
        ok,
        detail,
        ...(ok ? {} : { hint: `fl-wizard logs ${member.name}` }),
      },
    };
  }
}

export const launchStep: Step<Facts> = {
  ...declared('launch'),
  effect: 'changes',
  async observe(answers, world) {
    const looks = await lookAtAll(answers, world, [answers.network.server]);
    const { server } = looks;
    if (server && 'failure' in server) throw new UserError(server.failure);
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
    return { looks };
  },
  plan,
  verify,
  failures: ({ looks }) => failuresOf(looks),
};
