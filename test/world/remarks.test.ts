/** What there is to say of a host and of a key file that are taken all the same. */
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { remarksFor } from '../../source/world/remarks.ts';

const home = mkdtempSync(join(tmpdir(), 'remarks-'));
mkdirSync(join(home, '.ssh'), { mode: 0o700 });
const put = (name: string, content: string, mode = 0o600) => {
  writeFileSync(join(home, '.ssh', name), content);
  chmodSync(join(home, '.ssh', name), mode);
};
const hosts = [
  ...['Host hosp-b', ' HostName 10.20.0.9', 'Host hosp-c', ' HostName gone.example.org'],
  ...['Host inner', ' ProxyJump bastion.example.org', 'Host plain'],
];
put('config', `${hosts.join('\n')}\n`);

const failing = (code: string) => async () => {
  throw Object.assign(new Error(code), { code });
};
const host = (text: string, resolve: (name: string) => Promise<unknown> = failing('ENOTFOUND')) =>
  remarksFor({ home, user: 'ada', env: {}, resolve })('ssh', text);

describe('a host', () => {
  it('that neither ~/.ssh/config nor anybody knows is said', async () => {
    expect(await host('fl@hosp-x:2222')).toEqual({
      text: 'hosp-x is no Host of ~/.ssh/config, and no DNS name',
      meant: ['hosp-b', 'hosp-c'],
    });
    expect(await host('lab.example.org')).toBe(
      'lab.example.org has no address that could be found, and no Host lab.example.org is in ~/.ssh/config; a slip, or not there yet',
    );
    expect(await host('lab', failing('EAI_AGAIN'))).toContain('no DNS answers, and no Host lab');
  });

  it('that is nearly one of ~/.ssh/config is said to be that one, also where no DNS answers', async () => {
    expect(await host('inenr', failing('EAI_AGAIN'))).toEqual({
      text: 'inenr is no Host of ~/.ssh/config, and no DNS answers',
      meant: ['inner'],
    });
  });

  it('of ~/.ssh/config that leads nowhere is said with where', async () => {
    expect(await host('hosp-c')).toMatch(/^gone\.example\.org \(hosp-c of ~\/\.ssh\/config\) has no address/);
  });

  it.each(['hosp-b', '10.0.0.7', '[fd00::1]:22', 'inner'])(
    '%s is no word: nobody has to look it up here',
    async (text) => {
      expect(await host(text)).toBeUndefined();
    },
  );

  it('that has an address is no word, nor one of which nothing can be known', async () => {
    expect(await host('hosp-x', async () => ({ address: '10.0.0.7' }))).toBeUndefined();
    expect(await host('hosp-x', failing('EMFILE'))).toBeUndefined();
  });
});

describe('a key file', () => {
  put('right', '-----BEGIN OPENSSH PRIVATE KEY-----\n');
  put('open', '-----BEGIN RSA PRIVATE KEY-----\n', 0o644);
  put('right.pub', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==\n', 0o644);
  put('held.pub', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==\n', 0o644);
  put('notes', 'hello\n');

  it.each([
    ['~/.ssh/right', undefined],
    // In the agent only: known by the .pub beside its name.
    ['~/.ssh/held', undefined],
    ['~/.ssh/none', '~/.ssh/none is not there'],
    [
      '~/.ssh/right.pub',
      '~/.ssh/right.pub is a public key: name the private one (without .pub), unless the SSH agent holds it',
    ],
    ['~/.ssh/open', '~/.ssh/open is not used, since others may read it: chmod 600 ~/.ssh/open'],
    ['~/.ssh/notes', '~/.ssh/notes holds no private key'],
    ['~/.ssh', '~/.ssh is a folder'],
  ])('%s: %s', async (path, said) => {
    expect(await remarksFor({ home, user: 'ada', env: {} })('identityFile', path)).toBe(said);
  });
});
