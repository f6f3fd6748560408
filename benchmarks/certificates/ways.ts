/** The ways of making a CA, a server's and N clients' certificates, each in an empty folder of its own. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn as spawnInTerminal } from '@lydell/node-pty';
import { environment, newFolder, run } from '../process.ts';
import type { Node, Nvflare } from './installed.ts';

export type Algorithm = 'rsa' | 'ec';
export type Work = { readonly algorithm: Algorithm; readonly clients: number };
/**
 * Seconds. Where it was probed: the most memory (MB), and the longest time (ms) that the event loop was late, and that it
 * was blocked by what the program did, without what it waited for a core.
 */
export type Result = {
  readonly seconds: number;
  readonly peak?: number;
  readonly late?: number;
  readonly blocked?: number;
};
export type Way = { readonly name: string; run(work: Work): Promise<Result> };

const program = join(import.meta.dirname, '..', '..', 'dist', 'fl-wizard.js');
const probe = join(import.meta.dirname, 'probe.cjs');
const numbers = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

const inFolder = <T>(work: (folder: string) => Promise<T>): Promise<T> => work(newFolder());

/** A way that made fewer certificates than were asked for would be fast, and wrong. */
function checkCount(folder: string, { clients }: Work): void {
  const made = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  // NVFlare gives everybody the same name in a folder of their own.
  const own = made.filter((path) => /(^|\/)client\d+(\.crt|\/startup\/client\.crt)$/.test(path)).length;
  if (own !== clients) throw new Error(`${own} of ${clients} certificates were made`);
}

function networkText({ algorithm, clients }: Work): string {
  const client = (n: number) => `  - {name: client${n}, ssh: {host: 10.1.${n >> 8}.${n & 255}}}\n`;
  return `version: 1
name: benchmark
certificates: {algorithm: ${algorithm}, subject: {C: US, ST: New York, O: Benchmark, OU: AI}}
server: {address: fl.example.org, names: [10.0.0.1], ssh: {host: 10.0.0.1}}
clients:
${numbers(clients).map(client).join('')}`;
}

function inTerminal(path: string, words: readonly string[], cwd: string): Promise<Result> {
  const told = join(cwd, 'probe.json');
  const env = { ...environment, HOME: cwd, NODE_OPTIONS: `--require=${probe}`, FL_WIZARD_PROBE: told };
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const terminal = spawnInTerminal(path, [...words], { name: environment.TERM, cols: 120, rows: 40, cwd, env });
    let said = '';
    terminal.onData((text) => {
      said = (said + text).slice(-5000);
    });
    terminal.onExit(({ exitCode }) => {
      const seconds = (performance.now() - started) / 1000;
      if (exitCode === 0) resolve({ seconds, ...JSON.parse(readFileSync(told, 'utf8')) });
      else reject(new Error(`fl-wizard ended with ${exitCode}\n${said}`));
    });
  });
}

/** Ours, as it is installed: in a script, or with its screen in a terminal, where it is probed as well. */
export function ours(node: Node, where: 'script' | 'terminal'): Way {
  return {
    name: `fl-wizard, ${where}, Node ${node.version}`,
    run: (work) =>
      inFolder(async (folder) => {
        writeFileSync(join(folder, 'fl-network.yaml'), networkText(work));
        await run(node.path, [program, 'config', '--yes', '-C', folder], folder);
        const words = [program, 'certs', '--offline', '--yes', '-C', folder];
        const result = await (where === 'script' ? run : inTerminal)(node.path, words, folder);
        checkCount(folder, work);
        return result;
      }),
  };
}

/** The keys alone: the clients', the CA's, the server's and the operator's. */
export function keysAlone(node: Node): Way {
  return {
    name: `the keys alone, Node ${node.version}`,
    run: async ({ clients }) => {
      const { said } = await run(node.path, [join(import.meta.dirname, 'keys.js'), String(clients + 3)], tmpdir());
      return { seconds: Number(said) };
    },
  };
}

/** The tutorial's file, with values of ours. */
const configuration = `[req]
default_bits = 2048
encrypt_key = no
default_md = sha256
prompt = no
req_extensions = req_ext
distinguished_name = dn
[dn]
C = US
ST = New York
O = Benchmark
OU = AI
CN = fl.example.org
[req_ext]
basicConstraints = CA:FALSE
subjectAltName = @alt_names
subjectKeyIdentifier = hash
[alt_names]
DNS.1 = fl.example.org
IP.1 = 10.0.0.1
`;

const genpkey = {
  rsa: '-algorithm RSA -pkeyopt rsa_keygen_bits:2048',
  ec: '-algorithm EC -pkeyopt ec_paramgen_curve:P-256',
} as const;

/** Three commands a client, as the tutorial has them; the serial is said, since the file of serials can't be shared. */
function openssl(name: string, clients: (work: Work) => string): Way {
  return {
    name,
    run: (work) =>
      inFolder(async (folder) => {
        const key = (file: string) => `openssl genpkey ${genpkey[work.algorithm]} -out ${file}.key`;
        const sign = (file: string, serial: string) =>
          `openssl x509 -req -in ${file}.csr -CA ca.crt -CAkey ca.key -set_serial ${serial} -out ${file}.crt -days 730 -extensions req_ext -extfile certificate.conf`;
        const each = [
          key('client$1'),
          'openssl req -new -key client$1.key -out client$1.csr -subj "/C=US/ST=New York/O=Benchmark/OU=AI/CN=client$1"',
          sign('client$1', '$(($1 + 1))'),
        ];
        const all = [
          key('ca'),
          'openssl req -new -x509 -key ca.key -out ca.crt -days 730 -config certificate.conf -extensions req_ext',
          key('server'),
          'openssl req -new -key server.key -out server.csr -config certificate.conf',
          sign('server', '1'),
          clients(work),
        ];
        writeFileSync(join(folder, 'certificate.conf'), configuration);
        writeFileSync(join(folder, 'client.sh'), `set -e\n${each.join('\n')}\n`);
        writeFileSync(join(folder, 'all.sh'), `set -e\n${all.join('\n')}\n`);
        const { seconds } = await run('sh', ['all.sh'], folder);
        checkCount(folder, work);
        return { seconds };
      }),
  };
}

export const opensslLoop = openssl(
  'openssl, in a loop',
  ({ clients }) => `for n in $(seq ${clients}); do set -- $n; . ./client.sh; done`,
);
export const opensslOnAllCores = openssl(
  `openssl, xargs -P${availableParallelism()}`,
  ({ clients }) => `seq ${clients} | xargs -P${availableParallelism()} -n1 sh client.sh`,
);

/** Its own sample's builders; one server, the clients, and one administrator, as we make one operator. RSA only. */
function projectText({ clients }: Work): string {
  const client = (n: number) => `  - {name: client${n}, type: client, org: benchmark}\n`;
  return `api_version: 3
name: benchmark
participants:
  - {name: fl.example.org, type: server, org: benchmark, fed_learn_port: 8002}
  - {name: admin@example.org, type: admin, org: benchmark, role: project_admin}
${numbers(clients).map(client).join('')}builders:
  - path: nvflare.lighter.impl.workspace.WorkspaceBuilder
    args: {template_file: [master_template.yml, aws_template.yml, azure_template.yml]}
  - {path: nvflare.lighter.impl.static_file.StaticFileBuilder, args: {config_folder: config}}
  - {path: nvflare.lighter.impl.cert.CertBuilder}
  - {path: nvflare.lighter.impl.signature.SignatureBuilder}
`;
}

export function nvflareProvision({ path, version }: Nvflare): Way {
  return {
    name: `NVFlare ${version} provision`,
    run: (work) =>
      inFolder(async (folder) => {
        writeFileSync(join(folder, 'project.yml'), projectText(work));
        const { seconds } = await run(path, ['provision', '-p', 'project.yml', '-w', 'workspace', '--force'], folder);
        checkCount(folder, work);
        return { seconds };
      }),
  };
}
