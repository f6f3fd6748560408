/** What lies in the folder of certificates, and what the hosts hold: the facts of step 3. */
import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import { members } from '../network/network.ts';
import { certificatesIn, intermediatesIn } from '../pki/chain.ts';
import {
  type Configuration,
  certificateValues,
  editedProfileSections,
  newConfiguration,
  parseConfiguration,
} from '../pki/configuration.ts';
import { type CertificateFacts, inspectCertificate } from '../pki/inspect.ts';
import { type CrlFacts, readCrl } from '../pki/revocation.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { Answers } from '../plan/step.ts';
import type { Looks, World } from '../plan/world.ts';
import { type Imported, readImport } from './certs-import.ts';
import { type RegisterFacts, readRegister } from './certs-register.ts';
import { type Issuing, missingPair, naming, type Pair, readPair } from './pairs.ts';
import { lookAtAll } from './placed.ts';
import { chosen, factsOf, failuresOf, type Places, pairOf, placesOf } from './shared.ts';
import { valuesOf } from './values.ts';

export type CertsFacts = {
  readonly directory: string;
  readonly places: Places;
  readonly now: Date;
  readonly user: string;
  readonly profile: ReturnType<typeof certificateValues>;
  /** Sections of certificate.conf that are written for openssl, and were edited: they have no say here. */
  readonly edited: readonly string[];
  readonly ca: Pair;
  /** The CA that signs: the one that is here, or is to be taken over. */
  readonly issuing?: Issuing;
  /** Its certificates: itself first, its root last. */
  readonly chain: readonly CertificateFacts[];
  /** The CA that `--import-ca` names, where it is not the one that is here. */
  readonly imported?: Imported;
  /** By name: `server`, the clients', and `operator`. */
  readonly pairs: Readonly<Record<string, Pair>>;
  readonly probes: Readonly<Record<string, Pair>>;
  readonly crl?: CrlFacts;
  readonly register: RegisterFacts;
  /** Hosts that hold the certificates of another CA: a network that runs, from a folder that is not this one. */
  readonly taken: readonly string[];
  /** Local files that somebody opened to others (the tutorial's `chmod -R 755`), with the mode that they must have. */
  readonly open: readonly { readonly path: string; readonly mode: number }[];
};
export const probeNames = ['expired', 'revoked', 'unlisted', 'impostor', 'foreign'] as const;

export async function observeCertificates(answers: Answers, world: World): Promise<CertsFacts> {
  const { network } = answers;
  if (network.certificates.keys === 'host') throw keysHost();
  const looks = answers.options.offline ? {} : await lookAtAll(answers, world);
  if (!answers.options.offline) {
    const [failure] = failuresOf(looks);
    if (failure)
      throw new UserError({ ...failure, hint: failure.hint ?? 'certs --offline makes them without looking' });
  }
  const places = placesOf(world.directory, network);
  const configuration = await configurationOf(answers, world);
  const ca = await readPair(world, places.ca);
  const imported = await readImport(answers, world, ca);
  const pem = imported?.pem ?? ca.pem;
  const issuing = pem === undefined ? undefined : { pem, intermediates: intermediatesIn(pem) };
  const names = members(network).map(({ name }) => name);
  const pairs = await Promise.all(
    [...names.map((name) => pairOf(places, name)), places.operator].map((files) => readPair(world, files, issuing)),
  );
  const probes = await Promise.all(
    probeNames.map((name) =>
      readPair(world, { certificate: `${places.probes}/${name}.crt`, key: `${places.probes}/${name}.key` }, issuing),
    ),
  );
  const crl = (await world.read(places.crl))?.content.toString('utf8');
  const found = {
    ca: imported ? missingPair : ca,
    pairs: Object.fromEntries([...names, 'operator'].flatMap((name, at) => (pairs[at] ? [[name, pairs[at]]] : []))),
    probes: Object.fromEntries(probeNames.flatMap((name, at) => (probes[at] ? [[name, probes[at]]] : []))),
    ...(crl === undefined ? {} : { crl: naming(places.crl, () => readCrl(crl)) }),
  };
  return {
    directory: world.directory,
    places,
    now: world.now(),
    user: world.user,
    profile: certificateValues(configuration),
    edited: editedProfileSections(configuration),
    ...found,
    ca,
    ...(issuing ? { issuing } : {}),
    chain: pem === undefined ? [] : certificatesIn(pem).map(inspectCertificate),
    ...(imported ? { imported } : {}),
    register: await readRegister(network, world, places, found),
    taken: takenHosts(answers, looks, pem),
    open: [
      [places.ca.key, ca] as const,
      ...names.map((name, at) => [pairOf(places, name).key, pairs[at]] as const),
    ].flatMap(([path, pair]) =>
      pair?.keyMode === undefined || (pair.keyMode & 0o077) === 0 ? [] : [{ path, mode: 0o600 }],
    ),
  };
}

/** A host whose ca.crt is not ours is in a network that another folder made. */
function takenHosts(answers: Answers, looks: Looks, ca: string | undefined): readonly string[] {
  const ours = ca === undefined ? undefined : createHash('sha256').update(ca).digest('hex');
  return chosen(answers).flatMap(({ name }) => {
    const facts = factsOf(looks, name);
    const there = facts?.files[`${facts.paths.certificates}/ca.crt`]?.sha256;
    return there === undefined || there === ours ? [] : [name];
  });
}

/** certificate.conf; before it exists (a dry run of `up`), what step 1 would write. */
async function configurationOf(answers: Answers, world: World): Promise<Configuration> {
  const { configuration } = placesOf(world.directory, answers.network);
  const file = relative(world.directory, configuration);
  const text = (await world.read(configuration))?.content.toString('utf8');
  if (text !== undefined) return parseConfiguration(text, file);
  return parseConfiguration(newConfiguration(valuesOf(answers.network)), file);
}

function keysHost(): UserError {
  return new UserError({
    exitCode: exit.invalid,
    doing: 'Reading fl-network.yaml',
    why: 'certificates.keys: host is not built yet; this version makes keys here and copies them',
    hint: 'leave certificates.keys out, or set it to here',
  });
}
