/** Keys that are made on their own hosts: the main job, and no private key of a host anywhere else. */
import { spawnSync } from 'node:child_process';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startNetwork, type TestNetwork, ubuntu } from '../helpers/hosts.ts';
import { edit, tutorialApp } from '../helpers/project.ts';
import { canRunSshd, on, type Sshd } from '../helpers/sshd.ts';
import { type Ended, of, wizard } from '../helpers/wizard.ts';

const keyOf = ({ etc, name }: Sshd) => join(etc, 'ssl', 'fl_network', `${name}.key`);

/** Every file of a folder that holds a private key, by its path. */
function keysBelow(folder: string): readonly string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(folder, path)).isFile(),
  );
  return files.filter((path) => readFileSync(join(folder, path)).includes('PRIVATE KEY')).sort();
}

describe.skipIf(!canRunSshd)('up --yes with keys: host on three OpenSSH hosts', () => {
  let network: TestNetwork;
  let first: Ended;
  const folder = () => join(network.project, 'fl_network');

  beforeAll(async () => {
    network = await startNetwork({ app: tutorialApp(), algorithm: 'ec' });
    edit(network.project, (file) => {
      Object.assign(file, { certificates: { ...(file as { certificates?: object }).certificates, keys: 'host' } });
    });
    first = await wizard(['up', '--yes', '--json', '-C', network.project]);
  });
  afterAll(() => network?.stop());

  test('ends well, with all eight steps and three rounds', () => {
    expect(first.stderr).toBe('');
    expect(of(first.events, 'step-finished').map(({ step, outcome }) => `${step} ${outcome}`)).toEqual([
      'config changed',
      'preflight unchanged',
      'certs changed',
      'deploy changed',
      'permissions unchanged',
      'launch changed',
      'verify unchanged',
      'monitor unchanged',
    ]);
    expect(of(first.events, 'round-finished').map(({ round, fit }) => [round, fit.ok])).toEqual([
      [1, 2],
      [2, 2],
      [3, 2],
    ]);
    expect(first.code).toBe(0);
  });

  test('says in its plan where each key is made', () => {
    const plan = of(first.events, 'plan-ready').find(({ step }) => step === 'certs');
    const texts = plan?.actions.filter(({ host }) => host === 'client1').map(({ text }) => text);
    expect(texts).toEqual([
      'make /etc/ssl/fl_network, only for ubuntu (with sudo)',
      'make client1’s key on its host (EC P-256) and ask for a request signed with it',
      expect.stringMatching(/^issue fl_network\/client1\.crt: spiffe:.*, for the key on its host, until /),
    ]);
  });

  test('no private key of a host is on the operator’s machine, nor in what was told', () => {
    expect(keysBelow(network.project)).toEqual([
      '.fl-wizard/operator.key',
      ...['expired', 'foreign', 'impostor', 'revoked', 'server-expired', 'unlisted'].map(
        (name) => `.fl-wizard/probes/${name}.key`,
      ),
      'fl_network/ca.key',
    ]);
    expect(first.stdout).not.toContain('PRIVATE KEY');
    for (const host of network.hosts) {
      const words = createPrivateKey(readFileSync(keyOf(host)))
        .export({ type: 'pkcs8', format: 'pem' })
        .toString()
        .split('\n')
        .filter((line) => line.length === 64);
      expect(words.length).toBeGreaterThan(0);
      for (const word of words) expect(first.stdout).not.toContain(word);
    }
  });

  test('each key is 0600, its owner’s, and the one of the certificate that went there', () => {
    for (const host of network.hosts) {
      const { mode, uid } = statSync(keyOf(host));
      expect([(mode & 0o7777).toString(8), uid]).toEqual(['600', ubuntu]);
      expect(readdirSync(join(keyOf(host), '..')).sort()).toEqual(['ca.crt', `${host.name}.crt`, `${host.name}.key`]);
      const spki = (pem: Buffer) => createPublicKey(pem).export({ type: 'spki', format: 'der' }).toString('hex');
      const certificate = readFileSync(join(folder(), `${host.name}.crt`));
      expect(spki(certificate)).toBe(spki(readFileSync(keyOf(host))));
    }
    const verified = spawnSync(
      'openssl',
      ['verify', '-x509_strict', '-CAfile', 'ca.crt', 'server.crt', 'client1.crt'],
      {
        cwd: folder(),
        encoding: 'utf8',
      },
    );
    expect(verified.stdout).toBe('server.crt: OK\nclient1.crt: OK\n');
  });

  const proofs = (events: Ended['events'], step: string) =>
    of(events, 'check-finished')
      .filter((event) => event.step === step && event.check.kind !== 'state')
      .map(({ check }) => check);

  test('every refusal was seen, and each pair was shown by its own host', () => {
    for (const step of ['launch', 'verify']) {
      const seen = proofs(first.events, step);
      expect(seen.filter(({ ok }) => !ok)).toEqual([]);
      expect(seen.filter(({ kind }) => kind === 'refused').length).toBeGreaterThanOrEqual(8);
      expect(seen.find(({ name }) => name === 'the server’s as a client')).toMatchObject({
        host: 'server',
        detail: 'refused: the server closed the connection in the handshake',
      });
    }
    const accepted = proofs(first.events, 'verify').filter(({ kind }) => kind === 'accepted');
    // By the wizard's rules, and by the client's own Python.
    expect(accepted.map(({ host, detail }) => [host, detail])).toEqual([
      ['client1', 'let in as spiffe://scriptchain.co/fl/client/FLClient1'],
      ['client2', 'let in as spiffe://scriptchain.co/fl/client/FLClient2'],
      ['client1', 'let in as spiffe://scriptchain.co/fl/client/FLClient1'],
      ['client2', 'let in as spiffe://scriptchain.co/fl/client/FLClient2'],
    ]);
    expect(of(first.events, 'check-finished').find(({ check }) => check.name === 'mutual TLS')).toMatchObject({
      check: {
        ok: true,
        detail: 'mutual: 29 of 29 refused (8 kinds), 4 let in; the clients refuse 15 of 15 wrong servers',
      },
    });
  });

  test('a second up changes nothing', async () => {
    const before = network.hosts.map((host) => readFileSync(keyOf(host), 'utf8'));
    const second = await wizard(['up', '--yes', '--json', '-C', network.project]);
    expect(of(second.events, 'step-finished').map(({ outcome }) => outcome)).toEqual(Array(8).fill('unchanged'));
    expect(second.code).toBe(0);
    expect(network.hosts.map((host) => readFileSync(keyOf(host), 'utf8'))).toEqual(before);
  });

  test('a key that is lost on its host is said so, and made anew there', async () => {
    const client = network.hosts[1];
    if (!client) throw new Error('no client');
    const old = readFileSync(keyOf(client), 'utf8');
    on(client, 'rm /etc/ssl/fl_network/client1.key');
    const deploy = await wizard(['deploy', '--yes', '--json', '-C', network.project]);
    expect(deploy.code).toBe(6);
    expect(of(deploy.events, 'host-failed')[0]).toMatchObject({
      host: 'client1',
      failure: { exitCode: 6, why: '/etc/ssl/fl_network/client1.key is not there' },
    });
    const asked = await wizard(['certs', '--yes', '--json', '-C', network.project]);
    expect(asked.code).toBe(8);
    const made = await wizard(['certs', '--yes', '--allow-reissue', '--json', '-C', network.project]);
    expect(made.code).toBe(0);
    expect(of(made.events, 'plan-ready')[0]?.actions.map(({ host }) => host)).toEqual(['client1', 'client1']);
    expect(readFileSync(keyOf(client), 'utf8')).not.toBe(old);
    expect((await wizard(['deploy', '--yes', '--json', '-C', network.project])).code).toBe(0);
    // A key that somebody opened to others is closed again where it lies.
    on(client, 'chmod 0644 /etc/ssl/fl_network/client1.key');
    const permissions = await wizard(['permissions', '--yes', '--json', '-C', network.project]);
    expect([permissions.code, (statSync(keyOf(client)).mode & 0o777).toString(8)]).toEqual([0, '600']);
    expect(keysBelow(folder())).toEqual(['ca.key']);
  });

  test('a key from before that still lies here is named, and of no use', async () => {
    const stray = join(folder(), 'client2.key');
    writeFileSync(stray, spawnSync('openssl', ['genpkey', '-algorithm', 'ED25519']).stdout, { mode: 0o600 });
    const certs = await wizard(['certs', '--yes', '--json', '-C', network.project]);
    expect(certs.code).toBe(0);
    expect(
      of(certs.events, 'check-finished').find(({ check }) => check.name === 'fl_network/client2.key'),
    ).toMatchObject({ check: { ok: true, hint: 'delete fl_network/client2.key' } });
    rmSync(stray);
  });

  test('an answer that is no request of that host signs nothing (6)', async () => {
    const client = network.hosts[2];
    if (!client) throw new Error('no client');
    const files = ['client2.crt', 'client2.csr'].map((name) => join(folder(), name));
    const before = files.map((file) => readFileSync(file, 'utf8'));
    // Its openssl answers with a request that was made for somebody else, by whoever holds that key.
    const bin = join(client.home, 'bin');
    mkdirSync(bin);
    copyFileSync(join(folder(), 'client1.csr'), join(bin, 'stolen.csr'));
    const hostile = `#!/bin/sh\n[ "$1" = req ] && exec cat ${bin}/stolen.csr\nexec /usr/bin/openssl "$@"\n`;
    writeFileSync(join(bin, 'openssl'), hostile, { mode: 0o755 });
    writeFileSync(join(client.home, '.bashrc'), `PATH=${bin}:$PATH\n`);
    on(client, 'rm /etc/ssl/fl_network/client2.key');
    const certs = await wizard(['certs', '--yes', '--allow-reissue', '--json', '-C', network.project]);
    expect(certs.code).toBe(6);
    const subject = (name: string) => `"C=US, ST=New York, O=ScriptChain, OU=AI, CN=${name}"`;
    expect(of(certs.events, 'host-failed')).toEqual([
      expect.objectContaining({
        host: 'client2',
        failure: expect.objectContaining({
          exitCode: 6,
          doing: 'Checking the request of client2',
          why: `it is for ${subject('FLClient1')}, not for ${subject('FLClient2')}`,
        }),
      }),
    ]);
    expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(before);
  });

  test('and needs the hosts: --offline is refused (2)', async () => {
    const offline = await wizard(['certs', '--offline', '--yes', '-C', network.project]);
    expect(offline.code).toBe(2);
    expect(offline.stderr).toContain('each key is made on its own host');
  });
});
