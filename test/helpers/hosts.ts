/** Three real OpenSSH hosts and a project that names them: the tutorial's network on one machine. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sshd, type SshdOptions, startSshd } from './sshd.ts';
import { freePort } from './wizard.ts';

/** The user of the hosts (test/helpers/sshd.ts). */
export const ubuntu = 4242;

/**
 * Python environments of all tests: what they hold is in their names, and they are made under a lock. They outlive a
 * run of the tests (test/temporary.ts).
 */
export function cacheFolder(): string {
  const folder = process.env.FL_WIZARD_TEST_CACHE ?? join(tmpdir(), 'fl-wizard-test-cache');
  mkdirSync(folder, { recursive: true });
  chownSync(folder, ubuntu, ubuntu);
  return folder;
}

/** Where packages come from is the machine's affair, and its hosts' too. */
export function packageSettings(): Record<string, string> {
  const entries = Object.entries(process.env).filter(([name]) => /^(PIP_|UV_|SSL_CERT_|https?_proxy$)/i.test(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, value ?? '']));
}

export type TestNetwork = {
  readonly directory: string;
  readonly project: string;
  readonly port: number;
  readonly hosts: readonly Sshd[];
  stop(): Promise<void>;
};

export type NetworkWish = {
  readonly app: Readonly<Record<string, string>>;
  readonly clients?: number;
  readonly sshd?: Partial<SshdOptions>;
  /** Further lines below `flower:`. */
  readonly flower?: readonly string[];
  /** Default: what fl-wizard does where nothing is said, RSA. */
  readonly algorithm?: 'ec';
};

const name = 'scriptchain';

export async function startNetwork(wish: NetworkWish): Promise<TestNetwork> {
  const directory = mkdtempSync(join(tmpdir(), 'flw-e2e-'));
  // The hosts' user has to get through to its home.
  chmodSync(directory, 0o755);
  const names = ['server', ...Array.from({ length: wish.clients ?? 2 }, (_, at) => `client${at + 1}`)];
  const hosts: Sshd[] = [];
  const stop = async () => {
    await Promise.all(hosts.map((host) => host.stop()));
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    for (const each of names)
      hosts.push(
        await startSshd({
          directory: join(directory, 'hosts'),
          name: each,
          user: 'ubuntu',
          hosts: '127.0.0.1 scriptchain.co',
          environment: { ...packageSettings(), XDG_CACHE_HOME: cacheFolder() },
          ...wish.sshd,
        }),
      );
    const port = await freePort();
    const project = join(directory, 'project');
    writeProject(project, hosts, port, wish);
    return { directory, project, port, hosts, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function writeProject(project: string, hosts: readonly Sshd[], port: number, wish: NetworkWish): void {
  mkdirSync(join(project, 'app'), { recursive: true });
  for (const [file, text] of Object.entries(wish.app)) writeFileSync(join(project, 'app', file), text);
  const ssh = ({ port: at, user, identityFile, fingerprint }: Sshd) =>
    `ssh: {host: 127.0.0.1, port: ${at}, user: ${user}, identityFile: ${identityFile}, hostKey: "${fingerprint}"}`;
  const [server, ...clients] = hosts;
  if (!server) throw new Error('no server');
  const lines = [
    'version: 1',
    `name: ${name}`,
    'certificates:',
    '  subject: {C: US, ST: New York, O: ScriptChain, OU: AI}',
    ...(wish.algorithm ? [`  algorithm: ${wish.algorithm}`] : []),
    'flower:',
    `  port: ${port}`,
    ...(wish.flower ?? []).map((line) => `  ${line}`),
    'server:',
    '  address: scriptchain.co',
    '  names: [100.27.120.77, 172.31.24.144]',
    `  ${ssh(server)}`,
    'clients:',
    ...clients.flatMap((client, at) => [
      `  - name: ${client.name}`,
      `    commonName: FLClient${at + 1}`,
      `    ${ssh(client)}`,
    ]),
  ];
  writeFileSync(join(project, 'fl-network.yaml'), `${lines.join('\n')}\n`);
}
