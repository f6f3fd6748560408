/** Ours, and connecting alone, as processes of their own. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Sshd } from '../../test/helpers/sshd.ts';
import { newFolder, run } from '../process.ts';
import type { Floor } from './floor.ts';
import type { Hosts } from './hosts.ts';

const root = join(import.meta.dirname, '..', '..');
const program = join(root, 'dist', 'fl-wizard.js');

/** Where certificates and the rest of what we place go, in the home of each host. */
export type Places = { readonly certificates: string; readonly home: string };

export type Project = {
  readonly directory: string;
  readonly certificates: string;
  readonly identityFile: string;
  deploy(places: Places, width: number): Promise<{ seconds: number; cpu: number; outcome: string }>;
};

function networkText(hosts: readonly Sshd[], { certificates, home }: Places): string {
  const ssh = ({ port, user, identityFile }: Sshd) =>
    `ssh: {host: 127.0.0.1, port: ${port}, user: ${user}, identityFile: ${identityFile}}`;
  const [server, ...clients] = hosts;
  if (!server) throw new Error('no hosts');
  return `version: 1
name: benchmark
certificates: {subject: {C: US, ST: New York, O: Benchmark, OU: AI}}
remote: {certificates: ${certificates}, home: ${home}}
server: {address: fl.example.org, ${ssh(server)}}
clients:
${clients.map((client) => `  - {name: ${client.name}, ${ssh(client)}}\n`).join('')}`;
}

/** A project whose certificates are made, RSA as by default. Its folder is the operator's home as well. */
export async function makeProject(hosts: readonly Sshd[], { knownHostsFile }: Hosts): Promise<Project> {
  const directory = newFolder();
  const write = (places: Places) => writeFileSync(join(directory, 'fl-network.yaml'), networkText(hosts, places));
  const ours = (...words: string[]) => run(process.execPath, [program, ...words, '--yes', '-C', directory], directory);
  mkdirSync(join(directory, '.ssh'), { mode: 0o700 });
  copyFileSync(knownHostsFile, join(directory, '.ssh', 'known_hosts'));
  write({ certificates: '~/fl_network', home: '~/fl-wizard/benchmark' });
  await ours('config');
  await ours('certs', '--offline');
  return {
    directory,
    certificates: join(directory, 'fl_network'),
    identityFile: hosts[0]?.identityFile ?? '',
    async deploy(places, width) {
      write(places);
      const { said, ...used } = await ours('deploy', '--only-certificates', '--json', '--parallel', `${width}`);
      const last: { outcome?: string } = JSON.parse(said.trim().split('\n').at(-1) ?? '{}');
      return { ...used, outcome: last.outcome ?? '' };
    },
  };
}

type Bundling = { readonly bundling: (entry: string, outdir: string) => Parameters<typeof build>[0] };

/** The program of the floor, bundled by the same rules as ours: reading many modules would count against it. */
export async function bundledFloor(): Promise<string> {
  const { bundling } = (await import(join(root, 'scripts', 'support', 'bundling.js'))) as Bundling;
  const folder = newFolder();
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  await build(bundling(join(import.meta.dirname, 'floor.ts'), folder));
  return join(folder, 'floor.mjs');
}

export function connectAlone(program: string, project: Project, hosts: readonly Sshd[], floor: Omit<Floor, 'hosts'>) {
  const file = join(project.directory, 'floor.json');
  writeFileSync(file, JSON.stringify({ ...floor, hosts: hosts.map(({ name, port }) => ({ name, port })) }));
  return run(process.execPath, [program, file], project.directory);
}
