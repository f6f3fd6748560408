/**
 * The whole job on this machine. Only the hosts are special: SSH servers in this process, with homes of their own.
 * From there on it is the way of real hosts.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { afterwards, cutShort, hostsFolder, leftBehind, lockName, networkName, serverHome } from '../demo/ending.ts';
import type { DemoHosts } from '../demo/hosts.ts';
import type { Network } from '../network/network.ts';
import { inspectNetwork } from '../network/read.ts';
import { type ExitCode, exit, UserError } from '../plan/failure.ts';
import type { View } from '../plan/reduce.ts';
import { requireApp } from '../steps/app.ts';
import { steps } from '../steps/index.ts';
import { placesOf } from '../steps/shared.ts';
import type { DemoFacts } from '../ui/demo-facts.ts';
import { readLocal } from '../world/files.ts';
import { takeLock } from '../world/lock.ts';
import { type Call, interactive } from './context.ts';
import { freePort, prepare, type Wish } from './demo-network.ts';
import { keepReport } from './demo-report.ts';
import { session } from './session.ts';

/** Somebody's own script decides what is not asked for. */
function roundsWish({ rounds, app }: Readonly<Record<string, unknown>>): Pick<Wish, 'rounds'> {
  if (rounds !== undefined) return { rounds: Number(rounds) };
  return app === undefined ? { rounds: 3 } : {};
}

function wishOf(rest: Readonly<Record<string, unknown>>): Wish {
  return {
    clients: Number(rest.clients ?? 2),
    ...roundsWish(rest),
    keep: rest.keep === true,
    ...(typeof rest.app === 'string' ? { app: rest.app } : {}),
  };
}

export async function demo(call: Call, rest: Readonly<Record<string, unknown>>): Promise<ExitCode> {
  const wish = wishOf(rest);
  const started = Date.now();
  const named = call.common.directory !== undefined;
  const directory = named
    ? resolve(call.io.cwd, call.common.directory ?? '.')
    : await mkdtemp(join(tmpdir(), 'fl-demo-'));
  const kept = named || wish.keep;
  let hosts: DemoHosts | undefined;
  let release: (() => Promise<void>) | undefined;
  let reported = false;
  try {
    await requireOurs(directory, call);
    await requireScripts(wish, call);
    release = await takeLock(directory, 'demo', new Date(), call.io.processes, lockName);
    const place = await prepare(call, wish, directory);
    hosts = place.hosts;
    const { exitCode, view } = await session(
      { ...call, options: { ...call.options, new: true } },
      {
        title: `demo: ${wish.clients + 1} hosts on this machine`,
        directory,
        network: place.network,
        steps,
        autopilot: true,
        stay: interactive(call),
        leave: 'q stop the demo',
        ends: 'its pretend hosts are stopped',
        retell: (event) => afterwards(event, againHint(wish, kept, join(directory, hostsFolder))),
        ending: async (seen) => {
          if (kept) reported = await keepReport(call, directory, seen);
          const flowerAlone = await alone(call, directory, place.network);
          // Said on the last screen, so it has to be true there.
          await place.hosts.close();
          const facts = endFacts(seen, { call, wish, directory, kept, started });
          return flowerAlone ? { ...facts, flowerAlone } : facts;
        },
      },
    );
    // The ending is told on a last screen only, of what went well; its hosts are still there otherwise.
    if (kept && !reported) await keepReport(call, directory, view);
    if (kept && !call.common.json && view.end?.exitCode !== exit.done)
      call.io.stderr.write(`The project folder is ${directory}\n`);
    // What is said below has to be true then.
    await place.hosts.close();
    const words = call.common.json ? [] : cutShort(view, call.io.signal.aborted, kept ? directory : undefined);
    for (const line of words) call.io.stderr.write(`${line}\n`);
    return exitCode;
  } finally {
    await hosts?.close();
    await release?.();
    if (!kept) await rm(directory, { recursive: true, force: true });
  }
}

/** What to do after trouble with hosts that are gone by then. */
function againHint({ app }: Wish, kept: boolean, hosts: string): string {
  const mend = app === undefined ? 'run the demo again' : `mend ${app} and run the demo again`;
  const logs = kept
    ? `what each host printed lies in ${hosts}/*/home/fl-wizard/${networkName}/logs`
    : 'with --keep, what each host printed stays';
  return `${mend}; ${logs}`;
}

/** A folder of another network is somebody's, and the current one is never taken unasked. @throws UserError (2) */
async function requireOurs(directory: string, call: Call): Promise<void> {
  const file = await readLocal(join(directory, 'fl-network.yaml'));
  const { value } = file ? inspectNetwork(file.content.toString('utf8')) : {};
  const taken = file !== undefined && value?.name !== networkName;
  if (!taken) return;
  throw new UserError({
    exitCode: exit.invalid,
    doing: `Making a demo in ${relative(call.io.cwd, directory) || '.'}`,
    why: 'it holds the fl-network.yaml of another network',
    hint: 'choose an empty folder with -C, or leave -C out for a temporary one',
  });
}

/** Somebody's own code is looked at before a host is started for it. @throws UserError (2) */
async function requireScripts({ app }: Wish, call: Call): Promise<void> {
  if (app !== undefined) await requireApp(resolve(call.io.cwd, app), call.io.cwd, { read: readLocal });
}

/** The same connections that were refused, tried at Flower's own TLS. */
async function alone(call: Call, directory: string, network: Network): Promise<DemoFacts['flowerAlone']> {
  const { compare } = await import('../demo/compare.ts');
  const { folder, probes, operator } = placesOf(directory, network);
  const probe = (name: string) => ({ certificate: join(probes, `${name}.crt`), key: join(probes, `${name}.key`) });
  return compare({
    python: join(directory, serverHome, 'python', 'bin', 'python'),
    folder,
    port: await freePort(),
    serverName: network.address,
    intruders: [
      {},
      { certificate: join(folder, 'server.crt'), key: join(folder, 'server.key') },
      ...['foreign', 'expired', 'revoked', 'unlisted', 'impostor'].map(probe),
      operator,
    ],
    signal: call.io.signal,
  }).catch(() => undefined);
}

type End = {
  readonly call: Call;
  readonly wish: Wish;
  readonly directory: string;
  readonly kept: boolean;
  readonly started: number;
};

function endFacts(view: View, { call, wish, directory, kept, started }: End): DemoFacts {
  const shown = relative(call.io.cwd, directory);
  return {
    view,
    directory: shown.startsWith('..') ? directory : `./${shown}`,
    kept,
    seconds: (Date.now() - started) / 1000,
    hosts: wish.clients + 1,
    ...leftBehind(view, wish.clients, kept),
  };
}
