import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../source/ssh/config-file.ts';
import { destination, resolveTarget, sshWords, type Target } from '../../source/ssh/host.ts';
import { canRunSshd, type Sshd, startSshd } from '../helpers/sshd.ts';
import { scratch, targetOf } from './real.ts';

describe('sshWords', () => {
  const plain: Target = { address: 'h', port: 22, user: 'u', identityFiles: [], identitiesOnly: false, proxyJump: [] };

  it('says nothing that is the default', () => {
    expect(sshWords(plain)).toEqual(['-F', 'none']);
    expect(destination(plain)).toBe('u@h');
  });

  it('says what ssh and scp both understand', () => {
    const target = { ...plain, port: 2222, identityFiles: ['/k'], identitiesOnly: true, hostKeyAlias: 'a' };
    const options = ['Port=2222', 'IdentitiesOnly=yes', 'HostKeyAlias=a'].flatMap((option) => ['-o', option]);
    expect(sshWords(target)).toEqual(['-F', 'none', ...options.slice(0, 2), '-i', '/k', ...options.slice(2)]);
  });

  it('means to ssh what ~/.ssh/config meant to us', () => {
    const config = parseConfig(
      'Host fl\n HostName 10.0.0.1\n User ubuntu\n Port 2200\n IdentityFile /dev/null\n IdentitiesOnly yes\n',
    );
    const target = resolveTarget({ host: 'fl' }, { home: '/nowhere', config, defaultUser: 'me' });
    const words = ['-G', ...sshWords(target), destination(target)];
    const understood = execFileSync('ssh', words, { encoding: 'utf8' }).split('\n');
    expect(understood).toEqual(
      expect.arrayContaining([
        'user ubuntu',
        'hostname 10.0.0.1',
        'port 2200',
        'identityfile /dev/null',
        'identitiesonly yes',
      ]),
    );
  });
});

describe.skipIf(!canRunSshd)('the words of sshWords', () => {
  const folder = scratch();
  let hosts: Sshd[];
  beforeAll(async () => {
    const names = ['outer', 'inner', 'host'];
    hosts = await Promise.all(names.map((name) => startSshd({ directory: folder.path, name })));
    copyFileSync(hosts[0]?.identityFile ?? '', join(folder.path, 'key 100%'));
    chmodSync(join(folder.path, 'key 100%'), 0o600);
    const lines = hosts.map((host) => `[127.0.0.1]:${host.port} ${host.publicKeys[0]}\n`);
    writeFileSync(join(folder.path, 'known hosts 100%'), lines.join(''));
  });
  afterAll(async () => {
    await Promise.all(hosts.map((host) => host.stop()));
    folder.remove();
  });

  it('lead the system ssh to the same host, through two others', () => {
    const [outer, inner, host] = hosts.map((each) =>
      targetOf(each, { identityFiles: [join(folder.path, 'key 100%')] }),
    );
    if (!outer || !inner || !host) throw new Error('three hosts were started');
    const knownHostsFiles = () => [join(folder.path, 'known hosts 100%')];
    const words = sshWords({ ...host, proxyJump: [outer, inner] }, { knownHostsFiles });
    const batch = ['-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes'];
    const result = spawnSync('ssh', [...batch, ...words, destination(host), 'echo $HOME'], { encoding: 'utf8' });
    expect([result.stdout, result.stderr]).toEqual([`${hosts[2]?.home}\n`, '']);
  });
});
