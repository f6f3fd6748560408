/** `--import-ca CRT KEY`: a CA that exists, or an intermediate with its chain, in place of one of our own. */
import { relative } from 'node:path';
import { certificatesIn, orderedChain } from '../pki/chain.ts';
import { certificateDetails } from '../pki/details.ts';
import { inspectCertificate } from '../pki/inspect.ts';
import { readKey, sameKey } from '../pki/key.ts';
import { isEncrypted } from '../pki/passphrase.ts';
import type { Action } from '../plan/action.ts';
import { exit, UserError } from '../plan/failure.ts';
import { Secret } from '../plan/secret.ts';
import type { Answers } from '../plan/step.ts';
import type { World } from '../plan/world.ts';
import { inPlaceOf, type OtherCas } from './another-ca.ts';
import { naming, type Pair } from './pairs.ts';
import { count, day, type Places, placesOf } from './shared.ts';

/** A CA that is to be taken over. */
export type Imported = {
  /** Its certificate and its issuers up to the root, in order, PEM. */
  readonly pem: string;
  readonly key: string;
  readonly text: string;
};

function refuse(file: string, why: string, hint: string): never {
  throw new UserError({ exitCode: exit.proof, doing: `Taking over the CA in ${file}`, why, hint });
}

async function readNamed(world: Pick<World, 'read'>, file: string): Promise<string> {
  const found = await world.read(file);
  if (found) return found.content.toString('utf8');
  throw new UserError({
    exitCode: exit.invalid,
    doing: 'Reading --import-ca',
    why: `${file} is not there`,
    hint: '--import-ca CRT KEY takes the CA’s certificate (its chain behind it) and its key',
  });
}

/** Why a CA can't do what is needed here, found before anything is signed by it. */
function requireUsable(file: string, chain: readonly string[], now: Date): void {
  for (const [at, pem] of chain.entries()) {
    const { subject, notAfter, authority } = inspectCertificate(pem);
    const { pathLength } = certificateDetails(pem);
    if (!authority) refuse(file, `"${subject}" is no CA certificate (basicConstraints says CA:FALSE)`, 'name the CA’s');
    if (notAfter <= now) refuse(file, `"${subject}" expired on ${day(notAfter)}`, 'renew it first');
    if (pathLength !== undefined && pathLength < at)
      refuse(file, `"${subject}" allows ${pathLength} CAs below it, and there are ${at}`, 'ask whoever runs it');
  }
  const { keyUsage, extendedKeyUsage } = certificateDetails(chain[0] ?? '');
  for (const [usage, what] of [
    ['keyCertSign', 'sign certificates'],
    ['cRLSign', 'sign the revocation list that the server needs'],
  ] as const)
    if (keyUsage && !keyUsage.includes(usage))
      refuse(file, `its keyUsage does not let it ${what}`, `it needs ${usage}`);
  for (const usage of ['serverAuth', 'clientAuth'])
    if (extendedKeyUsage && !extendedKeyUsage.includes(usage) && !extendedKeyUsage.includes('anyExtendedKeyUsage'))
      refuse(
        file,
        `its extendedKeyUsage is ${extendedKeyUsage.join(', ')}: it may not issue for ${usage}`,
        'take a CA without that limit; both serverAuth and clientAuth are needed',
      );
}

/** The certificate of the file that the key belongs to; with an encrypted key the first one, until it is opened. */
function issuingOf(file: string, found: readonly string[], keyFile: string, key: Secret): string {
  const [first] = found;
  if (first === undefined) refuse(file, 'there is no certificate in it (PEM)', 'convert it: openssl x509 -inform DER');
  if (isEncrypted(key)) return first;
  naming(keyFile, () => readKey(key));
  return found.find((pem) => sameKey(pem, key)) ?? refuse(file, `${keyFile} belongs to none of it`, 'name its own key');
}

/**
 * Reads and checks what `--import-ca` names; undefined where nothing is to be taken over, or it is here already.
 * @throws UserError (2) where another CA is here: an existing key is never overwritten; (6) for a CA that can't serve.
 */
export async function readImport(
  { network, options }: Answers,
  world: Pick<World, 'read' | 'now' | 'directory'>,
  ca: Pair,
): Promise<Imported | undefined> {
  if (options.importCa === undefined) return undefined;
  const [file = '', keyFile = '', ...more] = options.importCa;
  if (keyFile === '' || more.length > 0)
    throw new UserError({
      exitCode: exit.invalid,
      doing: 'Reading --import-ca',
      why: `it takes two files, and got ${options.importCa.length}`,
      hint: '--import-ca CRT KEY',
    });
  const [text, secret] = await Promise.all([readNamed(world, file), readNamed(world, keyFile)]);
  const found = certificatesIn(text);
  const issuing = issuingOf(file, found, keyFile, new Secret(secret));
  const chain = naming(file, () => orderedChain(issuing, found));
  requireUsable(file, chain, world.now());
  const { fingerprint, subject, notAfter } = inspectCertificate(issuing);
  const { certificate, keyThere } = ca;
  if (certificate?.fingerprint === fingerprint && keyThere) return undefined;
  const places: Places = placesOf(world.directory, network);
  if (certificate || keyThere) {
    const folder = relative(world.directory, places.folder);
    throw new UserError({
      exitCode: exit.invalid,
      doing: `Taking over the CA in ${file}`,
      why: `${folder} holds another CA, and a CA’s key is never overwritten`,
      hint: `move ${folder} away first: a new CA needs new certificates on every host`,
    });
  }
  const shown = relative(world.directory, places.ca.certificate);
  const above = chain.length - 1;
  return {
    pem: chain.join(''),
    key: keyFile,
    text: `take over the CA "${subject}", until ${day(notAfter)}${above > 0 ? `, with ${count(above, 'certificate')} above it` : ''}: ${shown} and a copy of its key beside it`,
  };
}

export function importAction({ pem, key, text }: Imported, places: Places, taken: OtherCas): Action {
  return {
    kind: 'import-authority',
    certificate: pem,
    key,
    files: places.ca,
    ...inPlaceOf(text, taken),
  };
}
