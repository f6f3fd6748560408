/** The monitor in a process of its own: the step, the engine, the screen and our own record are the real ones. */
import { type Event, withTime } from '../../source/plan/event.ts';
import { run } from '../../source/plan/run.ts';
import { listed } from '../../source/plan/told.ts';
import { Breath } from '../../source/plan/turns.ts';
import { monitorStep } from '../../source/steps/monitor.ts';
import { openScreen } from '../../source/ui/screen.tsx';
import { SessionModel } from '../../source/ui/session.ts';
import { Pace } from '../../source/ui/store.ts';
import { WholeLines } from '../../source/world/agent-answers.ts';
import { Gauge, taskOf } from './gauge.ts';
import { networkIn } from './stream.ts';
import { worldOf } from './world.ts';

const task = taskOf(process.argv);
const network = networkIn(task.folder);
const gauge = new Gauge();
const over = new AbortController();

// Measured from outside of them, so that they know nothing of it.
const { flush } = Pace.prototype;
Pace.prototype.flush = function () {
  gauge.frame(() => flush.call(this));
};
const { key } = SessionModel.prototype;
SessionModel.prototype.key = function (pressed) {
  gauge.pressed();
  key.call(this, pressed);
};
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = ((...given: Parameters<typeof write>) => {
  const room = write(...given);
  gauge.painted();
  return room;
}) as typeof process.stdout.write;

/** So many lines of log a second, in the chunks in which hosts send them. */
function printLines(perSecond: number, print: (member: string, line: string) => void): NodeJS.Timeout {
  const members = Array.from({ length: 16 }, () => new WholeLines());
  const chunk = Buffer.from('epoch 2/3 step 410/980 loss 0.39 and so on, as long as such lines are\n'.repeat(60));
  let [printed, begun] = [0, performance.now()];
  return setInterval(() => {
    for (let at = 0; printed < ((performance.now() - begun) / 1000) * perSecond; at++, printed += 60) {
      const host = at % members.length;
      for (const line of members[host]?.take(chunk) ?? []) print(`client${host + 1}`, line);
    }
  }, 5);
}

const screen = openScreen({
  version: '0.0.0',
  directory: task.folder,
  stdin: process.stdin,
  stdout: process.stdout,
  colors: true,
  unicode: true,
  interrupt: () => over.abort(),
});
const shown = screen.session('benchmark', 'fl-wizard monitor', { autopilot: true });
const lines = task.lines > 0 ? printLines(task.lines, (member, line) => shown.log(member, line)) : undefined;
const measured = gauge.measure(task.warm, task.seconds, task.figures).then(() => over.abort());
const operator = { answer: async () => ({ network, options: {}, only: [] }), approve: async () => true };
const happenings = run([monitorStep], {
  world: worldOf(task.folder, task.port),
  operator: { ...operator, ask: async () => ({ kind: 'no' }) },
  signal: over.signal,
  parallel: 16,
  command: 'monitor',
});
const breath = new Breath();
for await (const told of happenings)
  for (const happening of listed(told)) {
    const event: Event = withTime(happening, () => new Date());
    shown.feed(event);
    if (event.type === 'client-changed') gauge.fed(event.time);
    if (event.type === 'step-finished' && event.failures && !over.signal.aborted) {
      await screen.close();
      throw new Error(JSON.stringify(event.failures));
    }
    const pause = breath.take();
    if (pause) await pause;
  }
await measured;
clearInterval(lines);
await screen.close();
process.exit(0);
