import type { Failure } from '../plan/failure.ts';
import type { Target } from './target.ts';

/** A login: to whom, over which earlier host. */
type Way = { readonly target: Target; readonly over?: { readonly place: string } };
type Reason = Pick<Failure, 'why' | 'hint'>;

/**
 * What is remembered of one login that somebody was asked about. Each further try would ask again, and a host locks
 * accounts after wrong answers: so it is dialed no more, neither for another step nor as another host's jump host.
 */
export type Denial = {
  /** Why it failed; absent as long as it did not. */
  failure?: Reason;
  /** Aborted with the failure: others may wait in the queue to ask the same. */
  readonly failed: AbortController;
};

/** Kept by the asking function, so that two sessions share nothing. */
const denials = new WeakMap<object, Map<string, Denial>>();

/** What is remembered of a login, by the function that asks; a new memory where nobody asks. */
export function denialOf(asker: object | undefined, { target, over }: Way): Denial {
  const own = (asker && denials.get(asker)) ?? new Map<string, Denial>();
  if (asker) denials.set(asker, own);
  // A private address behind another jump host is another host.
  const { user, address, port, proxyCommand } = target;
  const login = JSON.stringify([user, address, port, over?.place, proxyCommand]);
  const denial = own.get(login) ?? { failed: new AbortController() };
  own.set(login, denial);
  return denial;
}

/** Remembers why, and withdraws what others were about to ask for the same login. */
export function deny(denial: Denial, { why, hint }: Reason): void {
  denial.failure = { why, ...(hint && { hint }) };
  denial.failed.abort();
}
