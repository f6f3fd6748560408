/** The hosts: real OpenSSH servers, each with a home of its own. */
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ubuntu } from '../../test/helpers/hosts.ts';
import { processesWith } from '../../test/helpers/project.ts';
import { type Sshd, startSshd } from '../../test/helpers/sshd.ts';

export type Hosts = {
  readonly all: readonly Sshd[];
  /** The OpenSSH name of every host's key, for all ways alike. */
  readonly knownHostsFile: string;
  /** Seconds of CPU that all hosts have used so far, once none of them has anything left to do. */
  cpu(): Promise<number>;
  stop(): Promise<void>;
};

/** As Debian has it; scp needs it. */
const config = ['Subsystem sftp /usr/lib/openssh/sftp-server'];

/** So many are started at once. */
const startedAtOnce = 10;

export async function startHosts(directory: string, count: number): Promise<Hosts> {
  // The hosts' user has to get through to its home.
  chmodSync(directory, 0o711);
  const names = ['server', ...Array.from({ length: count - 1 }, (_, at) => `client${at + 1}`)];
  const all: Sshd[] = [];
  const below = join(directory, 'hosts');
  while (all.length < count) {
    const next = names.slice(all.length, all.length + startedAtOnce);
    all.push(...(await Promise.all(next.map((name) => startSshd({ directory: below, name, user: 'ubuntu', config })))));
  }
  const knownHostsFile = join(directory, 'known_hosts');
  const lines = all.map(({ port, publicKeys: [key = ''] }) => `[127.0.0.1]:${port} ${words(key)}\n`);
  writeFileSync(knownHostsFile, lines.join(''));
  const pids = processesWith(`${below}/`).map((line) => Number.parseInt(line, 10));
  if (pids.length !== count) throw new Error(`${pids.length} processes for ${count} hosts`);
  const group = join(controlGroups(), `fl-wizard-benchmark-${process.pid}`);
  mkdirSync(group);
  for (const pid of pids) appendFileSync(join(group, 'cgroup.procs'), `${pid}`);
  return {
    all,
    knownHostsFile,
    cpu: () => cpuOf(group, count),
    stop: async () => {
      await Promise.all(all.map((host) => host.stop()));
      await waitFor(group, 0);
      rmdirSync(group);
    },
  };
}

/** A public key without its comment. */
const words = (line: string) => line.split(' ').slice(0, 2).join(' ');

/**
 * Where control groups (version 2) are. They count everybody below a host's sshd, also who outlives the session: when a
 * connection ends, sshd waits for nobody.
 */
function controlGroups(): string {
  const mount = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, , type]) => type === 'cgroup2');
  if (!mount?.[1]) throw new Error('there are no control groups of version 2 here to count the CPU of the hosts');
  return mount[1];
}

async function waitFor(group: string, processes: number): Promise<void> {
  const count = () => readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').length - 1;
  while (count() > processes) await sleep(10);
}

async function cpuOf(group: string, idle: number): Promise<number> {
  // What a host still has to do counts, and must not slow down who comes next.
  await waitFor(group, idle);
  const used = /^usage_usec (\d+)/m.exec(readFileSync(join(group, 'cpu.stat'), 'utf8'))?.[1];
  return Number(used) / 1e6;
}

/** An empty folder in each host's home: what was copied before stays where it is, since ext4 is slow after a removal. */
export function makeFolders(hosts: readonly Sshd[], name: string): void {
  for (const { home } of hosts) {
    mkdirSync(join(home, name), { mode: 0o700 });
    chownSync(join(home, name), ubuntu, ubuntu);
  }
}

/** A way that copied less, or other bytes, would be fast, and wrong. */
export function checkCopied(hosts: readonly Sshd[], folder: string, certificates: string): void {
  for (const { name, home } of hosts) {
    const files = ['ca.crt', `${name}.crt`, `${name}.key`];
    const there = join(home, folder);
    const same = (file: string) => readFileSync(join(there, file)).equals(readFileSync(join(certificates, file)));
    const wrong = files.filter((file) => !same(file) || statSync(join(there, file)).uid !== ubuntu);
    if (wrong.length > 0 || readdirSync(there).length !== files.length)
      throw new Error(`${name}: ${readdirSync(there).join(', ')} in ${folder}, wrong: ${wrong.join(', ')}`);
  }
}
