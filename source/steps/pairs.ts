/** Certificates and keys as they lie here, read and judged. */
import type { X509Certificate } from 'node:crypto';
import { identifierOf } from '../pki/authority.ts';
import { certificatesIn, intermediatesIn } from '../pki/chain.ts';
import { type CertificateFacts, inspectCertificate, issuedBy } from '../pki/inspect.ts';
import { openCertificate, sameKey } from '../pki/key.ts';
import { isEncrypted } from '../pki/passphrase.ts';
import { UserError } from '../plan/failure.ts';
import { Secret } from '../plan/secret.ts';
import type { World } from '../plan/world.ts';

/** A pair of files as it is. */
export type Pair = {
  readonly certificate?: CertificateFacts;
  readonly pem?: string;
  readonly keyThere: boolean;
  readonly keyMode?: number;
  /** Its key is encrypted: whether it fits is found out when it is opened, before anything is issued. */
  readonly locked: boolean;
  readonly keyFits: boolean;
  readonly byOurCa: boolean;
  /** Whether the CA's intermediates stand behind it, as they must: none under a root of our own. */
  readonly chained: boolean;
};

const hints = {
  authority: 'put the right file back: a new CA needs new certificates on every host',
  other: 'put the right file back, or move it away: then a new one is made',
};

/** Trouble with the content of a file names the file. */
export function naming<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const hint = error.failure.hint ?? (/\/ca\.(?:crt|key)$/.test(path) ? hints.authority : hints.other);
    throw new UserError({ ...error.failure, doing: `Reading ${path}`, hint });
  }
}

/** The CA that should have issued a certificate: a thousand leaves are compared with it, so it is opened once. */
export type Issuing = {
  readonly pem: string;
  readonly certificate: X509Certificate;
  /** Its key's identifier, as leaves state it. */
  readonly identifier: Buffer;
  /** What has to stand behind what it issues. */
  readonly intermediates: string;
};

export function issuingOf(pem: string): Issuing {
  const certificate = openCertificate(pem);
  return { pem, certificate, identifier: identifierOf(certificate), intermediates: intermediatesIn(pem) };
}

/**
 * @param elsewhere the key that counts lies on a host: one that lies here is not read
 * @param turn waited for between the reading and the judging, which takes a millisecond
 */
export async function readPair(
  world: Pick<World, 'read'>,
  files: { readonly certificate: string; readonly key: string },
  ca?: Issuing,
  elsewhere = false,
  turn: () => Promise<void> = async () => undefined,
): Promise<Pair> {
  const [certificate, key] = await Promise.all([world.read(files.certificate), world.read(files.key)]);
  await turn();
  const pem = certificate?.content.toString('utf8');
  const secret = key && new Secret(key.content.toString('utf8'));
  const locked = !elsewhere && secret !== undefined && isEncrypted(secret);
  const about = { keyThere: key !== undefined, locked, ...(key ? { keyMode: key.mode } : {}) };
  if (pem === undefined) return { ...about, keyFits: false, byOurCa: false, chained: false };
  const opened = naming(files.certificate, () => openCertificate(pem));
  const fits = (found: Secret) => locked || naming(files.key, () => sameKey(opened, found));
  return {
    ...about,
    pem,
    certificate: naming(files.certificate, () => inspectCertificate(opened)),
    keyFits: !elsewhere && secret !== undefined && fits(secret),
    byOurCa: ca !== undefined && issuedBy(opened, ca.certificate),
    chained: certificatesIn(pem).slice(1).join('') === (ca?.intermediates ?? ''),
  };
}
