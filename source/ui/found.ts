/** How steps stand while some of them are done: by what was seen of each, and by what was done since. Pure. */
import { doneBefore } from '../plan/builds-on.ts';
import type { StepView, View } from '../plan/reduce.ts';
import type { Sign } from './theme.ts';

/** How a step stands by itself. */
export type Found = 'looking' | 'done' | 'outdated' | 'missing' | 'failed' | 'unseen';

/** The same among the others. `before`: done with what one step has made that another has to make anew. */
export type Stands = Found | 'before';

export const foundSigns: Readonly<Record<Stands, Sign & { readonly word: string }>> = {
  unseen: { text: '·', tone: 'dim', word: '' },
  looking: { text: '◐', tone: 'accent', word: 'looking' },
  done: { text: '✓', tone: 'good', word: 'done' },
  before: { text: '~', tone: 'warn', word: 'done before' },
  outdated: { text: '!', tone: 'warn', word: 'out of date' },
  missing: { text: '○', tone: 'dim', word: 'not yet' },
  failed: { text: '✗', tone: 'bad', word: 'in trouble' },
};

/** What is known of a step before a session looks at it. */
export type Known = {
  readonly id: string;
  readonly stands: Stands;
  /** Its run has ended, so what is out of date in it takes another one. */
  readonly over?: true;
};

export function overOf(step: StepView | undefined): Pick<Known, 'over'> {
  return step?.standing?.over ? { over: true } : {};
}

/** Nobody has looked. */
export function unseen(steps: readonly { readonly id: string }[]): readonly Known[] {
  return steps.map(({ id }) => ({ id, stands: 'unseen' }));
}

/**
 * How all steps stand by now: those that the session came to as it left them, the others as they were known, unless
 * something that they build on was changed since, or turned out not to be as it is wanted.
 * @param known all steps, in their order; the session may have some of them only
 */
export function standsNow({ steps, proved }: View, known: readonly Known[]): readonly Known[] {
  const views = new Map(steps.map((step) => [step.id, step]));
  const before = new Map(known.map(({ id, stands }) => [id, stands]));
  return known.map(({ id, stands, over }) => {
    const seen = proved ? ownOf(views.get(id)) : (unprovedOf(views.get(id)) ?? ownOf(views.get(id)));
    const own = seen ?? stands;
    const seenNow = seen !== undefined;
    const base = (each: string) => baseOf(views.get(each), seenNow) ?? before.get(each);
    // Once another run was launched, what was seen before that is of one that is no more the last.
    const ended = views.get(id)?.status === 'changed' ? {} : seenNow ? overOf(views.get(id)) : over ? { over } : {};
    return { id, stands: own === 'done' && doneBefore(id, base) ? 'before' : own, ...ended };
  });
}

/** What has failed says by what; a step that says nothing was ended by somebody. */
export function wasInterrupted({ status, failures }: StepView): boolean {
  return status === 'failed' && failures.length === 0;
}

/** There was nothing to do, and still it is not as it is wanted: a run that has ended with the settings of before. */
export function isOld({ status, standing, checks }: StepView): boolean {
  if (status !== 'unchanged') return false;
  // A proof that was just made is newer than how it stood.
  return standing?.state === 'outdated' && checks.every(({ kind }) => kind === 'state');
}

/** What launch tried of a run that has ended was told, and no proof of its own was made any more. */
function unprovedOf(step: StepView | undefined): Stands | undefined {
  return step?.id === 'verify' && step.status === 'unchanged' && step.standing?.state === 'missing'
    ? 'missing'
    : undefined;
}

const isBegun = ({ actions }: StepView) => actions.some(({ status }) => status === 'done');

/** Nothing where the session has not come to it. */
function ownOf(step: StepView | undefined): Stands | undefined {
  switch (step?.status) {
    case undefined:
    case 'waiting':
      return undefined;
    case 'changed':
      return 'done';
    case 'unchanged':
      return isOld(step) ? 'outdated' : 'done';
    case 'failed':
      return wasInterrupted(step) ? (isBegun(step) ? 'outdated' : 'unseen') : 'failed';
    case 'declined':
      return step.standing?.state ?? 'missing';
    case 'planned':
      // A plan without actions asks nothing: what follows at once are its checks.
      return step.actions.length > 0 ? (step.standing?.state ?? 'missing') : 'looking';
    default:
      return 'looking';
  }
}

/** How one stands for what builds on it. @param after whether that was looked at by this session, and so behind it */
function baseOf(step: StepView | undefined, after: boolean): Stands | undefined {
  if (!step || step.status === 'waiting' || step.status === 'looking') return undefined;
  const touched = step.actions.length > 0;
  if (step.status === 'changed') return after ? 'done' : 'outdated';
  if (step.status === 'unchanged') return ownOf(step);
  return touched ? 'outdated' : undefined;
}
