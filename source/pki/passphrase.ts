import { createCipheriv, type KeyObject, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { Secret } from '../plan/secret.ts';
import { der, encode } from './der.ts';
import { acceptKey, readKey, refusePassphrase } from './key.ts';
import { pemText } from './pem.ts';

const oid = {
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacSha256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
} as const;

/** OWASP's number for PBKDF2-HMAC-SHA256 (2023); Node's own export uses 2,048. PBKDF2, since GnuTLS and Java read it. */
const iterations = 600_000;

/** A key as encrypted PKCS#8 PEM: PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC (RFC 8018). Takes some 0.3 s, not on the main thread. */
export async function encryptedKeyPem(key: KeyObject, passphrase: Secret<string>): Promise<string> {
  const [salt, iv] = [randomBytes(16), randomBytes(16)];
  const derived = await promisify(pbkdf2)(passphrase.reveal(), salt, iterations, 32, 'sha256');
  const cipher = createCipheriv('aes-256-cbc', derived, iv);
  const plain = key.export({ type: 'pkcs8', format: 'der' });
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
  // The copies that are ours to clear; the key object itself stays with OpenSSL.
  derived.fill(0);
  plain.fill(0);
  const derivation = der.sequence(
    der.oid(oid.pbkdf2),
    der.sequence(
      der.octets(salt),
      der.integer(iterations.toString(16)),
      der.sequence(der.oid(oid.hmacSha256), der.none()),
    ),
  );
  const scheme = der.sequence(der.oid(oid.aes256Cbc), der.octets(iv));
  const algorithm = der.sequence(der.oid(oid.pbes2), der.sequence(derivation, scheme));
  return pemText('ENCRYPTED PRIVATE KEY', encode(der.sequence(algorithm, der.octets(encrypted))));
}

/** Whether a key in PEM needs a passphrase; nothing of it is worked out. */
export function isEncrypted(pem: Secret<string>): boolean {
  return /ENCRYPTED/.test(pem.reveal());
}

const workerSource = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { createPrivateKey } = require('node:crypto');
  try {
    parentPort.postMessage(createPrivateKey({ format: 'pem', ...workerData }));
  } catch {
    parentPort.postMessage(null);
  }
`;

/**
 * As `readKey`, but the passphrase is worked out on a thread of its own: 0.3 s in which the screen stays alive.
 * @throws UserError: 2 for a wrong passphrase, 6 for what is no key or a key that is not used here.
 */
export async function unlockKey(pem: Secret<string>, passphrase: Secret<string>): Promise<KeyObject> {
  if (!isEncrypted(pem)) return readKey(pem);
  const workerData = { key: pem.reveal(), passphrase: passphrase.reveal() };
  const worker = new Worker(workerSource, { eval: true, env: {}, execArgv: [], workerData });
  const key = await new Promise<KeyObject | null>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  await worker.terminate();
  return key ? acceptKey(key) : refusePassphrase();
}
