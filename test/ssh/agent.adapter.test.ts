import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, copyFileSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Secret } from '../../source/plan/secret.ts';
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
  /** The key that is taken, in a file that needs the passphrase "secret". */
  const locked = () => {
    const name = file('locked');
    if (existsSync(name)) return name;
    copyFileSync(file('ed25519'), name);
    chmodSync(name, 0o600);
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'secret', '-f', name], { stdio: 'pipe' });
    return name;
  };
  /** ssh-add asks for the agent's password in a terminal, or lets a program do so. */
  const lock = (flag: '-x' | '-X') => {
    writeFileSync(file('askpass'), '#!/bin/sh\necho password\n', { mode: 0o700 });
    const askpass = { SSH_ASKPASS: file('askpass'), SSH_ASKPASS_REQUIRE: 'force' };
    execFileSync('ssh-add', [flag], {
      env: { SSH_AUTH_SOCK: socket, PATH: process.env.PATH, ...askpass },
      stdio: 'pipe',
    });
  };
  const any = { identityFiles: [], identitiesOnly: false };

  it.each(['rsa', 'ed25519'])('logs in by its %s key', async (name) => {
    add(file('other0'), file(name));
    const session = await logIn(host, any, { agent: socket });
    expect((await session.run(['echo', 'in'])).stdout).toBe('in\n');
    session.close();
  });

  it('is asked for a locked file before its passphrase', async () => {
    add(file('ed25519'));
    const passphrase = vi.fn(async () => undefined);
    (await logIn(host, { identityFiles: [locked()], identitiesOnly: true }, { agent: socket, passphrase })).close();
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

  it('is said to be locked', async () => {
    add(file('ed25519'));
    lock('-x');
    try {
      const failure = await failureOf(logIn(host, any, { agent: socket }));
      expect(failure.why).toBe('login as root failed; tried the ssh-agent (it is locked or holds no key)');
    } finally {
      lock('-X');
    }
    (await logIn(host, any, { agent: socket })).close();
  });

  it('is said not to answer where its socket is dead, or is none', async () => {
    const dead = spawn('ssh-agent', ['-D', '-a', file('dead')], { stdio: ['ignore', 'pipe', 'inherit'] });
    if (dead.stdout) await once(dead.stdout, 'data');
    const gone = once(dead, 'exit');
    dead.kill('SIGKILL');
    await gone;
    expect(existsSync(file('dead'))).toBe(true);
    for (const name of ['dead', 'rsa']) {
      const failure = await failureOf(logIn(host, any, { agent: file(name) }));
      expect(failure.why).toBe(`login as root failed; tried the ssh-agent (nothing answers at ${file(name)})`);
    }
  });

  it('hangs, and holds nobody up for long: files are tried, and it is named', async () => {
    add(file('ed25519'));
    agent.kill('SIGSTOP');
    try {
      (await logIn(host, { identitiesOnly: false }, { agent: socket })).close();
      const passphrase = vi.fn(async () => new Secret('secret'));
      const behind = { identityFiles: [locked()], identitiesOnly: false };
      (await logIn(host, behind, { agent: socket, passphrase })).close();
      const failure = await failureOf(logIn(host, any, { agent: socket }));
      expect(failure.why).toBe(`login as root failed; tried the ssh-agent (it does not answer at ${socket})`);
      const sooner = await failureOf(logIn(host, any, { agent: socket, timeout: 2500 }));
      expect(sooner.why).toMatch(/^login as root did not end within 2.5 s/);
    } finally {
      agent.kill('SIGCONT');
    }
  });

  it('hangs when it has to sign: that is told, and its connection ends with ours', async () => {
    add(file('ed25519'));
    const open = new Set<Socket>();
    const proxy = createServer((near) => {
      open.add(near.on('error', () => {}).on('close', () => open.delete(near)));
      near.once('data', (request) => {
        // A request to sign is number 13 (draft-ietf-sshm-ssh-agent); the list before it is passed on.
        if (request[4] === 13) return;
        const far = connectTo(socket);
        far.write(request);
        near.on('close', () => far.destroy());
        far.pipe(near);
      });
    });
    await once(proxy.listen(file('proxy')), 'listening');
    const failure = await failureOf(logIn(host, any, { agent: file('proxy'), timeout: 5000 }));
    expect(failure).toMatchObject({
      exitCode: 4,
      why: 'login as root did not end: the ssh-agent did not sign within 5 s',
    });
    await vi.waitUntil(() => open.size === 0, { timeout: 10_000 });
    proxy.close();
  });

  it('refuses to sign: the next key is tried, and that is told', async () => {
    // Each use is to be confirmed, and nobody is there to do so.
    add('-c', file('ed25519'));
    add(file('other0'));
    const failure = await failureOf(logIn(host, any, { agent: socket }));
    expect(failure.why).toContain(
      "tried 2 of the ssh-agent's keys, one of them is taken there, but the ssh-agent refused to sign",
    );
    const passphrase = async () => new Secret('secret');
    const files = { identityFiles: [locked(), file('rsa')], identitiesOnly: false };
    (await logIn(host, files, { agent: socket, passphrase })).close();
  });

  it.each(['only its .pub is there', 'it hides its public half'])(
    'offers a named key first, also where %s',
    async (how) => {
      const name = file(how.replaceAll(' ', '-'));
      const line = keygen(name, '-t', 'rsa', '-b', '2048', '-m', 'PEM');
      appendFileSync(join(folder.path, 'host', 'authorized_keys'), `${line}\n`);
      for (let i = 0; i < 8; i++) add(file(`other${i}`));
      add(name);
      if (how.startsWith('only')) rmSync(name);
      else
        execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'secret', '-m', 'PEM', '-f', name], { stdio: 'pipe' });
      const passphrase = vi.fn(async () => undefined);
      for (const identitiesOnly of [false, true])
        (await logIn(host, { identityFiles: [name], identitiesOnly }, { agent: socket, passphrase })).close();
      expect(passphrase).not.toHaveBeenCalled();
    },
  );

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
