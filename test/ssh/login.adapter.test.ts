import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeSshKey } from '../../source/demo/key.ts';
import { Secret } from '../../source/plan/secret.ts';
import { publicLine } from '../../source/ssh/openssh-key.ts';
import { connect } from '../../source/ssh/session.ts';
import { canRunSshd, type Sshd, startSshd } from '../helpers/sshd.ts';
import { lockedKeys, makeKeys, openKeys } from './keys.ts';
import { failureOf, keygen, logIn, scratch, strict, targetOf } from './real.ts';

const phrase = 'correct horse ünd $(battery)';

describe.skipIf(!canRunSshd)('login', () => {
  const folder = scratch();
  const file = (name: string) => join(folder.path, name);
  const again = (name: string) => ({ file: file(name), note: 'That does not open it.' });
  let host: Sshd;
  beforeAll(async () => {
    const made = makeKeys(folder.path, phrase);
    const own = await makeSshKey();
    writeFileSync(file('own'), own.privatePem.reveal(), { mode: 0o600 });
    const pkcs8 = createPrivateKey(readFileSync(file('ed25519-pkcs8')));
    const lines = [own.publicLine, ...made, publicLine(pkcs8, 'made by openssl')];
    keygen(file('other'), '-t', 'ed25519');
    execFileSync('openssl', ['genpkey', '-algorithm', 'x25519', '-out', file('x25519')], { stdio: 'pipe' });
    host = await startSshd({ directory: folder.path, name: 'host', authorizedKeys: lines });
  });
  afterAll(async () => {
    await host.stop();
    folder.remove();
  });

  it.each(['own', ...openKeys])('succeeds by the key %s', async (name) => {
    const session = await logIn(host, { identityFiles: [file(name)] });
    expect((await session.run(['printf', '%s', 'in'])).stdout).toBe('in');
    session.close();
  });

  it.each(lockedKeys)('asks for the passphrase of %s', async (name) => {
    const passphrase = vi.fn(async () => new Secret(phrase));
    const session = await logIn(host, { identityFiles: [file(name)] }, { passphrase });
    expect(passphrase).toHaveBeenCalledWith({ file: file(name) });
    session.close();
  });

  it('asks for a passphrase once for all hosts', async () => {
    const passphrase = vi.fn(async () => new Secret(phrase));
    const target = { identityFiles: [file('ed25519-locked')] };
    const sessions = await Promise.all([1, 2, 3].map(() => logIn(host, target, { passphrase })));
    expect(passphrase).toHaveBeenCalledTimes(1);
    for (const session of sessions) session.close();
  });

  it('does not ask for a passphrase where another key does', async () => {
    const passphrase = vi.fn(async () => new Secret(phrase));
    const identityFiles = [file('ed25519-locked'), file('rsa')];
    (await logIn(host, { identityFiles }, { passphrase })).close();
    expect(passphrase).not.toHaveBeenCalled();
  });

  it('does not count the time of a question', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const anHour = async () => void (await vi.advanceTimersByTimeAsync(3_600_000));
    const passphrase = () => anHour().then(() => new Secret(phrase));
    const trust = () => anHour().then(() => true);
    const { hostKey, ...target } = targetOf(host, { identityFiles: [file('ed25519-locked')] });
    const session = await connect(target, { ...strict, passphrase, trust }).finally(() => vi.useRealTimers());
    session.close();
  });

  it.each(lockedKeys)('fails by a wrong passphrase of %s, without showing it', async (name) => {
    const passphrase = vi.fn(async () => new Secret('hunter2'));
    const failure = await failureOf(logIn(host, { identityFiles: [file(name)] }, { passphrase }));
    expect(passphrase.mock.calls).toEqual([[{ file: file(name) }], ...Array(2).fill([again(name)])]);
    expect(failure).toMatchObject({ exitCode: 4, host: 'client1' });
    expect(failure.why).toBe(`login as root failed; tried ${file(name)} (the passphrase is wrong)`);
    expect(JSON.stringify(failure)).not.toContain('hunter2');
  });

  it('asks again for a mistyped passphrase, once for all hosts', async () => {
    const typed = ['hunter2', phrase];
    const passphrase = vi.fn(async () => new Secret(typed.shift() ?? ''));
    const identityFiles = [file('ed25519-locked')];
    for (const session of await Promise.all([1, 2, 3].map(() => logIn(host, { identityFiles }, { passphrase }))))
      session.close();
    expect(passphrase.mock.calls).toEqual([[{ file: identityFiles[0] }], [again('ed25519-locked')]]);
  });

  it.each(lockedKeys)('fails without a passphrase of %s', async (name) => {
    const target = { identityFiles: [file(name)] };
    const why = `login as root failed; tried ${file(name)} (it needs a passphrase, and none was given)`;
    expect((await failureOf(logIn(host, target))).why).toBe(why);
    expect((await failureOf(logIn(host, target, { passphrase: async () => undefined }))).why).toBe(why);
  });

  it('fails by wrong keys and names all that was tried', async () => {
    writeFileSync(file('text'), 'no key\n');
    mkdirSync(file('folder'));
    execFileSync('mkfifo', [file('pipe')]);
    writeFileSync(file('large'), Buffer.alloc(2_000_000, '-'));
    writeFileSync(file('cut'), readFileSync(file('ed25519'), 'utf8').slice(0, 200), { mode: 0o600 });
    const identityFiles = [
      file('missing'),
      file('other'),
      file('text'),
      file('cut'),
      file('rsa.pub'),
      file('x25519'),
      file('folder'),
      file('pipe'),
      file('large'),
    ];
    const failure = await failureOf(logIn(host, { identityFiles }));
    expect(failure).toMatchObject({
      exitCode: 4,
      doing: `Connecting to client1 (127.0.0.1:${host.port})`,
      hint: expect.stringContaining('~root/.ssh/authorized_keys'),
    });
    for (const text of [
      `${file('missing')} (no such file)`,
      `${file('text')} (holds no private key that can be read)`,
      `${file('x25519')} (holds no private key that can be read)`,
      `${file('folder')} (is a folder)`,
      `${file('pipe')} (is no file, but a pipe or a device)`,
      `${file('large')} (is too large for a key)`,
      `${file('rsa.pub')} (holds a public key; the private key is needed)`,
    ]) {
      expect(failure.why).toContain(text);
    }
    expect(failure.why).toContain(file('other'));
    expect(failure.why).not.toContain('PRIVATE');
  });

  it('fails for another user, and where there is no key at all', async () => {
    expect((await failureOf(logIn(host, { user: 'nobody-here' }))).why).toMatch(/^login as nobody-here failed; tried /);
    expect((await failureOf(logIn(host, { identityFiles: [] }))).why).toBe(
      'login as root failed; there was no key to try',
    );
  });

  it.each([0o400, 0o600, 0o700, 0o620, 0o640, 0o604])(
    'takes a key file of mode %o exactly where ssh does',
    async (mode) => {
      const key = file(`mode-${mode}`);
      copyFileSync(file('ed25519'), key);
      chmodSync(key, mode);
      const words = [
        '-F',
        'none',
        '-i',
        key,
        '-o',
        'IdentitiesOnly=yes',
        '-o',
        'BatchMode=yes',
        '-p',
        String(host.port),
      ];
      const unchecked = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'];
      const ssh = spawnSync('ssh', [...words, ...unchecked, 'root@127.0.0.1', 'true'], {
        env: { PATH: process.env.PATH },
      });
      const ours = await logIn(host, { identityFiles: [key] }).catch((error) => failureOf(Promise.reject(error)));
      if ('why' in ours) expect(ours.why).toContain(`${key} (not used, since others may read it: chmod 600)`);
      else ours.close();
      expect('why' in ours).toBe(ssh.status !== 0);
      expect(ssh.status !== 0).toBe((mode & 0o077) !== 0);
    },
  );

  it('asks for no passphrase where the host takes no keys', async () => {
    const closed = await startSshd({ directory: folder.path, name: 'closed', config: ['PubkeyAuthentication no'] });
    const passphrase = vi.fn(async () => new Secret(phrase));
    const failure = await failureOf(logIn(closed, { identityFiles: [file('ed25519-locked')] }, { passphrase }));
    expect(failure.why).toMatch(/^login as root failed: it takes no keys/);
    expect(passphrase).not.toHaveBeenCalled();
    await closed.stop();
  });

  it('offers its one key at once, without a word before', async () => {
    const told: string[] = [];
    const { Client } = ssh2;
    const connected = vi.spyOn(Client.prototype, 'connect').mockImplementation(function (this: ssh2.Client, config) {
      connected.mockRestore();
      return this.connect({ ...config, debug: (line) => told.push(line) });
    });
    (await logIn(host, { identityFiles: [file('ed25519')] })).close();
    const sent = told.filter((line) => /Outbound: Sending USERAUTH_REQUEST/.test(line));
    expect(sent).toEqual([
      'Outbound: Sending USERAUTH_REQUEST (publickey -- check)',
      'Outbound: Sending USERAUTH_REQUEST (publickey)',
    ]);
  });
});
