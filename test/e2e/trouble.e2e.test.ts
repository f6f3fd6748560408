/** Bad input and bad moments on real OpenSSH hosts: the exit code, the sentence, and nothing half done. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Event } from '../../source/plan/event.ts';
import type { Failure } from '../../source/plan/failure.ts';
import { packageSettings, startNetwork, type TestNetwork, ubuntu } from '../helpers/hosts.ts';
import { edit, inventory, lockOf, signed, tutorialApp, until, variant } from '../helpers/project.ts';
import { canRunSshd, type Sshd, startSshd } from '../helpers/sshd.ts';
import { type Ended, freePort, of, wizard } from '../helpers/wizard.ts';

/** The failures of a session by host; what has none is under `here`. */
function failures({ events }: Ended): Readonly<Record<string, Failure>> {
  const all = of(events, 'step-finished').flatMap((event) => event.failures ?? []);
  return Object.fromEntries(all.map((failure) => [failure.host ?? 'here', failure]));
}

function checks({ events }: Ended, step: string, host: string): readonly string[] {
  return of(events, 'check-finished')
    .filter((event) => event.step === step && event.check.host === host && event.check.ok)
    .map(({ check }) => check.name);
}

/** Names what is planned for whom in a step. */
function planned({ events }: Ended, step: string): readonly string[] {
  return of(events, 'plan-ready')
    .filter((event) => event.step === step)
    .flatMap(({ actions }) => actions.map(({ text, host }) => `${host ?? 'here'}: ${text}`));
}

/** Every client's start comes after every refusal that was seen. */
function provedFirst({ events }: Ended): boolean {
  const proofs = events.flatMap((event, at) =>
    event.type === 'check-finished' && event.step === 'launch' && event.check.kind === 'refused' ? [at] : [],
  );
  const starts = events.flatMap((event, at) =>
    event.type === 'action-started' && event.step === 'launch' && event.host?.startsWith('client') ? [at] : [],
  );
  return proofs.length >= 3 && starts.length > 0 && Math.max(...proofs) < Math.min(...starts);
}

describe('without a host', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'flw-trouble-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each([[[]], [['up', '--yes']], [['init']], [['preflight']]])(
    'no terminal and no fl-network.yaml: %j names every value, its key and its flag',
    async (words) => {
      const done = await wizard([...words, '-C', folder]);
      expect(done.code).toBe(2);
      for (const word of ['name', 'server.address', 'server.ssh.host', 'clients[].name', 'clients[].ssh.host'])
        expect(done.stderr).toContain(word);
      for (const flag of ['--name', '--address', '--server', '--client']) expect(done.stderr).toContain(flag);
      expect(done.stdout).toBe('');
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  test.each([
    ['no YAML', 'version: 1\nname: [x\nserver: {address: a}\n', /fl-network\.yaml:\d+:\d+ /],
    [
      'an unknown key',
      'version: 1\nname: x\nserver:\n  address: a\n  adress: b\n  ssh: {host: a}\nclients:\n  - name: c\n    ssh: {host: c}\n',
      /fl-network\.yaml:5:3 server\.adress: unknown key/,
    ],
    [
      'a wrong type',
      'version: 1\nname: x\nflower:\n  rounds: three\nserver: {address: a, ssh: {host: a}}\nclients:\n  - {name: c, ssh: {host: c}}\n',
      /fl-network\.yaml:4:11 flower\.rounds: must be/,
    ],
    [
      'a missing key',
      'version: 1\nname: x\nserver:\n  ssh: {host: a}\nclients:\n  - {name: c, ssh: {host: c}}\n',
      /fl-network\.yaml:4:3 server\.address: is missing/,
    ],
    [
      'two hosts of one address',
      'version: 1\nname: x\nserver: {address: a, ssh: {host: a}}\nclients:\n  - {name: c, ssh: {host: c}}\n  - {name: d, ssh: {host: c}}\n',
      /fl-network\.yaml:6:\d+ clients\[1\]\.ssh\.host: the same SSH address and port as c/,
    ],
  ])('fl-network.yaml with %s: line and column, nothing made', async (_, text, expected) => {
    const own = mkdtempSync(join(folder, 'yaml-'));
    writeFileSync(join(own, 'fl-network.yaml'), text);
    const done = await wizard(['up', '--yes', '-C', own]);
    expect(done.stderr).toMatch(expected);
    expect(done.code).toBe(2);
    expect(readdirSync(own)).toEqual(['fl-network.yaml']);
  });
});

describe.skipIf(!canRunSshd)('hosts in trouble', () => {
  let network: TestNetwork;
  let home: string;
  let hosts: readonly string[];
  const others: Sshd[] = [];
  /** Its own known_hosts, so that the user's is neither read nor written. */
  const mine = () => ({ env: { HOME: home, SSH_AUTH_SOCK: '' } });

  beforeAll(async () => {
    network = await startNetwork({ app: tutorialApp(), algorithm: 'ec' });
    home = join(network.directory, 'operator');
    mkdirSync(home);
    hosts = network.hosts.flatMap((host) => [...inventory(host.home), ...inventory(host.etc)]);
  });
  afterAll(async () => {
    // The others lie in its folder too.
    await Promise.all(others.map((host) => host.stop()));
    await network?.stop();
  });

  const unchanged = () =>
    expect(network.hosts.flatMap((host) => [...inventory(host.home), ...inventory(host.etc)])).toEqual(hosts);

  test('--dry-run of up on an untouched network prints all plans and changes nothing', async () => {
    const before = inventory(network.project);
    const done = await wizard(['up', '--dry-run', '--json', '-C', network.project], mine());
    expect(done.stderr).toBe('');
    expect(done.code).toBe(0);
    expect(of(done.events, 'plan-ready').map(({ step }) => step)).toEqual(
      expect.arrayContaining(['config', 'preflight', 'certs', 'deploy', 'permissions', 'launch', 'verify']),
    );
    expect(planned(done, 'config').join()).toContain('certificate.conf');
    expect(planned(done, 'certs').join()).toMatch(/CA.*server\.crt.*client1\.crt.*client2\.crt/);
    for (const host of ['server', 'client1', 'client2']) {
      expect(planned(done, 'deploy').filter((line) => line.startsWith(`${host}: `)).length).toBeGreaterThan(1);
      expect(planned(done, 'launch').join()).toContain(`${host}: start the Flower`);
    }
    expect(planned(done, 'launch').join()).toContain('prove that it');
    expect(of(done.events, 'action-started')).toEqual([]);
    const words = await wizard(['up', '--dry-run', '-C', network.project], mine());
    expect(words.code).toBe(0);
    for (const part of ['certificate.conf', 'make the CA', 'start the Flower server', 'prove that it'])
      expect(words.stderr).toContain(part);
    expect(inventory(network.project)).toEqual(before);
    unchanged();
  });

  test('without --yes and without a terminal the plan is shown and nothing done', async () => {
    const project = variant(network, 'no-yes', () => undefined);
    const done = await wizard(['up', '-C', project], mine());
    expect(done.code).toBe(8);
    expect(done.stderr).toContain('certificate.conf');
    expect(done.stderr).toContain('--yes');
    expect(existsSync(join(project, 'fl_network'))).toBe(false);
  });

  describe('that are not reached', () => {
    let project: string;
    let done: Ended;
    let closed: number;
    const otherKey = `SHA256:${'A'.repeat(43)}`;

    beforeAll(async () => {
      closed = await freePort();
      const wrongKey = join(network.directory, 'wrong_key');
      const extra = (name: string) =>
        startSshd({
          directory: join(network.directory, 'hosts'),
          name,
          user: 'ubuntu',
          hosts: '127.0.0.1 scriptchain.co',
          environment: packageSettings(),
        });
      others.push(...(await Promise.all(['login', 'changed', 'unknown'].map(extra))));
      await startSshd({ directory: join(network.directory, 'elsewhere'), name: 'elsewhere' }).then((host) => {
        writeFileSync(wrongKey, readFileSync(host.identityFile), { mode: 0o600 });
        return host.stop();
      });
      const [login, changed, unknown] = others;
      const ssh = (host: Sshd | undefined) => ({
        host: '127.0.0.1',
        port: host?.port ?? 0,
        user: 'ubuntu',
        identityFile: host?.identityFile ?? '',
        hostKey: host?.fingerprint ?? '',
      });
      project = variant(network, 'not-reached', ({ clients }) => {
        clients.push(
          { name: 'gone', ssh: { host: '127.0.0.1', port: closed, user: 'ubuntu' } },
          { name: 'nameless', ssh: { host: 'no-such-host.invalid', user: 'ubuntu' } },
          { name: 'login', ssh: { ...ssh(login), identityFile: wrongKey } },
          // The wrong user key too: the host key is judged before any login.
          { name: 'changed', ssh: { ...ssh(changed), identityFile: wrongKey, hostKey: otherKey } },
          { name: 'unknown', ssh: { ...ssh(unknown), hostKey: unknown?.fingerprint ?? '' } },
        );
        const last = clients.at(-1);
        if (last) delete last.ssh.hostKey;
      });
      done = await wizard(['up', '--yes', '--json', '-C', project], mine());
    });

    test('end with 4 before anything is signed, and the other hosts are looked at', () => {
      expect(done.events.at(-1)).toMatchObject({ type: 'session-finished', outcome: 'failed', exitCode: 4 });
      expect(done.code).toBe(4);
      expect(of(done.events, 'step-started').map(({ step }) => step)).toEqual(['config', 'preflight']);
      for (const host of ['server', 'client1', 'client2'])
        expect(checks(done, 'preflight', host)).toEqual(expect.arrayContaining(['login', 'Python', 'disk', 'clock']));
      expect(signed(project)).toBe(false);
      expect(existsSync(lockOf(project))).toBe(false);
      unchanged();
    });

    test.each([
      ['gone', () => [`nothing listens on port ${closed}`], 'sshd'],
      ['nameless', () => ['no-such-host.invalid is unknown'], 'ssh.host'],
      ['login', () => ['login as ubuntu failed', 'tried', 'wrong_key'], 'ssh.identityFile'],
      ['changed', () => [otherKey, others[1]?.fingerprint ?? '-', 'another host answers there'], 'hostKey'],
      ['unknown', () => [others[2]?.fingerprint ?? '-', 'not known'], '--accept-new-host-keys'],
    ] as const)('%s: what, why and what to try', (host, why, hint) => {
      const failure = failures(done)[host];
      expect(failure?.exitCode).toBe(4);
      for (const word of why()) expect(failure?.why).toContain(word);
      expect(failure?.hint).toContain(hint);
      expect(`${failure?.doing}`).toContain(host);
    });

    test('a changed host key is told before any login', () => {
      expect(failures(done).changed?.why).not.toMatch(/login|tried/);
    });

    test('in words each is told with its host', async () => {
      const { code, stderr } = await wizard(['preflight', '-C', project], mine());
      expect(code).toBe(4);
      for (const host of ['gone', 'nameless', 'login', 'changed', 'unknown'])
        expect(stderr).toMatch(new RegExp(` ${host} +Checking login at ${host}: .+\n +Try {2}.+`));
      expect(stderr).not.toMatch(/\n\s+at /);
    });

    test('--accept-new-host-keys records the unknown key, never the changed one', async () => {
      const some = ['preflight', '--json', '-C', project, '--only', 'unknown,changed'];
      const accepted = await wizard([...some, '--accept-new-host-keys'], mine());
      expect(Object.keys(failures(accepted))).toEqual(['changed']);
      const recorded = readFileSync(join(project, '.fl-wizard', 'known_hosts'), 'utf8')
        .trim()
        .split('\n');
      expect(recorded).toHaveLength(1);
      expect(recorded[0]).toContain(`[127.0.0.1]:${others[2]?.port}`);
      expect(recorded[0]).toContain(others[2]?.publicKeys[0]?.split(' ')[1]);
      const second = await wizard(['preflight', '-C', project, '--only', 'unknown'], mine());
      expect(second.stderr).not.toContain('failed');
      expect(second.code).toBe(0);
      expect(existsSync(join(home, '.ssh'))).toBe(false);
    });
  });

  describe('that lack something', () => {
    const oldPython = ['3.8', '3.9', '3.7']
      .flatMap((version) => {
        const folder = join(homedir(), '.pyenv', 'versions');
        const found = existsSync(folder)
          ? readdirSync(folder).find((name) => name.startsWith(`${version}.`))
          : undefined;
        return found ? [join(folder, found, 'bin', 'python3')] : [];
      })
      .at(0);
    let project: string;
    let done: Ended;
    let holder: ChildProcess;

    beforeAll(async () => {
      const bare = join(network.directory, 'bare');
      mkdirSync(bare);
      symlinkSync('/usr/bin/python3', join(bare, 'python3'));
      const directory = join(network.directory, 'hosts');
      const [asks, barred, noSudo, old] = await Promise.all([
        startSshd({ directory, name: 'asks', user: 'ubuntu', sudo: 'asks' }),
        startSshd({ directory, name: 'barred', user: 'ubuntu', sudo: false }),
        startSshd({ directory, name: 'nosudo', user: 'ubuntu', environment: { PATH: bare } }),
        // root, because its Python lies in root's home.
        startSshd({ directory, name: 'old' }),
      ]);
      others.push(asks, barred, noSudo, old);
      const ssh = ({ port, user, identityFile, fingerprint }: Sshd) => ({
        host: '127.0.0.1',
        port,
        user,
        identityFile,
        hostKey: fingerprint,
      });
      project = variant(network, 'lacking', ({ clients }) => {
        const [, second] = clients;
        if (second) second.remote = { python: 'python-not-there' };
        for (const host of [asks, barred, noSudo]) clients.push({ name: host.name, ssh: ssh(host) });
        if (oldPython) clients.push({ name: 'old', ssh: ssh(old), remote: { python: oldPython } });
      });
      // As the hosts' user, which may then be told who it is.
      const words = ['--reuid', `${ubuntu}`, '--regid', `${ubuntu}`, '--clear-groups', '/usr/bin/python3', '-u'];
      const serve = ['-m', 'http.server', '--bind', '0.0.0.0', `${network.port}`];
      holder = spawn('setpriv', [...words, ...serve], { stdio: ['ignore', 'pipe', 'inherit'], cwd: '/' });
      await new Promise((listens) => holder.stdout?.once('data', listens));
      done = await wizard(['up', '--yes', '--json', '-C', project], mine());
    });
    afterAll(() => void holder?.kill('SIGKILL'));

    test('end with 5 before anything is signed, and what is well is shown', () => {
      expect(done.events.at(-1)).toMatchObject({ type: 'session-finished', outcome: 'failed', exitCode: 5 });
      expect(done.code).toBe(5);
      expect(checks(done, 'preflight', 'client1')).toEqual(expect.arrayContaining(['login', 'Python', 'disk']));
      expect(signed(project)).toBe(false);
      unchanged();
    });

    test.each([
      ['client2', () => ['python-not-there is not there'], 'remote.python'],
      ['server', () => [`port ${network.port} is in use`, 'http.server', `pid ${holder.pid}`], 'flower.port'],
      ['asks', () => ['/etc/ssl/fl_network', 'sudo wants a password'], 'on asks: sudo install -d -o ubuntu -m 0700'],
      ['barred', () => ['/etc/ssl/fl_network', 'ubuntu may not use sudo'], 'on barred: sudo install -d'],
      ['nosudo', () => ['/etc/ssl/fl_network', 'sudo is not there'], 'remote.certificates'],
    ] as const)('%s: what, why and what to try', (host, why, hint) => {
      const failure = failures(done)[host];
      expect(failure?.exitCode).toBe(5);
      for (const word of why()) expect(failure?.why).toContain(word);
      expect(failure?.hint).toContain(hint);
    });

    test.skipIf(!oldPython)('a Python that is too old is told by its version', () => {
      const failure = failures(done).old;
      expect(failure?.exitCode).toBe(5);
      expect(failure?.why).toMatch(/Python 3\.[789]\.\d+ is too old: .*needs.* 3\.1\d/);
      expect(failure?.hint).toContain('remote.python');
    });

    test('with hosts that are not reached as well it is 5', async () => {
      edit(project, ({ clients }) => {
        clients.push({ name: 'nameless', ssh: { host: 'no-such-host.invalid' } });
      });
      expect((await wizard(['preflight', '-C', project], mine())).code).toBe(5);
    });
  });

  test('an address that a client dials and the certificate would not hold: 6 before anything is signed', async () => {
    const project = variant(network, 'dial', ({ clients }) => {
      const [first] = clients;
      // It leads to the server, by a name that nobody signs.
      if (first) first.dial = `localhost:${network.port}`;
    });
    const done = await wizard(['up', '--yes', '--json', '-C', project], mine());
    expect(done.code).toBe(6);
    const failure = failures(done).here;
    expect(failure?.why).toMatch(/client1 will dial localhost.*scriptchain\.co/);
    expect(failure?.hint).toContain('server.names');
    expect(of(done.events, 'action-started').filter(({ step }) => step !== 'config')).toEqual([]);
    expect(readdirSync(join(project, 'fl_network'))).toEqual(['certificate.conf']);
    unchanged();
  });
});

describe.skipIf(!canRunSshd)('runs that end before their time', () => {
  let network: TestNetwork;
  beforeAll(async () => {
    network = await startNetwork({ app: tutorialApp(), algorithm: 'ec' });
  });
  afterAll(() => network?.stop());

  const up = (onEvent?: (event: Event, kill: (signal: NodeJS.Signals) => void) => void) =>
    wizard(['up', '--yes', '--json', '-C', network.project], onEvent ? { onEvent } : {});

  test('kill -9 in the middle of deploy leaves a lock that the next one takes over', async () => {
    const done = await up((event, kill) => {
      if (event.type === 'action-started' && event.step === 'deploy') kill('SIGKILL');
    });
    expect(done.code).toBe(null);
    expect(existsSync(lockOf(network.project))).toBe(true);
  });

  test('two at once: the second ends with 7 and names the first; SIGTERM ends the first with 143', async () => {
    let pid: number | undefined;
    let second: Promise<Ended> | undefined;
    let took = 0;
    let sent = false;
    const done = await up((event, kill) => {
      // The lock of the killed one is ours by now.
      if (event.type === 'step-started' && event.step === 'preflight') {
        pid = (JSON.parse(readFileSync(lockOf(network.project), 'utf8')) as { pid: number }).pid;
        const begun = Date.now();
        second = wizard(['up', '--yes', '-C', network.project]).finally(() => {
          took = Date.now() - begun;
        });
      }
      if (sent || event.type !== 'action-started' || event.step !== 'deploy') return;
      sent = true;
      void second?.then(() => kill('SIGTERM'));
    });
    const refused = await second;
    expect(refused?.code).toBe(7);
    expect(refused?.stderr).toContain(`process ${pid} `);
    expect(refused?.stderr).toContain('fl-wizard up');
    expect(refused?.stderr).toMatch(/since \d{4}-\d\d-\d\dT/);
    // A second, in a machine that has time; it never waits for the first.
    expect(took).toBeLessThan(5000);
    expect(done.code).toBe(143);
    expect(done.events.at(-1)).toMatchObject({ type: 'session-finished', exitCode: 143 });
    expect(existsSync(lockOf(network.project))).toBe(false);
  });

  /** Starts `up` and ends it when the proof has begun: with what was started in launch. */
  async function endedInProof(signal: NodeJS.Signals): Promise<{ done: Ended; started: readonly string[] }> {
    let sent = false;
    const texts: string[] = [];
    const done = await up((event, kill) => {
      if (event.type === 'plan-ready' && event.step === 'launch') texts.push(...event.actions.map(({ text }) => text));
      if (sent || event.type !== 'action-started' || event.step !== 'launch') return;
      if (!texts[event.action]?.startsWith('prove that')) return;
      sent = true;
      kill(signal);
    });
    const actions = of(done.events, 'action-started').filter(({ step }) => step === 'launch');
    return { done, started: actions.map(({ action, host }) => `${host ?? 'here'}: ${texts[action]}`) };
  }

  test('SIGINT in the middle of the proof: 130, the lock released, no client started, the server stopped', async () => {
    const { done, started } = await endedInProof('SIGINT');
    expect(done.code).toBe(130);
    expect(done.events.at(-1)).toMatchObject({ type: 'session-finished', exitCode: 130 });
    expect(existsSync(lockOf(network.project))).toBe(false);
    expect(started.at(-1)).toMatch(/^here: prove that/);
    const status = await wizard(['status', '--json', '-C', network.project]);
    const { hosts } = JSON.parse(status.stdout) as { hosts: { name: string; state: string }[] };
    expect(hosts.filter(({ state }) => state === 'running' || state === 'starting')).toEqual([]);
  });

  test('kill -9 in the middle of the proof leaves a server that nobody has proved, and no client', async () => {
    const { done, started } = await endedInProof('SIGKILL');
    expect(done.code).toBe(null);
    expect(started.at(-1)).toMatch(/^here: prove that/);
  });

  test('the next up completes, and proves before a client starts, though the server was there', async () => {
    const done = await up();
    expect(done.stderr).toBe('');
    expect(done.code).toBe(0);
    expect(planned(done, 'certs')).toEqual([]);
    expect(planned(done, 'deploy')).toEqual([]);
    expect(planned(done, 'launch').join()).not.toContain('start the Flower server');
    expect(provedFirst(done)).toBe(true);
    expect(of(done.events, 'round-finished').map(({ round }) => round)).toEqual([1, 2, 3]);
    expect(existsSync(lockOf(network.project))).toBe(false);
    const leftovers = readdirSync(network.directory, { recursive: true, encoding: 'utf8' }).filter((path) =>
      /\.tmp$|\.dead\.|lock\.\d+$/.test(path),
    );
    expect(leftovers).toEqual([]);
  });
});

describe.skipIf(!canRunSshd)('one host of four is away', () => {
  let network: TestNetwork;
  beforeAll(async () => {
    network = await startNetwork({ app: tutorialApp(), algorithm: 'ec', clients: 3 });
    for (const step of ['config', 'certs']) {
      const { code, stderr } = await wizard([step, '--yes', '-C', network.project]);
      expect(`${code} ${stderr}`).toMatch(/^0 /);
    }
  });
  afterAll(() => network?.stop());

  test('deploy finishes the others, and says who failed and why', async () => {
    await network.hosts[3]?.stop();
    const done = await wizard(['deploy', '--yes', '-C', network.project]);
    expect(done.code).toBe(4);
    expect(done.stderr).toMatch(/client3 .*failed\.\n {2}Why {2}.*nothing listens on port.*\n {2}Try {2}/);
    for (const host of network.hosts.slice(0, 3)) {
      expect(done.stderr).toMatch(new RegExp(`${host.name} +files: \\d+ files as they must be`));
      expect(readdirSync(join(host.etc, 'ssl', 'fl_network')).sort()).toEqual(
        ['ca.crt', `${host.name}.crt`, `${host.name}.key`].sort(),
      );
    }
  });

  test('up stops at preflight while it is away, and launches nothing', async () => {
    const done = await wizard(['up', '--yes', '--json', '-C', network.project]);
    expect(done.code).toBe(4);
    expect(of(done.events, 'step-started').at(-1)?.step).toBe('preflight');
  });

  test('up after it is back does only what is missing', async () => {
    await network.hosts[3]?.startAgain();
    const done = await wizard(['up', '--yes', '--json', '-C', network.project]);
    expect(done.stderr).toBe('');
    expect(done.code).toBe(0);
    expect(planned(done, 'config')).toEqual([]);
    expect(planned(done, 'certs')).toEqual([]);
    expect(planned(done, 'deploy').length).toBeGreaterThan(0);
    expect(planned(done, 'deploy').filter((line) => !line.startsWith('client3: '))).toEqual([]);
    const rounds = of(done.events, 'round-finished');
    expect(rounds.map(({ round }) => round)).toEqual([1, 2, 3]);
    await until('all three have joined', async () =>
      JSON.parse((await wizard(['status', '--json', '-C', network.project])).stdout).hosts.every(
        ({ state }: { state: string }) => state === 'running' || state === 'finished',
      ),
    );
  });

  test('a file that is deleted from the app is deleted on the hosts, and not before nothing is started', async () => {
    const step = (...words: readonly string[]) => wizard([...words, '--yes', '--json', '-C', network.project]);
    const old = join(network.project, 'app', 'old', 'net.py');
    mkdirSync(join(old, '..'));
    writeFileSync(old, 'Net = 1\n');
    expect((await step('deploy')).code).toBe(0);
    const apps = network.hosts.map(({ home }) => join(home, 'fl-wizard', 'scriptchain', 'app'));
    for (const app of apps) {
      expect(existsSync(join(app, 'old', 'net.py'))).toBe(true);
      writeFileSync(join(app, 'results.csv'), 'of the user’s own script');
    }
    rmSync(join(old, '..'), { recursive: true });
    const refused = await step('launch', '--new');
    expect(refused.code).toBe(5);
    expect(of(refused.events, 'step-finished')[0]?.failures?.[0]?.why).toBe(
      'old/net.py lies on server, client1, client2 and client3 and no longer in the app here',
    );
    const done = await step('deploy');
    expect(done.code).toBe(0);
    expect(planned(done, 'deploy').map((line) => line.replace(/ in .*/, ''))).toEqual(
      network.hosts.flatMap(({ name }) => [
        `${name}: remove app/old/net.py`,
        `${name}: write the list of what was copied`,
      ]),
    );
    for (const app of apps) {
      expect(existsSync(join(app, 'old'))).toBe(false);
      expect(existsSync(join(app, 'results.csv'))).toBe(true);
    }
    expect((await step('deploy')).events.at(-1)).toMatchObject({ outcome: 'unchanged' });
  });

  test('down ends what runs at the others', async () => {
    const step = (...words: readonly string[]) => wizard([...words, '--json', '-C', network.project]);
    expect((await step('launch', '--new', '--rounds', '5000', '--yes')).code).toBe(0);
    // Nobody can approve: all that it would do is seen, and nothing of it is done.
    const seen = await wizard(['down', '--purge', '-C', network.project]);
    expect(seen.code).toBe(8);
    expect(seen.stderr).toMatch(
      /stop the Flower server[\s\S]*Behind that would be done, as things are now:[\s\S]*remove /,
    );
    const again = await wizard(['restart', '-C', network.project]);
    expect([again.code, again.stderr]).toEqual([8, expect.stringContaining('Then they are started again')]);
    await network.hosts[3]?.stop();
    const done = await step('down', '--yes');
    expect(done.code).toBe(4);
    expect(of(done.events, 'host-failed').map(({ host }) => host)).toEqual(['client3']);
    const outcomes = of(done.events, 'step-finished').map((event) => `${event.step} ${event.outcome}`);
    expect(outcomes).toEqual(['stop failed', 'units unchanged']);
    const { hosts } = JSON.parse((await step('status')).stdout) as { hosts: { name: string; state: string }[] };
    expect(hosts.slice(0, 3).map(({ name, state }) => `${name} ${state}`)).toEqual(
      ['server', 'client1', 'client2'].map((name) => `${name} stopped`),
    );
    const told = await wizard(['down', '--yes', '-C', network.project]);
    expect(told.stderr).toContain('\nUnits (fl-wizard down)\n');
    expect(told.stderr).toContain('Not done at client3: once that is mended, the same again with --only client3\n');
    await network.hosts[3]?.startAgain();
    expect((await step('down', '--yes')).code).toBe(0);
  });
});
