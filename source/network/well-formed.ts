/** What is right of a file that is not: so that rules between its values are looked at beside the values that are wrong. Pure. */
import type * as z from 'zod';
import { memberOf } from './path.ts';

type Issue = z.core.$ZodIssue;
type Keys = Record<PropertyKey, unknown>;

const isMap = (value: unknown): value is Keys => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The values without those that are wrong. What has to be there gets a value in its place that breaks no rule.
 * @param plain may be anything that YAML can say
 */
export function wellFormed(plain: unknown, issues: readonly Issue[]): unknown {
  const copy: Keys = isMap(plain) ? structuredClone(plain) : {};
  for (const { path, ...issue } of issues)
    if (issue.code === 'unrecognized_keys') for (const key of issue.keys) remove(copy, [...path, key]);
    else remove(copy, path);
  return filled(copy);
}

/** Of a list all is left out: without one of its items, the others would have other numbers. */
function remove(from: unknown, path: readonly PropertyKey[]): void {
  // A client is only ever filled in.
  const kept = path[0] === 'clients' ? 2 : 0;
  for (let length = path.length; length > kept; length--) {
    const holder = path.slice(0, length - 1).reduce(memberOf, from);
    const key = path[length - 1];
    if (!isMap(holder) || key === undefined) continue;
    delete holder[key];
    return;
  }
}

const mapAt = (value: unknown): Keys => (isMap(value) ? value : {});

function filled(file: Keys): Keys {
  const server = mapAt(file.server);
  const clients = Array.isArray(file.clients) && file.clients.length > 0 ? file.clients : [{}];
  const host = (value: unknown, number: number) => ({ host: `nowhere-${number}.invalid`, ...mapAt(value) });
  return {
    ...file,
    version: 1,
    name: file.name ?? 'unnamed',
    server: { address: 'server.invalid', ...server, ssh: host(server.ssh, 0) },
    clients: clients.map(mapAt).map((client, at) => ({
      name: `unnamed-${at + 1}`,
      ...client,
      ssh: host(client.ssh, at + 1),
    })),
  };
}
