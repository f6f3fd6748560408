/** A network as the rest of the house sees it: every default filled in, every host with all that concerns it. */
import { Secret } from '../plan/secret.ts';
import type { NetworkFile, RemoteKeys, SshKeys } from './schema.ts';
import { defaults } from './schema.ts';
import type { StrategyKeys } from './strategy.ts';

/** One machine and the role that it plays. */
export type Member = {
  /** `server`, or the client's name. */
  readonly name: string;
  readonly role: 'server' | 'client';
  readonly commonName: string;
  readonly ssh: SshKeys;
  /** HOST:PORT that this client dials; the server's own address for the server. */
  readonly dial: string;
  /** Whether `dial` stands in fl-network.yaml (then it wins over the script). */
  readonly dialWritten: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  /** What a Flower app finds in `context.node_config`, beside its place among the clients. */
  readonly node: Readonly<Record<string, string | number | boolean>>;
  /** Paths there that its code reads, and that it writes. */
  readonly data: readonly string[];
  readonly writable: readonly string[];
  readonly gpu: boolean;
  /** `existing`: `remote.python` is used as it is, and nothing is installed into it. */
  readonly environment: 'managed' | 'existing';
  readonly remote: Remote;
};

export type Remote = {
  /** May start with `~/`, the owner's home. */
  readonly certificates: string;
  readonly home: string;
  readonly owner?: string;
  readonly python: string;
  readonly pip: PackageSources;
  /** Most that a process may take; only systemd can hold it to that. */
  readonly limits: Limits;
};

export type Limits = {
  /** With its unit, e.g. `4G`. */
  readonly memory?: string;
  readonly cpus?: number;
};

/** Where packages come from. An address may hold a login. */
export type PackageSources = {
  readonly indexUrl?: Secret;
  readonly extraIndexUrl?: Secret;
  readonly proxy?: Secret;
};

export type Flower = {
  readonly version: string;
  readonly port: number;
  /** The script that names it, where fl-network.yaml does not and it is another than the default. */
  readonly portFrom?: string;
  readonly keepalive: number;
  readonly linger: number;
  readonly app: string;
  /** What the user wrote; it wins over the script. */
  readonly written: {
    readonly port: number | null;
    readonly rounds: number | null;
    readonly minClients: number | null;
    readonly roundTimeout: number | null;
    readonly strategy: StrategyKeys | null;
  };
};

export type Network = {
  readonly name: string;
  readonly certificates: {
    readonly folder: string;
    readonly subject: readonly (readonly [type: string, value: string])[];
    readonly algorithm: 'rsa' | 'ec';
    readonly days: number;
    readonly caDays: number;
    readonly keys: 'here' | 'host';
  };
  readonly flower: Flower;
  readonly address: string;
  /** Further names of the server: DNS or IP. */
  readonly names: readonly string[];
  readonly server: Member;
  readonly clients: readonly Member[];
};

/** The server first, then the clients in the order of the file. */
export function members(network: Network): readonly Member[] {
  return [network.server, ...network.clients];
}

/** Joins a host and a port; IPv6 goes into brackets. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Takes HOST:PORT apart; brackets around IPv6 are removed. */
export function splitHostPort(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}

/** Fills in what fl-network.yaml leaves out. */
export function completeNetwork(file: NetworkFile): Network {
  const port = file.flower?.port ?? defaults.port;
  const serverDial = hostPort(file.server.address, port);
  return {
    name: file.name,
    certificates: certificatesOf(file),
    flower: flowerOf(file),
    address: file.server.address,
    names: file.server.names ?? [],
    server: {
      name: 'server',
      role: 'server',
      commonName: file.server.address,
      ssh: file.server.ssh,
      dial: serverDial,
      dialWritten: false,
      env: {},
      args: [],
      node: {},
      data: [],
      writable: [],
      gpu: false,
      environment: file.server.environment ?? defaults.environment,
      remote: remoteOf(file, file.server.remote),
    },
    clients: file.clients.map((client) => ({
      name: client.name,
      role: 'client' as const,
      commonName: client.commonName ?? client.name,
      ssh: client.ssh,
      dial: client.dial ?? serverDial,
      dialWritten: client.dial !== undefined,
      env: client.env ?? {},
      args: client.args ?? [],
      node: client.node ?? {},
      data: client.data ?? [],
      writable: client.writable ?? [],
      gpu: client.gpu ?? false,
      environment: client.environment ?? defaults.environment,
      remote: remoteOf(file, client.remote),
    })),
  };
}

function certificatesOf(file: NetworkFile): Network['certificates'] {
  const written = file.certificates ?? {};
  const subject = Object.entries(written.subject ?? { O: file.name }).flatMap(([type, value]) =>
    value === undefined ? [] : [[type, value] as const],
  );
  return {
    folder: written.folder ?? defaults.folder,
    subject: [...subject, ['CN', file.server.address] as const],
    algorithm: written.algorithm ?? defaults.algorithm,
    days: written.days ?? defaults.days,
    caDays: written.caDays ?? defaults.caDays,
    keys: written.keys ?? defaults.keys,
  };
}

function flowerOf(file: NetworkFile): Flower {
  const written = file.flower ?? {};
  return {
    version: written.version ?? defaults.flowerVersion,
    port: written.port ?? defaults.port,
    keepalive: written.keepalive ?? defaults.keepalive,
    linger: written.linger ?? defaults.linger,
    app: written.app ?? defaults.app,
    written: {
      port: written.port ?? null,
      rounds: written.rounds ?? null,
      minClients: written.minClients ?? null,
      roundTimeout: written.roundTimeout ?? null,
      strategy: written.strategy ?? null,
    },
  };
}

function remoteOf(file: NetworkFile, own: RemoteKeys | undefined): Remote {
  const merged = { ...file.remote, ...own };
  const pip = { ...file.remote?.pip, ...own?.pip };
  const limits = { ...file.remote?.limits, ...own?.limits };
  return {
    certificates: merged.certificates ?? defaults.remoteCertificates,
    home: merged.home ?? `~/fl-wizard/${file.name}`,
    ...(merged.owner === undefined ? {} : { owner: merged.owner }),
    python: merged.python ?? defaults.python,
    pip: Object.fromEntries(
      Object.entries(pip).flatMap(([key, value]) => (value === undefined ? [] : [[key, new Secret(value)]])),
    ),
    limits: {
      ...(limits.memory === undefined ? {} : { memory: limits.memory }),
      ...(limits.cpus === undefined ? {} : { cpus: limits.cpus }),
    },
  };
}
