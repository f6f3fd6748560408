/** Host lists as people have them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostListOf } from '../../source/network/host-list.ts';
import { parseLogin } from '../../source/network/write.ts';

describe('a list of hosts', () => {
  it('may be an inventory of Ansible', () => {
    const text = `
[server]
fl ansible_host=203.0.113.10 ansible_user=ubuntu ansible_ssh_private_key_file=~/.ssh/fl.pem

[sites]   
hosp-a ansible_host=10.20.0.8 ansible_user=flsvc ansible_port=2222 ansible_ssh_private_key_file=~/.ssh/fl.pem
hosp-b ansible_host="10.20.0.9" ansible_ssh_private_key_file=~/.ssh/fl.pem  # the new one

[sites:vars]
ansible_python_interpreter=/usr/bin/python3
[all:children]
sites
`;
    expect(hostListOf(text)).toEqual({
      server: { name: 'fl', ssh: 'ubuntu@203.0.113.10' },
      clients: [
        { name: 'hosp-a', ssh: 'flsvc@10.20.0.8:2222' },
        { name: 'hosp-b', ssh: '10.20.0.9' },
      ],
      identityFile: '~/.ssh/fl.pem',
    });
  });

  it('or logins, names in front or behind, and what /etc/hosts has', () => {
    const text =
      '\ufeff# ours\r\nubuntu@fl.example.org fl-server\r\nhosp-a flsvc@10.20.0.8\r\n10.0.0.12 hosp-b\r\nfl@pacs-gw:2222\r\n;x\r\n';
    expect(hostListOf(text)).toEqual({
      server: { name: 'fl-server', ssh: 'ubuntu@fl.example.org' },
      clients: [
        { name: 'hosp-a', ssh: 'flsvc@10.20.0.8' },
        { name: 'hosp-b', ssh: '10.0.0.12' },
        { ssh: 'fl@pacs-gw:2222' },
      ],
    });
  });

  it.each([
    ['fl-server server\nhosp-a client\nhosp-b client\nhosp-x 10.0.0.9'],
    ['server: fl-server\nclients:\n  - hosp-a\n  - hosp-b\n  - hosp-x 10.0.0.9'],
    ['[servers]\nfl-server\n[clients]\nhosp-a\nhosp-b\nhosp-x 10.0.0.9'],
    ['servers:\n  fl-server\nsites:\n  hosp-a\n  hosp-b # new\n  10.0.0.9 hosp-x'],
  ])('may say of each what it is: %j', (text) => {
    expect(hostListOf(text)).toEqual({
      server: { ssh: 'fl-server' },
      clients: [{ ssh: 'hosp-a' }, { ssh: 'hosp-b' }, { name: 'hosp-x', ssh: '10.0.0.9' }],
    });
  });

  it('tells of a key only where all have the same', () => {
    const key = (name: string) => `ansible_ssh_private_key_file=${name}`;
    expect(hostListOf(`a ${key('x')}\nb ${key('y')}`).identityFile).toBeUndefined();
    expect(hostListOf(`a ${key('x')}\nb`).identityFile).toBeUndefined();
    expect(hostListOf(`a ${key('x')}\nb ${key('x')}`).identityFile).toBe('x');
  });

  it('names nobody as a network may not: such a host is taken without its name', () => {
    expect(hostListOf('ca 10.0.0.1\nall 10.0.0.2').clients).toEqual([{ ssh: '10.0.0.1' }, { ssh: '10.0.0.2' }]);
  });

  it('holds each place once, and not the server among the clients', () => {
    expect(hostListOf('server 10.0.0.1\na 10.0.0.1\nb 10.0.0.2\nc 10.0.0.2')).toEqual({
      server: { ssh: '10.0.0.1' },
      clients: [{ name: 'b', ssh: '10.0.0.2' }],
    });
  });

  it('whatever it is, brings only what a login can be', () => {
    const word = fc.constantFrom(
      'a',
      '-oProxyCommand=x',
      'u@h',
      'h:22',
      'h:99999',
      '[s]',
      'ansible_host=',
      'ansible_host=-x',
      '::1',
      '@',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(fc.array(word)).map((lines) => lines.map((each) => each.join(' ')).join('\n')),
    );
    fc.assert(
      fc.property(text, (hostile) => {
        const { server, clients } = hostListOf(hostile);
        for (const { ssh } of [...(server ? [server] : []), ...clients]) expect(() => parseLogin(ssh)).not.toThrow();
      }),
      { numRuns: 1000 },
    );
  });
});
