/**
 * Debian guests with systemd as their first process, sshd, sudo and a user `ubuntu`, each with a disk and an address of
 * its own: what small cloud instances are to us. The base tree is made once a machine; a guest keeps only what differs.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { baseTree, guestUser } from './guest-base.ts';
import { until } from './project.ts';
import type { Namespace } from './wires.ts';

const run = promisify(execFile);

export type Guest = {
  readonly name: string;
  /** Runs a line of shell there as root, not over SSH; gives what it printed. */
  asRoot(line: string): Promise<string>;
  /** The power goes: nothing in it gets another word. What it wrote is kept. */
  cut(): Promise<void>;
  /** It is told to end, and does so in order. */
  shutDown(): Promise<void>;
  /**
   * Boots; resolves once it is up and takes logins.
   * @param forbidden a system call that nothing in it may make from now on, as in containers that are locked down
   */
  boot(forbidden?: string): Promise<void>;
};

export type GuestOptions = {
  /** Holds its disk; `id_ed25519` beside it logs in to all guests of one folder. */
  readonly directory: string;
  readonly name: string;
  readonly network: Namespace;
  /** Whether `sudo` asks `ubuntu` for a password, as it does on a machine that somebody set up by hand. */
  readonly sudoAsks?: boolean;
};

/** Makes a guest and boots it. It dies with us. */
export async function startGuest(options: GuestOptions): Promise<Guest> {
  const { directory, name, network } = options;
  const disk = join(directory, name);
  for (const folder of ['upper', 'work', 'root']) mkdirSync(join(disk, folder), { recursive: true });
  const base = await baseTree();
  await personalize(disk, options);
  let machine: ChildProcess | undefined;
  const inside = (line: string) =>
    run('nsenter', ['-t', String(firstProcess(machine)), '-a', '/bin/sh', '-c', line]).then(({ stdout }) => stdout);
  /** Ends it, and waits until its last process is gone: they outlive the one that started them by a moment. */
  const gone = async (end: () => unknown) => {
    const [held, first] = [machine, firstProcess(machine)];
    if (!held || held.exitCode !== null || held.signalCode !== null) return;
    const ended = once(held, 'exit');
    await end();
    await ended;
    machine = undefined;
    await until(`${name} is off`, () => !existsSync(`/proc/${first}`) && !takesLogins(network));
  };
  const guest: Guest = {
    name,
    asRoot: inside,
    cut: () => gone(() => machine?.kill('SIGKILL')),
    shutDown: () => gone(() => inside('systemctl --no-block poweroff')),
    async boot(forbidden) {
      machine = spawnMachine(base, disk, options, forbidden);
      const held = machine;
      // Until it is up, only root may log in (nologin); "degraded" is up as well.
      await until(`${name} is up`, async () => {
        if (held.exitCode !== null) throw new Error(`${name}: ${readFileSync(join(disk, 'console'), 'utf8')}`);
        if (firstProcess(held) === undefined || !takesLogins(network)) return false;
        return /running|degraded/.test(await inside('systemctl is-system-running 2>&1 || true'));
      });
    },
  };
  await guest.boot();
  return guest;
}

/**
 * The overlay is mounted where only the guest sees it, so nothing is left to unmount; and it is in a PID namespace that
 * ends with its first process, since a guest outlives a killed systemd-nspawn.
 */
function spawnMachine(
  base: string,
  disk: string,
  { name, network }: GuestOptions,
  forbidden: string | undefined,
): ChildProcess {
  const script = `set -e
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
exec systemd-nspawn --quiet --register=no --keep-unit --directory="$2/root" --boot --machine="$3" \\
  --network-namespace-path="$4" --console=pipe $5 </dev/null >"$2/console" 2>&1`;
  const filter = forbidden === undefined ? '' : `--system-call-filter=~${forbidden}`;
  const unshare = ['unshare', '-m', '--propagation', 'private', '-p', '--fork', '--kill-child', '--mount-proc'];
  return spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', ...unshare, 'sh', '-c', script, 'sh', base, disk, name, network.path, filter],
    { stdio: 'ignore', cwd: '/' },
  );
}

/** The guest's own process 1, as this machine counts; undefined while it isn't there. */
function firstProcess(machine: ChildProcess | undefined): number | undefined {
  const nspawn = childOf(machine?.pid);
  return nspawn === undefined ? undefined : childOf(nspawn);
}

function childOf(pid: number | undefined): number | undefined {
  try {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return first ? Number(first) : undefined;
  } catch {
    // It has just ended.
    return undefined;
  }
}

/** Whether something listens on port 22 in a network that this machine may not be on. */
function takesLogins({ name }: Namespace): boolean {
  const sockets = execFileSync('ip', ['netns', 'exec', name, 'cat', '/proc/net/tcp'], { encoding: 'utf8' });
  // 22, and LISTEN: ended connections are remembered for a minute.
  return /:0016 \S+ 0A /.test(sockets);
}

/** Its own name, keys and rules, laid over the base. */
async function personalize(disk: string, { directory, name, sudoAsks }: GuestOptions): Promise<void> {
  const identity = join(directory, 'id_ed25519');
  if (!existsSync(identity)) await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', identity]);
  const upper = (path: string) => join(disk, 'upper', path);
  const ssh = upper(`home/${guestUser.name}/.ssh`);
  for (const folder of ['etc/ssh', 'etc/sudoers.d', `home/${guestUser.name}/.ssh`])
    mkdirSync(upper(folder), { recursive: true });
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', upper('etc/ssh/ssh_host_ed25519_key')]);
  writeFileSync(upper('etc/hostname'), `${name}\n`);
  writeFileSync(upper('etc/hosts'), `127.0.0.1 localhost ${name}\n`);
  const rule = `${guestUser.name} ALL=(ALL) ${sudoAsks ? '' : 'NOPASSWD:'}ALL\n`;
  writeFileSync(upper('etc/sudoers.d/ubuntu'), rule, { mode: 0o440 });
  writeFileSync(join(ssh, 'authorized_keys'), readFileSync(`${identity}.pub`), { mode: 0o600 });
  await run('chown', ['-R', `${guestUser.id}:${guestUser.id}`, upper(`home/${guestUser.name}`)]);
  await run('chmod', ['700', upper(`home/${guestUser.name}`), ssh]);
}
