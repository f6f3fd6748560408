/** What lies in the folder of certificates, and what the hosts hold: the facts of step 3. */
import { relative } from 'node:path';
import pLimit from 'p-limit';
import { members } from '../network/network.ts';
import { certificatesIn } from '../pki/chain.ts';
import {
  type CertificateValues,
  type Configuration,
  certificateValues,
  editedProfileSections,
  newConfiguration,
  parseConfiguration,
} from '../pki/configuration.ts';
import { type CertificateFacts, inspectCertificate } from '../pki/inspect.ts';
import { type CrlFacts, readCrl } from '../pki/revocation.ts';
import { sha256 } from '../plan/digest.ts';
import { UserError } from '../plan/failure.ts';
import type { Answers } from '../plan/step.ts';
import { Turnstile } from '../plan/turns.ts';
import type { World } from '../plan/world.ts';
import { type OtherCas, otherCas } from './another-ca.ts';
import { type HostKeys, keysOnHosts, requireHosts, withHostKeys } from './certs-hosts.ts';
import { type Imported, readImport } from './certs-import.ts';
import { type RegisterFacts, readRegister } from './certs-register.ts';
import { mustBeAlone } from './neighbors.ts';
import { type Issuing, issuingOf, naming, type Pair, readPair } from './pairs.ts';
import { lookAtAll } from './placed.ts';
import { failuresOf, madeOnHosts, type Places, pairOf, placesOf, probeNames, probeOf } from './shared.ts';
import { valuesOf } from './values.ts';

/** What lies here, whatever certificate.conf says. */
export type Lying = {
  readonly directory: string;
  readonly places: Places;
  readonly now: Date;
  readonly user: string;
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
  /** Files and folders that somebody opened to others (the tutorial's `chmod -R 755`), with the modes they must have. */
  readonly open: readonly { readonly path: string; readonly mode: number; readonly found: number }[];
};

export type CertsFacts = Lying & {
  readonly profile: CertificateValues;
  /** Sections of certificate.conf that are written for openssl, and were edited: they have no say here. */
  readonly edited: readonly string[];
  readonly register: RegisterFacts;
  readonly hostKeys: HostKeys;
  /** Hosts that hold the certificates of another CA: a network that runs, maybe from a folder that is not this one. */
  readonly taken: OtherCas;
};
/** Enough to keep the disk busy; all at once would be two thousand open files. */
const readsAtOnce = 8;

export async function observeCertificates(answers: Answers, world: World): Promise<CertsFacts> {
  const { network } = answers;
  requireHosts(answers);
  const looks = answers.options.offline ? {} : await lookAtAll(answers, world);
  if (!answers.options.offline) {
    const [failure, ...others] = failuresOf(looks).map((each) => ({
      ...each,
      ...(madeOnHosts(network)
        ? {}
        : { hint: `${each.hint ? `${each.hint}; or ` : ''}certs --offline makes them without looking` }),
    }));
    if (failure) throw new UserError(failure, others);
  }
  mustBeAlone(network, looks);
  const configuration = await configurationOf(answers, world);
  const lying = await readLying(answers, world);
  const hostKeys = await keysOnHosts(answers, world, looks, lying.places);
  return {
    ...lying,
    pairs: withHostKeys(lying.pairs, hostKeys),
    hostKeys,
    profile: certificateValues(configuration),
    edited: editedProfileSections(configuration),
    register: await readRegister(network, world, lying),
    taken: await otherCas(answers, looks, lying.issuing && sha256(lying.issuing.pem), world),
  };
}

/** The certificates and keys as they lie here, against the CA that signs. */
export async function readLying(answers: Answers, world: World): Promise<Lying> {
  const { network } = answers;
  const places = placesOf(world.directory, network);
  const ca = await readPair(world, places.ca);
  const imported = await readImport(answers, world, ca);
  const pem = imported?.pem ?? ca.pem;
  const issuing = pem === undefined ? undefined : naming(places.ca.certificate, () => issuingOf(pem));
  const names = members(network).map(({ name }) => name);
  // One a turn: a thousand certificates judged in one go would hold up the screen for seconds.
  const turnstile = new Turnstile();
  const limit = pLimit(readsAtOnce);
  const one = (files: { certificate: string; key: string }, elsewhere: boolean) =>
    limit(() => readPair(world, files, issuing, elsewhere, () => turnstile.pass()));
  const read = async (all: readonly (readonly [string, { certificate: string; key: string }])[], elsewhere = false) =>
    Object.fromEntries(
      await Promise.all(all.map(async ([name, files]) => [name, await one(files, elsewhere)] as const)),
    );
  const own = names.map((name) => [name, pairOf(places, name)] as const);
  const pairs = { ...(await read(own, madeOnHosts(network))), ...(await read([['operator', places.operator]])) };
  const probes = await read(probeNames.map((name) => [name, probeOf(places, name)] as const));
  const crl = (await world.read(places.crl))?.content.toString('utf8');
  const keys = [
    [places.ca.key, ca] as const,
    ...names.map((name) => [pairOf(places, name).key, pairs[name]] as const),
    [places.operator.key, pairs.operator] as const,
    ...probeNames.map((name) => [probeOf(places, name).key, probes[name]] as const),
  ];
  return {
    directory: world.directory,
    places,
    now: world.now(),
    user: world.user,
    ca,
    ...(issuing ? { issuing } : {}),
    chain: pem === undefined ? [] : certificatesIn(pem).map(inspectCertificate),
    ...(imported ? { imported } : {}),
    pairs,
    probes,
    ...(crl === undefined ? {} : { crl: naming(places.crl, () => readCrl(crl)) }),
    open: [...(await openFolders(world, places)), ...openKeys(keys)],
  };
}

const isOpen = (mode: number | undefined): mode is number => mode !== undefined && (mode & 0o077) !== 0;

function openKeys(keys: readonly (readonly [path: string, pair: Pair | undefined])[]): Lying['open'] {
  return keys.flatMap(([path, { keyMode: found } = {}]) => (isOpen(found) ? [{ path, mode: 0o600, found }] : []));
}

/** Who may write into a folder can put another key in the place of one that is closed. */
async function openFolders(world: Pick<World, 'mode'>, { folder, probes }: Places): Promise<Lying['open']> {
  const modes = await Promise.all([folder, probes].map(async (path) => ({ path, found: await world.mode(path) })));
  return modes.flatMap(({ path, found }) => (isOpen(found) ? [{ path, mode: 0o700, found }] : []));
}

/** certificate.conf; before it exists (a dry run of `up`), what step 1 would write. */
async function configurationOf(answers: Answers, world: World): Promise<Configuration> {
  const { configuration } = placesOf(world.directory, answers.network);
  const file = relative(world.directory, configuration);
  const text = (await world.read(configuration))?.content.toString('utf8');
  if (text !== undefined) return parseConfiguration(text, file);
  return parseConfiguration(newConfiguration(valuesOf(answers.network)), file);
}
