import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseNetwork } from '../../source/network/read.ts';
import { UserError } from '../../source/plan/failure.ts';
import { Targets } from '../../source/world/targets.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'fl-wizard-targets-'));
  mkdirSync(join(home, '.ssh'));
});
afterEach(() => rmSync(home, { recursive: true }));

/** Compares a server and clients, each written as what stands below `ssh:`. */
async function compared(config: string, hosts: readonly string[]) {
  writeFileSync(join(home, '.ssh', 'config'), config, { mode: 0o600 });
  const clients = hosts.slice(1).map((ssh, at) => `  - {name: c${at}, ssh: {${ssh}}}\n`);
  const text = `version: 1\nname: x\nserver: {address: a.org, ssh: {${hosts[0]}}}\nclients:\n${clients.join('')}`;
  const network = parseNetwork(text, 'fl-network.yaml');
  return new Targets({ home, user: 'me', env: {} }).mustDiffer(network).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof UserError) return error.failure;
      throw error;
    },
  );
}

describe('hosts that are one SSH server', () => {
  it.each([
    ['two aliases', 'Host a b\n HostName 10.0.0.1\n', 'host: a', 'host: b'],
    ['an alias and its address', 'Host a\n HostName 10.0.0.1\n', 'host: a', 'host: 10.0.0.1'],
    ['the port of the file', 'Host a\n HostName b\n Port 2222\n', 'host: a', 'host: b, port: 2222'],
    ['other letters', 'Host a\n HostName Web.Example.org\n', 'host: a', 'host: WEB.example.org'],
    ['a dot at the end', '', 'host: web.example.org.', 'host: web.example.org'],
    ['an IPv6 address', '', 'host: "::1"', 'host: "0:0:0:0:0:0:0:1"'],
    ['IPv6 in brackets and capitals', '', 'host: "[2001:DB8::1]"', 'host: "2001:db8:0::1"'],
    ['a mapped address', '', 'host: "::ffff:10.0.0.1"', 'host: 10.0.0.1'],
    ['an address in short', '', 'host: "127.1"', 'host: 127.0.0.1'],
    ['other users', '', 'host: "::1", user: a', 'host: "::01", user: b'],
    ['one jump host by two names', 'Host j k\n HostName gate\n', 'host: a, proxyJump: j', 'host: a, proxyJump: k'],
    ['a public address by two ways', '', 'host: 100.27.120.77', 'host: 100.27.120.77, proxyJump: j'],
    ['one command', 'Host a b\n HostName h\n ProxyCommand nc gate %h\n', 'host: a', 'host: b'],
  ])('are told: %s', async (_, config, first, second) => {
    expect(await compared(config, [first, second])).toMatchObject({ exitCode: 2 });
  });

  it.each([
    ['other ports', '', 'host: a', 'host: a, port: 2222'],
    ['the port of the file', 'Host a\n Port 2222\nHost b\n HostName a\n', 'host: a', 'host: b'],
    ['a private address behind two jump hosts', '', 'host: 10.0.0.1, proxyJump: j', 'host: 10.0.0.1, proxyJump: k'],
    ['and behind none', '', 'host: 10.0.0.1, proxyJump: j', 'host: 10.0.0.1'],
    ['a name behind two jump hosts', 'Host *.w\n ProxyJump j\n', 'host: a.w', 'host: a.w, proxyJump: none'],
    [
      'behind two jump hosts behind one',
      'Host j\n ProxyJump g\n',
      'host: "fd00::1", proxyJump: j',
      'host: "fd00::1", proxyJump: g',
    ],
    ['two commands', 'Host a b\n HostName localhost\n ProxyCommand tunnel %n\n', 'host: a', 'host: b'],
    ['one that can not be resolved', 'Host b\n Port none\n', 'host: a', 'host: b'],
  ])('are not: %s', async (_, config, first, second) => {
    expect(await compared(config, [first, second])).toBeUndefined();
  });

  it('are named by their keys, all of them at once', async () => {
    const config = 'Host a b c\n HostName 10.0.0.1\n';
    expect(await compared(config, ['host: a', 'host: other', 'host: b', 'host: c'])).toEqual({
      exitCode: 2,
      doing: 'Comparing the hosts of fl-network.yaml',
      why: [
        'server.ssh.host (a) and clients[1].ssh.host (b) are the same SSH server: 10.0.0.1, port 22',
        'server.ssh.host (a) and clients[2].ssh.host (c) are the same SSH server: 10.0.0.1, port 22',
      ].join('\n  '),
      hint: expect.stringContaining('one host has one role'),
    });
  });
});
