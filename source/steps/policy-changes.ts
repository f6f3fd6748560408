/** What a deploy changes in the server's policy, in names: who may train, who no longer, who is revoked. */

import type { Member } from '../network/network.ts';
import { readCrl } from '../pki/revocation.ts';
import type { World } from '../plan/world.ts';
import { registerAt } from './certs-register.ts';
import type { Placed } from './placed.ts';

/** The policy of a thousand clients takes 300 kB. */
const longest = 8_000_000;

/** A policy file that lies on the server's host and is to be another one. */
export type ChangedPolicy = { readonly path: string; readonly file: Placed };

/** As lines of a difference; none where nothing lies there. @param register path of what our CA has issued */
export async function policyChanges(
  server: Member,
  changed: readonly ChangedPolicy[],
  register: string,
  world: World,
): Promise<readonly string[]> {
  if (changed.length === 0) return [];
  const there = await world.readTexts(
    server,
    changed.map(({ path }) => path),
    longest,
  );
  const names = await namesIn(register, world);
  const lines = await Promise.all(
    changed.map(async ({ path, file }) => {
      const [before, after] = [there[path], await textOf(file, world)];
      if (before === undefined || after === undefined) return [` ${path.split('/').at(-1)} is another one`];
      return path.endsWith('.pem') ? revokedLines(before, after, names) : allowedLines(before, after);
    }),
  );
  return lines.flat();
}

async function textOf({ from }: Placed, world: World): Promise<string | undefined> {
  return 'text' in from ? from.text : (await world.read(from.file))?.content.toString('utf8');
}

/** Whose certificate has a serial. */
async function namesIn(register: string, world: World): Promise<ReadonlyMap<string, string>> {
  const { entries } = await registerAt(register, world);
  return new Map(entries.map(({ serial, name }) => [serial, name]));
}

type Entry = { readonly name: string; readonly prints: string };

/** By URI, which is who somebody is; nothing of a file that is none of ours. */
function entriesIn(text: string, list: 'clients' | 'operators'): ReadonlyMap<string, Entry> {
  const found = parsed(text)[list];
  const entries = Array.isArray(found) ? found : [];
  return new Map(
    entries.flatMap((each: unknown) => {
      if (!each || typeof each !== 'object') return [];
      const { name, uri, fingerprints } = each as Record<string, unknown>;
      return [[String(uri), { name: String(name), prints: JSON.stringify(fingerprints) }] as const];
    }),
  );
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return value && typeof value === 'object' ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function allowedLines(before: string, after: string): readonly string[] {
  const lines = (['clients', 'operators'] as const).flatMap((list) => {
    const verb = list === 'clients' ? 'train' : 'watch';
    const [old, now] = [entriesIn(before, list), entriesIn(after, list)];
    const names = (all: readonly Entry[]) => all.map(({ name }) => name).join(', ');
    const added = [...now].flatMap(([uri, entry]) => (old.has(uri) ? [] : [entry]));
    const gone = [...old].flatMap(([uri, entry]) => (now.has(uri) ? [] : [entry]));
    const renewed = [...now].flatMap(([uri, entry]) =>
      old.has(uri) && old.get(uri)?.prints !== entry.prints ? [entry] : [],
    );
    return [
      ...(added.length > 0 ? [`+ ${names(added)} may ${verb}`] : []),
      ...(gone.length > 0 ? [`- ${names(gone)} may no longer ${verb}`] : []),
      ...(renewed.length > 0
        ? [`  ${names(renewed)} may ${verb} with the new certificate only, no longer with the old one`]
        : []),
    ];
  });
  return lines.length > 0 ? lines : ['  who may train is the same; what a proof shows to be refused is new'];
}

function revokedLines(before: string, after: string, names: ReadonlyMap<string, string>): readonly string[] {
  const serials = (text: string) => readCrl(text).revoked.map(({ serial }) => serial);
  let old: ReadonlySet<string>;
  try {
    old = new Set(serials(before));
  } catch {
    return ['  crl.pem is another one: the one that lies there can’t be read'];
  }
  const now = serials(after);
  const shown = (serial: string) => `${names.get(serial) ?? 'a certificate'} (serial ${serial})`;
  const added = now.filter((serial) => !old.has(serial));
  const gone = [...old].filter((serial) => !now.includes(serial));
  if (added.length + gone.length === 0) return ['  the revocation list is a newer one, and revokes the same'];
  return [
    ...(added.length > 0 ? [`- revoked: ${added.map(shown).join(', ')}`] : []),
    ...(gone.length > 0 ? [`+ no longer revoked: ${gone.map(shown).join(', ')}`] : []),
  ];
}
