/** The server's side of the benchmark: a process with the runtime's journal and monitor, and what it is told to tell. */
import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { allowList, configPath, processConfig } from '../../source/flower/layout.ts';
import { placesOf } from '../../source/steps/shared.ts';
import { makeProject, python, runtime } from '../rounds/network.ts';

/** What the server says of itself: events told, seconds of CPU, and the most memory that it held, MB. */
export type Said = { readonly port?: number; readonly told: number; readonly cpu: number; readonly memory: number };

export type Wish = { readonly clients: number } & ({ readonly rate: number } | { readonly events: number });

export type Served = {
  /** Of the project: certificates, and our own record. */
  readonly folder: string;
  readonly port: number;
  readonly journal: string;
  tell(wish: Wish): Promise<Said>;
  /** The run ends, and the server once its readers have got that. */
  end(): Promise<Said>;
};

export async function serve(): Promise<Served> {
  // Who trains is told of, and has no certificate: two clients are enough to make a network.
  const { folder, network } = await makeProject({ clients: 2, rounds: 0, bytes: 0 });
  const places = placesOf(folder, network);
  const home = join(folder, 'home');
  mkdirSync(join(home, 'policy'), { recursive: true });
  cpSync(places.crl, join(home, 'policy', 'crl.pem'));
  const { fingerprint256, subjectAltName } = new X509Certificate(readFileSync(places.operator.certificate));
  const uri = subjectAltName?.match(/URI:([^,]+)/)?.[1] ?? '';
  const fingerprints = [fingerprint256.replaceAll(':', '').toLowerCase()];
  writeFileSync(join(home, 'policy', 'allow.json'), allowList([], [{ name: 'me', uri, fingerprints }], []));
  const config = configPath(home, 'server');
  const paths = { home, certificates: places.folder };
  writeFileSync(config, processConfig(network, network.server, paths, { id: '1' }), { mode: 0o600 });
  const child = spawn(python, [join(import.meta.dirname, 'server.py'), config], {
    env: { ...process.env, PYTHONPATH: runtime },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  process.on('exit', () => child.kill());
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const said = async (): Promise<Said> => JSON.parse((await lines.next()).value);
  const ask = (wish: Wish | 'end') => {
    child.stdin.write(`${JSON.stringify(wish)}\n`);
    return said();
  };
  const { port = 0 } = await said();
  const journal = join(home, 'runs', '1', 'events.jsonl');
  return { folder, port, journal, tell: ask, end: () => ask('end') };
}
