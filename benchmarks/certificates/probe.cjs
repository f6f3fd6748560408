/**
 * Loaded into a process with NODE_OPTIONS=--require: writes into the file FL_WIZARD_PROBE, at the exit, how much memory it
 * held at most (MB) and for how long its event loop did not turn at most (ms), counted from its first word on.
 */
const { openSync, readFileSync, readSync, writeFileSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');

/** Milliseconds between two looks at the clock. */
const interval = 2;

/** Not getrusage: its peak goes back to before the exec, and is the parent's where that was larger. */
const peak = () => Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]) / 1024;

/** How long the main thread was ready and another had its core, ms: on a busy machine that is most of the delay. */
function waitingClock() {
  const file = openSync('/proc/self/schedstat', 'r');
  const bytes = Buffer.alloc(100);
  return () => Number(bytes.latin1Slice(0, readSync(file, bytes, 0, 100, 0)).split(' ')[1]) / 1e6;
}

function watch() {
  const waited = waitingClock();
  const found = { late: 0, blocked: 0 };
  let last;
  const look = () => {
    const now = { time: performance.now(), waited: waited() };
    if (last) {
      const late = now.time - last.time - interval;
      found.late = Math.max(found.late, late);
      found.blocked = Math.max(found.blocked, late - (now.waited - last.waited));
    }
    last = now;
  };
  // Before its first word a program only loads itself, and there is no screen that could be held up.
  const begin = () => {
    if (last) return;
    look();
    setInterval(look, interval).unref();
  };
  return { found, begin };
}

if (isMainThread && process.env.FL_WIZARD_PROBE) {
  const { found, begin } = watch();
  for (const stream of [process.stdout, process.stderr]) {
    const { write } = stream;
    stream.write = function (...words) {
      begin();
      return write.apply(this, words);
    };
  }
  process.on('exit', () => writeFileSync(process.env.FL_WIZARD_PROBE, JSON.stringify({ ...found, peak: peak() })));
}
