import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../source/plan/failure.ts';
import { parseConfig } from '../../source/ssh/config-file.ts';
import { resolveTarget, type SshEntry } from '../../source/ssh/host.ts';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'fl-wizard-home-'));
  mkdirSync(join(home, '.ssh'));
  writeFileSync(join(home, '.ssh', 'id_rsa'), '');
  writeFileSync(join(home, '.ssh', 'id_ed25519'), '');
});
afterAll(() => rmSync(home, { recursive: true }));

const resolve = (entry: SshEntry, text = '') =>
  resolveTarget(entry, { home, config: parseConfig(text), defaultUser: 'me' });

function failureOf(entry: SshEntry, configText?: string) {
  try {
    resolve(entry, configText);
  } catch (error) {
    if (error instanceof UserError) return error.failure;
    throw error;
  }
  throw new Error('it was taken');
}

describe('without ~/.ssh/config', () => {
  it('falls back to port 22, the default user and the usual keys that exist', () => {
    expect(resolve({ host: '10.0.0.11' })).toEqual({
      address: '10.0.0.11',
      port: 22,
      user: 'me',
      identityFiles: [join(home, '.ssh/id_ed25519'), join(home, '.ssh/id_rsa')],
      identitiesOnly: false,
      proxyJump: [],
    });
  });

  it('takes what the entry says', () => {
    const entry = { host: 'h', user: 'ubuntu', port: 2222, identityFile: '~/fl.pem', hostKey: 'SHA256:abc' };
    expect(resolve(entry)).toMatchObject({
      address: 'h',
      port: 2222,
      user: 'ubuntu',
      identityFiles: [join(home, 'fl.pem')],
      hostKey: 'SHA256:abc',
    });
  });

  it('reads a fingerprint as people paste it', () => {
    expect(resolve({ host: 'h', hostKey: 'SHA256:abc=' }).hostKey).toBe('SHA256:abc');
    expect(resolve({ host: 'h', hostKey: ' abc' }).hostKey).toBe('SHA256:abc');
  });

  it('dials an IPv6 address without its brackets', () => {
    expect(resolve({ host: '[2001:db8::1]' }).address).toBe('2001:db8::1');
  });

  it.each([['-oProxyCommand=x'], ['a b'], ['']])('refuses the host %j', (host) => {
    expect(failureOf({ host })).toMatchObject({ exitCode: 2 });
  });

  it('refuses a user that ssh would take for an option', () => {
    expect(failureOf({ host: 'h', user: '-x' })).toMatchObject({ exitCode: 2 });
  });
});

describe('with ~/.ssh/config', () => {
  const text = `
host fl
  hostname fl-%h.example.org
  USER ubuntu
  Port 2200
  IdentityFile ~/.ssh/fl.pem
  IdentityFile "%d/keys/%r"
  IdentitiesOnly yes
  HostKeyAlias fl-alias
Host *
  User everybody
  IdentityFile ~/.ssh/all
`;

  it('resolves a Host alias, ignoring the case of keywords, the first value counting', () => {
    expect(resolve({ host: 'fl' }, text)).toEqual({
      address: 'fl-fl.example.org',
      port: 2200,
      portFromConfig: true,
      user: 'ubuntu',
      identityFiles: [join(home, '.ssh/fl.pem'), join(home, 'keys/ubuntu'), join(home, '.ssh/all')],
      identitiesOnly: true,
      proxyJump: [],
      hostKeyAlias: 'fl-alias',
    });
  });

  it('lets the entry win', () => {
    const target = resolve({ host: 'fl', user: 'root', port: 22, identityFile: '/k' }, text);
    expect(target).toMatchObject({ user: 'root', port: 22 });
    expect(target).not.toHaveProperty('portFromConfig');
    expect(target.identityFiles[0]).toBe('/k');
  });

  it('applies Match by host and user', () => {
    const match = 'Match host 10.0.* user root\n  Port 2201\nMatch all\n  Port 2202\n';
    expect(resolve({ host: '10.0.0.1', user: 'root' }, match).port).toBe(2201);
    expect(resolve({ host: '10.0.0.1', user: 'ubuntu' }, match).port).toBe(2202);
  });

  it('refuses Match exec where it would apply, and nowhere else', () => {
    const exec = 'Match host secret exec "touch /tmp/fl-wizard-must-not-run"\n  Port 2203\n';
    expect(failureOf({ host: 'secret' }, exec)).toMatchObject({
      exitCode: 2,
      why: expect.stringContaining('Match exec'),
    });
    expect(resolve({ host: 'other' }, exec).port).toBe(22);
  });

  it('takes a ProxyCommand, unless the entry says how to get there or it is none', () => {
    const command = 'Host far\n  ProxyCommand nc %h %p # %r %n %%\n';
    expect(resolve({ host: 'far', user: 'joe', port: 23 }, command)).toMatchObject({
      proxyCommand: 'nc far 23 # joe far %',
      proxyJump: [],
    });
    for (const proxyJump of ['bastion', 'none'])
      expect(resolve({ host: 'far', proxyJump }, command).proxyCommand).toBeUndefined();
    expect(resolve({ host: 'far' }, 'Host far\n  ProxyCommand none\n').proxyCommand).toBeUndefined();
    expect(resolve({ host: 'near' }, command).proxyCommand).toBeUndefined();
  });

  it('takes the first of ProxyJump and ProxyCommand', () => {
    const jump = resolve({ host: 'far' }, 'Host far\n ProxyJump b\nHost f*\n ProxyCommand x\n');
    expect([jump.proxyJump.length, jump.proxyCommand]).toEqual([1, undefined]);
    const command = resolve({ host: 'far' }, 'Host far\n ProxyCommand x\nHost *\n ProxyJump b\n');
    expect([command.proxyJump.length, command.proxyCommand]).toEqual([0, 'x']);
  });

  it("goes through the first hop's ProxyCommand", () => {
    const text = 'Host far\n ProxyJump a,b\nHost a\n ProxyCommand x %h\nHost b\n ProxyCommand y %h\n';
    expect(resolve({ host: 'far' }, text).proxyJump.map(({ proxyCommand }) => proxyCommand)).toEqual([
      'x a',
      undefined,
    ]);
  });

  it.each([
    [{ host: 'a;id' }],
    [{ host: '$(id)' }],
    [{ host: 'a`id`' }],
    [{ host: 'h', user: 'u;id' }],
    [{ host: 'h', user: '$(id)' }],
    [{ host: 'h', proxyJump: 'j|id' }],
    [{ host: 'h', proxyJump: '$USER@j' }],
  ])('lets %j into no ProxyCommand', (entry) => {
    expect(failureOf(entry, 'ProxyCommand nc %h %p %r %n\n')).toMatchObject({ exitCode: 2 });
  });

  it.each(['DOMAIN\\joe', 'machine$', 'joe@corp', 'first.last'])('takes the user %s', (user) => {
    expect(resolve({ host: 'h', user }).user).toBe(user);
  });

  it('says where the file can not be read', () => {
    expect(failureOf({ host: 'h' }, '\nHost "h\n')).toMatchObject({ exitCode: 2, doing: 'Reading ~/.ssh/config:2' });
  });

  it.each([['0'], ['65536'], ['ssh']])('refuses the port %s', (port) => {
    expect(failureOf({ host: 'h' }, `Host h\n  Port ${port}\n`)).toMatchObject({ exitCode: 2 });
  });

  it('looks no names up for CanonicalizeHostname, and says so', () => {
    const canonical = 'Host h\n  CanonicalizeHostname yes\n  CanonicalDomains example.invalid\n';
    expect(failureOf({ host: 'h' }, canonical)).toMatchObject({
      exitCode: 2,
      why: expect.stringContaining('CanonicalizeHostname'),
    });
  });
});

describe('proxyJump', () => {
  const text = `
Host inner
  HostName 10.0.0.12
  ProxyJump admin@outer:2222,middle
Host outer
  HostName outer.example.org
  IdentityFile ~/.ssh/outer
Host middle
  User m
  ProxyJump never
Host chained
  ProxyJump inner
Host loop
  ProxyJump pool
Host pool
  ProxyJump loop
`;
  const names = (entry: SshEntry) =>
    resolve(entry, text).proxyJump.map(({ user, address, port }) => `${user}@${address}:${port}`);

  it('resolves every hop by its own settings', () => {
    expect(names({ host: 'inner' })).toEqual(['admin@outer.example.org:2222', 'm@middle:22']);
    expect(resolve({ host: 'inner' }, text).proxyJump[0]?.identityFiles).toEqual([join(home, '.ssh/outer')]);
  });

  it('goes through the hops of the first hop', () => {
    expect(names({ host: 'chained' })).toEqual(['admin@outer.example.org:2222', 'm@middle:22', 'me@10.0.0.12:22']);
  });

  it('takes IPv6 hops and ssh:// ones', () => {
    expect(names({ host: 'h', proxyJump: 'ssh://a@[2001:db8::1]:2022,[::1]' })).toEqual([
      'a@2001:db8::1:2022',
      'me@::1:22',
    ]);
  });

  it('lets the entry turn jumps off', () => {
    expect(names({ host: 'inner', proxyJump: 'none' })).toEqual([]);
  });

  it("offers the entry's key to its hops too", () => {
    expect(resolve({ host: 'h', proxyJump: 'b', identityFile: '/k' }).proxyJump[0]?.identityFiles).toEqual(['/k']);
  });

  it('refuses a loop', () => {
    expect(failureOf({ host: 'loop' }, text)).toMatchObject({ exitCode: 2, why: expect.stringContaining('ProxyJump') });
  });

  it.each([['a@'], [','], ['h:port'], ['-oProxyCommand=x']])('refuses %j', (proxyJump) => {
    expect(failureOf({ host: 'h', proxyJump })).toMatchObject({ exitCode: 2 });
  });
});
