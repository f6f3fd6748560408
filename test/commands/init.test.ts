/** `init` where nobody can be asked: flags, then what lies in the folder. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Call, Io } from '../../source/commands/context.ts';
import type { Flags } from '../../source/commands/draft.ts';
import { init } from '../../source/commands/init.ts';
import { parseNetwork } from '../../source/network/read.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const configuration = `[req]
prompt = no
distinguished_name = dn
req_extensions = req_ext
[dn]
C = US
O = Hospital
CN = fl.example.org
[req_ext]
subjectAltName = @alt_names
[alt_names]
DNS.1 = fl.example.org
IP.1 = 10.0.1.5
`;
const hosts = '[server]\n10.0.0.1 ansible_user=fl\n[sites]\nhosp-a 10.0.0.2\nhosp-b 10.0.0.3\n';
const scripts = { 'server.py': 'start_server()\n', 'client.py': 'start_client()\n' };
const all = { name: 'x', address: 'a.example.org', server: '10.0.9.1', client: ['one=10.0.9.2', 'two=10.0.9.3'] };

/** Runs it in a folder with these files. */
async function initIn(files: Readonly<Record<string, string>>, flags: Flags) {
  const cwd = mkdtempSync(join(tmpdir(), 'flw-init-'));
  folders.push(cwd);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), text);
  }
  let said = '';
  const stderr = { write: (text: string) => (said += text) };
  const io = { cwd, home: join(cwd, 'home'), user: 'ada', env: {}, stdin: {}, stdout: {}, stderr } as unknown as Io;
  const call: Call = { command: 'init', common: { parallel: 1 }, options: {}, version: '0', io };
  expect(await init(call, flags)).toBe(0);
  const network = parseNetwork(readFileSync(join(cwd, 'fl-network.yaml'), 'utf8'), 'fl-network.yaml');
  return { cwd, network, lines: said.split('\n') };
}

describe('init without a question', () => {
  it('takes a certificate.conf, a list of hosts and an app that lie there, and says so', async () => {
    const files = { 'certificate.conf': configuration, hosts, ...scripts, 'lib/net.py': '' };
    const { cwd, network, lines } = await initIn(files, { name: 'x' });
    expect(network).toMatchObject({
      address: 'fl.example.org',
      names: ['10.0.1.5'],
      certificates: {
        subject: [
          ['C', 'US'],
          ['O', 'Hospital'],
          ['CN', 'fl.example.org'],
        ],
      },
      server: { ssh: { host: '10.0.0.1', user: 'fl' } },
      clients: [
        { name: 'hosp-a', env: {} },
        { name: 'hosp-b', env: {} },
      ],
    });
    expect(lines.slice(0, 3)).toEqual([
      'Taken from certificate.conf: address fl.example.org; further names 10.0.1.5; subject C=US, O=Hospital',
      'Taken from hosts: server fl@10.0.0.1; 2 clients (hosp-a, hosp-b)',
      'Taken as the app: 3 files of this folder, copied to app/',
    ]);
    expect(readFileSync(join(cwd, 'app', 'server.py'), 'utf8')).toBe(scripts['server.py']);
    expect(existsSync(join(cwd, 'app', 'lib', 'net.py'))).toBe(true);
  });

  it('lets flags win', async () => {
    const files = { 'certificate.conf': configuration, hosts, ...scripts };
    const { cwd, network, lines } = await initIn(files, { ...all, template: 'numpy' });
    expect(network).toMatchObject({ address: 'a.example.org', names: [], server: { ssh: { host: '10.0.9.1' } } });
    expect(network.certificates.subject[0]).toEqual(['O', 'x']);
    expect(network.clients.map(({ name, env }) => [name, env])).toEqual([
      ['one', { FL_PART: '1/2' }],
      ['two', { FL_PART: '2/2' }],
    ]);
    expect(lines.filter((line) => line.startsWith('Taken'))).toEqual([]);
    expect(existsSync(join(cwd, 'app', 'digits.csv.gz'))).toBe(true);
  });

  it('tells of a certificate.conf that can’t be read', async () => {
    const { lines } = await initIn({ 'certificate.conf': 'nonsense' }, all);
    expect(lines[0]).toMatch(/^Not taken: certificate\.conf can’t be read: /);
  });

  it.each<[string, string, object]>([
    ['does not read it', 'start_client()', {}],
    ['reads it', 'os.environ["FL_PART"]', { FL_PART: '1/2' }],
  ])('gives FL_PART to an app in app/ that %s', async (_, client, env) => {
    const { network, lines } = await initIn(
      { 'app/server.py': '', 'app/client.py': client },
      { ...all, template: 'torch' },
    );
    expect(network.clients[0]?.env).toEqual(env);
    expect(lines[0]).toBe('app/ is there already, and stays as it is');
  });

  it('gives nobody a share who has named an app that asks for none', async () => {
    const other = await initIn(scripts, { ...all, name: 'other' });
    const { network, cwd } = await initIn({}, { ...all, app: other.cwd });
    expect(network.clients[0]?.env).toEqual({});
    expect(existsSync(join(cwd, 'app', 'server.py'))).toBe(true);
  });
});
