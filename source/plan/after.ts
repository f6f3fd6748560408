/** What can be done about the end of a session in which something failed. Pure. */
import { type Failure, troubledHosts } from './failure.ts';

/**
 * `again`: all of it; `failed`: at the hosts that failed alone; `rest`: without them; `edit`: another answer first; `steps`:
 * to the page of the steps, where there is one; `new`: another run behind one that has ended.
 */
export type After = 'again' | 'failed' | 'rest' | 'edit' | 'steps' | 'new';

/**
 * @param members all that took part
 * @param least so many clients a run needs: with fewer it would wait for ever
 */
export function choicesAfter(failures: readonly Failure[], members: readonly string[], least = 1): readonly After[] {
  if (failures.length === 0) return [];
  const failed = failedHosts(failures);
  // Who has failed here has failed everywhere, and without a server there is no network.
  const some = failed.length > 0 && failed.length < members.length && failures.every(({ host }) => host !== undefined);
  const enough = members.filter((name) => name !== 'server' && !failed.includes(name)).length >= least;
  return [
    'again',
    ...(some ? (['failed'] as const) : []),
    ...(some && !failed.includes('server') && enough ? (['rest'] as const) : []),
    'edit',
  ];
}

export function failedHosts(failures: readonly Failure[]): readonly string[] {
  return [...troubledHosts(failures)];
}
