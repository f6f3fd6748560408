import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { canRunSshd, type Sshd, startSshd } from '../helpers/sshd.ts';
import { failureOf, keygen, logIn, scratch } from './real.ts';

describe.skipIf(!canRunSshd)('the ssh-agent', () => {
  const folder = scratch();
  const file = (name: string) => join(folder.path, name);
  const socket = file('agent');
  const add = (...words: string[]) =>
    execFileSync('ssh-add', ['-q', ...words], {
      env: { SSH_AUTH_SOCK: socket, PATH: process.env.PATH },
      stdio: 'pipe',
    });
  let agent: ChildProcess;
  let host: Sshd;
  beforeAll(async () => {
    const lines = [keygen(file('rsa'), '-t', 'rsa', '-b', '2048'), keygen(file('ed25519'), '-t', 'ed25519')];
    for (let i = 0; i < 8; i++) keygen(file(`other${i}`), '-t', 'ed25519');
    agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    if (agent.stdout) await once(agent.stdout, 'data');
    host = await startSshd({ directory: folder.path, name: 'host', authorizedKeys: lines });
  });
  beforeEach(() => void add('-D'));
  afterAll(async () => {
    agent.kill();
    await host.stop();
    folder.remove();
  });
  const any = { identityFiles: [], identitiesOnly: false };

  it.each(['rsa', 'ed25519'])('logs in by its %s key', async (name) => {
    add(file('other0'), file(name));
    const session = await logIn(host, any, { agent: socket });
    expect((await session.run(['echo', 'in'])).stdout).toBe('in\n');
    session.close();
  });

  it('is asked for a locked file before its passphrase', async () => {
    add(file('ed25519'));
    const locked = file('locked');
    execFileSync('cp', [file('ed25519'), locked]);
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'secret', '-f', locked], { stdio: 'pipe' });
    const passphrase = vi.fn(async () => undefined);
    (await logIn(host, { identityFiles: [locked], identitiesOnly: true }, { agent: socket, passphrase })).close();
    expect(passphrase).not.toHaveBeenCalled();
  });

  it('offers the named key first, so that many others do no harm', async () => {
    for (let i = 0; i < 8; i++) add(file(`other${i}`));
    add(file('ed25519'));
    const named = { identityFiles: [file('ed25519.pub')], identitiesOnly: false };
    (await logIn(host, named, { agent: socket })).close();
  });

  it('is said to hold too many keys where the host breaks off', async () => {
    for (let i = 0; i < 8; i++) add(file(`other${i}`));
    add(file('ed25519'));
    const failure = await failureOf(logIn(host, any, { agent: socket }));
    expect(failure).toMatchObject({ exitCode: 4, hint: expect.stringContaining('identityFile') });
    expect(failure.why).toBe("login as root failed (too many keys were offered); tried 9 of the ssh-agent's keys");
  });

  it('is said to be empty, or absent', async () => {
    const empty = await failureOf(logIn(host, any, { agent: socket }));
    expect(empty.why).toBe('login as root failed; tried the ssh-agent (it is locked or holds no key)');
    const absent = await failureOf(logIn(host, any, { agent: file('nobody') }));
    expect(absent.why).toBe(`login as root failed; tried the ssh-agent (nothing answers at ${file('nobody')})`);
  });

  it('is no obstacle where a file does', async () => {
    (await logIn(host, { identitiesOnly: false }, { agent: file('nobody') })).close();
  });

  it('offers none but the named keys where only these may be tried', async () => {
    add(file('ed25519'));
    const failure = await failureOf(
      logIn(host, { identityFiles: [file('other0')], identitiesOnly: true }, { agent: socket }),
    );
    expect(failure.why).toContain('the ssh-agent (it holds none of these keys)');
  });

  it('is the one that IdentityAgent names, or none', async () => {
    add(file('ed25519'));
    const named = await logIn(host, { ...any, identityAgent: socket }, { agent: file('nobody') });
    named.close();
    const none = await failureOf(logIn(host, { ...any, identityAgent: 'none' }, { agent: socket }));
    expect(none.why).toBe('login as root failed; there was no key to try');
  });

  it('leaves a certificate to ssh, and that is said', async () => {
    const failure = await failureOf(logIn(host, { ...any, certificateFiles: ['/c/id-cert.pub'] }));
    expect(failure.why).toContain('tried /c/id-cert.pub (a certificate, which only ssh itself can show)');
  });
});
