/** How much memory of buffers is really held meanwhile: what only waits to be collected says nothing. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const buffers = () => process.memoryUsage().arrayBuffers;

/** Begins to watch; `end` tells the most bytes that were held beyond those of the beginning. */
export function watchHeld(): { end(): number } {
  collect();
  const before = buffers();
  let most = 0;
  const watching = setInterval(() => {
    if (buffers() - before <= most) return;
    collect();
    most = Math.max(most, buffers() - before);
  }, 5);
  return {
    end() {
      clearInterval(watching);
      return most;
    },
  };
}

/** Bytes of objects that are held now. */
export function heapHeld(): number {
  collect();
  return process.memoryUsage().heapUsed;
}
