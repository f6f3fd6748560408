/** What the system's own ssh makes of a ~/.ssh/config: the oracle of ours. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A host as ssh would dial it. */
export type Dialed = {
  readonly address: string;
  readonly port: number;
  readonly user: string;
};

export type Understood = Dialed & {
  /** Where ssh would go first, the nearest first. */
  readonly through: readonly Dialed[];
  /** The command that makes the first connection, as a shell is given it. */
  readonly proxyCommand: string | undefined;
  readonly identityFiles: readonly string[];
  /** Of `ssh -G`, by keyword in small letters. */
  option(name: string): string | undefined;
};

/** The login name of whoever runs ssh there. */
export const localUser = 'root';

/** A home of its own with one of the usual keys: ssh asks passwd for it, not HOME, so it sees another passwd. */
export function makeHome(home: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries({ ...files, id_ed25519: '' })) {
    const file = join(home, '.ssh', name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, 0o600);
  }
  writeFileSync(join(home, 'passwd'), `${localUser}:x:0:0::${home}:/bin/sh\n`);
}

function ssh(home: string, words: readonly string[], env: Readonly<Record<string, string>>) {
  const script = 'mount --make-rprivate / && mount --bind "$0/passwd" /etc/passwd && exec ssh "$@"';
  const own = ['-F', join(home, '.ssh', 'config'), ...words];
  return spawnSync('unshare', ['-m', 'sh', '-c', script, home, ...own], {
    encoding: 'utf8',
    input: '',
    env: { PATH: process.env.PATH ?? '', ...env },
  });
}

/** What ssh makes of a name; what it says where it refuses. */
export function understood(
  home: string,
  host: string,
  env: Readonly<Record<string, string>> = {},
): Understood | { readonly refusal: string } {
  return understand(home, [], host, env);
}

function understand(
  home: string,
  words: readonly string[],
  host: string,
  env: Readonly<Record<string, string>>,
): Understood | { readonly refusal: string } {
  const { status, stdout, stderr } = ssh(home, [...words, '-G', host], env);
  if (status !== 0) return { refusal: stderr };
  const lines = stdout.trim().split('\n');
  const option = (name: string) => lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
  const jump = option('proxyjump');
  const direct = option('proxycommand') === undefined;
  const before = jump === undefined ? undefined : jumped(home, jump, env);
  if (before && 'refusal' in before) return before;
  // Nobody is dialed for a question: the configuration's command is run, or one that does nothing.
  const noDial = direct ? ['-o', 'ProxyCommand=true', '-o', 'ProxyUseFdpass=no'] : [];
  const said = ssh(
    home,
    [...noDial, ...words.filter((word, at) => word !== '-J' && words[at - 1] !== '-J'), '-v', host],
    env,
  ).stderr;
  return {
    address: option('hostname') ?? '',
    port: Number(option('port')),
    user: option('user') ?? '',
    through: before ? [...before.through, { address: before.address, port: before.port, user: before.user }] : [],
    proxyCommand: before
      ? before.proxyCommand
      : direct
        ? undefined
        : /Executing proxy command: exec (.*?)\r?\n/.exec(said)?.[1],
    identityFiles: [...said.matchAll(/identity file (.*) type -?\d+/g)]
      .map((match) => unescaped(match[1] ?? ''))
      .filter((file) => !isUnasked(file)),
    option,
  };
}

/** Messages of ssh have their backslashes doubled (vis(3)). */
const unescaped = (text: string) => text.replaceAll('\\\\', '\\');

/** What ssh looks for though nobody named it: we name of those only what is there. */
function isUnasked(file: string): boolean {
  return file.endsWith('-cert') || (/\/\.ssh\/id_[a-z0-9_]+$/.test(file) && !existsSync(file));
}

/** As ssh itself goes on: by `ssh -J EXTRA -l USER -p PORT HOST` (ssh.c). */
function jumped(home: string, jump: string, env: Readonly<Record<string, string>>): ReturnType<typeof understand> {
  const comma = jump.lastIndexOf(',');
  const last = /^(?:(.+)@)?(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(jump.slice(comma + 1));
  const [, user, bracketed, plain, port] = last ?? [];
  const words = [
    ...(comma === -1 ? [] : ['-J', jump.slice(0, comma)]),
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', port]),
  ];
  return understand(home, words, bracketed ?? plain ?? '', env);
}
