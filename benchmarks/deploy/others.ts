/** What people use today: scp in a loop, scp eight at a time, Ansible. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sshd } from '../../test/helpers/sshd.ts';
import { type Ended, newFolder, run } from '../process.ts';

/** What is copied to where: the folder lies in each host's home, and is empty. */
export type Copying = {
  readonly hosts: readonly Sshd[];
  /** Holds `ca.crt` and each host's pair. */
  readonly certificates: string;
  readonly folder: string;
  readonly knownHostsFile: string;
};

/** Nothing of the operator's own, and what a person has to say once in ~/.ssh/config. */
function sshConfig({ hosts, knownHostsFile }: Copying): string {
  const host = ({ name, port, user, identityFile }: Sshd) =>
    `Host ${name}\n  HostName 127.0.0.1\n  Port ${port}\n  User ${user}\n  IdentityFile ${identityFile}\n`;
  return `${hosts.map(host).join('')}Host *\n  IdentitiesOnly yes\n  BatchMode yes\n  UserKnownHostsFile ${knownHostsFile}\n`;
}

function shell(copying: Copying, script: string): Promise<Ended> {
  const folder = newFolder();
  writeFileSync(join(folder, 'ssh_config'), sshConfig(copying));
  writeFileSync(join(folder, 'hosts'), copying.hosts.map(({ name }) => `${name}\n`).join(''));
  writeFileSync(join(folder, 'copy.sh'), `set -e\n${script}\n`);
  const words = ['copy.sh', folder, copying.certificates, copying.folder];
  return run('sh', words, folder);
}

/** The tutorial's lines, host by host. */
export const scpLoop = (copying: Copying): Promise<Ended> =>
  shell(
    copying,
    `for name in $(cat hosts); do
  for file in ca.crt $name.crt $name.key; do scp -q -F "$1/ssh_config" "$2/$file" "$name:$3/"; done
done`,
  );

export const scpAtOnce = (copying: Copying): Promise<Ended> =>
  shell(
    copying,
    `cd "$2"
xargs -P8 -I{} scp -q -F "$1/ssh_config" ca.crt {}.crt {}.key "{}:$3/" < "$1/hosts"`,
  );

function playbook({ certificates, folder }: Copying): string {
  const files = [
    ['ca.crt', '0644'],
    ['{{ inventory_hostname }}.crt', '0644'],
    ['{{ inventory_hostname }}.key', '0600'],
  ];
  return `- hosts: all
  gather_facts: false
  tasks:
    - copy:
        src: "${certificates}/{{ item.file }}"
        dest: "${folder}/{{ item.file }}"
        owner: ubuntu
        mode: "{{ item.mode }}"
      loop:
${files.map(([file, mode]) => `        - {file: "${file}", mode: "${mode}"}\n`).join('')}`;
}

/** \`copy\` with an owner and modes, no facts, fifty forks and pipelining, and Python named so that it isn't looked for. */
export async function ansibleCopy(copying: Copying): Promise<Ended> {
  const folder = newFolder();
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const each = ({ name, port, user, identityFile }: Sshd) =>
    `${name} ansible_host=127.0.0.1 ansible_port=${port} ansible_user=${user} ansible_ssh_private_key_file=${identityFile}\n`;
  write('inventory', `${copying.hosts.map(each).join('')}[all:vars]\nansible_python_interpreter=/usr/bin/python3\n`);
  write('playbook.yml', playbook(copying));
  // The connection's own settings stay Ansible's: one master a host, kept for a minute.
  const common = `-o IdentitiesOnly=yes -o UserKnownHostsFile=${copying.knownHostsFile}`;
  write('ansible.cfg', `[defaults]\nforks = 50\n[ssh_connection]\npipelining = True\nssh_common_args = ${common}\n`);
  const masters = join(folder, 'm');
  mkdirSync(masters);
  const env = { ANSIBLE_CONFIG: join(folder, 'ansible.cfg'), ANSIBLE_SSH_CONTROL_PATH_DIR: masters };
  const ended = await run('ansible-playbook', ['-i', 'inventory', 'playbook.yml'], folder, env);
  // Not timed, but they would be in the way of who comes next.
  for (const socket of readdirSync(masters))
    await run('ssh', ['-F', 'none', '-o', `ControlPath=${join(masters, socket)}`, '-O', 'exit', 'x'], folder);
  return ended;
}
