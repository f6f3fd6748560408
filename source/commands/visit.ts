/** What came of the sessions that one went through, for whoever leaves them: what was done, and what comes next. Pure. */
import type { View } from '../plan/reduce.ts';
import { list } from '../plan/words.ts';
import { hostsGone } from '../steps/link.ts';
import { type Known, type Stands, standsNow } from '../ui/found.ts';

export type Visit = {
  /** All steps, as they are known by now. */
  readonly known: readonly Known[];
  /** Steps in which all was done. */
  readonly did: readonly string[];
  /** Whether there is a run that goes on when we don't. */
  readonly goesOn: boolean;
};

export function visitOf(known: readonly Known[]): Visit {
  return { known, did: [], goesOn: false };
}

/** Once one more session has ended. */
export function visited({ known, did, goesOn }: Visit, view: View): Visit {
  // A proof changes nothing, and is something that was done.
  const proved = view.proved !== undefined && !view.proved.earlier;
  const done = view.steps.filter(
    ({ id, status }) => status === 'changed' || (id === 'verify' && status === 'unchanged' && proved),
  );
  const watched = view.run.id !== undefined || view.current === 'monitor';
  return {
    known: standsNow(view, known),
    did: [...new Set([...did, ...done.map(({ id }) => id)])],
    goesOn: watched ? goesOnIn(view) : goesOn || done.some(({ id }) => id === 'launch'),
  };
}

/** With another look, as far as it came. */
export function looked(visit: Visit, found: readonly Known[]): Visit {
  const before = new Map(visit.known.map(({ id, stands }) => [id, stands]));
  const known = found.map((each) =>
    each.stands === 'unseen' ? { ...each, stands: before.get(each.id) ?? each.stands } : each,
  );
  return { ...visit, known: known.length > 0 ? known : visit.known };
}

/** Whether a session watched a run that has not ended, on hosts that are there. */
export function goesOnIn({ run, current }: View): boolean {
  return (run.id !== undefined || current === 'monitor') && run.end === undefined && run.lost?.why !== hostsGone;
}

/** Said by name, since nobody else says it. */
export const goesOnWords =
  'What runs on the hosts goes on: fl-wizard status tells what, fl-wizard monitor watches, fl-wizard stop ends it, fl-wizard down also removes what keeps it running.';

const isNot: Readonly<Partial<Record<Stands, string>>> = {
  outdated: 'is out of date',
  missing: 'is not done yet',
  failed: 'is in trouble',
};

/** Behind a run that has ended nothing is gone on with: another one is begun. */
function wayOn({ id, stands, over }: Known): string {
  return over && stands === 'outdated'
    ? `, and its run has ended. fl-wizard ${id} --new begins the next, as n does among the steps.`
    : `. fl-wizard goes on with all that is left, fl-wizard ${id} with that alone.`;
}

/** What stays on the terminal of whoever leaves: what is true, in a line or two. */
export function partingWords({ known, did, goesOn }: Visit): readonly string[] {
  const next = known.find(({ stands }) => isNot[stands] !== undefined);
  const all = known.length > 0 && known.every(({ stands }) => stands === 'done');
  const word = next
    ? `Next: ${next.id} ${isNot[next.stands]}${wayOn(next)}`
    : all
      ? `All ${known.length} steps are done.`
      : 'fl-wizard goes on from here.';
  return [...(did.length > 0 ? [`Done: ${list(did)}.`] : []), word, ...(goesOn ? [goesOnWords] : [])];
}
