/**
 * What has to lie on each host: worked out once, used by deploy (to place it), by permissions (for the modes) and by
 * launch (to know that it is there).
 */
import { join, relative } from 'node:path';
import {
  allowList,
  authorityName,
  certificateNames,
  certificatesMark,
  environmentName,
  existingName,
  homeMark,
  recordPath,
} from '../flower/layout.ts';
import type { Member, Network } from '../network/network.ts';
import { inspectCertificate } from '../pki/inspect.ts';
import { openCertificate } from '../pki/key.ts';
import { clientUri, operatorUri } from '../pki/names.ts';
import type { Upload } from '../plan/action.ts';
import { sha256 } from '../plan/digest.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { HostFacts, Looks } from '../plan/host-facts.ts';
import { cases } from '../plan/proof.ts';
import type { Answers } from '../plan/step.ts';
import type { LookRequest, World } from '../plan/world.ts';
import { requirementsIn } from './app.ts';
import { naming } from './pairs.ts';
import { chosen, madeOnHosts, pairOf, placesOf, probeNames, probeOf } from './shared.ts';

/** A file with the digest that it must have there. `to` starts with a mark until the host's paths are known. */
export type Placed = Upload & {
  readonly sha256: string;
  /** `record`: the list of the app's and the runtime's files there. */
  readonly group: 'certificates' | 'policy' | 'app' | 'runtime' | 'record';
};

export type Placement = {
  /** By member. */
  readonly files: Readonly<Record<string, readonly Placed[]>>;
  readonly requirements: readonly string[];
  /**
   * Where keys are made on their hosts, by member: the digest of the public key in the certificate, which the private
   * key there has to have.
   */
  readonly keys?: Readonly<Record<string, string>>;
};

const privateFile = 0o600;
const publicFile = 0o644;

export async function placementOf(answers: Answers, world: World): Promise<Placement> {
  const { network } = answers;
  const places = placesOf(world.directory, network);
  const [app, runtime, policy] = await Promise.all([
    filesBelow(world, places.app, `${homeMark}/app`, 'app'),
    filesBelow(world, world.asset('runtime', 'fl_wizard_runtime'), `${homeMark}/runtime/fl_wizard_runtime`, 'runtime'),
    policyFiles(network, world),
  ]);
  await requireNoKey(app, answers, world);
  const ca = await authorityFile(world, network);
  const files: Record<string, readonly Placed[]> = {};
  for (const member of chosen(answers)) {
    const certificates = [ca, ...(await pairFiles(world, network, member))];
    files[member.name] = [...certificates, ...(member.role === 'server' ? policy : []), ...app, ...runtime];
  }
  const keys = madeOnHosts(network) ? { keys: await publicKeys(answers, world) } : {};
  return { files, requirements: await requirementsIn(network, world), ...keys };
}

/** Through a link, or as a copy: the key of the CA goes to no host, whatever folder the app is. @throws UserError (2) */
async function requireNoKey(app: readonly Placed[], { network }: Answers, world: World): Promise<void> {
  const key = await world.read(placesOf(world.directory, network).ca.key);
  const held = key && app.find((file) => file.sha256 === sha256(key.content));
  if (!held || !('file' in held.from)) return;
  throw new UserError({
    exitCode: exit.invalid,
    doing: `Reading the code in ${network.flower.app}`,
    why: `${relative(world.directory, held.from.file)} is the private key of the CA, and all of the app is copied to every host`,
    hint: 'remove it there, or set flower.app to a folder that holds the app alone',
  });
}

async function publicKeys(answers: Answers, world: World): Promise<Placement['keys'] & object> {
  const places = placesOf(world.directory, answers.network);
  const found = await Promise.all(
    chosen(answers).map(async ({ name }) => {
      const file = pairOf(places, name).certificate;
      const pem = (await world.read(file))?.content.toString('utf8');
      return pem === undefined ? [] : [[name, naming(file, () => inspectCertificate(pem)).publicKey] as const];
    }),
  );
  return Object.fromEntries(found.flat());
}

async function filesBelow(
  world: World,
  folder: string,
  to: string,
  group: Placed['group'],
): Promise<readonly Placed[]> {
  const names = (await world.list(folder)) ?? [];
  return Promise.all(names.map((name) => placed(world, join(folder, name), `${to}/${name}`, privateFile, group)));
}

async function placed(world: World, file: string, to: string, mode: number, group: Placed['group']): Promise<Placed> {
  const content = (await world.read(file))?.content ?? Buffer.alloc(0);
  return { from: { file }, to, mode, group, sha256: sha256(content) };
}

/** What is to be copied has to be there before a host is touched. @throws UserError (3) */
export async function requireCertificates(answers: Answers, world: World): Promise<void> {
  const places = placesOf(world.directory, answers.network);
  const pairs = chosen(answers).flatMap(({ name }) => {
    const { certificate, key } = pairOf(places, name);
    return madeOnHosts(answers.network) ? [certificate] : [certificate, key];
  });
  const files = [places.ca.certificate, ...pairs];
  const modes = await Promise.all(files.map((file) => world.mode(file)));
  for (const [at, file] of files.entries())
    if (modes[at] === undefined)
      throw new UserError({
        exitCode: exit.local,
        doing: `Reading ${relative(world.directory, file)}`,
        why: 'it is not there',
        hint: 'fl-wizard certs makes it',
      });
}

/** The same for every host. */
function authorityFile(world: World, network: Network): Promise<Placed> {
  const { certificate } = placesOf(world.directory, network).ca;
  return placed(world, certificate, `${certificatesMark}/${authorityName}`, publicFile, 'certificates');
}

/** A host's own pair, beside `ca.crt` and nothing else; never a key where each is made on its host. What was not made yet is left out (a dry run). */
async function pairFiles(world: World, network: Network, member: Member): Promise<readonly Placed[]> {
  const names = certificateNames(member);
  const pair = pairOf(placesOf(world.directory, network), member.name);
  const wanted = [
    [pair.certificate, names.certificate, publicFile],
    ...(madeOnHosts(network) ? [] : ([[pair.key, names.key, privateFile]] as const)),
  ] as const;
  return Promise.all(
    wanted.map(([file, name, mode]) => placed(world, file, `${certificatesMark}/${name}`, mode, 'certificates')),
  );
}

async function fingerprint(world: World, file: string): Promise<string | undefined> {
  const pem = (await world.read(file))?.content.toString('utf8');
  // Nothing else of it is wanted, and to read all of it takes four times as long, for every client.
  return pem === undefined ? undefined : sha256(naming(file, () => openCertificate(pem)).raw);
}

/** Whether it is shown to a server: the others are shown by one. */
const isTried = (probe: string) => cases.some(({ name }) => name === probe);

/** Who may train and who may watch, by SAN URI and fingerprint; and who is revoked. */
async function policyFiles(network: Network, world: World): Promise<readonly Placed[]> {
  const places = placesOf(world.directory, network);
  const one = async (name: string, uri: string, file: string) => {
    const found = await fingerprint(world, file);
    return found === undefined ? [] : [{ name, uri, fingerprints: [found] }];
  };
  const clients = await Promise.all(
    network.clients.map(({ name, commonName }) =>
      one(name, clientUri(network.address, network.name, commonName), pairOf(places, name).certificate),
    ),
  );
  const uri = operatorUri(network.address, network.name, world.user);
  // A proof comes with the operator's as well, and asks the training port to refuse it.
  const tried = [...probeNames.filter(isTried).map((name) => probeOf(places, name)), places.operator];
  const probes = await Promise.all(tried.map(({ certificate }) => fingerprint(world, certificate)));
  const text = allowList(
    clients.flat(),
    await one(world.user, uri, places.operator.certificate),
    probes.filter((each) => each !== undefined),
  );
  const to = (name: string) => `${homeMark}/policy/${name}`;
  return [
    { from: { text }, to: to('allow.json'), mode: privateFile, group: 'policy', sha256: sha256(text) },
    await placed(world, places.crl, to('crl.pem'), privateFile, 'policy'),
  ];
}

/** Fills a host's own folders into a path. */
export function resolvePath(path: string, member: Member, facts: HostFacts | undefined): string {
  return path
    .replace(homeMark, facts?.paths.home ?? member.remote.home)
    .replace(certificatesMark, facts?.paths.certificates ?? member.remote.certificates);
}

function folderOf(requirements: readonly string[], { environment, remote }: Member): string {
  return environment === 'existing' ? existingName(remote.python) : environmentName(requirements, remote.python);
}

/** Folder name of a host's Python environment. */
export function environmentOf(placement: Placement, member: Member): string {
  return folderOf(placement.requirements, member);
}

/**
 * Looks at the hosts that take part, all at once, at everything that any step wants to know: so one look serves all
 * steps of a session.
 * @param also hosts that are wanted whatever `--only` says: what clients do depends on the server
 */
export async function lookAtAll(answers: Answers, world: World, also: readonly Member[] = []): Promise<Looks> {
  const { network } = answers;
  const hosts = [...new Set([...also, ...chosen(answers)])];
  const { app: folder } = placesOf(world.directory, network);
  const [app, runtime, requirements] = await Promise.all([
    world.list(folder),
    world.list(world.asset('runtime', 'fl_wizard_runtime')),
    requirementsIn(network, world),
  ]);
  return world.look(network, hosts, (member): LookRequest => {
    const { ca, certificate, key } = certificateNames(member);
    return {
      files: [
        homeMark,
        recordPath,
        ...[ca, certificate, key].map((name) => `${certificatesMark}/${name}`),
        ...(member.role === 'server' ? ['', '/allow.json', '/crl.pem'].map((name) => `${homeMark}/policy${name}`) : []),
        ...(app ?? []).map((name) => `${homeMark}/app/${name}`),
        ...(runtime ?? []).map((name) => `${homeMark}/runtime/fl_wizard_runtime/${name}`),
        `${homeMark}/${member.name}.json`,
      ],
      environment: folderOf(requirements, member),
      ...(member.environment === 'existing' ? { existing: requirements } : {}),
      ...(madeOnHosts(network) ? { publicKeyOf: `${certificatesMark}/${key}` } : {}),
    };
  });
}
