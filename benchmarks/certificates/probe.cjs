/**
 * Loaded into a process with NODE_OPTIONS=--require: writes into the file FL_WIZARD_PROBE, at the exit, how much memory it
 * held at most (MB) and how long its event loop did not turn at most (ms), counted from its first word on.
 */
const { readFileSync, writeFileSync } = require('node:fs');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { isMainThread } = require('node:worker_threads');

/** The gaps between two timers of a millisecond: a turn that nothing holds up counts as one. */
const delay = monitorEventLoopDelay({ resolution: 1 });
const milliseconds = (nanoseconds) => Math.round(nanoseconds / 1e5) / 10;

/** Not getrusage: its peak goes back to before the exec, and is the parent's where that was larger. */
const peak = () => Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]) / 1024;

if (isMainThread && process.env.FL_WIZARD_PROBE) {
  const file = process.env.FL_WIZARD_PROBE;
  // Before its first word a program only loads itself, and there is no screen that could be held up.
  for (const stream of [process.stdout, process.stderr]) {
    const { write } = stream;
    stream.write = function (...words) {
      delay.enable();
      return write.apply(this, words);
    };
  }
  process.on('exit', () => {
    const told = {
      peak: Math.round(peak()),
      blocked: milliseconds(delay.max),
      p99: milliseconds(delay.percentile(99)),
    };
    writeFileSync(file, JSON.stringify(told));
  });
}
