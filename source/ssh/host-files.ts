import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { type ConfigValues, isNo } from './config.ts';
import { isNone } from './config-pass.ts';
import type { Target } from './target.ts';
import { expandPath, type PathFacts, type Refuse, type Tokens } from './tokens.ts';

/** The file names that OpenSSH tries unasked, those that ssh2 reads. */
const usualIdentities = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

type Files = Pick<
  Target,
  | 'identityFiles'
  | 'identitiesOnly'
  | 'identityAgent'
  | 'certificateFiles'
  | 'userKnownHostsFiles'
  | 'globalKnownHostsFiles'
>;

/**
 * The files and sockets that a login needs.
 * @param identityFile the one that fl-network.yaml names: the first to be tried
 */
export function filesOf(
  identityFile: string | undefined,
  config: ConfigValues,
  facts: PathFacts,
  refuse: Refuse,
): Files {
  const path = (text: string) => expandPath(text, facts, refuse);
  // A relative path counts from where we are, as for ssh.
  const paths = (texts: readonly string[]) => texts.filter((text) => !isNone(text)).map((text) => resolve(path(text)));
  const certificateFiles = paths(config.all('certificatefile'));
  const userFiles = config.all('userknownhostsfile');
  const globalFiles = config.all('globalknownhostsfile');
  const agent = agentOf(config.first('identityagent'), path, facts.env);
  return {
    identityFiles: identities(identityFile, config, paths, facts),
    identitiesOnly: !isNo(config.first('identitiesonly')),
    ...(agent === undefined ? {} : { identityAgent: agent }),
    ...(certificateFiles.length > 0 && { certificateFiles }),
    ...(userFiles.length > 0 && { userKnownHostsFiles: paths(userFiles) }),
    ...(globalFiles.length > 0 && { globalKnownHostsFiles: globalFiles.filter((file) => !isNone(file)) }),
  };
}

/** The key files to try: the entry's, then the configuration's, else the usual ones that exist. */
function identities(
  identityFile: string | undefined,
  config: ConfigValues,
  paths: (texts: readonly string[]) => readonly string[],
  { home, tokens }: PathFacts,
): readonly string[] {
  const written = config.all('identityfile');
  if (identityFile === undefined && written.length === 0)
    return usualIdentities.map((name) => join(home, '.ssh', name)).filter((file) => existsSync(file));
  const own = identityFile === undefined ? [] : [entryPath(identityFile, home, tokens)];
  return [...new Set([...own, ...paths(written)])];
}

/** A path of fl-network.yaml: what is no token there is a part of the name. */
function entryPath(file: string, home: string, tokens: Tokens): string {
  const path = file
    .replace(/^~(?=\/|$)/, home)
    .replace(/%(.)/gs, (whole, token: string) => (token === '%' ? '%' : (tokens[token] ?? whole)));
  return isAbsolute(path) ? path : join(home, path);
}

/** IdentityAgent: a path, `none`, the name of a variable behind a `$`, or SSH_AUTH_SOCK for the usual one. */
function agentOf(value: string | undefined, path: (text: string) => string, env: PathFacts['env']): string | undefined {
  if (value === undefined || value === 'SSH_AUTH_SOCK') return undefined;
  if (isNone(value)) return 'none';
  const variable = /^\$([A-Za-z_]\w*)$/.exec(value)?.[1];
  return variable === undefined ? path(value) : env[variable] || 'none';
}
