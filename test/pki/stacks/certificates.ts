import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { generateKey, keyPem } from '../../../source/pki/key.ts';
import { operatorUri } from '../../../source/pki/names.ts';
import { ec, makeAuthority, makeLeaf, rsa, subjectOf } from '../helpers.ts';

export const algorithms = ['rsa', 'ec'] as const;
export type Algorithm = (typeof algorithms)[number];
export type CaName = 'ca' | 'foreign-ca';
export type LeafName = `${'' | 'expired-' | 'foreign-'}${'server' | 'client'}` | 'operator';

export const folder = mkdtempSync(join(tmpdir(), 'fl-stacks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Where a certificate lies; its key is beside it, with ".key" behind the name. */
export const pathOf = (algorithm: Algorithm, name: LeafName | CaName) => join(folder, `${algorithm}-${name}.crt`);

type Pem = { readonly cert: string; readonly key: string };
const pems = new Map<string, Pem>();

export function pemOf(algorithm: Algorithm, name: LeafName | CaName): Pem {
  const pem = pems.get(pathOf(algorithm, name));
  if (!pem) throw new Error(`${algorithm} ${name} was not made`);
  return pem;
}

/** All certificates of one algorithm, good and bad ones. */
export async function make(algorithm: Algorithm): Promise<void> {
  const kind = algorithm === 'rsa' ? rsa : ec;
  // The same name for both, so that only the key tells them apart.
  const [ca, foreignCa, key] = await Promise.all([makeAuthority(kind), makeAuthority(kind), generateKey(kind)]);
  const uri = operatorUri('scriptchain.co', 'scriptchain', 'ops');
  const operator = { key, subject: subjectOf('ops'), sans: { dns: [], ips: [], uris: [uri] } };
  const made: Record<LeafName | CaName, Awaited<ReturnType<typeof makeAuthority>>> = {
    ca,
    'foreign-ca': foreignCa,
    server: await makeLeaf(ca, 'server', { key }),
    client: await makeLeaf(ca, 'client', { key }),
    operator: await makeLeaf(ca, 'operator', operator),
    'expired-server': await makeLeaf(ca, 'server', { key, days: -0.5 }),
    'expired-client': await makeLeaf(ca, 'client', { key, days: -0.5 }),
    'foreign-server': await makeLeaf(foreignCa, 'server', { key }),
    'foreign-client': await makeLeaf(foreignCa, 'client', { key }),
  };
  for (const [name, { certificate, key }] of Object.entries(made)) {
    const path = pathOf(algorithm, name as keyof typeof made);
    const pem = { cert: certificate, key: keyPem(key).reveal() };
    pems.set(path, pem);
    writeFileSync(path, pem.cert);
    writeFileSync(`${path}.key`, pem.key, { mode: 0o600 });
  }
}
