/** The real world: files here, hosts over SSH, keys and certificates, TLS, the monitor, the clock. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import { recordPath } from '../flower/layout.ts';
import { unitName } from '../flower/unit.ts';
import { type Member, type Network, splitHostPort } from '../network/network.ts';
import { type Failure, failureOf } from '../plan/failure.ts';
import type { Endpoint, HostFacts, Looks, ProcessLook } from '../plan/host-facts.ts';
import type { LookRequest, World } from '../plan/world.ts';
import { destination, sshWords } from '../ssh/system-ssh.ts';
import type { Target } from '../ssh/target.ts';
import { Agent } from './agent.ts';
import { belongingsOf } from './belongings.ts';
import { Calls } from './calls.ts';
import { type ConnectionOptions, Connections } from './connections.ts';
import { withExisting } from './existing.ts';
import { listLocal, modeOf, readLocal, removeLeftovers } from './files.ts';
import type { GivenSecret } from './given-secret.ts';
import { inTime } from './in-time.ts';
import type { Issuer } from './issue.ts';
import { journalIn } from './journal.ts';
import { journalBy } from './journal-pages.ts';
import { noteInLock, type Processes, takeLock } from './lock.ts';
import { readLook, readState, readTexts } from './look.ts';
import { pause } from './pause.ts';
import { perform } from './perform.ts';
import { probe, watchServer } from './proofs.ts';
import { Remote } from './remote.ts';
import { Sudo } from './sudo.ts';
import { surveyHost } from './survey.ts';
import { Transcript } from './transcript.ts';

export type WorldOptions = ConnectionOptions & {
  readonly version: string;
  readonly processes: Processes;
  /** Hosts at once. */
  readonly parallel: number;
  /** Where the passphrase of the CA's key comes from, before somebody is asked. */
  readonly caPassphrase: GivenSecret;
  /** What sudo on the hosts takes, before somebody is asked. */
  readonly sudoPassword: GivenSecret;
};

/** sshd allows ten channels a connection by default, and hardened ones fewer: a try takes one. */
const triesAtOnce = 4;

/** Templates stand beside the bundle, or two folders above the sources. */
export function assetsFolder(): string {
  const own = dirname(fileURLToPath(import.meta.url));
  const places = [join(own, 'templates'), join(own, '..', 'templates'), join(own, '..', '..', 'templates')];
  return places.find((place) => existsSync(join(place, 'host', 'base.py'))) ?? join(own, 'templates');
}

export function createWorld(options: WorldOptions): World {
  const { directory } = options;
  const assets = assetsFolder();
  const connections = new Connections(options);
  const agent = new Agent(join(assets, 'host'));
  const transcript = new Transcript(directory, !options.dryRun);
  const sudo = new Sudo({
    ...options.sudoPassword,
    attended: options.attended,
    ask: options.ask,
    inTurn: (questions) => connections.inTurn(questions),
  });
  const remote = new Remote(new Calls({ agent, connections, sudo, transcript }));
  const place = { directory, remote };
  const limit = pLimit(options.parallel);
  const issuer = once(() => issuerOf(options));
  const tried = new Map<string, ReturnType<typeof pLimit>>();
  const triesOfAll = pLimit(options.parallel);
  const tries = (host: string) => {
    const held = tried.get(host) ?? pLimit(triesAtOnce);
    tried.set(host, held);
    return held;
  };
  const seen = new Map<string, Promise<Looks[string]>>();
  const homes = new Map<string, string>();

  /** The owner has no sudo of its own: the folder is made by the one who logs in. */
  const withSudo = async (member: Member, facts: HostFacts, signal: AbortSignal): Promise<HostFacts> => {
    if (facts.sudo === 'not needed' || facts.sudo === 'of no use') return facts;
    const byAnother = (await connections.agentHost(member)).sudoOwner !== undefined;
    const works = byAnother && (await remote.sudoOf(member, signal)) === 'works';
    const found = byAnother ? (works ? 'works' : 'wants a password') : facts.sudo;
    return { ...facts, sudo: found === 'wants a password' && sudo.mayAsk ? 'asks' : found };
  };

  const lookAt = async (network: Network, member: Member, request: LookRequest): Promise<Looks[string]> => {
    try {
      // People may be asked on the way there, and take their time.
      await remote.ready(member);
      const facts = await inTime(member.name, options.signal, async (signal) => {
        const asked = Date.now();
        const question = lookQuestion(network, member, request);
        const answer = await remote.call(member, question, `Looking at ${member.name}`, { signal });
        const seen = await withSudo(member, readLook(answer, asked, Date.now()), signal);
        return request.existing ? withExisting(remote, member, seen, request.existing, signal) : seen;
      });
      homes.set(member.name, facts.paths.home);
      return { facts };
    } catch (error) {
      // Interrupted: that is no word about the host.
      if (options.signal.aborted) throw error;
      return { failure: withHost(failureOf(error, `Looking at ${member.name}`), member.name) };
    }
  };

  const state = async (network: Network, member: Member, signal: AbortSignal): Promise<ProcessLook> => {
    const unit = unitName(network, member);
    const request = { verb: 'state', home: member.remote.home, name: member.name, unit };
    return readState(await remote.call(member, request, `Looking at ${member.name}`, { signal }), member.role);
  };

  const world: World = {
    directory,
    user: options.user,
    version: options.version,
    dryRun: options.dryRun,
    attended: options.attended,
    now: () => new Date(),
    read: readLocal,
    mode: modeOf,
    list: listLocal,
    weightsIn: async (path) => (await import('./weights-file.ts')).weightsIn(path),
    wheelhouse: async (folder) => (await import('./wheelhouse.ts')).readWheelhouse(folder),
    asset: (...parts) => join(assets, ...parts),
    async look(network, hosts, request) {
      const found = await Promise.all(
        hosts.map(async (member) => {
          const held = seen.get(member.name) ?? limit(() => lookAt(network, member, request(member)));
          seen.set(member.name, held);
          const look = await held;
          // A host that could not be reached may be reachable a moment later, which who only looks does not wait for.
          if ('failure' in look && !options.dryRun) seen.delete(member.name);
          return [member.name, look] as const;
        }),
      );
      return Object.fromEntries(found);
    },
    survey: (member, request, signal) => surveyHost(remote, member, request, signal),
    syntax: async (...given) => (await import('./syntax.ts')).syntaxOn(remote, ...given),
    tryWays: async (...given) =>
      (await import('./way.ts')).tryWays({ directory, remote, parallel: options.parallel }, ...given),
    forget: (names) => {
      for (const name of names) seen.delete(name);
    },
    perform: (action, network, report, signal) => perform(action, { network, world, remote, report, signal, issuer }),
    state,
    usage: async (...given) => (await import('./usage.ts')).usageOf(remote, ...given),
    async homeOf(_network, member) {
      return homes.get(member.name) ?? member.remote.home;
    },
    async journalOf(network, run, after, signal) {
      const request = { verb: 'journal', home: network.server.remote.home, run };
      const page = (from: number) =>
        remote.call(network.server, { ...request, after: from }, `Reading the journal of run ${run}`, { signal });
      return journalBy(page, after);
    },
    async findRun({ server }, run, signal) {
      const { findRun } = await import('./fetch-run.ts');
      // People may be asked on the way there, and take their time.
      await connections.session(server);
      return inTime(server.name, signal, (limit) => findRun(remote, server, run, limit));
    },
    bringRun: async ({ server }, ...given) => (await import('./fetch-run.ts')).bringRun(remote, server, ...given),
    async reach(member, unknownKeys) {
      const target = await connections.target(member);
      const knownHostsFiles = (hop: Target) => connections.knownHostsFiles(hop).user;
      const words = sshWords(target, { knownHostsFiles, ...(unknownKeys ? { unknownKeys } : {}) });
      return { options: words, destination: destination(target) };
    },
    async readTexts(member, paths, longest) {
      const request = { verb: 'read-texts', paths, longest };
      return readTexts(
        await remote.call(member, request, `Reading files of ${member.name}`, { signal: options.signal }),
      );
    },
    services: async (network, member) =>
      (await import('./services.ts')).servicesOf(remote, network, member, options.signal),
    belongings: (member, paths) => belongingsOf(remote, member, paths, options.signal),
    log: async (...given) => (await import('./log.ts')).readLog(remote, ...given),
    probe: (network, trial, server) =>
      tries(trial.through.name)(() =>
        triesOfAll(() => probe(place, network, trial, addressFrom(network, trial.through, server))),
      ),
    async judge(network, client, server, signal) {
      const { judgeHere, judgeOnHost } = await import('./judge.ts');
      const through = client ?? network.server;
      const to = addressFrom(network, through, server);
      if (client) return tries(client.name)(() => triesOfAll(() => judgeOnHost(place, network, client, to, signal)));
      return judgeHere(place, network, () => remote.relay(through, to, "Reaching the server's port"));
    },
    versions: (member) => limit(async () => (await import('./versions.ts')).versionsOf(remote, member, options.signal)),
    software: { node: process.versions.node, openssl: process.versions.openssl },
    async *watch(network, run, after, signal) {
      const { server } = await state(network, network.server, signal);
      if (server?.run === run) yield* watchServer(place, network, server, after, signal);
    },
    journal: journalIn(directory),
    async lock(command) {
      const release = await takeLock(directory, command, new Date(), options.processes);
      // Keys are written in fl_network/ and .fl-wizard/probes/, or wherever certificates.folder is.
      await removeLeftovers(directory, 2);
      return release;
    },
    // Who can't write it down does it all the same: it is told once somebody comes after us, or not.
    note: (step, state, another = false) =>
      noteInLock(directory, options.processes, { step, state, another }, new Date()).catch(() => undefined),
    pause: (milliseconds, signal) => pause(milliseconds, signal),
    close: () => connections.close(),
  };
  return world;
}

/** Node-forge is heavy: it is loaded when there is something to issue. */
async function issuerOf({ caPassphrase, ask }: WorldOptions): Promise<Issuer> {
  const [{ Issuer }, { CaPassphrase }] = await Promise.all([import('./issue.ts'), import('./ca-passphrase.ts')]);
  return new Issuer(new CaPassphrase({ ...caPassphrase, ask }));
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** The server's own port is tried where it is bound; from a client's host, what that client dials. */
function addressFrom(network: Network, through: Member, server: Endpoint): { host: string; port: number } {
  if (through.role === 'server') return { host: server.host || '127.0.0.1', port: server.port };
  const { host, port } = splitHostPort(through.dial);
  // Where fl-network.yaml names no port, the script decides, and the running server knows.
  return { host, port: network.flower.written.port === null && !through.dialWritten ? server.port : port };
}

function lookQuestion(
  network: Network,
  member: Member,
  request: LookRequest,
): { verb: string } & Record<string, unknown> {
  return {
    verb: request.publicKeyOf ? 'look-with-key' : 'look',
    name: member.name,
    role: member.role,
    unit: unitName(network, member),
    home: member.remote.home,
    certificates: member.remote.certificates,
    environment: request.environment,
    port: network.flower.port,
    files: request.files,
    record: recordPath,
    ...(request.publicKeyOf ? { publicKeyOf: request.publicKeyOf } : {}),
  };
}

function withHost(failure: Failure, host: string): Failure {
  return { ...failure, host };
}
