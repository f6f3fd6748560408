/** A proof that another command makes while a run is watched. */
import { describe, expect, it } from 'vitest';
import type { Check, Event, ServerEvent } from '../../source/plan/event.ts';
import { Channel } from '../../source/plan/merge.ts';
import type { Evidence } from '../../source/plan/step.ts';
import { monitorStep } from '../../source/steps/monitor.ts';
import { answers, fakeWorld } from '../plan/fakes.ts';
import { found, hostFacts } from './facts.ts';

const at = (second: number) => `2026-11-20T09:41:${String(second).padStart(2, '0')}.000Z`;
const tried = (name: string, second: number): Event => {
  const check: Check = { name, host: 'server', kind: 'refused', ok: true, detail: 'refused' };
  return { type: 'check-finished', step: 'launch', check, time: at(second) };
};
const started: Event = { type: 'run-started', rounds: 3, sequence: 1, run: '1', time: at(1) };

/** A monitor, and a record to which others write when the test says so. */
function watching(recorded: readonly Event[]) {
  const stream = new Channel<ServerEvent>();
  const appended = new Channel<readonly Event[]>();
  const batches = appended[Symbol.asyncIterator]();
  const asked: (string | undefined)[] = [];
  let news: readonly Event[] = recorded;
  const process = { state: 'running' } as const;
  const server = { phase: 'fit', port: 9092, monitorPort: 1, run: '1' };
  const runs = [{ run: '1', rounds: 3, done: 0, finished: false, last: 1, started: at(1) }];
  const world = fakeWorld([], {
    attended: true,
    look: async () => found({ server: { ...hostFacts('server', { process, runs }), server } }),
    list: async () => [],
    read: async () => undefined,
    state: async () => ({ process, server }),
    pause: async () => undefined,
    async *watch() {
      for await (const event of stream) yield [event];
    },
    journal: {
      read: async () => recorded,
      append: async () => undefined,
      reader: () => ({
        async *next(only) {
          asked.push(only?.source);
          yield* news;
        },
        async grown(signal) {
          const left = new Promise<undefined>((over) => signal.addEventListener('abort', () => over(undefined)));
          const next = await Promise.race([batches.next(), left]);
          news = next?.value ?? [];
        },
      }),
    },
  });
  const told = (async function* () {
    const facts = await monitorStep.observe(answers, world);
    yield* monitorStep.verify(answers, facts, world, new AbortController().signal);
  })();
  const known = async () => {
    for (;;) {
      const { value, done } = (await told.next()) as IteratorResult<Evidence>;
      if (done) return undefined;
      const [event] = 'events' in value ? value.events : [];
      if (event?.type === 'proof-known') return event.proof;
    }
  };
  return { stream, appended, known, asked };
}

describe('a monitor that is open', () => {
  it('learns of a proof that was recorded since, once, and reads nothing else of what was appended', async () => {
    const { stream, appended, known, asked } = watching([started, tried('expired', 2), tried('revoked', 2)]);
    expect(await known()).toMatchObject({ refused: 2, at: at(2) });
    appended.push([tried('expired', 20)]);
    expect(await known()).toEqual({ refused: 1, admitted: 0, wrong: 0, at: at(20) });
    appended.push([]);
    appended.push([tried('expired', 30)]);
    expect(await known(), 'what holds no proof tells none').toMatchObject({ at: at(30) });
    expect(new Set(asked.slice(1))).toEqual(new Set(['"type":"(?:check|proof)-finished"']));
    stream.push({ type: 'run-finished', outcome: 'changed', sequence: 2, run: '1' });
    expect(await known(), 'with the run it ends').toBeUndefined();
  });
});
