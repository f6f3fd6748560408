/** Ten OpenSSH hosts at once, seven of them in trouble, each in another way; and one behind another. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Event } from '../../source/plan/event.ts';
import { startNetwork, type TestNetwork, ubuntu } from '../helpers/hosts.ts';
import { edit, type NetworkFile, tutorialApp } from '../helpers/project.ts';
import { canRunSshd, on, type Sshd, startSshd } from '../helpers/sshd.ts';
import { Wires } from '../helpers/wires.ts';
import { type Ended, of, wizard } from '../helpers/wizard.ts';

const failures = ({ events }: Ended) =>
  Object.fromEntries(of(events, 'host-failed').map(({ host, failure }) => [host, failure]));

/** How many actions are planned for each host. */
function planned({ events }: Ended): Readonly<Record<string, number>> {
  const hosts = of(events, 'plan-ready').flatMap(({ actions }) => actions.map(({ host }) => host ?? 'here'));
  return Object.fromEntries([...new Set(hosts)].map((host) => [host, hosts.filter((each) => each === host).length]));
}

/** The most hosts that were at work at one time. */
function mostAtOnce(events: readonly Event[]): number {
  const working = new Map<string, number>();
  let most = 0;
  for (const event of events) {
    if (event.type !== 'action-started' && event.type !== 'action-finished') continue;
    const host = event.host ?? 'here';
    if (event.type === 'action-started') working.set(host, event.action);
    else working.delete(host);
    most = Math.max(most, working.size);
  }
  return most;
}

describe.skipIf(!canRunSshd)('ten hosts', () => {
  const names = ['gone', 'changed', 'login', 'full', 'pythonless', 'asks', 'hangs'] as const;
  let network: TestNetwork;
  const others: Partial<Record<(typeof names)[number], Sshd>> = {};
  const wires = new Wires();
  const behind: Sshd[] = [];
  let silent: Server;
  const sockets = new Set<Socket>();

  const client = ({ name, address, port, user, identityFile, fingerprint }: Sshd): NetworkFile['clients'][number] => ({
    name,
    ssh: { host: address, port, user, identityFile, hostKey: fingerprint },
  });
  const deploy = (project: string, ...words: string[]) =>
    wizard(['deploy', '--only-certificates', '--yes', '--json', '-C', project, ...words], {
      env: { HOME: join(network.directory, 'operator'), SSH_AUTH_SOCK: '' },
    });
  const placed = ({ name }: Sshd) => ['ca.crt', `${name}.crt`, `${name}.key`].sort();

  /** The same certificates, told of differently. */
  function variant(name: string, change: (file: NetworkFile) => void): string {
    const project = join(network.directory, name);
    cpSync(network.project, project, { recursive: true });
    edit(project, change);
    return project;
  }

  beforeAll(async () => {
    network = await startNetwork({ app: tutorialApp(), algorithm: 'ec' });
    mkdirSync(join(network.directory, 'operator', '.ssh'), { recursive: true });
    const directory = join(network.directory, 'hosts');
    const disk = `${directory}/full/home/disk`;
    const mounts = [
      `mkdir -p ${disk}`,
      `mount -t tmpfs -o size=64k,uid=${ubuntu},mode=700 tmpfs ${disk}`,
      // Fails when nothing more fits: that is what is wanted.
      `head -c 1M /dev/zero >${disk}/filling || true`,
    ];
    const start = async (name: (typeof names)[number]) => {
      const more = name === 'full' ? { mounts } : { sudo: name === 'asks' ? ('asks' as const) : true };
      others[name] = await startSshd({ directory, name, user: 'ubuntu', ...more });
    };
    await Promise.all(names.map(start));
    const [street, yard] = [wires.segment({ joined: true }), wires.segment({ joined: false })];
    const [gate, house] = [wires.namespace(), wires.namespace()];
    const gateAddress = wires.join(gate, street);
    wires.join(gate, yard);
    const started = [
      { name: 'gate', network: { namespace: gate, address: gateAddress } },
      { name: 'house', network: { namespace: house, address: wires.join(house, yard) } },
    ];
    for (const each of started) behind.push(await startSshd({ directory, user: 'ubuntu', ...each }));
    silent = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
    });
    await new Promise<void>((listens) => silent.listen(0, '127.0.0.1', listens));
    edit(network.project, (file) => {
      file.clients.push(...Object.values(others).map(client), ...behind.slice(1).map(client));
    });
    for (const words of [['config'], ['certs', '--offline']]) {
      const { code, stderr } = await wizard([...words, '--yes', '-C', network.project]);
      if (code !== 0) throw new Error(stderr);
    }
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    silent?.close();
    await Promise.all([...Object.values(others), ...behind].map((host) => host.stop()));
    await network?.stop();
    wires.remove();
  });

  const ten = () => [...network.hosts, ...Object.values(others)];
  const withoutHouse = (file: NetworkFile) => {
    file.clients = file.clients.filter(({ name }) => name !== 'house');
  };

  test('--parallel 2 never has more than two at work, and --only touches nobody else', async () => {
    const project = variant('two', (file) => {
      withoutHouse(file);
      Object.assign(file, { remote: { certificates: '~/two', home: '~/two-home' } });
    });
    const one = await deploy(project, '--only', 'client2');
    expect(one.events.at(-1)).toMatchObject({ outcome: 'changed', exitCode: 0 });
    expect(Object.keys(planned(one))).toEqual(['client2']);
    for (const host of ten()) expect(readdirSync(host.home).includes('two')).toBe(host.name === 'client2');
    const two = await deploy(project, '--parallel', '2');
    expect(two.events.at(-1)).toMatchObject({ outcome: 'changed', exitCode: 0 });
    expect(mostAtOnce(two.events)).toBe(2);
    for (const host of ten()) {
      expect(readdirSync(join(host.home, 'two')).sort()).toEqual(placed(host));
      expect(planned(two)[host.name] ?? 0).toBe(host.name === 'client2' ? 0 : 2);
    }
  });

  test('seven fail in seven ways: the others finish, each is told, and the next run does only what is missing', async () => {
    const wrongKey = join(network.directory, 'wrong_key');
    const elsewhere = await startSshd({ directory: join(network.directory, 'elsewhere'), name: 'elsewhere' });
    writeFileSync(wrongKey, readFileSync(elsewhere.identityFile), { mode: 0o600 });
    await elsewhere.stop();
    await others.gone?.stop();
    const well = (file: NetworkFile) => {
      withoutHouse(file);
      for (const each of file.clients) {
        if (each.name === 'full') each.remote = { certificates: '~/disk/fl_network' };
        if (each.name === 'asks') each.remote = { certificates: '~/fl_network' };
      }
    };
    const project = variant('seven', (file) => {
      well(file);
      const of = (name: (typeof names)[number]) => {
        const found = file.clients.find((each) => each.name === name);
        if (!found) throw new Error(name);
        return found;
      };
      of('changed').ssh.hostKey = `SHA256:${'A'.repeat(43)}`;
      of('login').ssh.identityFile = wrongKey;
      of('pythonless').remote = { python: 'python-not-there' };
      of('asks').remote = {};
      of('hangs').ssh.port = (silent.address() as AddressInfo).port;
    });
    const done = await deploy(project);
    expect(failures(done)).toMatchObject({
      gone: { exitCode: 4, why: expect.stringContaining('nothing listens') },
      changed: { exitCode: 4, why: expect.stringContaining(others.changed?.fingerprint ?? '-') },
      login: { exitCode: 4, why: expect.stringContaining('login as ubuntu failed') },
      full: { exitCode: 5, why: expect.stringMatching(/no space left for .*disk\/fl_network.*the disk that holds/) },
      pythonless: { exitCode: 5, why: expect.stringContaining('python-not-there is not there') },
      asks: { exitCode: 5, why: expect.stringContaining('sudo wants a password') },
      hangs: { exitCode: 4, why: expect.stringContaining('said nothing more') },
    });
    expect(Object.keys(failures(done)).sort()).toEqual([...names].sort());
    for (const [host, { hint }] of Object.entries(failures(done))) expect(hint, host).toBeTruthy();
    expect(of(done.events, 'host-failed')).toHaveLength(7);
    // 5 before 4.
    expect([done.code, done.events.at(-1)]).toMatchObject([5, { outcome: 'failed', exitCode: 5 }]);
    for (const host of network.hosts)
      expect(readdirSync(join(host.etc, 'ssl', 'fl_network')).sort()).toEqual(placed(host));

    await others.gone?.startAgain();
    const repaired = variant('repaired', well);
    rmSync(project, { recursive: true });
    // What fills the disk is removed there: only the host sees it.
    const { full } = others;
    if (full) on(full, 'rm disk/filling');
    const next = await deploy(repaired);
    expect([failures(next), next.code]).toEqual([{}, 0]);
    // At the full one, the folder was made.
    expect(planned(next)).toEqual(Object.fromEntries(names.map((name) => [name, name === 'full' ? 1 : 2])));
    expect((await deploy(repaired)).events.at(-1)).toMatchObject({ outcome: 'unchanged', exitCode: 0 });
  });

  test('and one that only another can reach is reached through it', async () => {
    const [gate, house] = behind;
    if (!gate || !house) throw new Error('no house');
    const [key] = gate.publicKeys;
    writeFileSync(
      join(network.directory, 'operator', '.ssh', 'known_hosts'),
      `[${gate.address}]:${gate.port} ${key}\n`,
    );
    const project = variant('behind', (file) => {
      const last = file.clients.at(-1);
      if (last) Object.assign(last.ssh, { proxyJump: `ubuntu@${gate.address}:${gate.port}` });
    });
    const done = await deploy(project, '--only', 'house');
    expect([failures(done), done.code]).toEqual([{}, 0]);
    expect(readdirSync(join(house.etc, 'ssl', 'fl_network')).sort()).toEqual(placed(house));
    expect(readdirSync(gate.etc)).not.toContain('ssl');
  });
});
