/** Where everything lies on a host, and what runs there, as values. Pure. */
import { createHash } from 'node:crypto';
import type { Member, Network } from '../network/network.ts';
import { defaults } from '../network/schema.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { Secret } from '../plan/secret.ts';

/** Stands for a host's resolved `remote.home` or `remote.certificates` until a look has told them. */
export const homeMark = '{home}';
export const certificatesMark = '{certificates}';
/** On a host: what was copied into its home, in the lines of `sha256sum`, so that it is known for ours later. */
export const recordPath = `${homeMark}/runtime/copied.sha256`;

/** On a host: who placed what is there, and from where. */
export const markPath = `${homeMark}/runtime/placed-by.json`;

/** The CA's certificate, on every host. */
export const authorityName = 'ca.crt';

/** Names of the three files of a host's certificates. */
export function certificateNames(member: Member): { ca: string; certificate: string; key: string } {
  return { ca: authorityName, certificate: `${member.name}.crt`, key: `${member.name}.key` };
}

/** Unit of a requirement: one line of requirements.txt that pip takes as an argument. */
export function requirementLines(text: string, file: string): readonly string[] {
  return text.split(/\r?\n/).flatMap((raw, index) => {
    const line = raw.replace(/(^|\s)#.*$/, '').trim();
    if (line === '' || /^flwr(?![\w.-])/i.test(line)) return [];
    if (line.startsWith('-'))
      throw new UserError({
        exitCode: exit.invalid,
        doing: `Reading ${file}`,
        why: `line ${index + 1} is an option of pip (${line}), and requirements may only name packages`,
        hint: 'indexes and proxies go under remote.pip in fl-network.yaml',
      });
    return [line];
  });
}

/** A requirement as it is shown: one that is an address may hold a login. */
export function shownRequirement(line: string): string {
  return line.replace(/:\/\/[^/\s]*@/g, '://');
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A line that somebody else printed, without the logins of addresses, and without what is known to be one. */
export function withoutLogins(line: string, addresses: readonly (Secret | undefined)[]): string {
  const known = addresses.flatMap((address) => {
    const [, inside] = /:\/\/([^/\s]*)@/.exec(address?.reveal() ?? '') ?? [];
    const password = inside?.slice(inside.indexOf(':') + 1);
    return password ? [password, unescaped(password)] : [];
  });
  return known.reduce((text, secret) => text.replaceAll(secret, '***'), line.replace(/:\/\/[^/\s]*@/g, '://***@'));
}

/** The Flower version of fl-network.yaml first: it wins over what the app names. */
export function requirementsOf(
  network: Network,
  appRequirements: string | undefined,
  file = 'requirements.txt',
): readonly string[] {
  return [
    `flwr==${network.flower.version}`,
    ...requirementLines(appRequirements ?? '', `${network.flower.app}/${file}`),
  ];
}

/** Folder name of the environment: the same for all that need the same, so that they share it. */
export function environmentName(requirements: readonly string[], python: string): string {
  // 16 hex digits: a clash among one user's environments is out of the question, and paths stay short.
  const hash = createHash('sha256')
    .update(JSON.stringify([requirements, python]))
    .digest('hex')
    .slice(0, 16);
  return `python-${hash}`;
}

/** Folder name of what starts an interpreter that is used as it is. */
export function existingName(python: string): string {
  return `existing-${createHash('sha256').update(python).digest('hex').slice(0, 16)}`;
}

/** On a host: what tells beside an environment that a link leads to it (templates/host/place.py makes the same). */
export function userMark(environment: string, link: string): string {
  return `${environment}.users/${createHash('sha256').update(link).digest('hex').slice(0, 16)}`;
}

/** Words that run the runtime's own tool on a host. */
export function runtimeWords(home: string, ...verb: readonly string[]): readonly string[] {
  // From `/`: Python looks for modules where it is started, and a json.py at home would be taken for its own.
  return [
    'sh',
    '-c',
    'cd / && exec "$@"',
    'sh',
    'env',
    `PYTHONPATH=${home}/runtime`,
    `${home}/python/bin/python`,
    '-m',
    'fl_wizard_runtime',
    ...verb,
  ];
}

export function configPath(home: string, name: string): string {
  return `${home}/${name}.json`;
}

/** The runtime's configuration of one process (see templates/runtime). */
export function processConfig(
  network: Network,
  member: Member,
  paths: { readonly home: string; readonly certificates: string },
  run: {
    readonly id: string;
    readonly rounds?: number;
    readonly initialWeights?: string;
    /** Go on with it although it ended. */
    readonly resume?: boolean;
    /** Digest of all that the process is started with; it tells it again while it runs. */
    readonly settings?: string;
    /** Digest of the app's files, as a proof's record has it; a run keeps it. */
    readonly appDigest?: string;
  },
): string {
  const names = certificateNames(member);
  const { written, keepalive, linger, port } = network.flower;
  const config = {
    version: 1,
    role: member.role,
    network: network.name,
    name: member.name,
    home: paths.home,
    certificates: {
      ca: `${paths.certificates}/${names.ca}`,
      certificate: `${paths.certificates}/${names.certificate}`,
      key: `${paths.certificates}/${names.key}`,
    },
    app: `${paths.home}/app`,
    script: `${member.role}.py`,
    args: member.args,
    env: { FL_CERTIFICATES: paths.certificates, FL_SERVER: member.dial, ...member.env },
    run: run.id,
    ...(run.settings === undefined ? {} : { settings: run.settings }),
    ...(run.appDigest === undefined ? {} : { appDigest: run.appDigest }),
    ...(run.resume ? { resume: true } : {}),
    flower: {
      ...written,
      // Flower's strategies wait for two: with one client the script could wait for ever.
      minClients: written.minClients ?? (network.clients.length === 1 ? 1 : null),
      rounds: run.rounds ?? written.rounds,
      // It is the server's alone: a client's configuration stays the same when it changes.
      strategy: member.role === 'server' ? written.strategy : null,
      keepalive,
      linger,
      dial: member.dialWritten || written.port !== null ? member.dial : null,
    },
    defaults: {
      port,
      rounds: defaults.rounds,
      minClients: Math.min(defaults.minClients, network.clients.length),
      roundTimeout: defaults.roundTimeout,
      dial: member.dial,
    },
    initialWeights: run.initialWeights ?? null,
    ...(member.role === 'server'
      ? { clients: network.clients.map(({ name, commonName }) => ({ name, commonName })) }
      : { node: nodeOf(network, member) }),
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** What Flower's apps ask for in `context.node_config`: which client this is, of how many, and what is written. */
function nodeOf({ clients }: Network, { name, node }: Member): Member['node'] {
  const place = clients.findIndex((client) => client.name === name);
  return { 'partition-id': place, 'num-partitions': clients.length, ...node };
}

export type Allowed = { readonly name: string; readonly uri: string; readonly fingerprints: readonly string[] };

/**
 * The allow-list: who may train and who may watch, by SAN URI and fingerprint.
 * @param probes fingerprints of what a proof shows to be refused: it lets nobody in, and a refusal is marked with it
 */
export function allowList(
  clients: readonly Allowed[],
  operators: readonly Allowed[],
  probes: readonly string[],
): string {
  return `${JSON.stringify({ version: 1, clients, operators, probes }, null, 2)}\n`;
}
