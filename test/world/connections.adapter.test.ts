/** What ~/.ssh/config says of known hosts and ways, at a real host. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseNetwork } from '../../source/network/read.ts';
import { Secret } from '../../source/plan/secret.ts';
import { knownHostsLine } from '../../source/ssh/known-hosts.ts';
import { type ConnectionOptions, Connections } from '../../source/world/connections.ts';
import { canRunSshd, type Sshd, startSshd } from '../helpers/sshd.ts';
import { failureOf, netcat, scratch } from '../ssh/real.ts';

describe.skipIf(!canRunSshd)('a connection by ~/.ssh/config', () => {
  const folder = scratch();
  const home = join(folder.path, 'home');
  const opened: Connections[] = [];
  let host: Sshd;
  beforeAll(async () => {
    mkdirSync(join(home, '.ssh'), { recursive: true });
    host = await startSshd({ directory: folder.path, name: 'host' });
    const line = (name: string) =>
      `${knownHostsLine(name, host.port, Buffer.from(host.publicKeys[0]?.split(' ')[1] ?? '', 'base64'))}\n`;
    writeFileSync(join(home, 'mine'), line('127.0.0.1'));
    writeFileSync(join(home, '.ssh', 'known_hosts2'), line('other.invalid'));
  });
  afterEach(() => Promise.all(opened.splice(0).map((each) => each.close())));
  afterAll(async () => {
    await host.stop();
    folder.remove();
  });

  function connectionsFor(name: string, config: string, ask: ConnectionOptions['ask'] = async () => ({ kind: 'no' })) {
    const way = `Host ${name}\n HostName ${name}\n Port ${host.port}\n User root\n IdentityFile ${host.identityFile}\n`;
    writeFileSync(join(home, '.ssh', 'config'), way + config, { mode: 0o600 });
    const text = `version: 1\nname: x\nserver: {address: a.org, ssh: {host: ${name}}}\nclients: [{name: c, ssh: {host: c}}]\n`;
    const connections = new Connections({
      directory: join(folder.path, 'project'),
      home,
      user: 'nobody',
      env: {},
      sshAgent: undefined,
      acceptNewHostKeys: false,
      timeout: 60_000,
      dryRun: false,
      signal: new AbortController().signal,
      attended: false,
      ask,
    });
    opened.push(connections);
    return { connections, member: parseNetwork(text, 'fl-network.yaml').server };
  }

  async function logIn(name: string, config: string): Promise<string> {
    const { connections, member } = connectionsFor(name, config);
    const session = await connections.session(member);
    return (await session.run(['echo', 'in'])).stdout;
  }

  it.each([
    ['UserKnownHostsFile', ' UserKnownHostsFile /nowhere ~/mine\n'],
    ['GlobalKnownHostsFile', ` GlobalKnownHostsFile ${home}/mine\n UserKnownHostsFile /dev/null\n`],
  ])('knows the keys of %s', async (_, config) => {
    expect(await logIn('127.0.0.1', config)).toBe('in\n');
  });

  it.each([
    ['StrictHostKeyChecking no', ' StrictHostKeyChecking no\n UserKnownHostsFile /dev/null\n'],
    ['UserKnownHostsFile none', ' StrictHostKeyChecking off\n UserKnownHostsFile none\n'],
    ['VerifyHostKeyDNS and the like', ' VerifyHostKeyDNS yes\n NoHostAuthenticationForLocalhost yes\n'],
  ])('checks the key all the same: %s', async (_, config) => {
    const failure = await failureOf(logIn('127.0.0.1', config));
    expect(failure).toMatchObject({
      exitCode: 4,
      asks: 'host-key',
      why: expect.stringContaining(`not known yet: ${host.fingerprint}`),
    });
  });

  it('goes by a ProxyCommand, and knows the host by the name that it was given', async () => {
    expect(await logIn('other.invalid', ` ProxyCommand ${netcat('%p')}\n`)).toBe('in\n');
  });

  it('binds to an address, and dials by one family only', async () => {
    const config = ' UserKnownHostsFile ~/mine\n BindAddress 127.0.0.2\n AddressFamily inet\n';
    expect(await logIn('127.0.0.1', config)).toBe('in\n');
    expect(await failureOf(logIn('127.0.0.1', ' BindAddress 192.0.2.1\n'))).toMatchObject({
      exitCode: 4,
      why: expect.stringContaining('EADDRNOTAVAIL'),
    });
  });

  it('of who only looks on asks nobody, and takes what was answered before', async () => {
    const locked = join(folder.path, 'locked');
    cpSync(host.identityFile, locked);
    spawnSync('ssh-keygen', ['-p', '-q', '-P', '', '-N', 'open sesame', '-f', locked]);
    const asked: string[] = [];
    const config = ` IdentityFile ${locked}\n IdentitiesOnly yes\n UserKnownHostsFile /dev/null\n`;
    const { connections, member } = connectionsFor('127.0.0.1', '', async (question) => {
      asked.push(question.kind);
      return question.kind === 'passphrase' ? { kind: 'secret', value: new Secret('open sesame') } : { kind: 'yes' };
    });
    writeFileSync(join(home, '.ssh', 'config'), `Host 127.0.0.1\n Port ${host.port}\n User root\n${config}`, {
      mode: 0o600,
    });
    expect(await failureOf(connections.session(member, true))).toMatchObject({
      why: expect.stringMatching(/not known/),
    });
    expect(asked).toEqual([]);
    const first = await connections.session(member);
    expect(asked).toEqual(['host-key', 'passphrase']);
    expect(await connections.session(member, true)).toBe(first);
    first.close();
    await first.closed;
    const again = await connections.session(member, true);
    expect((await again.run(['echo', 'in'])).stdout).toBe('in\n');
    expect(asked).toHaveLength(2);
  });

  it('that is being made to a host which says nothing is given up when nobody wants it any more', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const { connections, member } = connectionsFor('127.0.0.1', '');
    const port = typeof address === 'object' ? address?.port : 0;
    writeFileSync(join(home, '.ssh', 'config'), `Host 127.0.0.1\n Port ${port}\n User root\n`, { mode: 0o600 });
    const made = connections.session(member).then(
      () => 'made',
      () => 'given up',
    );
    const [socket] = await once(silent, 'connection');
    await connections.close();
    expect(await made).toBe('given up');
    socket.destroy();
    silent.close();
  });
});
