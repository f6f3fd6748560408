/** What lies in the folder of certificates, and what the hosts hold: the facts of step 3. */
import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import { members } from '../network/network.ts';
import { certificateValues, parseConfiguration } from '../pki/configuration.ts';
import { type CertificateFacts, inspectCertificate, issuedBy } from '../pki/inspect.ts';
import { readKey, sameKey } from '../pki/key.ts';
import { here } from '../plan/action.ts';
import { UserError } from '../plan/failure.ts';
import { Secret } from '../plan/secret.ts';
import type { Answers } from '../plan/step.ts';
import type { Looks, World } from '../plan/world.ts';
import { type HostKeys, keysOnHosts, requireHosts, withHostKey } from './certs-hosts.ts';
import { configStep } from './config.ts';
import { lookAtAll } from './placed.ts';
import { chosen, factsOf, failuresOf, madeOnHosts, type Places, pairOf, placesOf } from './shared.ts';

/** A pair of files as it is. */
export type Pair = {
  readonly certificate?: CertificateFacts;
  readonly pem?: string;
  readonly keyThere: boolean;
  readonly keyMode?: number;
  readonly keyFits: boolean;
  readonly byOurCa: boolean;
};

export type CertsFacts = {
  readonly directory: string;
  readonly places: Places;
  readonly now: Date;
  readonly user: string;
  readonly profile: ReturnType<typeof certificateValues>;
  readonly ca: Pair;
  /** By name: `server`, the clients', and `operator`. */
  readonly pairs: Readonly<Record<string, Pair>>;
  readonly probes: Readonly<Record<string, Pair>>;
  readonly hostKeys: HostKeys;
  readonly crlThere: boolean;
  /** Hosts that hold the certificates of another CA: a network that runs, from a folder that is not this one. */
  readonly taken: readonly string[];
  /** Local files that somebody opened to others (the tutorial's `chmod -R 755`), with the mode that they must have. */
  readonly open: readonly { readonly path: string; readonly mode: number }[];
};
export const probeNames = ['expired', 'revoked', 'unlisted', 'impostor', 'foreign'] as const;
/** Trouble with the content of a file names the file. */
function naming<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const hint = error.failure.hint ?? 'put the right file back, or move it away: then a new one is made';
    throw new UserError({ ...error.failure, doing: `Reading ${path}`, hint });
  }
}

async function readPair(world: World, files: { certificate: string; key: string }, ca?: string): Promise<Pair> {
  const [certificate, key] = await Promise.all([world.read(files.certificate), world.read(files.key)]);
  const pem = certificate?.content.toString('utf8');
  return {
    keyThere: key !== undefined,
    keyFits:
      pem !== undefined &&
      key !== undefined &&
      naming(files.key, () => sameKey(pem, readKey(new Secret(key.content.toString('utf8'))))),
    ...(key ? { keyMode: key.mode } : {}),
    byOurCa: pem !== undefined && ca !== undefined && issuedBy(pem, ca),
    ...(pem === undefined ? {} : { pem, certificate: naming(files.certificate, () => inspectCertificate(pem)) }),
  };
}

export async function observeCertificates(answers: Answers, world: World): Promise<CertsFacts> {
  const { network } = answers;
  requireHosts(answers);
  const looks = answers.options.offline ? {} : await lookAtAll(answers, world);
  if (!answers.options.offline) {
    const [failure] = failuresOf(looks);
    if (failure)
      throw new UserError({
        ...failure,
        ...(failure.hint || madeOnHosts(network) ? {} : { hint: 'certs --offline makes them without looking' }),
      });
  }
  const places = placesOf(world.directory, network);
  const text = (await world.read(places.configuration))?.content.toString('utf8');
  const ca = await readPair(world, places.ca);
  const names = members(network).map(({ name }) => name);
  const pairs = await Promise.all(
    [...names.map((name) => pairOf(places, name)), places.operator].map((files) => readPair(world, files, ca.pem)),
  );
  const hostKeys = await keysOnHosts(answers, world, looks, places);
  const probes = await Promise.all(
    probeNames.map((name) =>
      readPair(world, { certificate: `${places.probes}/${name}.crt`, key: `${places.probes}/${name}.key` }, ca.pem),
    ),
  );
  return {
    directory: world.directory,
    places,
    now: world.now(),
    user: world.user,
    profile: await profileOf(answers, world, text),
    ca,
    pairs: Object.fromEntries(
      [...names, 'operator'].flatMap((name, at) => (pairs[at] ? [[name, withHostKey(pairs[at], hostKeys[name])]] : [])),
    ),
    hostKeys,
    probes: Object.fromEntries(probeNames.flatMap((name, at) => (probes[at] ? [[name, probes[at]]] : []))),
    taken: takenHosts(answers, looks, ca),
    open: [
      [places.ca.key, ca] as const,
      ...names.map((name, at) => [pairOf(places, name).key, pairs[at]] as const),
    ].flatMap(([path, pair]) =>
      pair?.keyMode === undefined || (pair.keyMode & 0o077) === 0 ? [] : [{ path, mode: 0o600 }],
    ),
    crlThere: (await world.read(places.crl)) !== undefined,
  };
}

/** A host whose ca.crt is not ours is in a network that another folder made. */
function takenHosts(answers: Answers, looks: Looks, ca: Pair): readonly string[] {
  const ours = ca.pem === undefined ? undefined : createHash('sha256').update(ca.pem).digest('hex');
  return chosen(answers).flatMap(({ name }) => {
    const facts = factsOf(looks, name);
    const there = facts?.files[`${facts.paths.certificates}/ca.crt`]?.sha256;
    return there === undefined || there === ours ? [] : [name];
  });
}

/** What certificate.conf says; before it exists (a dry run of `up`), what step 1 would write. */
async function profileOf(answers: Answers, world: World, text: string | undefined): Promise<CertsFacts['profile']> {
  const file = relative(world.directory, placesOf(world.directory, answers.network).configuration);
  if (text !== undefined) return certificateValues(parseConfiguration(text, file));
  const [action] = configStep
    .plan(answers, await configStep.observe(answers, world))
    .flatMap((s) => s.lanes[here] ?? []);
  return certificateValues(parseConfiguration(action?.kind === 'write-file' ? action.content : '', file));
}
