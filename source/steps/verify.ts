/** Step 7: proves mutual TLS, from here and from every client host. Repeats what launch did, at any time. */
import type { Member, Network } from '../network/network.ts';
import { clientUri } from '../pki/names.ts';
import type { Check } from '../plan/event.ts';
import { hasEnded } from '../plan/event.ts';
import { exit } from '../plan/failure.ts';
import { type CaseName, caseOf, cases, judged, type Seen } from '../plan/proof.ts';
import type { Answers, Evidence, Step } from '../plan/step.ts';
import type { HostFacts, Looks, World } from '../plan/world.ts';
import { declared } from './inputs.ts';
import { lookAtAll } from './placed.ts';
import { chosenClients, factsOf, madeOnHosts } from './shared.ts';

type Serving = NonNullable<HostFacts['server']>;
type Facts = { readonly looks: Looks; readonly journal: Journal };
/** What was proved last, by our own record. */
type Journal = {
  readonly run?: string;
  readonly time?: string;
  readonly checks: readonly Check[];
  readonly ended: boolean;
};

/** Who is tried at the port: the one whose certificate must be let in, as what. */
export type Insider = { readonly name: string; readonly uri: string };

/** Whose certificate must be let in. Where its key is on its host alone, that host has to answer. */
export function insiderName(network: Network, lost: ReadonlySet<string | undefined>): string {
  const here = madeOnHosts(network) ? network.clients.find(({ name }) => !lost.has(name)) : undefined;
  return (here ?? network.clients[0])?.name ?? 'client1';
}

/** The client that a try through this host comes as: its own, or the first of the network. */
export function insiderOf(network: Network, through: Member): Insider {
  const client = through.role === 'client' ? through : network.clients[0];
  if (!client) throw new Error('a network without clients');
  return { name: client.name, uri: clientUri(network.address, network.name, client.commonName) };
}

/**
 * Where a try is made. The first word is the caller's; but a private key that was made on its host is there alone, so
 * what shows its certificate is tried there.
 */
export function placeOf(network: Network, which: CaseName, through: Member, insider: Member): Member {
  if (!madeOnHosts(network)) return through;
  if (which === 'server') return network.server;
  return which === 'right' ? insider : through;
}

/** A try as a check: what was expected, and what came. To be let in as somebody else is no success. */
export function checkOf(which: CaseName, tried: Seen, host: string, insider: Insider): Check {
  const seen = judged(which, tried);
  const { expected, title } = caseOf(which);
  const name = which === 'right' ? `${insider.name}’s certificate` : title;
  const known = seen.outcome !== 'accepted' || expected === 'refused' || seen.identity === insider.uri;
  const ok = seen.outcome === expected && known;
  const detail =
    seen.outcome === 'accepted'
      ? `let in as ${seen.identity}`
      : seen.outcome === 'refused'
        ? `refused: ${seen.reason}`
        : `not clear: ${seen.reason}`;
  const hint =
    seen.outcome === 'unclear'
      ? 'nothing is proved by this: run fl-wizard certs, deploy, and verify again'
      : 'the running server does not do what its policy says; fl-wizard stop, and report this';
  return { name, host, kind: expected, ok, detail, ...(ok ? {} : { hint }) };
}

async function lastProof(world: World): Promise<Journal> {
  const run = (await world.journal.runs()).at(-1);
  if (run === undefined) return { checks: [], ended: false };
  const checks = new Map<string, Check>();
  let time: string | undefined;
  const events = await world.journal.read(run);
  for (const event of events) {
    if (event.type !== 'check-finished' || event.check.kind === 'state') continue;
    checks.set(`${event.check.host} ${event.check.name}`, event.check);
    time = event.time;
  }
  return { run, checks: [...checks.values()], ended: hasEnded(events), ...(time ? { time } : {}) };
}

/** All cases through the server's host; from each client's host its own certificate, and none. */
function tries(answers: Answers): readonly { readonly through: Member; readonly which: CaseName }[] {
  const { network } = answers;
  const clients = chosenClients(answers);
  const insider = clients[0] ?? network.clients[0] ?? network.server;
  const all = [
    ...cases.map(({ name }) => ({ through: placeOf(network, name, network.server, insider), which: name })),
    ...clients.flatMap((member) => (['right', 'none'] as const).map((which) => ({ through: member, which }))),
  ];
  // With keys on their hosts, the server's try with a client's certificate is that client's own: once is enough.
  return [...new Map(all.map((each) => [`${each.through.name} ${each.which}`, each])).values()];
}

async function* proveNow(answers: Answers, world: World, server: Serving): AsyncGenerator<Evidence> {
  // All at once; they are shown in their order.
  const running = tries(answers).map(async ({ through, which }) => {
    const seen = await world.probe(answers.network, which, through, server);
    return checkOf(which, seen, through.name, insiderOf(answers.network, through));
  });
  for (const check of running) check.catch(() => undefined);
  const checks: Check[] = [];
  for (const next of running) {
    const check = await next;
    checks.push(check);
    yield { check };
  }
  const ok = checks.every((check) => check.ok);
  const refused = checks.filter((check) => check.kind === 'refused').length;
  const verdict: Check = {
    name: 'mutual TLS',
    kind: 'state',
    ok,
    detail: ok ? `mutual: ${refused} of ${refused} refused, ${checks.length - refused} let in` : 'not proved',
  };
  // A failed try has been counted by itself.
  if (ok) yield { check: verdict };
  const time = world.now().toISOString();
  await world.journal.append(
    server.run,
    [...checks, verdict].map((check) => ({ type: 'check-finished', step: 'verify', check, time })),
  );
}

/** Which clients are in, by the server's word where it tells, else by their own process. */
function* clientStates(answers: Answers, looks: Looks): Generator<Evidence> {
  for (const member of chosenClients(answers)) {
    const facts: HostFacts | undefined = factsOf(looks, member.name);
    if (!facts) continue;
    const detail = facts.client?.detail ?? facts.client?.state ?? facts.process.state;
    yield { check: { name: 'client', host: member.name, kind: 'state', ok: true, detail } };
  }
}

export const verifyStep: Step<Facts> = {
  ...declared('verify'),
  effect: 'looks',
  async observe(answers, world) {
    return { looks: await lookAtAll(answers, world, [answers.network.server]), journal: await lastProof(world) };
  },
  plan: () => [],
  async *verify(answers, { looks, journal }, world) {
    const server = factsOf(looks, 'server');
    if (server?.server) {
      yield* proveNow(answers, world, server.server);
      yield* clientStates(answers, looks);
      return;
    }
    const ended = journal.ended || server?.runs.find(({ run }) => run === journal.run)?.finished === true;
    if (ended && journal.time) {
      for (const check of journal.checks) yield { check: { ...check, detail: `${check.detail} (at ${journal.time})` } };
      yield {
        check: {
          name: 'mutual TLS',
          kind: 'state',
          ok: true,
          detail: `run ${journal.run} has ended; this is its last proof, of ${journal.time}`,
        },
      };
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
        hint: failure?.hint ?? 'fl-wizard launch',
      },
    };
  },
};
