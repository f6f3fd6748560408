/** The memory of a screen that somebody leaves open for days. */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** V8 reads this whenever it collects: of a small heap several threads spend more on their meeting than on the work. */
const oneThread = '--no-parallel-scavenge';

/** So much may be left behind by what is in use no more, bytes; V8 itself waits for several times the heap. */
const slack = 3_000_000;
/** Between two looks, milliseconds. */
const every = 1000;

function inUse(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')?.space_used_size ?? 0;
}

/** V8 gives it to contexts that are made while the flag is set: ours never has it. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  try {
    return runInNewContext('gc');
  } finally {
    setFlagsFromString('--no-expose-gc');
  }
}

/**
 * Has garbage collected as soon as there are megabytes of it: for a thousand clients with ten changes a second each 138 MB
 * in place of 164, and 15 ms every ten seconds (benchmarks/monitor).
 * @returns how it ends
 */
export function keepHeapSmall(): () => void {
  setFlagsFromString(oneThread);
  const collect = collector();
  let left = inUse();
  const timer = setInterval(() => {
    if (inUse() - left < slack) return;
    collect();
    left = inUse();
  }, every);
  timer.unref();
  return () => clearInterval(timer);
}
