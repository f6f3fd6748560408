/** A run that is followed: its events, its hosts and the pauses between two looks at them are the test's. */
import type { Event, ServerEvent } from '../../source/plan/event.ts';
import type { ProcessLook } from '../../source/plan/host-facts.ts';
import { Channel } from '../../source/plan/merge.ts';
import type { Evidence, StepCheck } from '../../source/plan/step.ts';
import type { World } from '../../source/plan/world.ts';
import { monitorStep } from '../../source/steps/monitor.ts';
import { answers, fakeWorld } from '../plan/fakes.ts';
import { found, hostFacts } from './facts.ts';

export const time = '2026-11-20T09:41:00.000Z';
export const server = { phase: 'fit', port: 9092, monitorPort: 1, run: '1' };
export const serving: ProcessLook = { process: { state: 'running' }, server };
const working: ProcessLook = { process: { state: 'running' }, client: { state: 'training' } };

type Scene = { readonly attended: boolean; readonly local?: readonly Event[]; readonly once?: boolean };
type Rest = { readonly milliseconds: number; over(): void };

class Surroundings {
  /** What each host answers, or why it does not. */
  readonly hosts: Record<string, ProcessLook | Error> = { server: serving, client1: working, client2: working };
  readonly asked: string[] = [];
  readonly stream = new Channel<ServerEvent>();
  readonly rests = new Channel<Rest>();

  world({ attended, local = [] }: Scene): World {
    const { hosts, asked, stream, rests } = this;
    const run = { run: '1', rounds: 3, done: 1, finished: false, last: local.length, started: time };
    const facts = { ...hostFacts('server', { process: { state: 'running' }, runs: [run] }), server };
    return fakeWorld([], {
      attended,
      look: async (_network, members) => found(members.some(({ role }) => role === 'server') ? { server: facts } : {}),
      list: async () => [],
      read: async () => undefined,
      homeOf: async () => '/home/ubuntu/fl-wizard/xray',
      state: async (_network, { name, role }) => {
        if (role === 'client') asked.push(name);
        const host = hosts[name];
        if (host === undefined || host instanceof Error) throw host ?? new Error(`no ${name}`);
        return host;
      },
      pause: (milliseconds, signal) =>
        new Promise((over) => {
          if (signal.aborted) return over();
          signal.addEventListener('abort', () => over(), { once: true });
          rests.push({ milliseconds, over });
        }),
      async *watch(_network, _run, _after, signal) {
        signal.addEventListener('abort', () => stream.close(), { once: true });
        for await (const event of stream) yield [event];
      },
      journalOf: async () => [],
      journal: { runs: async () => ['1'], read: async () => local, append: async () => {}, setAside: async () => {} },
    });
  }
}

export function followed(scene: Scene) {
  const around = new Surroundings();
  const { hosts, asked, stream } = around;
  const told = read(around.world(scene), scene.once === true);
  const pauses = around.rests[Symbol.asyncIterator]();
  let sequence = scene.local?.length ?? 0;
  const send = (...events: readonly ServerEvent[]) => {
    for (const event of events) stream.push({ ...event, sequence: ++sequence, run: '1' });
  };
  /** The next pause between looks: what was looked for before it is told by then. */
  const rest = async (): Promise<Rest> => (await pauses.next()).value as Rest;
  /** Goes through so many pauses, and says how long each would have been. */
  const looks = async (many: number): Promise<readonly number[]> => {
    const waited: number[] = [];
    for (let at = 0; at < many; at++) {
      const { milliseconds, over } = await rest();
      waited.push(milliseconds);
      over();
    }
    return waited;
  };
  const finish = async () => {
    await rest();
    send({ type: 'run-finished', outcome: 'changed' });
    return told;
  };
  return { hosts, asked, told, send, rest, looks, finish };
}

async function read(world: World, once: boolean) {
  const evidence: Evidence[] = [];
  const asked = { ...answers, options: { once } };
  const facts = await monitorStep.observe(asked, world);
  for await (const each of monitorStep.verify(asked, facts, world, new AbortController().signal)) evidence.push(each);
  const events = evidence.flatMap((each) => ('events' in each ? each.events : []));
  const notices = events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
  const checks = evidence.flatMap((each): StepCheck[] => ('check' in each ? [each.check] : []));
  /** Without what only the server's events have. */
  const changes = events.flatMap((event) => {
    if (event.type !== 'client-changed') return [];
    const { sequence: _, run: __, ...change } = event;
    return [change];
  });
  return { notices, checks, changes };
}
