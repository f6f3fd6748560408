/** The journal of a run on its host, page by page: a run of days has more than one answer holds. */
import type { ServerEvent } from '../plan/event.ts';
import { exit, UserError } from '../plan/failure.ts';
import { eventFrom } from './journal.ts';

type Page = { readonly events: readonly ServerEvent[]; readonly more: boolean };

function pageOf(answer: unknown): Page {
  if (answer && typeof answer === 'object' && 'events' in answer && Array.isArray(answer.events)) {
    const events = answer.events.flatMap((each) => eventFrom(each) ?? []) as ServerEvent[];
    return { events, more: 'more' in answer && answer.more === true };
  }
  throw new UserError({
    exitCode: exit.remote,
    host: 'server',
    doing: 'Reading the journal',
    why: 'the host gave no answer',
  });
}

/**
 * All events behind one.
 * @param ask asks the host for those behind a sequence, as many as it gives at once
 * @throws UserError (4, 5)
 */
export async function journalBy(
  ask: (after: number) => Promise<unknown>,
  after: number,
): Promise<readonly ServerEvent[]> {
  const pages: (readonly ServerEvent[])[] = [];
  for (let from = after; ; ) {
    const { events, more } = pageOf(await ask(from));
    pages.push(events);
    const last = events.at(-1)?.sequence ?? from;
    // A page of what we can't read has no end that we could go on from.
    if (!more || last <= from) return pages.flat();
    from = last;
  }
}
