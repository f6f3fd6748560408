import { hostname } from 'node:os';
import { exit, UserError } from '../plan/failure.ts';
import { type ConfigValues, isNo, readConfig } from './config.ts';
import type { SshConfig } from './config-file.ts';
import { isNone, unusable } from './config-pass.ts';
import { dialOptionsOf } from './dial-options.ts';
import { parseHop, type SshEntry } from './hop.ts';
import { filesOf } from './host-files.ts';
import { hostName, userName } from './safe-name.ts';
import type { Target } from './target.ts';
import { expandTokens, type Tokens } from './tokens.ts';

export type { SshEntry } from './hop.ts';
export { destination, type SshWordsOptions, sshWords } from './system-ssh.ts';
export type { Target } from './target.ts';

/** What `resolveTarget` needs from around it. */
export type ResolveOptions = {
  /** The operator's home folder, for `~`. */
  readonly home: string;
  /** ~/.ssh/config, where there is one. */
  readonly config?: SshConfig | undefined;
  /** The user where neither entry nor configuration names one: ours on this machine. */
  readonly defaultUser: string;
  /** For `${VARIABLE}` in paths. */
  readonly env?: Readonly<Record<string, string | undefined>>;
};

/** Hops over hops: more than this is a loop. */
const mostHops = 8;

/**
 * Where and how to log in to a host: the entry of fl-network.yaml over ~/.ssh/config over OpenSSH's defaults. Nothing
 * is run for it; a ProxyCommand comes from ~/.ssh/config only.
 * @throws UserError (exit 2) for what is not supported (`Match exec`), a loop of jumps, and names or ports that can't
 *   be right
 */
export function resolveTarget(entry: SshEntry, options: ResolveOptions): Target {
  return resolve(entry, options, 0);
}

function resolve(entry: SshEntry, options: ResolveOptions, depth: number): Target {
  const invalid = (why: string) =>
    new UserError({ exitCode: exit.invalid, doing: `Reading the SSH settings of ${entry.host}`, why });
  if (depth > mostHops) throw invalid('its ProxyJump leads back to itself or through too many hosts');
  const localUser = options.defaultUser;
  const wayGiven = entry.proxyJump !== undefined;
  const config = readConfig(options.config ?? [], { host: entry.host, user: entry.user, wayGiven, localUser });
  const { address } = config;
  const user = config.first('user') ?? localUser;
  const port = entry.port ?? (config.first('port') === undefined ? 22 : Number(config.first('port')));
  const hostKeyAlias = config.first('hostkeyalias')?.toLowerCase();
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw invalid(`${config.first('port') ?? port} is no port (1 to 65535)`);
  for (const name of [entry.host, address, hostKeyAlias ?? address])
    if (name === '' || !hostName.test(name)) throw invalid(`${JSON.stringify(name)} is no name of a host`);
  if (user === '' || !userName.test(user)) throw invalid(`${JSON.stringify(user)} is no name of a user`);
  const tokens = { h: address, k: hostKeyAlias ?? entry.host, n: entry.host, p: String(port), r: user };
  const refuse = (why: string) => unusable(entry.host, why);
  const facts = { home: options.home, env: options.env ?? {}, tokens: { ...tokens, ...localTokens(options) } };
  return {
    address,
    port,
    ...(entry.port === undefined && config.first('port') !== undefined && { portFromConfig: true as const }),
    user,
    ...filesOf(entry.identityFile, config, facts, refuse),
    ...wayOf(entry, config, tokens, options, depth),
    ...dialOptionsOf(config, refuse),
    ...(hostKeyAlias && { hostKeyAlias }),
    ...(entry.hostKey && { hostKey: normalFingerprint(entry.hostKey) }),
  };
}

function localTokens({ home, defaultUser }: ResolveOptions): Tokens {
  const name = hostname();
  return { d: home, i: String(process.getuid?.() ?? ''), l: name, L: name.replace(/\..*$/, ''), u: defaultUser };
}

/** Through which hosts, or by which command. */
function wayOf(
  entry: SshEntry,
  config: ConfigValues,
  tokens: Tokens,
  options: ResolveOptions,
  depth: number,
): Pick<Target, 'proxyJump' | 'proxyCommand'> {
  const refuse = (why: string) => unusable(entry.host, why);
  const command = config.first('proxycommand') ?? 'none';
  if (!isNone(command)) {
    if (!isNo(config.first('proxyusefdpass')))
      throw refuse('ProxyUseFdpass: fl-wizard talks to a ProxyCommand, and takes no connection from it');
    if (command === '-') throw refuse('ProxyCommand -: fl-wizard needs a command of its own to talk to');
    return { proxyJump: [], proxyCommand: expandTokens(command, tokens, refuse) };
  }
  const jump = entry.proxyJump ?? expandTokens(config.first('proxyjump') ?? 'none', tokens, refuse);
  return { proxyJump: isNone(jump) ? [] : hops(jump, entry, options, depth) };
}

/** Only the first hop has a way of its own, as with `ssh -J`. */
function hops(jump: string, entry: SshEntry, options: ResolveOptions, depth: number): Target[] {
  return jump.split(',').flatMap((text, index) => {
    const hop = { ...parseHop(text, entry.host), ...(entry.identityFile && { identityFile: entry.identityFile }) };
    const target = resolve(index === 0 ? hop : { ...hop, proxyJump: 'none' }, options, depth + 1);
    return [...target.proxyJump, { ...target, proxyJump: [] }];
  });
}

/** A fingerprint as OpenSSH writes it: people also paste it with padding or without its prefix. */
function normalFingerprint(text: string): string {
  return `SHA256:${text
    .trim()
    .replace(/^SHA256:/i, '')
    .replace(/=+$/, '')}`;
}
