import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { exit, UserError } from '../plan/failure.ts';
import { type ConfigValues, readConfig, unusable } from './config.ts';

export { destination, type SshWordsOptions, sshWords } from './system-ssh.ts';

/** How a host is written in fl-network.yaml. */
export type SshEntry = {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
  readonly identityFile?: string;
  /** Hosts to go through, `[user@]host[:port]`, separated by commas. */
  readonly proxyJump?: string;
  /** The fingerprint of the host's key, `SHA256:…`. */
  readonly hostKey?: string;
};

/** A host as it is dialed: nothing left to look up but its address. */
export type Target = {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Absolute paths, in the order in which they are tried. They need not exist. */
  readonly identityFiles: readonly string[];
  /** Whether these files are all that may be tried; else also whatever the agent holds. */
  readonly identitiesOnly: boolean;
  /** Hops to go through, the nearest first; these have none of their own. */
  readonly proxyJump: readonly Target[];
  /** The name to look the host's key up by, instead of address and port. */
  readonly hostKeyAlias?: string;
  /** The only fingerprint to accept; wins over every known_hosts file. */
  readonly hostKey?: string;
};

/** What `resolveTarget` needs from around it. */
export type ResolveOptions = {
  /** The operator's home folder, for `~`. */
  readonly home: string;
  /** The text of ~/.ssh/config, where there is one. */
  readonly configText?: string | undefined;
  /** The user where neither entry nor configuration names one. */
  readonly defaultUser: string;
};

/** The file names that OpenSSH tries unasked, those that ssh2 reads. */
const usualIdentities = ['id_ed25519', 'id_ecdsa', 'id_rsa'];
/** Hops over hops: more than this is a loop. */
const mostHops = 8;

/**
 * Where and how to log in to a host: the entry of fl-network.yaml over ~/.ssh/config over OpenSSH's defaults.
 * @throws UserError (exit 2) for `Match exec`, `ProxyCommand`, a loop of jumps, and names or ports that can't be right
 */
export function resolveTarget(entry: SshEntry, options: ResolveOptions): Target {
  return resolve(entry, options, 0);
}

function resolve(entry: SshEntry, options: ResolveOptions, depth: number): Target {
  const invalid = (why: string, hint?: string) =>
    new UserError({
      exitCode: exit.invalid,
      doing: `Reading the SSH settings of ${entry.host}`,
      why,
      ...(hint && { hint }),
    });
  if (depth > mostHops) throw invalid('its ProxyJump leads back to itself or through too many hosts');
  const config = readConfig(options.configText, entry.host, entry.user);
  if (config.proxyCommand !== undefined && entry.proxyJump === undefined) {
    throw unusable(entry.host, 'ProxyCommand applies to it there, and fl-wizard runs no commands of ~/.ssh/config');
  }
  const user = entry.user ?? config.user ?? options.defaultUser;
  const address = (config.hostName ?? entry.host).replaceAll('%h', entry.host).replace(/^\[(.*)\]$/, '$1');
  const port = entry.port ?? (config.port === undefined ? 22 : Number(config.port));
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw invalid(`${config.port ?? port} is no port (1 to 65535)`);
  for (const name of [address, user]) {
    if (name === '' || name.startsWith('-') || /[\s\0]/.test(name))
      throw invalid(`${JSON.stringify(name)} is no name for a host or user`);
  }
  const jump = entry.proxyJump ?? config.proxyJump;
  const proxyJump = jump === undefined || jump === 'none' ? [] : hops(jump, entry, options, depth);
  return {
    address,
    port,
    user,
    ...identities(entry, config, { home: options.home, address, user }),
    proxyJump,
    ...(config.hostKeyAlias && { hostKeyAlias: config.hostKeyAlias }),
    ...(entry.hostKey && { hostKey: normalFingerprint(entry.hostKey) }),
  };
}

/** Only the first hop goes through hops of its own, as with `ssh -J`. */
function hops(jump: string, entry: SshEntry, options: ResolveOptions, depth: number): Target[] {
  return jump.split(',').flatMap((text, index) => {
    const hop = { ...parseHop(text, entry.host), ...(entry.identityFile && { identityFile: entry.identityFile }) };
    const target = resolve(index === 0 ? hop : { ...hop, proxyJump: 'none' }, options, depth + 1);
    return [...target.proxyJump, { ...target, proxyJump: [] }];
  });
}

/** `[ssh://][user@]host[:port]`, the host in brackets where it is an IPv6 address. */
function parseHop(text: string, host: string): SshEntry {
  const match =
    /^(?:ssh:\/\/)?(?:(?<user>[^@]+)@)?(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^:@]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*))(?::(?<port>\d+))?\/?$/.exec(
      text.trim(),
    );
  const name = match?.groups?.bracketed ?? match?.groups?.plain;
  if (!name) {
    throw new UserError({
      exitCode: exit.invalid,
      doing: `Reading the SSH settings of ${host}`,
      why: `${JSON.stringify(text)} is no host to jump through`,
      hint: 'write proxyJump as [user@]host[:port], several separated by commas',
    });
  }
  const { user, port } = match?.groups ?? {};
  return { host: name, ...(user && { user }), ...(port && { port: Number(port) }) };
}

type Names = { readonly home: string; readonly address: string; readonly user: string };

/** The key files to try: the entry's, then the configuration's, else the usual ones that exist. */
function identities(
  entry: SshEntry,
  config: ConfigValues,
  names: Names,
): Pick<Target, 'identityFiles' | 'identitiesOnly'> {
  const identitiesOnly = config.identitiesOnly;
  const written = [...(entry.identityFile ? [entry.identityFile] : []), ...config.identityFiles];
  const usual = usualIdentities.map((name) => join(names.home, '.ssh', name)).filter((file) => existsSync(file));
  if (written.length === 0) return { identityFiles: usual, identitiesOnly };
  const files = written.filter((file) => file !== 'none').map((file) => expand(file, names));
  return { identityFiles: [...new Set(files)], identitiesOnly };
}

/** A fingerprint as OpenSSH writes it: people also paste it with padding or without its prefix. */
function normalFingerprint(text: string): string {
  return `SHA256:${text
    .trim()
    .replace(/^SHA256:/i, '')
    .replace(/=+$/, '')}`;
}

/** `~` and the tokens of ssh_config(5) that mean something for a path of ours. */
function expand(file: string, names: Names): string {
  const tokens: Readonly<Record<string, string>> = { d: names.home, h: names.address, r: names.user, '%': '%' };
  const path = file
    .replace(/^~(?=\/|$)/, names.home)
    .replace(/%([dhr%])/g, (whole, token: string) => tokens[token] ?? whole);
  return isAbsolute(path) ? path : join(names.home, path);
}
