import SSHConfig, { type Line } from 'ssh-config';
import { exit, UserError } from '../plan/failure.ts';

/** What we use of ~/.ssh/config for one host. */
export type ConfigValues = {
  readonly hostName: string | undefined;
  readonly user: string | undefined;
  readonly port: string | undefined;
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  readonly proxyJump: string | undefined;
  /** A command that would make the connection; nothing here runs it. */
  readonly proxyCommand: string | undefined;
  readonly hostKeyAlias: string | undefined;
};

/** Set by every `Match exec` section in the place of its own settings, so that we notice where one would apply. */
const execMarker = 'fl-wizard-match-exec';

/** The names that ssh-config compares exactly, where ssh(1) ignores their case. */
const exactNames = ['HostName', 'User'];

/**
 * What an ssh_config(5) text says about a host. Nothing in it is ever run.
 * @param user the user that was given and so wins over the text, for `Match user`
 * @throws UserError (exit 2) where the settings depend on `Match exec`, or the text can't be read
 */
export function readConfig(text: string | undefined, host: string, user?: string): ConfigValues {
  const values = text === undefined ? {} : compute(text, host, user);
  if (values[execMarker] !== undefined)
    throw unusable(host, 'Match exec applies to it there, and fl-wizard runs no commands of ~/.ssh/config');
  const names = Object.keys(values);
  // Of ProxyJump and ProxyCommand the first counts (ssh_config(5)); the values are in the order of their first setting.
  const jumpFirst = names.includes('proxyjump') && names.indexOf('proxyjump') < names.indexOf('proxycommand');
  return {
    hostName: single(values.hostname),
    user: single(values.user),
    port: single(values.port),
    identityFiles: [values.identityfile ?? []].flat(),
    identitiesOnly: single(values.identitiesonly)?.toLowerCase() === 'yes',
    proxyJump: single(values.proxyjump),
    proxyCommand:
      jumpFirst || single(values.proxycommand)?.toLowerCase() === 'none' ? undefined : single(values.proxycommand),
    hostKeyAlias: single(values.hostkeyalias),
  };
}

/** The error for settings that can't be used; `why` continues "its settings in ~/.ssh/config". */
export function unusable(host: string, why: string): UserError {
  return new UserError({
    exitCode: exit.invalid,
    doing: `Reading the settings of ${host} in ~/.ssh/config`,
    why,
    hint: 'write host, user, port, identityFile and proxyJump under ssh: in fl-network.yaml (a ProxyCommand through a host is a proxyJump)',
  });
}

type Computed = Readonly<Record<string, string | string[]>>;

function compute(text: string, host: string, user: string | undefined): Computed {
  try {
    const config = SSHConfig.parse(text);
    for (const line of config) prepare(line);
    const query = user === undefined ? { Host: host } : { Host: host, User: user };
    return config.compute(query, { ignoreCase: true, matchExec: false });
  } catch (error) {
    throw unusable(host, `it can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Takes the sting out of a line: the library would run `Match exec`, and nslookup for CanonicalizeHostname. */
function prepare(line: Line): void {
  if (!('param' in line)) return;
  const name = exactNames.find((exact) => exact.toLowerCase() === line.param.toLowerCase());
  if (name) line.param = name;
  if (/^CanonicalizeHostName$/i.test(line.param)) line.value = 'no';
  if (!('config' in line)) return;
  for (const inner of line.config) prepare(inner);
  if (!('criteria' in line)) return;
  const exec = Object.keys(line.criteria).filter((key) => /^!?exec$/i.test(key));
  if (exec.length === 0) return;
  for (const key of exec) delete line.criteria[key];
  line.config = SSHConfig.parse(`${execMarker} yes`);
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
