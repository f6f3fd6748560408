/** Project folders beside that of a network: the same hosts, told of differently. */
import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import type { TestNetwork } from './hosts.ts';
import { root, wizard } from './wizard.ts';

type Ssh = { host: string; port?: number; user?: string; identityFile?: string; hostKey?: string };
type Remote = { python?: string; certificates?: string };
export type NetworkFile = {
  name: string;
  flower: { port?: number; rounds?: number; linger?: number; keepalive?: number; minClients?: number };
  server: { address: string; names?: string[]; ssh: Ssh; remote?: Remote };
  clients: { name: string; commonName?: string; ssh: Ssh; dial?: string; remote?: Remote }[];
};

/** A new project folder with this fl-network.yaml and the certificate.conf that it makes; no host is asked. */
export async function configured(project: string, text: string): Promise<string> {
  mkdirSync(project);
  writeFileSync(join(project, 'fl-network.yaml'), text);
  const { code, stderr } = await wizard(['config', '--yes', '-C', project]);
  if (code !== 0) throw new Error(stderr);
  return project;
}

/** Changes the fl-network.yaml of a project. */
export function edit(project: string, change: (file: NetworkFile) => void): void {
  const path = join(project, 'fl-network.yaml');
  const file = parse(readFileSync(path, 'utf8')) as NetworkFile;
  change(file);
  writeFileSync(path, stringify(file));
}

/** A new project folder with the network's files as they were written at first, and its fl-network.yaml changed. */
export function variant(network: TestNetwork, name: string, change: (file: NetworkFile) => void): string {
  const project = join(network.directory, name);
  mkdirSync(project);
  cpSync(join(network.project, 'app'), join(project, 'app'), { recursive: true });
  cpSync(join(network.project, 'fl-network.yaml'), join(project, 'fl-network.yaml'));
  edit(project, change);
  return project;
}

/** Every path below a folder with its mode, size and time of change. */
export function inventory(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((path) => {
      const { mode, size, mtimeMs } = lstatSync(join(folder, path));
      return `${path} ${mode.toString(8)} ${size} ${mtimeMs}`;
    });
}

/** All that is written in the files below a folder. */
export function writtenIn(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

/** The scripts of the tutorial's template, with the requirements of the other tests, so that all share one environment. */
export function tutorialApp(): Record<string, string> {
  const read = (name: string) => readFileSync(join(root, 'templates', 'tutorial', name), 'utf8');
  return { 'server.py': read('server.py'), 'client.py': read('client.py'), 'requirements.txt': 'numpy\n' };
}

/** The lock of a project folder. */
export const lockOf = (project: string) => join(project, '.fl-wizard', 'lock');
/** Whether anything was signed there. */
export const signed = (project: string) => existsSync(join(project, 'fl_network', 'ca.key'));

/** Waits until something is so: for what tells nobody of itself. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, seconds = 60): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(50);
  }
}

/** Processes whose command line holds a text, as `pid words`. */
export function processesWith(text: string): readonly string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return words.includes(text) ? [`${pid} ${words}`] : [];
      } catch {
        return [];
      }
    });
}
