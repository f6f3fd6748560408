/** Reads a run up to an event as a session does, without a screen: `reader.js '{"folder", "port", "last"}'`. */
import { readFileSync } from 'node:fs';
import { withTime } from '../../source/plan/event.ts';
import { run } from '../../source/plan/run.ts';
import { listed } from '../../source/plan/told.ts';
import { Breath } from '../../source/plan/turns.ts';
import { monitorStep } from '../../source/steps/monitor.ts';
import { Backlog } from '../../source/ui/backlog.ts';
import { networkIn } from './stream.ts';
import { worldOf } from './world.ts';

const { folder, port, last }: { folder: string; port: number; last: number } = JSON.parse(process.argv[2] ?? '');
const network = networkIn(folder);
const over = new AbortController();
const operator = { answer: async () => ({ network, options: {}, only: [] }), approve: async () => true };
const begun = performance.now();
const happenings = run([monitorStep], {
  world: worldOf(folder, port),
  operator: { ...operator, ask: async () => ({ kind: 'no' }) },
  signal: over.signal,
  parallel: 16,
  command: 'monitor',
});
const breath = new Breath();
const backlog = new Backlog();
let seconds = Number.NaN;
for await (const told of happenings)
  for (const happening of listed(told)) {
    backlog.add(withTime(happening, () => new Date()));
    const pause = breath.take();
    if (pause) await pause;
    if (!('sequence' in happening) || happening.sequence !== last) continue;
    seconds = (performance.now() - begun) / 1000;
    over.abort();
  }
const { finished } = backlog.take().view.run;
const peak = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]) / 1024;
process.stdout.write(JSON.stringify({ seconds, peak, rounds: finished.length }));
process.exit(0);
