/** Where to look when a run has failed, and what to do then. Pure. */
import type { Member, Network } from '../network/network.ts';
import type { RunFacts } from '../plan/host-facts.ts';

/** The host whose code a run failed by: a client that its reason names, else the server. */
export function failedBy({ server, clients }: Network, reason = ''): Member {
  return clients.find(({ name }) => reason.includes(`: ${name}: `)) ?? server;
}

/** What to do once a run has failed by its code. */
export function hintAfter({ run, done, rounds }: Pick<RunFacts, 'run' | 'done' | 'rounds'>): string {
  // Where all rounds were gone through, there is nothing to resume but more of them.
  const through = done >= rounds && done > 0;
  const goOn = `launch --resume ${run}${through ? ' --rounds N' : ''} goes on with it${through ? ` (N above ${done})` : ''}`;
  return `mend the code and fl-wizard deploy it; then launch --new starts another run, ${goOn}. fl-wizard logs tells more`;
}
