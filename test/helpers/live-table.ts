/** The live table of a real network without its picture: what it is told, and its hands. */
import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Beside } from '../../source/commands/beside.ts';
import { completeNetwork } from '../../source/network/network.ts';
import { inspectNetwork } from '../../source/network/read.ts';
import type { Event, Happening, ProcessSeen } from '../../source/plan/event.ts';
import { run } from '../../source/plan/run.ts';
import type { Answers, Operator } from '../../source/plan/step.ts';
import { listed } from '../../source/plan/told.ts';
import { monitorStep } from '../../source/steps/monitor.ts';
import type { Act, CertificateFacts } from '../../source/ui/session-state.ts';
import { createWorld } from '../../source/world/world.ts';

const parallel = 16;

function worldAt(directory: string, signal: AbortSignal) {
  return createWorld({
    directory,
    home: directory,
    user: 'ubuntu',
    attended: true,
    sshAgent: undefined,
    env: {},
    acceptNewHostKeys: false,
    timeout: 10_000,
    version: '0.0.0',
    dryRun: false,
    processes: { pid: process.pid, alive: (pid) => pid === process.pid },
    signal,
    parallel,
    caPassphrase: {},
    sudoPassword: {},
    ask: async () => ({ kind: 'no' }),
  });
}

export type LiveTable = {
  /** What the session tells, and what is fed beside it. */
  readonly told: readonly Happening[];
  readonly lines: readonly { readonly member: string; readonly line: string }[];
  readonly certificates: () => Readonly<Record<string, CertificateFacts>>;
  act(act: Act): void;
  /** What was seen of a member's process. */
  seen(member: string): readonly ProcessSeen[];
  notices(): readonly string[];
  /** `q`: resolves with the session's exit code. */
  leave(): Promise<number>;
};

/** Opens it on the network of a project. */
export function openLiveTable(project: string): LiveTable {
  const { value } = inspectNetwork(readFileSync(join(project, 'fl-network.yaml'), 'utf8'));
  if (!value) throw new Error('no network');
  const answers: Answers = { network: completeNetwork(value), options: {}, only: [] };
  const [left, interrupt] = [new AbortController(), new AbortController()];
  setMaxListeners(0, left.signal, interrupt.signal);
  const world = worldAt(project, interrupt.signal);
  const told: Happening[] = [];
  const lines: { member: string; line: string }[] = [];
  const bugs: unknown[] = [];
  let certificates: Readonly<Record<string, CertificateFacts>> = {};
  let act: (act: Act) => void = () => undefined;
  const beside = new Beside({
    world,
    answers: () => answers,
    screen: {
      feed: (event: Event) => told.push(event),
      log: (member, line) => lines.push({ member, line }),
      certificates: (map) => {
        certificates = map;
      },
      acts: (handle) => {
        act = handle;
      },
      wants: () => undefined,
    },
    ask: async () => ({ kind: 'no' }),
    parallel,
    left: left.signal,
    interrupted: interrupt.signal,
    bug: (error) => bugs.push(error),
  });
  const watch = async (): Promise<number> => {
    const signal = AbortSignal.any([beside.left, interrupt.signal]);
    setMaxListeners(0, signal);
    const operator: Operator = {
      answer: async () => answers,
      approve: async () => false,
      ask: async () => ({ kind: 'no' }),
    };
    const happenings = run([monitorStep], {
      world: beside.world,
      operator,
      signal,
      parallel,
      command: 'monitor',
    });
    for await (const each of happenings)
      for (const event of listed(each)) {
        told.push(event);
        beside.see(event);
      }
    await beside.end();
    await world.close();
    if (bugs.length > 0) throw bugs[0];
    const last = told.findLast((event) => event.type === 'session-finished');
    return last?.type === 'session-finished' ? last.exitCode : -1;
  };
  const watched = watch();
  return {
    told,
    lines,
    certificates: () => certificates,
    act: (each) => act(each),
    seen: (member) =>
      told.filter((event): event is ProcessSeen & Event => event.type === 'process-seen' && event.member === member),
    notices: () => told.flatMap((event) => (event.type === 'notice' ? [event.text] : [])),
    async leave() {
      left.abort('left');
      return watched;
    },
  };
}
