/** A network on this machine whose app runs either way: with our runtime around it, or with Flower's own TLS alone. */
import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { cpSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { allowList, configPath, processConfig } from '../../source/flower/layout.ts';
import { members, type Network } from '../../source/network/network.ts';
import { parseNetwork } from '../../source/network/read.ts';
import { quote } from '../../source/ssh/commands.ts';
import { placesOf } from '../../source/steps/shared.ts';
import { newFolder, run } from '../process.ts';

const root = join(import.meta.dirname, '..', '..');
const program = join(root, 'dist', 'fl-wizard.js');
export const runtime = join(root, 'templates', 'runtime');
export const python = process.env.FL_WIZARD_PYTHON ?? join(root, '.cache', 'python-test', 'bin', 'python');

/** Of one comparison: clients, rounds, and bytes of weights. */
export type Size = { readonly clients: number; readonly rounds: number; readonly bytes: number };

export type Way = 'flower' | 'ours';

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}

/** A project whose certificates are made, RSA as by default. */
export async function makeProject({ clients }: Size): Promise<{ folder: string; network: Network }> {
  const folder = newFolder();
  const names = Array.from({ length: clients }, (_, at) => `client${at + 1}`);
  const ssh = (host: number) => `ssh: {host: 127.0.0.1, port: ${20_000 + host}, user: nobody}`;
  const text = `version: 1
name: benchmark
certificates: {subject: {C: US, ST: New York, O: Benchmark, OU: AI}}
flower: {linger: 0}
server: {address: fl.example.org, names: [127.0.0.1], ${ssh(0)}}
clients:
${names.map((name, at) => `  - {name: ${name}, ${ssh(at + 1)}}\n`).join('')}`;
  writeFileSync(join(folder, 'fl-network.yaml'), text);
  const ours = (...words: string[]) => run(process.execPath, [program, ...words, '--yes', '-C', folder], folder);
  await ours('config');
  await ours('certs', '--offline');
  return { folder, network: parseNetwork(text, 'fl-network.yaml') };
}

/** The folders of all hosts, which are one here: what `deploy` and `launch` would have placed. */
function place(folder: string, network: Network): { home: string; certificates: string } {
  const [home, certificates] = [join(folder, 'home'), join(folder, 'fl_network')];
  mkdirSync(join(home, 'policy'), { recursive: true });
  cpSync(placesOf(folder, network).crl, join(home, 'policy', 'crl.pem'));
  const clients = network.clients.map(({ name }) => {
    const leaf = new X509Certificate(readFileSync(join(certificates, `${name}.crt`)));
    const uri = leaf.subjectAltName?.match(/URI:([^,]+)/)?.[1] ?? '';
    return { name, uri, fingerprints: [leaf.fingerprint256.replaceAll(':', '').toLowerCase()] };
  });
  writeFileSync(join(home, 'policy', 'allow.json'), allowList(clients, [], []));
  mkdirSync(join(home, 'app'));
  for (const script of ['server.py', 'client.py']) cpSync(join(import.meta.dirname, script), join(home, 'app', script));
  for (const member of members(network))
    writeFileSync(configPath(home, member.name), processConfig(network, member, { home, certificates }, { id: '1' }), {
      mode: 0o600,
    });
  return { home, certificates };
}

/** A network that can be started: all its processes are one session, and end with `stop`. */
export type Started = { start(turns: string): number; stop(): void; readonly log: string };

export async function makeNetwork(way: Way, size: Size): Promise<Started> {
  const { folder, network } = await makeProject(size);
  const { home, certificates } = place(folder, network);
  const log = join(folder, 'log');
  const port = await freePort();
  let leader: number | undefined;
  return {
    log,
    start(turns) {
      const env = {
        ...process.env,
        ...(way === 'ours' ? { PYTHONPATH: runtime } : {}),
        FLWR_TELEMETRY_ENABLED: '0',
        FL_CERTIFICATES: certificates,
        FL_CLIENTS: `${size.clients}`,
        // One before those that count, and one after: a round ends where the next one begins.
        FL_ROUNDS: `${size.rounds + 2}`,
        FL_BYTES: `${size.bytes}`,
        FL_PORT: `${port}`,
        FL_TURNS: turns,
      };
      const words = ({ name, role }: { name: string; role: string }) =>
        way === 'ours'
          ? [python, '-m', 'fl_wizard_runtime', 'run', '--config', configPath(home, name)]
          : [python, join(home, 'app', `${role}.py`)];
      const [server = [], ...clients] = members(network).map(words);
      // A client of Flower's own does not wait for its server.
      const wait = `until ${quote([python, '-c', `import socket; socket.create_connection(("127.0.0.1", ${port}))`])} 2>&-; do sleep 0.3; done`;
      const line = [`${quote(server)} &`, wait, ...clients.map((each) => `${quote(each)} &`), 'wait'].join('\n');
      const output = openSync(log, 'a');
      const child = spawn('sh', ['-c', line], { cwd: home, env, detached: true, stdio: ['ignore', output, output] });
      leader = child.pid;
      return leader ?? 0;
    },
    stop() {
      if (leader !== undefined) process.kill(-leader, 'SIGKILL');
    },
  };
}
