import type { Happening } from './event.ts';

/** What happened, or all of what a run told together: it comes in thousands. */
export type Told = Happening | readonly Happening[];

/** One after the other. */
export function listed(told: Told): readonly Happening[] {
  return 'type' in told ? [told] : told;
}
