import { type Asn1, encode, items, oidOf } from './der.ts';
import { authorityKeyIdentifier, extensionOid, leafExtensions, type Purpose } from './extensions.ts';
import { certificateParts } from './parts.ts';
import { publicKeyIn } from './signing.ts';

const names = new Map<string, string>(Object.entries(extensionOid).map(([name, oid]) => [oid, name]));
const say = (oid: string) => names.get(oid) ?? `extension ${oid}`;

/** By OID: the whole extension, so that its critical mark counts as well. */
function byOid(extensions: readonly Asn1[]): ReadonlyMap<string, Buffer> {
  return new Map(extensions.map((extension) => [oidOf(items(extension)[0]), encode(extension)]));
}

/**
 * How a leaf's extensions differ from what is issued for a purpose today: the tutorial's certificate, another tool's, an
 * older profile's. Undefined where they are the same to the byte. The names in its subjectAltName are not compared here.
 * @param bytes its DER
 * @param ca the identifier of the key of the CA that issued it: see `identifierOf`
 * @throws UserError (6) for what is no certificate.
 */
export function profileTrouble(bytes: Buffer, ca: Buffer, purpose: Purpose): string | undefined {
  const { publicKey, extensions } = certificateParts(bytes);
  const { identifier, rsa } = publicKeyIn(publicKey);
  const none = { dns: [], ips: [], uris: [] };
  const wanted = byOid([...leafExtensions(purpose, none, identifier, rsa), authorityKeyIdentifier(ca)]);
  const found = byOid(extensions);
  for (const [oid, want] of wanted) {
    const have = found.get(oid);
    if (!have) return `it has no ${say(oid)}`;
    if (oid !== extensionOid.subjectAltName && !have.equals(want)) return `its ${say(oid)} differs`;
  }
  const more = [...found.keys()].find((oid) => !wanted.has(oid));
  return more === undefined ? undefined : `it has an ${say(more)} that does not belong there`;
}
