/** What was launched and goes on, though a client failed beside it. Pure. */
import { failedHosts } from '../plan/after.ts';
import type { View } from '../plan/reduce.ts';
import { names } from './names.ts';

export type Beside = { readonly clients: number; readonly failed: readonly string[] };

/** As far as launch has seen it behind that failure; nothing where no server serves. */
export function servesBeside({ steps }: View): Beside | undefined {
  const launch = steps.find(({ id, status }) => id === 'launch' && status === 'failed');
  const failed = failedHosts(launch?.failures ?? []);
  const runs = (name: string) =>
    launch?.checks.filter((check) => check.name === name && check.ok && !failed.includes(check.host ?? '')).length ?? 0;
  if (!launch || runs('server') === 0 || failed.length === 0 || failed.includes('server')) return undefined;
  return { clients: runs('client'), failed };
}

/** @param watches what there is to be done to watch it without who failed */
export function servesText({ clients, failed }: Beside, watches: string | undefined): string {
  const watched = watches ? `${watches} watches it without ${names(failed)}` : 'fl-wizard monitor watches it';
  return `What was launched goes on: the server serves, ${clients} of ${clients + failed.length} clients run. ${watched}, fl-wizard stop ends it.`;
}
