/** What was copied to a host before and is here no more: a file that is left there still runs. */
import { homeMark, recordPath } from '../flower/layout.ts';
import type { Member } from '../network/network.ts';
import type { Action } from '../plan/action.ts';
import { sha256 } from '../plan/digest.ts';
import type { HostFacts } from '../plan/host-facts.ts';
import { list } from '../plan/words.ts';
import type { Placed } from './placed.ts';

type Former = { readonly name: string; readonly placed: string; readonly found?: string };

function formerOf(facts: HostFacts | undefined): readonly Former[] {
  return Object.entries(facts?.former ?? {}).map(([name, about]) => ({ name, ...about }));
}

/** Those that are as they were copied, by their names below the home: what was written since may be somebody's work. */
export function leftovers(facts: HostFacts | undefined): readonly string[] {
  return formerOf(facts).flatMap(({ name, placed, found }) => (placed === found ? [name] : []));
}

/** Those that were changed there. */
export function changedThere(facts: HostFacts | undefined): readonly string[] {
  return formerOf(facts).flatMap(({ name, placed, found }) => (placed === found ? [] : [name]));
}

/** The record of what is copied to a host: the next deploy knows by it what is no longer here. */
export function copiedRecord(files: readonly Placed[], facts: HostFacts | undefined): Placed {
  const own = files.filter(({ group }) => group === 'app' || group === 'runtime');
  const kept = formerOf(facts).filter(({ placed, found }) => placed !== found);
  const text = [
    ...own.map(({ to, sha256: digest }) => `${digest}  ${to.replace(`${homeMark}/`, '')}\n`),
    ...kept.map(({ name, placed }) => `${placed}  ${name}\n`),
  ].join('');
  return { from: { text }, to: recordPath, mode: 0o600, group: 'record', sha256: sha256(text) };
}

/** Removes them. It comes before anything is copied, and before the record that names them is replaced. */
export function removeActions({ name: host }: Member, facts: HostFacts | undefined): readonly Action[] {
  const names = leftovers(facts);
  if (!facts || names.length === 0) return [];
  const { home, certificates } = facts.paths;
  const shown = names.slice(0, 5);
  const rest = names.length > shown.length ? ` and ${names.length - shown.length} more` : '';
  const text = `remove ${rest ? shown.join(', ') : list(shown)}${rest} in ${home}, which ${names.length === 1 ? 'is' : 'are'} no longer here`;
  return [{ kind: 'remove', host, certificates, home, files: [], folder: false, names, text }];
}
