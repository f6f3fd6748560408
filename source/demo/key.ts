import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Secret } from '../plan/secret.ts';
import { privateKeyFile, publicLine } from '../ssh/openssh-key.ts';

/** An SSH login key: the private key in OpenSSH's format, and its line for authorized_keys. */
export type SshKey = { readonly privatePem: Secret; readonly publicLine: string };

const comment = 'fl-wizard-demo';

/** Makes an Ed25519 login key, without ssh-keygen. */
export async function makeSshKey(): Promise<SshKey> {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { privatePem: new Secret(privateKeyFile(privateKey, comment)), publicLine: publicLine(privateKey, comment) };
}

/**
 * The Ed25519 host key kept in a file (PKCS#8 PEM, 0600), made at the first time, so that a demo that is taken up
 * again is still the known host.
 */
export async function hostKey(file: string): Promise<KeyObject> {
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined) {
    try {
      return createPrivateKey(kept);
    } catch {
      // A file that was cut short: a demo host may have a new key.
    }
  }
  const { privateKey } = generateKeyPairSync('ed25519');
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  await rename(temporary, file);
  return privateKey;
}
