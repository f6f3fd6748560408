import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeSshKey } from '../../source/demo/key.ts';
import { Secret } from '../../source/plan/secret.ts';
import { connect } from '../../source/ssh/session.ts';
import { canRunSshd, type Sshd, startSshd } from '../helpers/sshd.ts';
import { failureOf, keygen, logIn, scratch, strict, targetOf } from './real.ts';

const phrase = 'correct horse ünd $(battery)';

describe.skipIf(!canRunSshd)('login', () => {
  const folder = scratch();
  const file = (name: string) => join(folder.path, name);
  let host: Sshd;
  beforeAll(async () => {
    const own = await makeSshKey();
    writeFileSync(file('own'), own.privatePem.reveal(), { mode: 0o600 });
    const lines = [
      own.publicLine,
      keygen(file('ed25519'), '-t', 'ed25519'),
      keygen(file('rsa'), '-t', 'rsa', '-b', '2048'),
      keygen(file('ecdsa'), '-t', 'ecdsa'),
      keygen(file('ecdsa521'), '-t', 'ecdsa', '-b', '521'),
      keygen(file('rsa-pem'), '-t', 'rsa', '-b', '2048', '-m', 'PEM'),
      keygen(file('ecdsa-pem'), '-t', 'ecdsa', '-m', 'PEM'),
    ];
    keygen(file('other'), '-t', 'ed25519');
    for (const [from, to] of [
      ['rsa-pem', 'rsa-pkcs8'],
      ['ecdsa-pem', 'ecdsa-pkcs8'],
    ]) {
      execFileSync('openssl', ['pkcs8', '-topk8', '-nocrypt', '-in', file(from ?? ''), '-out', file(to ?? '')]);
    }
    const pkcs8 = [
      'pkcs8',
      '-topk8',
      '-in',
      file('rsa-pem'),
      '-out',
      file('rsa-pkcs8-locked'),
      '-passout',
      `pass:${phrase}`,
    ];
    execFileSync('openssl', pkcs8);
    execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', file('ed25519-pkcs8')], { stdio: 'pipe' });
    for (const name of ['ed25519', 'rsa', 'rsa-pem']) {
      copyFileSync(file(name), file(`${name}-locked`));
      execFileSync('chmod', ['600', file(`${name}-locked`)]);
      execFileSync(
        'ssh-keygen',
        [
          '-q',
          '-p',
          '-P',
          '',
          '-N',
          phrase,
          '-f',
          file(`${name}-locked`),
          ...(name === 'rsa-pem' ? ['-m', 'PEM'] : []),
        ],
        { stdio: 'pipe' },
      );
    }
    host = await startSshd({ directory: folder.path, name: 'host', authorizedKeys: lines });
  });
  afterAll(async () => {
    await host.stop();
    folder.remove();
  });

  const keys = ['own', 'ed25519', 'rsa', 'ecdsa', 'ecdsa521', 'rsa-pem', 'ecdsa-pem', 'rsa-pkcs8', 'ecdsa-pkcs8'];
  it.each(keys)('succeeds by the key %s', async (name) => {
    const session = await logIn(host, { identityFiles: [file(name)] });
    expect((await session.run(['printf', '%s', 'in'])).stdout).toBe('in');
    session.close();
  });

  it.each(['ed25519-locked', 'rsa-locked', 'rsa-pem-locked', 'rsa-pkcs8-locked'])(
    'asks for the passphrase of %s',
    async (name) => {
      const passphrase = vi.fn(async () => new Secret(phrase));
      const session = await logIn(host, { identityFiles: [file(name)] }, { passphrase });
      expect(passphrase).toHaveBeenCalledWith({ file: file(name) });
      session.close();
    },
  );

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

  it.each(['ed25519-locked', 'rsa-pem-locked', 'rsa-pkcs8-locked'])(
    'fails by a wrong passphrase of %s, without showing it',
    async (name) => {
      const passphrase = async () => new Secret('hunter2');
      const failure = await failureOf(logIn(host, { identityFiles: [file(name)] }, { passphrase }));
      expect(failure).toMatchObject({ exitCode: 4, host: 'client1' });
      expect(failure.why).toBe(`login as root failed; tried ${file(name)} (the passphrase is wrong)`);
      expect(JSON.stringify(failure)).not.toContain('hunter2');
    },
  );

  it('fails without a passphrase', async () => {
    const target = { identityFiles: [file('ed25519-locked')] };
    const why = `login as root failed; tried ${file('ed25519-locked')} (it needs a passphrase, and none was given)`;
    expect((await failureOf(logIn(host, target))).why).toBe(why);
    expect((await failureOf(logIn(host, target, { passphrase: async () => undefined }))).why).toBe(why);
  });

  it('fails by wrong keys and names all that was tried', async () => {
    writeFileSync(file('text'), 'no key\n');
    writeFileSync(file('cut'), readFileSync(file('ed25519'), 'utf8').slice(0, 200));
    const identityFiles = [
      file('missing'),
      file('other'),
      file('text'),
      file('cut'),
      file('rsa.pub'),
      file('ed25519-pkcs8'),
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
});
