/** Does the actions that make keys and certificates. Loaded when there is something to issue: node-forge is heavy. */
import type { KeyObject } from 'node:crypto';
import { dirname, join } from 'node:path';
import { openAuthority } from '../pki/authority.ts';
import {
  type Authority,
  authoritySubject,
  createAuthority,
  createCrl,
  createRequest,
  issueCertificate,
  newSerial,
  type Purpose,
  readRequest,
  type Sans,
} from '../pki/certificate.ts';
import { inspectCertificate } from '../pki/inspect.ts';
import { generateKey, keyPem, readKey } from '../pki/key.ts';
import { encryptedKeyPem, isEncrypted, unlockKey } from '../pki/passphrase.ts';
import { type RegisterPurpose, registerEntry } from '../pki/register.ts';
import { type Action, type AuthorityFiles, isExpired, type KeySpec, type Probe, purposeOf } from '../plan/action.ts';
import { exit, UserError } from '../plan/failure.ts';
import { Secret } from '../plan/secret.ts';
import type { CaPassphrase } from './ca-passphrase.ts';
import { makeFolder, readLocal, writeLocal } from './files.ts';
import { RegisterFile } from './register.ts';
import { requestOf } from './request.ts';

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

type Order = {
  readonly subject: Probe['subject'];
  readonly purpose: Purpose;
  readonly sans: Sans;
  /** The private key; where that is on its host, the request that was made with it. */
  readonly key: KeyObject | { readonly request: string };
  readonly digest: Digest;
  readonly notBefore: Date;
  readonly notAfter: Date;
};

/** Request and certificate for one key. */
function certify(authority: Authority, order: Order): { request: string; certificate: string } {
  const { key } = order;
  // One that comes from a host has to prove that its key is there: its signature is checked. Ours is made with the key.
  const request =
    'request' in key ? { ...readRequest(key.request), pem: key.request } : createRequest({ ...order, key });
  const certificate = issueCertificate({ ...order, authority, request, serial: newSerial() });
  // Behind an intermediate, who knows the root only needs what is between.
  return { request: request.pem, certificate: certificate + openAuthority(authority).intermediates };
}

function missing(path: string): UserError {
  return new UserError({
    exitCode: exit.proof,
    doing: 'Issuing a certificate',
    why: `${path} is not there`,
    hint: 'nothing can be issued without the CA and its key',
  });
}

/** All that is made in one session by one operator: the CA is opened once, however many it signs. */
export class Issuer {
  readonly #passphrase: CaPassphrase;
  readonly #authorities = new Map<string, Promise<Authority>>();
  readonly #registers = new Map<string, RegisterFile>();
  readonly #folders = new Map<string, Promise<void>>();

  constructor(passphrase: CaPassphrase) {
    this.#passphrase = passphrase;
  }

  async makeAuthority(action: Make<'make-authority'>, now: Date): Promise<void> {
    const { files } = action;
    await this.#folder(dirname(files.key));
    const key = await this.#authorityKey(files.key, action.key);
    const certificate = createAuthority({
      subject: authoritySubject(action.subject, action.networkName),
      key,
      digest: digestOf(action.digest),
      notBefore: new Date(now.getTime() - backdate),
      notAfter: new Date(now.getTime() + action.days * oneDay),
    });
    await this.#enter(files.register, certificate, 'ca', 'ca');
    await writeLocal(files.certificate, certificate, certificateMode);
    this.#authorities.set(files.certificate, Promise.resolve({ certificate, key }));
  }

  /** A CA that exists: checked with its key before anything of it is kept. */
  async importAuthority(action: Make<'import-authority'>): Promise<void> {
    const { files, certificate } = action;
    const pem = await readLocal(action.key);
    if (!pem) throw missing(action.key);
    const authority = { certificate, key: await this.#open(action.key, new Secret(pem.content.toString('utf8'))) };
    openAuthority(authority);
    await this.#folder(dirname(files.key));
    await writeLocal(files.key, pem.content, keyMode);
    await this.#enter(files.register, certificate, 'ca', 'ca');
    await writeLocal(files.certificate, certificate, certificateMode);
    this.#authorities.set(files.certificate, Promise.resolve(authority));
  }

  async issue({ authority, issue: order }: Make<'issue'>, now: Date): Promise<void> {
    await this.#folder(dirname(order.files.key));
    const [signer, key] = await Promise.all([this.#authority(authority), keyFor(order)]);
    const { request, certificate } = certify(signer, {
      subject: order.subject,
      purpose: order.purpose,
      sans: order.sans,
      key,
      digest: digestOf(order.digest),
      notBefore: new Date(now.getTime() - backdate),
      notAfter: new Date(now.getTime() + order.days * oneDay),
    });
    // The certificate last: without its key it would look made and be of no use, and without its entry in the register
    // something would be in use that the register doesn't know.
    await Promise.all([
      !order.keepKey && !('request' in key) && writeLocal(order.files.key, keyPem(key).reveal(), keyMode),
      order.files.request && writeLocal(order.files.request, request, certificateMode),
      this.#enter(authority.register, certificate, order.name, order.purpose),
    ]);
    await writeLocal(order.files.certificate, certificate, certificateMode);
  }

  /** Certificates that must be refused, and the list that revokes one of them. */
  async makeProbes(action: Make<'make-probes'>, now: Date): Promise<void> {
    await this.#folder(action.folder);
    const signer = await this.#authority(action.authority);
    const digest = digestOf(action.digest);
    const foreign = await foreignAuthority(signer, action, now);
    const register = this.#register(action.authority.register);
    // One moment for both: a list can't know of what was revoked after it was made.
    const thisUpdate = new Date(now.getTime() - backdate);
    const revoked = action.revoked.map(({ revoked: serial, time }) => ({ serial, date: new Date(time) }));
    await Promise.all(
      action.probes.map(async (probe) => {
        // P-256 whatever the network uses: these are made to be thrown away, and made in milliseconds.
        const key = await generateKey({ algorithm: 'ec' });
        const expired = isExpired(probe);
        const { certificate } = certify(probe.name === 'foreign' ? foreign : signer, {
          subject: probe.subject,
          purpose: purposeOf(probe),
          sans: probe.sans,
          key,
          digest,
          notBefore: new Date(now.getTime() - (expired ? 2 * oneDay : backdate)),
          notAfter: new Date(now.getTime() + (expired ? -oneDay : action.days * oneDay)),
        });
        const entry = registerEntry(certificate, probe.name, 'probe');
        if (probe.name !== 'foreign') await register.add(entry);
        if (probe.name === 'revoked') {
          revoked.push({ serial: entry.serial, date: thisUpdate });
          await register.add({ revoked: entry.serial, time: thisUpdate.toISOString() });
        }
        await writeLocal(join(action.folder, `${probe.name}.key`), keyPem(key).reveal(), keyMode);
        await writeLocal(join(action.folder, `${probe.name}.crt`), certificate, certificateMode);
      }),
    );
    const crl = createCrl({
      authority: signer,
      revoked,
      thisUpdate,
      nextUpdate: new Date(now.getTime() + crlDays * oneDay),
      // Grows with every list of this CA: seconds since 1970 do.
      number: Math.floor(now.getTime() / 1000),
      digest,
    });
    await writeLocal(action.crl, crl, certificateMode);
  }

  async mendRegister({ path, entries, revoked, damaged }: Make<'mend-register'>): Promise<void> {
    const register = this.#register(path);
    if (damaged) await register.replace([...entries, ...revoked], damaged);
    else await Promise.all([...entries, ...revoked].map((record) => register.add(record)));
  }

  #enter(register: string, pem: string, name: string, purpose: RegisterPurpose): Promise<void> {
    return this.#register(register).add(registerEntry(pem, name, purpose));
  }

  /** A thousand certificates lie in one folder: it is made once. */
  #folder(path: string): Promise<void> {
    const held = this.#folders.get(path);
    if (held) return held;
    const made = makeFolder(path, 0o700);
    this.#folders.set(path, made);
    // One that failed is tried again: the disk may have been full.
    made.catch(() => this.#folders.delete(path));
    return made;
  }

  #register(path: string): RegisterFile {
    const held = this.#registers.get(path) ?? new RegisterFile(path);
    this.#registers.set(path, held);
    return held;
  }

  /** A CA's key that is there is used again: an existing one is never overwritten. */
  async #authorityKey(path: string, spec: KeySpec): Promise<KeyObject> {
    const there = await readLocal(path);
    if (there) return this.#open(path, new Secret(there.content.toString('utf8')));
    const passphrase = await this.#passphrase.forNew(path);
    const key = await generateKey(spec);
    const pem = passphrase ? await encryptedKeyPem(key, passphrase) : keyPem(key).reveal();
    await writeLocal(path, pem, keyMode);
    return key;
  }

  #authority(files: AuthorityFiles): Promise<Authority> {
    const held = this.#authorities.get(files.certificate) ?? this.#readAuthority(files);
    this.#authorities.set(files.certificate, held);
    return held;
  }

  async #readAuthority(files: AuthorityFiles): Promise<Authority> {
    const [certificate, key] = await Promise.all([readLocal(files.certificate), readLocal(files.key)]);
    if (!certificate || !key) throw missing(certificate ? files.key : files.certificate);
    return {
      certificate: certificate.content.toString('utf8'),
      key: await this.#open(files.key, new Secret(key.content.toString('utf8'))),
    };
  }

  #open(path: string, pem: Secret): Promise<KeyObject> {
    if (!isEncrypted(pem)) return Promise.resolve(readKey(pem));
    return this.#passphrase.open(path, (passphrase) => unlockKey(pem, passphrase));
  }
}

async function keyFor(order: Make<'issue'>['issue']): Promise<Order['key']> {
  if (order.keyOn !== undefined) return { request: await requestOf(order) };
  return order.keepKey ? keyAt(order.files.key) : generateKey(order.key);
}

async function keyAt(path: string): Promise<KeyObject> {
  const there = await readLocal(path);
  if (there) return readKey(new Secret(there.content.toString('utf8')));
  throw missing(path);
}

/** Somebody else's CA with the same name as ours: only its key tells it apart. It is forgotten at once. */
async function foreignAuthority(ours: Authority, action: Make<'make-probes'>, now: Date): Promise<Authority> {
  const key = await generateKey({ algorithm: 'ec' });
  const certificate = createAuthority({
    subject: inspectCertificate(ours.certificate).attributes,
    key,
    digest: digestOf(action.digest),
    notBefore: new Date(now.getTime() - 2 * oneDay),
    notAfter: new Date(now.getTime() + (action.days + 1) * oneDay),
  });
  return { certificate, key };
}
