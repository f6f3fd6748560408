/** Does the actions that make keys and certificates. Loaded when there is something to issue: node-forge is heavy. */
import type { KeyObject } from 'node:crypto';
import { dirname, join } from 'node:path';
import {
  authoritySubject,
  createAuthority,
  createCrl,
  createRequest,
  issueCertificate,
  newSerial,
  type Purpose,
  type Sans,
} from '../pki/certificate.ts';
import { inspectCertificate } from '../pki/inspect.ts';
import { generateKey, keyPem, readKey } from '../pki/key.ts';
import type { Action, AuthorityFiles, KeySpec, Probe } from '../plan/action.ts';
import { exit, UserError } from '../plan/failure.ts';
import { Secret } from '../plan/secret.ts';
import { makeFolder, readLocal, writeLocal } from './files.ts';

type Make<Kind extends Action['kind']> = Extract<Action, { kind: Kind }>;
type Digest = 'sha256' | 'sha384' | 'sha512';

const keyMode = 0o600;
const certificateMode = 0o644;
/** Clocks differ: a certificate begins five minutes back (certificates' profile). */
const backdate = 5 * 60_000;
const oneDay = 86_400_000;
/** The list is enforced also when it is outdated; a year keeps the reminder rare. */
const crlDays = 365;

function digestOf(text: string): Digest {
  if (text === 'sha256' || text === 'sha384' || text === 'sha512') return text;
  throw new Error(`no digest ${text}`);
}

/** A key that is there is used again: an existing one is never overwritten. */
async function keyAt(path: string, spec: KeySpec): Promise<KeyObject> {
  const there = await readLocal(path);
  if (there) return readKey(new Secret(there.content.toString('utf8')));
  const key = await generateKey(spec);
  await writeLocal(path, keyPem(key).reveal(), keyMode);
  return key;
}

export async function makeAuthority(action: Make<'make-authority'>, now: Date): Promise<void> {
  await makeFolder(dirname(action.files.key), 0o700);
  const key = await keyAt(action.files.key, action.key);
  const pem = createAuthority({
    subject: authoritySubject(action.subject, action.networkName),
    key,
    digest: digestOf(action.digest),
    notBefore: new Date(now.getTime() - backdate),
    notAfter: new Date(now.getTime() + action.days * oneDay),
  });
  await writeLocal(action.files.certificate, pem, certificateMode);
}

async function authorityOf(files: AuthorityFiles): Promise<{ certificate: string; key: KeyObject }> {
  const [certificate, key] = await Promise.all([readLocal(files.certificate), readLocal(files.key)]);
  if (!certificate || !key)
    throw new UserError({
      exitCode: exit.proof,
      doing: 'Issuing a certificate',
      why: `${certificate ? files.key : files.certificate} is not there`,
      hint: 'nothing can be issued without the CA and its key',
    });
  return {
    certificate: certificate.content.toString('utf8'),
    key: readKey(new Secret(key.content.toString('utf8'))),
  };
}

type Order = {
  readonly subject: Probe['subject'];
  readonly purpose: Purpose;
  readonly sans: Sans;
  readonly key: KeyObject;
  readonly digest: Digest;
  readonly notBefore: Date;
  readonly notAfter: Date;
};

/** Request and certificate for one key. */
function certify(
  authority: { certificate: string; key: KeyObject },
  order: Order,
): { request: string; certificate: string } {
  const request = createRequest(order);
  const certificate = issueCertificate({ ...order, authority, request, serial: newSerial() });
  return { request, certificate };
}

export async function issue({ authority, issue: order }: Make<'issue'>, now: Date): Promise<void> {
  await makeFolder(dirname(order.files.key), 0o700);
  const signer = await authorityOf(authority);
  const key = order.keepKey ? await keyAt(order.files.key, order.key) : await generateKey(order.key);
  const { request, certificate } = certify(signer, {
    subject: order.subject,
    purpose: order.purpose,
    sans: order.sans,
    key,
    digest: digestOf(order.digest),
    notBefore: new Date(now.getTime() - backdate),
    notAfter: new Date(now.getTime() + order.days * oneDay),
  });
  // The key first: a certificate without its key would look made, and be of no use.
  if (!order.keepKey) await writeLocal(order.files.key, keyPem(key).reveal(), keyMode);
  if (order.files.request) await writeLocal(order.files.request, request, certificateMode);
  await writeLocal(order.files.certificate, certificate, certificateMode);
}

/** Certificates that must be refused, and the list that revokes one of them. */
export async function makeProbes(action: Make<'make-probes'>, now: Date): Promise<void> {
  await makeFolder(action.folder, 0o700);
  const signer = await authorityOf(action.authority);
  const digest = digestOf(action.digest);
  const foreign = await foreignAuthority(action, now);
  const serials = new Map<Probe['name'], string>();
  await Promise.all(
    action.probes.map(async (probe) => {
      // P-256 whatever the network uses: these are made to be thrown away, and made in milliseconds.
      const key = await generateKey({ algorithm: 'ec' });
      const expired = probe.name === 'expired';
      const { certificate } = certify(probe.name === 'foreign' ? foreign : signer, {
        subject: probe.subject,
        purpose: 'client',
        sans: { dns: [], ips: [], uris: [probe.uri] },
        key,
        digest,
        notBefore: new Date(now.getTime() - (expired ? 2 * oneDay : backdate)),
        notAfter: new Date(now.getTime() + (expired ? -oneDay : action.days * oneDay)),
      });
      serials.set(probe.name, inspectCertificate(certificate).serial);
      await writeLocal(join(action.folder, `${probe.name}.key`), keyPem(key).reveal(), keyMode);
      await writeLocal(join(action.folder, `${probe.name}.crt`), certificate, certificateMode);
    }),
  );
  const revoked = serials.get('revoked');
  // One moment for both: a list can't know of what was revoked after it was made.
  const thisUpdate = new Date(now.getTime() - backdate);
  const crl = createCrl({
    authority: signer,
    revoked: revoked === undefined ? [] : [{ serial: revoked, date: thisUpdate }],
    thisUpdate,
    nextUpdate: new Date(now.getTime() + crlDays * oneDay),
    // Grows with every list of this CA: seconds since 1970 do.
    number: Math.floor(now.getTime() / 1000),
    digest,
  });
  await writeLocal(action.crl, crl, certificateMode);
}

/** Somebody else's CA with the same name as ours: only its key tells it apart. It is forgotten at once. */
async function foreignAuthority(
  action: Make<'make-probes'>,
  now: Date,
): Promise<{ certificate: string; key: KeyObject }> {
  const key = await generateKey({ algorithm: 'ec' });
  const certificate = createAuthority({
    subject: authoritySubject(action.probes[0]?.subject ?? [['CN', 'foreign']], 'foreign'),
    key,
    digest: digestOf(action.digest),
    notBefore: new Date(now.getTime() - 2 * oneDay),
    notAfter: new Date(now.getTime() + (action.days + 1) * oneDay),
  });
  return { certificate, key };
}
