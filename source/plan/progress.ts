/** How long a plan still takes, by what is done of it. Pure. */

/** From so many actions on a plan is more than the eye follows: it is counted, and its end estimated. */
export const many = 20;
/** Before, the first few say nothing of the rest: the CA's key alone, or hosts that are slow to greet. */
const leastSeconds = 2;

export type Progress = { readonly done: number; readonly total: number; readonly seconds: number };

/** Seconds that are left, as if the rest went as what is done; undefined where that would be a guess. */
export function secondsLeft({ done, total, seconds }: Progress): number | undefined {
  if (total < many || done === 0 || done >= total || seconds < leastSeconds) return undefined;
  return (seconds / done) * (total - done);
}
