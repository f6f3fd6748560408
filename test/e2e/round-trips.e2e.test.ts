import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostKey, makeSshKey } from '../../source/demo/key.ts';
import { type RunningServer, startServer } from '../../source/demo/server.ts';
import { fingerprint } from '../../source/ssh/known-hosts.ts';
import { type Library, loadSsh2 } from '../../source/ssh/library.ts';
import { publicBlob } from '../../source/ssh/openssh-key.ts';
import { of, wizard } from '../helpers/wizard.ts';

// More than ten: beyond that, Node warns of a leak where each host listens to the same signal.
const names = ['server', ...Array.from({ length: 11 }, (_, at) => `client${at + 1}`)];
const top = mkdtempSync(join(tmpdir(), 'flw-trips-'));
const project = join(top, 'project');
const servers: RunningServer[] = [];
/** What each host was sent after login, packet by packet, in ssh2's words for them. */
const packets = new Map<string, string[]>();

/** ssh2, whose servers note what comes in. */
function noting(ssh2: Library, name: string): Library {
  class Noting extends ssh2.Server {
    constructor(...[config, listener]: ConstructorParameters<Library['Server']>) {
      const debug = (line: string) => {
        const [, kind = '', about = ''] = / Inbound: ((?:CHANNEL|GLOBAL)_\w+) \((?:\w:\d+, )?(\w*)/.exec(line) ?? [];
        // Signs of life come with time, and the rest tells how much room there is, or that it is over.
        if (kind === '' || /keepalive|WINDOW_ADJUST|EOF|CLOSE/.test(line)) return;
        packets.get(name)?.push(kind === 'CHANNEL_DATA' ? kind : `${kind} ${about}`);
      };
      super({ ...config, debug }, listener);
    }
  }
  return { ...ssh2, Server: Noting as Library['Server'] };
}

async function startHost(ssh2: Library, name: string, publicLine: string): Promise<string> {
  const home = join(top, name, 'home');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const loginKey = ssh2.utils.parseKey(publicLine);
  if (loginKey instanceof Error) throw loginKey;
  const key = await hostKey(join(top, name, 'host_key'));
  const environment = { PATH: '/usr/local/bin:/usr/bin:/bin' };
  packets.set(name, []);
  const server = await startServer(noting(ssh2, name), { hostKey: key, loginKey, home, environment });
  servers.push(server);
  return `ssh: {host: 127.0.0.1, port: ${server.port}, user: demo, identityFile: ${join(top, 'key')}, hostKey: "${fingerprint(publicBlob(key))}"}`;
}

async function deploy() {
  for (const name of names) packets.set(name, []);
  const { code, events, stderr } = await wizard(['deploy', '--only-certificates', '--yes', '--json', '-C', project]);
  return { code, stderr, outcome: of(events, 'session-finished')[0]?.outcome };
}

beforeAll(async () => {
  const ssh2 = await loadSsh2();
  const key = await makeSshKey();
  writeFileSync(join(top, 'key'), key.privatePem.reveal(), { mode: 0o600 });
  const [server, ...clients] = await Promise.all(names.map((name) => startHost(ssh2, name, key.publicLine)));
  mkdirSync(project);
  const text = `version: 1
name: trips
certificates: {algorithm: ec}
remote: {certificates: ~/fl_network}
server: {address: fl.example.org, ${server}}
clients:
${clients.map((ssh, at) => `  - {name: client${at + 1}, ${ssh}}\n`).join('')}`;
  writeFileSync(join(project, 'fl-network.yaml'), text);
  for (const words of [['config'], ['certs', '--offline']]) {
    const { code, stderr } = await wizard([...words, '--yes', '-C', project]);
    if (code !== 0) throw new Error(stderr);
  }
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  rmSync(top, { recursive: true, force: true });
});

describe('deploy of certificates', () => {
  const start = ['CHANNEL_OPEN session', 'CHANNEL_REQUEST exec'];

  it('starts one command a host, and asks it four times: look, folder, files, look', async () => {
    expect(await deploy()).toEqual({ code: 0, stderr: '', outcome: 'changed' });
    expect(readdirSync(join(top, 'client11', 'home', 'fl_network'))).toEqual([
      'ca.crt',
      'client11.crt',
      'client11.key',
    ]);
    const asked = Array.from({ length: 4 }, () => 'CHANNEL_DATA');
    for (const name of names) expect(packets.get(name), name).toEqual([...start, ...asked]);
  });

  it('costs one question a host beyond login where nothing is to do', async () => {
    expect(await deploy()).toEqual({ code: 0, stderr: '', outcome: 'unchanged' });
    for (const name of names) expect(packets.get(name), name).toEqual([...start, 'CHANNEL_DATA']);
  });
});
