import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import { sha256 } from '../plan/digest.ts';
import { exit, type Failure, UserError } from '../plan/failure.ts';
import { Secret } from '../plan/secret.ts';
import { Turnstile } from '../plan/turns.ts';
import { encode } from './der.ts';
import { KeyLanes } from './key-lanes.ts';
import { p256PublicHalf, p256PublicKey } from './p256.ts';
import { certificateParts } from './parts.ts';
import { leastBits } from './strength.ts';

/** What a key is: RSA with so many bits, or EC on P-256 (keys of others may be on P-384 or P-521). */
export type KeyKind = { readonly algorithm: 'rsa'; readonly bits: number } | { readonly algorithm: 'ec' };

const curves = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

const generateEcKeyPair = promisify(generateKeyPair);
const turnstile = new Turnstile();
let lanes: KeyLanes | undefined;

async function makeKey(kind: KeyKind): Promise<KeyObject> {
  if (kind.algorithm === 'ec') return (await generateEcKeyPair('ec', { namedCurve: 'P-256' })).privateKey;
  if (kind.bits < leastBits) throw new Error(`an RSA key of ${kind.bits} bits`);
  lanes ??= new KeyLanes();
  return lanes.make(kind.bits);
}

/**
 * A new private key, made off the main thread; called many times at once it uses all cores, and the keys are handed
 * out one each turn of the event loop.
 * @throws Error (a bug) for RSA with fewer than 2048 bits: the configuration refuses them with a line and column.
 */
export async function generateKey(kind: KeyKind): Promise<KeyObject> {
  const key = await makeKey(kind);
  await turnstile.pass();
  return key;
}

/** The key as PKCS#8 PEM, not encrypted: every tool reads it, and its file has to be 0600. */
export function keyPem(key: KeyObject): Secret<string> {
  return new Secret(key.export({ type: 'pkcs8', format: 'pem' }).toString());
}

/** The kind of a public or private key, or undefined for what is not used here (Ed25519, DSA, RSA-PSS, other curves). */
export function keyKind(key: KeyObject): KeyKind | undefined {
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') return { algorithm: 'rsa', bits: modulusLength };
  return key.asymmetricKeyType === 'ec' && curves.has(namedCurve) ? { algorithm: 'ec' } : undefined;
}

function refuse(exitCode: Failure['exitCode'], why: string, hint?: string): never {
  throw new UserError({ exitCode, doing: 'Reading a private key', why, ...(hint ? { hint } : {}) });
}

/** @throws UserError (2), always. */
export function refusePassphrase(): never {
  refuse(exit.invalid, 'the passphrase does not open the key', 'check the passphrase');
}

/** The key, if it is one that is used here. @throws UserError (6) for other kinds and for RSA below 2048 bits. */
export function acceptKey(key: KeyObject): KeyObject {
  const kind = keyKind(key);
  if (!kind) refuse(exit.proof, `a key of the kind ${key.asymmetricKeyType} is not used here`, 'use RSA or EC P-256');
  if (kind.algorithm === 'rsa' && kind.bits < leastBits)
    refuse(exit.proof, `its ${kind.bits} bits are too few`, `use ${leastBits} bits or more`);
  return key;
}

/** What OpenSSL's error means for the one who gave the key; its own words may quote nothing secret, but help nobody. */
function explain(error: unknown, encrypted: boolean, passphrase: boolean): never {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ERR_MISSING_PASSPHRASE' || (encrypted && !passphrase))
    refuse(exit.invalid, 'the key is encrypted and no passphrase was given', 'give its passphrase');
  if (encrypted) refusePassphrase();
  return refuse(exit.proof, 'it holds no private key that OpenSSL can read (PEM)');
}

/**
 * A private key from PEM: PKCS#8, encrypted or not, and the older forms that OpenSSL reads.
 * @throws UserError: 2 for a missing or wrong passphrase, 6 for what is no key or a key that is not used here.
 */
export function readKey(pem: Secret<string>, passphrase?: Secret<string>): KeyObject {
  const text = pem.reveal();
  let key: KeyObject;
  try {
    // Without a passphrase OpenSSL would ask on the terminal; Node then throws ERR_MISSING_PASSPHRASE instead.
    key = createPrivateKey({ key: text, format: 'pem', ...(passphrase ? { passphrase: passphrase.reveal() } : {}) });
  } catch (error) {
    explain(error, /ENCRYPTED/.test(text), passphrase !== undefined);
  }
  return acceptKey(key);
}

/**
 * Whether the private key in a file (PEM) belongs to the certificate.
 * @throws UserError: as `readKey`; 6 for what is no certificate.
 */
export function sameKey(certificate: Certificate, pem: Secret<string>): boolean {
  const opened = openCertificate(certificate);
  const half = p256PublicHalf(pem.reveal());
  return half ? encode(certificateParts(opened.raw).publicKey).equals(half) : opened.checkPrivateKey(readKey(pem));
}

/** A certificate as PEM, or opened: OpenSSL takes up to 0.5 ms to open one, so what looks at many opens each once. */
export type Certificate = string | X509Certificate;

/** The first certificate in a PEM text. @throws UserError (6) for what is none. */
export function openCertificate(certificate: Certificate): X509Certificate {
  try {
    return typeof certificate === 'string' ? new X509Certificate(certificate) : certificate;
  } catch {
    throw new UserError({
      exitCode: exit.proof,
      doing: 'Reading a certificate',
      why: 'it holds no certificate that OpenSSL can read (PEM)',
    });
  }
}

/** The public key of a certificate, which Node decodes only when it is asked for. @throws UserError (6) for what is none. */
export function certificateKey(certificate: X509Certificate): KeyObject {
  try {
    return certificate.publicKey;
  } catch {
    throw new UserError({ exitCode: exit.proof, doing: 'Reading a certificate', why: 'its public key is not valid' });
  }
}

/** The public half as SubjectPublicKeyInfo, DER. */
export function publicKeyDer(key: KeyObject): Buffer {
  const half = key.type === 'private' ? createPublicKey(key) : key;
  return p256PublicKey(half) ?? half.export({ type: 'spki', format: 'der' });
}

/** SHA-256 of the public half as SubjectPublicKeyInfo, hex: equal for a key and all that was made from it. */
export function publicKeyDigest(key: KeyObject): string {
  return sha256(publicKeyDer(key));
}

/** Whether a key is as good as the one that is wanted: of its kind, and no shorter. */
export function meets(found: KeyKind | undefined, wanted: KeyKind): boolean {
  if (found?.algorithm !== 'rsa' || wanted.algorithm !== 'rsa') return found?.algorithm === wanted.algorithm;
  return found.bits >= wanted.bits;
}
