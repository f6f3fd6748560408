import { createPrivateKey } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { ParsedKey } from 'ssh2';
import type { Secret } from '../plan/secret.ts';
import type { Library } from './library.ts';
import { privateKeyFile, publicBlobOf } from './openssh-key.ts';

/** What became of reading a private key. */
export type KeyResult =
  | { readonly key: ParsedKey }
  | { readonly encrypted: true }
  /** In words that continue the file's name: "no such file". Never holds anything of the key. */
  | { readonly problem: string };

/** A key file as it was found: its text, or why not. Its public half may be known either way, for the agent. */
export type KeyFile = { readonly file: string; readonly publicBlob?: Buffer } & (
  | { readonly text: string }
  | { readonly problem: string }
);

/** As OpenSSH has it: what is larger is no key. */
const largestKey = 1024 * 1024;

/** Reads a key file; a file that can't be read is a result and no error, since another key may do. */
export async function readKeyFile(file: string): Promise<KeyFile> {
  const found = await readWhole(file);
  const own = 'text' in found ? publicBlobOf(found.text) : undefined;
  // What the file hides, or where it is in the agent only, its neighbor may show.
  const publicBlob = own ?? (await publicBlobBeside(file));
  return { file, ...(publicBlob && { publicBlob }), ...found };
}

async function publicBlobBeside(file: string): Promise<Buffer | undefined> {
  const beside = await readWhole(`${file}.pub`);
  return 'text' in beside ? publicBlobOf(beside.text) : undefined;
}

async function readWhole(file: string): Promise<{ text: string } | { problem: string }> {
  try {
    // Without O_NONBLOCK, a pipe in the file's place would hold us for ever.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await handle.stat();
      if (found.isDirectory()) return { problem: 'is a folder' };
      if (!found.isFile()) return { problem: 'is no file, but a pipe or a device' };
      if (found.size > largestKey) return { problem: 'is too large for a key' };
      const text = await handle.readFile('utf8');
      // ssh leaves such a key alone as well, and so would `fl-wizard ssh`.
      const exposed = found.uid === process.getuid?.() && (found.mode & 0o077) !== 0;
      const isPrivate = /-----BEGIN [A-Z ]*PRIVATE KEY/.test(text);
      return exposed && isPrivate ? { problem: 'not used, since others may read it: chmod 600' } : { text };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT') return { problem: 'no such file' };
    return { problem: code === 'EACCES' ? 'may not be read' : `can't be read (${code})` };
  }
}

/**
 * The private key in a text: OpenSSH's format, PEM of RSA and EC, PKCS#8, PuTTY's.
 * @param passphrase the passphrase to try, where the text is encrypted
 */
export function parsePrivateKey(ssh2: Library, text: string, passphrase?: Secret): KeyResult {
  const pem = /-----BEGIN (?:ENCRYPTED |RSA |EC )?PRIVATE KEY-----/.test(text);
  if (pem) return parsePem(ssh2, text, passphrase);
  // ssh2 returns most failures and throws some.
  let parsed: ReturnType<Library['utils']['parseKey']>;
  try {
    parsed = ssh2.utils.parseKey(text, passphrase?.reveal());
  } catch (error) {
    parsed = error instanceof Error ? error : new Error(String(error));
  }
  if (!(parsed instanceof Error)) {
    const key = Array.isArray(parsed) ? (parsed[0] as ParsedKey) : parsed;
    return key.isPrivateKey() ? { key } : { problem: 'holds a public key; the private key is needed' };
  }
  if (/no passphrase given/.test(parsed.message)) return { encrypted: true };
  if (/integrity check failed|bad passphrase|bad decrypt/i.test(parsed.message)) return wrong(passphrase);
  if (/sk-(ssh|ecdsa)/.test(parsed.message))
    return { problem: 'is a key on a hardware token, which works through the ssh-agent only' };
  return {
    problem: /Unsupported key format/.test(parsed.message) ? 'holds no private key that can be read' : parsed.message,
  };
}

function wrong(passphrase: Secret | undefined): KeyResult {
  return { problem: passphrase ? 'the passphrase is wrong' : 'is damaged' };
}

/** PEM is read by Node, which knows PKCS#8 and every cipher of OpenSSL, and handed to ssh2 in a format that it reads. */
function parsePem(ssh2: Library, text: string, passphrase: Secret | undefined): KeyResult {
  const encrypted = /BEGIN ENCRYPTED|Proc-Type: *4,ENCRYPTED/.test(text);
  if (encrypted && !passphrase) return { encrypted: true };
  try {
    const key = createPrivateKey({ key: text, ...(passphrase && { passphrase: passphrase.reveal() }) });
    const readable =
      key.asymmetricKeyType === 'rsa'
        ? key.export({ type: 'pkcs1', format: 'pem' })
        : key.asymmetricKeyType === 'ec'
          ? key.export({ type: 'sec1', format: 'pem' })
          : privateKeyFile(key);
    const parsed = ssh2.utils.parseKey(readable);
    return parsed instanceof Error ? { problem: 'is of a kind that SSH has no use for' } : { key: parsed };
  } catch {
    // The message of OpenSSL says nothing that a reader could use.
    return encrypted ? wrong(passphrase) : { problem: 'holds no private key that can be read' };
  }
}
