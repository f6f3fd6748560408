import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { fingerprint } from '../../source/ssh/known-hosts.ts';
import type { Namespace } from './wires.ts';

const run = promisify(execFile);
const sshd = '/usr/sbin/sshd';
/** A user that the machine itself doesn't have. */
const ubuntu = { name: 'ubuntu', id: 4242 };

/** Whether a real sshd can be started here: as root, where it is installed and namespaces may be made. */
export const canRunSshd = process.platform === 'linux' && process.getuid?.() === 0 && existsSync(sshd);

export type SshdOptions = {
  /** Holds everything, also the login key `id_ed25519`, which all hosts of one directory take. */
  readonly directory: string;
  readonly name: string;
  /** `root`, or `ubuntu`: one without rights, but with sudo that asks no password. Default `root`. */
  readonly user?: 'root' | 'ubuntu';
  /** `false` takes sudo's rights away from `ubuntu`; with `asks`, sudo wants the password first. */
  readonly sudo?: boolean | 'asks';
  /** `ubuntu`'s password; without it, there is none that would do. */
  readonly password?: string;
  /** Further files of the host's /etc: `{'pam.d/sshd': '…'}`. */
  readonly etc?: Readonly<Record<string, string>>;
  /** Where it listens; default 127.0.0.1. */
  readonly address?: string;
  /** The login shell of the user; default /bin/bash. */
  readonly shell?: string;
  /** Lines for the host's /etc/hosts beside localhost. */
  readonly hosts?: string;
  /** Environment of every command there. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Further public keys that may log in. */
  readonly authorizedKeys?: readonly string[];
  /** Default: `['ed25519']`. */
  readonly hostKeyTypes?: readonly ('ed25519' | 'ecdsa' | 'rsa')[];
  /** Further lines for sshd_config. */
  readonly config?: readonly string[];
  /** Lines of shell, run as root where only the host sees what they mount. `$1` is the folder of the host. */
  readonly mounts?: readonly string[];
  /** Where it listens; default 127.0.0.1, in this machine's own network. */
  readonly network?: { readonly namespace: Namespace; readonly address: string };
};

export type Sshd = {
  readonly name: string;
  readonly user: string;
  readonly address: string;
  readonly port: number;
  /** Of its first host key. */
  readonly fingerprint: string;
  /** The host's public keys, as in its .pub files. */
  readonly publicKeys: readonly string[];
  /** The same path inside and outside. */
  readonly home: string;
  /** The private key to log in with. */
  readonly identityFile: string;
  /** What the host has changed in /etc: `etc/ssl/fl_network` is here `join(etc, 'ssl/fl_network')`. */
  readonly etc: string;
  /** Kills sshd and everything that was started there. */
  stop(): Promise<void>;
  /** After `stop`: the same host at the same port, as after a reboot. What lay on its disk still does. */
  startAgain(): Promise<void>;
};

/**
 * Starts a real OpenSSH server on 127.0.0.1 in a mount namespace of its own: its /etc is an overlay, so it has users,
 * sudoers, hosts and certificates of its own, and the machine keeps no trace of it.
 */
export async function startSshd(options: SshdOptions): Promise<Sshd> {
  const { directory, name, user = 'root' } = options;
  const base = join(directory, name);
  const path = (file: string) => join(base, file);
  for (const folder of [directory, base, path('home'), path('etc'), path('work')])
    mkdirSync(folder, { recursive: true });
  // ubuntu has to get through to its home.
  for (const folder of [directory, base]) chmodSync(folder, 0o711);
  const types = options.hostKeyTypes ?? ['ed25519'];
  const identityFile = join(directory, 'id_ed25519');
  await Promise.all([makeKey(identityFile, 'ed25519'), ...types.map((type) => makeKey(path(`host_${type}`), type))]);
  const keys = [readFileSync(`${identityFile}.pub`, 'utf8').trim(), ...(options.authorizedKeys ?? [])];
  writeFileSync(path('authorized_keys'), `${keys.join('\n')}\n`);
  writeEtc(path('etc'), path('home'), options);
  const publicKeys = types.map((type) => readFileSync(path(`host_${type}.pub`), 'utf8').trim());
  const begin = (port: number) => start(base, configuration(base, port, types, options), options);
  const { port, child } = await listen(begin);
  let end = endOf(child);
  return {
    name,
    user,
    address: addressOf(options),
    port,
    fingerprint: fingerprint(Buffer.from(publicKeys[0]?.split(' ')[1] ?? '', 'base64')),
    publicKeys,
    home: path('home'),
    identityFile,
    etc: path('etc'),
    stop: () => end(),
    async startAgain() {
      const again = await begin(port);
      if (!again) throw new Error(`somebody else has taken port ${port} meanwhile`);
      end = endOf(again);
    },
  };
}

/** Runs a line of shell on a host. What is changed there is changed so: an overlay does not see what changes below it. */
export function on({ address, port, user, identityFile }: Sshd, command: string): string {
  const options = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR'];
  const words = [...options, '-F', 'none', '-i', identityFile, '-p', String(port), `${user}@${address}`, command];
  const { status, stdout, stderr } = spawnSync('ssh', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** Keys under way or made, so that hosts that start at once share one login key. */
const keysMade = new Map<string, Promise<unknown>>();

function makeKey(file: string, type: string): Promise<unknown> {
  const made =
    keysMade.get(file) ??
    (existsSync(file) ? Promise.resolve() : run('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', file]));
  keysMade.set(file, made);
  return made;
}

/** The files of /etc that differ from the machine's: its users' homes, a user, sudo and names. */
function writeEtc(etc: string, home: string, options: SshdOptions): void {
  const { user = 'root', sudo = true, hosts = '', shell = '/bin/bash', password, etc: files = {} } = options;
  const users = readFileSync('/etc/passwd', 'utf8').replace(
    /^root:.*$/m,
    `root:x:0:0:root:${user === 'root' ? home : '/root'}:${user === 'root' ? shell : '/bin/bash'}`,
  );
  const write = (file: string, text: string, mode = 0o644) => {
    writeFileSync(join(etc, file), text, { mode });
    chmodSync(join(etc, file), mode);
  };
  write('hosts', `127.0.0.1 localhost ${hostname()}\n::1 localhost\n${hosts}\n`);
  chmodSync(etc, 0o755);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(etc, dirname(file)), { recursive: true });
    write(file, text);
  }
  if (user === 'root') {
    write('passwd', users);
    return;
  }
  write('passwd', `${users}${ubuntu.name}:x:${ubuntu.id}:${ubuntu.id}::${home}:${shell}\n`);
  write('group', `${readFileSync('/etc/group', 'utf8')}${ubuntu.name}:x:${ubuntu.id}:\n`);
  // A star has no password; an exclamation mark would be a locked account, which sshd turns away.
  write(
    'shadow',
    `${readFileSync('/etc/shadow', 'utf8')}${ubuntu.name}:${hashed(password)}:19000:0:99999:7:::\n`,
    0o600,
  );
  mkdirSync(join(etc, 'sudoers.d'), { recursive: true });
  const rule = `${ubuntu.name} ALL=(ALL) ${sudo === 'asks' ? '' : 'NOPASSWD:'}ALL\n`;
  if (sudo) write('sudoers.d/fl-wizard-test', rule, 0o440);
  chownSync(home, ubuntu.id, ubuntu.id);
}

const hashed = (password: string | undefined) =>
  password === undefined ? '*' : execFileSync('openssl', ['passwd', '-6', password], { encoding: 'utf8' }).trim();

const addressOf = ({ network, address }: SshdOptions) => network?.address ?? address ?? '127.0.0.1';

function configuration(base: string, port: number, types: readonly string[], options: SshdOptions): string {
  const environment = Object.entries(options.environment ?? {}).map(([key, value]) => `${key}="${value}"`);
  return [
    ...(options.config ?? []),
    `ListenAddress ${addressOf(options)}`,
    `Port ${port}`,
    ...types.map((type) => `HostKey ${base}/host_${type}`),
    `AuthorizedKeysFile ${base}/authorized_keys`,
    'PidFile none',
    'PermitRootLogin prohibit-password',
    'StrictModes no',
    'UsePAM no',
    'UseDNS no',
    // Tests connect to one host many times at once.
    'MaxStartups 200',
    'MaxSessions 100',
    ...(environment.length > 0 ? [`SetEnv ${environment.join(' ')}`] : []),
    '',
  ].join('\n');
}

/** Runs sshd in a namespace of its own; it dies with us. Resolves once it listens, `undefined` where the port is taken. */
async function start(
  base: string,
  config: string,
  { mounts = [], network }: SshdOptions,
): Promise<ChildProcess | undefined> {
  writeFileSync(join(base, 'sshd_config'), config);
  const script = `set -e
mount --make-rprivate /
mount -t overlay overlay -o lowerdir=/etc,upperdir="$1/etc",workdir="$1/work" /etc
mount -t tmpfs tmpfs /run
mkdir -m 0755 /run/sshd
${mounts.join('\n')}
exec ${sshd} -D -e -f "$1/sshd_config"`;
  const enter = network ? ['nsenter', `--net=${network.namespace.path}`] : [];
  const words = ['--pdeathsig', 'KILL', ...enter, 'unshare', '-m', 'sh', '-c', script, 'sh', base];
  const child = spawn('setpriv', words, {
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: '/',
  });
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line);
    if (line.startsWith('Server listening on')) {
      // What it says later is of no use, but must not fill the pipe.
      child.stderr.resume();
      child.unref();
      return child;
    }
    if (line.includes('Address already in use')) return undefined;
  }
  throw new Error(`sshd did not start: ${said.join('\n')}`);
}

async function listen(
  begin: (port: number) => Promise<ChildProcess | undefined>,
): Promise<{ port: number; child: ChildProcess }> {
  for (;;) {
    // Somebody else may take the port between the two: then another one is tried.
    const port = await freePort();
    const child = await begin(port);
    if (child) return { port, child };
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/**
 * The end of a host, once. Its namespace is held until then, since the number of one that is gone is given to the next
 * one: a host of another test would be killed.
 */
function endOf({ pid }: ChildProcess): () => Promise<void> {
  const handle = openSync(`/proc/${pid}/ns/mnt`, 'r');
  const namespace = readlinkSync(`/proc/self/fd/${handle}`);
  let ended: Promise<void> | undefined;
  return () => {
    ended ??= killNamespace(namespace).finally(() => closeSync(handle));
    return ended;
  };
}

/** Daemons leave their session, but not the namespace that they were started in. */
async function killNamespace(namespace: string): Promise<void> {
  if (namespace === readlinkSync('/proc/self/ns/mnt')) throw new Error('refusing to kill the namespace of the tests');
  for (;;) {
    const pids = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && namespaceOf(pid) === namespace);
    if (pids.length === 0) return;
    for (const pid of pids) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It has just ended.
      }
    }
    await sleep(10);
  }
}

/** A zombie has no namespace any more. */
function namespaceOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined;
  }
}
