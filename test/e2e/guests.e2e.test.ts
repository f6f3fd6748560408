/**
 * The hosts' part of the job on three Debian guests: systemd, sudo with and without a password, addresses of their own,
 * one that is reached only through another, no internet; and the power goes.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noGuests } from '../helpers/guest-base.ts';
import { type Guest, startGuest } from '../helpers/guests.ts';
import { edit, tutorialApp, until } from '../helpers/project.ts';
import { keys, start } from '../helpers/pty.ts';
import { slowScripts } from '../helpers/slow-app.ts';
import { Wires } from '../helpers/wires.ts';
import { type Ended, of, tutorialScripts, type WizardOptions, wizard } from '../helpers/wizard.ts';

const reason = noGuests();
if (reason) process.stderr.write(`${reason}: their tests are skipped\n`);

const certificates = '/etc/ssl/fl_network';

const failures = ({ events }: Ended) =>
  Object.fromEntries(of(events, 'host-failed').map(({ host, failure }) => [host, failure]));
const troubles = ({ events }: Ended) => of(events, 'host-failed').map(({ failure }) => failure);
const planned = ({ events }: Ended) =>
  of(events, 'plan-ready').flatMap(({ actions }) => actions.map(({ host, text }) => `${host}: ${text}`));

describe.skipIf(reason !== undefined)('three Debian guests', () => {
  const directory = mkdtempSync(join(tmpdir(), 'flw-guests-'));
  const project = join(directory, 'project');
  const home = join(directory, 'operator');
  const wires = new Wires();
  const guests = {} as Record<'server' | 'client1' | 'client2', Guest>;
  /** The server has two: the yard knows it by the inner one. */
  const addresses = {} as Record<keyof typeof guests | 'inner', string>;
  const wheels = join(directory, 'wheels');
  // What pip has fetched before is not fetched again.
  const cached = process.env.PIP_CACHE_DIR ?? join(homedir(), '.cache', 'pip');
  const asOperator = { env: { HOME: home, SSH_AUTH_SOCK: '', PIP_CACHE_DIR: cached } };
  const password = 'Sesame, open';
  const withPassword = { ...asOperator.env, FL_WIZARD_SUDO_PASSWORD: password };
  const step = (words: readonly string[], more: WizardOptions = {}) =>
    wizard([...words, '--yes', '--json', '-C', project], { ...asOperator, ...more });

  function app(scripts: Record<string, string>): void {
    for (const script of ['server.py', 'client.py']) writeFileSync(join(project, 'app', script), scripts[script] ?? '');
  }

  /** All names below the folders that a host's owner may see us write to. */
  const content = (guest: Guest) =>
    guest.asRoot('find /home /etc/ssl /etc/systemd /opt /srv /var/lib/systemd/linger 2>/dev/null | sort');
  const untouched: Record<string, string> = {};

  beforeAll(async () => {
    mkdirSync(home);
    const [street, yard] = [wires.segment({ joined: true }), wires.segment({ joined: false })];
    const networks = { server: wires.namespace(), client1: wires.namespace(), client2: wires.namespace() };
    addresses.server = wires.join(networks.server, street);
    addresses.client1 = wires.join(networks.client1, street);
    // In the yard, which only the server's other door leads to.
    addresses.client2 = wires.join(networks.client2, yard);
    addresses.inner = wires.join(networks.server, yard);
    for (const name of ['server', 'client1', 'client2'] as const)
      guests[name] = await startGuest({ directory, name, network: networks[name], sudoAsks: name === 'client2' });
    for (const guest of Object.values(guests)) untouched[guest.name] = await content(guest);
    // As where no polkit is.
    await guests.client2.asRoot('chmod -x /usr/bin/pkcheck');
    const identity = ['--identity-file', join(directory, 'id_ed25519')];
    const logins = [
      ['--server', `ubuntu@${addresses.server}`],
      ...(['client1', 'client2'] as const).map((name) => ['--client', `${name}=ubuntu@${addresses[name]}`]),
    ].flat();
    const words = ['init', '--name', 'guests', '--address', addresses.server, '--names', addresses.inner];
    const made = await step([...words, ...logins, ...identity]);
    if (made.code !== 0) throw new Error(made.stderr);
    edit(project, (file) => {
      const [client1, client2] = file.clients;
      if (!client1 || !client2) throw new Error('two clients');
      client1.dial = `${addresses.server}:9092`;
      Object.assign(client2.ssh, { proxyJump: `ubuntu@${addresses.server}` });
      client2.dial = `${addresses.inner}:9092`;
      // Seconds in which a machine that is gone is missed.
      file.flower = { ...file.flower, keepalive: 5, rounds: 3 };
    });
  }, 600_000);
  afterAll(async () => {
    await Promise.all(Object.values(guests).map((guest) => guest.cut()));
    wires.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  const modes = (guest: Guest) => guest.asRoot(`cd ${certificates} && stat -c '%a %U %n' . *`);
  const right = (name: string) =>
    ['700 ubuntu .', '644 ubuntu ca.crt', `644 ubuntu ${name}.crt`, `600 ubuntu ${name}.key`, ''].join('\n');

  /** What is there is ours, to the last byte; gives its names. */
  async function whole(guest: Guest): Promise<readonly string[]> {
    const names = (await guest.asRoot(`ls ${certificates}`)).split('\n').filter((name) => name !== '');
    for (const name of names)
      expect(await guest.asRoot(`cat ${certificates}/${name}`)).toBe(
        readFileSync(join(project, 'fl_network', name), 'utf8'),
      );
    return names;
  }

  async function allRight(): Promise<void> {
    for (const guest of Object.values(guests)) {
      expect(await modes(guest)).toBe(right(guest.name));
      expect(await whole(guest)).toHaveLength(3);
    }
  }

  test('are unknown at first: refused with their fingerprints, and nothing is looked at', async () => {
    expect((await step(['config'])).code).toBe(0);
    const done = await step(['preflight']);
    expect(done.code).toBe(4);
    const fingerprint = async ({ asRoot }: Guest) =>
      (await asRoot('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub')).split(' ')[1] ?? '-';
    for (const name of ['server', 'client1'] as const)
      expect(failures(done)[name]?.why).toContain(await fingerprint(guests[name]));
    // The way to it comes first.
    expect(failures(done).client2?.why).toContain(await fingerprint(guests.server));
  });

  test('are known from then on; where sudo wants a password, preflight says what to type', async () => {
    const done = await step(['preflight', '--accept-new-host-keys']);
    const known = readFileSync(join(project, '.fl-wizard', 'known_hosts'), 'utf8');
    expect(known.trim().split('\n')).toHaveLength(3);
    const folder = troubles(done).find(({ why }) => why.includes(certificates));
    expect(folder).toMatchObject({ exitCode: 5, host: 'client2', why: expect.stringContaining('wants a password') });
    const line = `sudo install -d -o ubuntu -m 0700 ${certificates}`;
    expect(folder?.hint).toContain(line);
    // Somebody who knows the password types what the hint says.
    await guests.client2.asRoot(line);
    const left = troubles(await step(['preflight'])).map(({ doing }) => doing);
    expect(left.filter((doing) => /folder|login|Python|Connecting/.test(doing))).toEqual([]);
    // There is no internet, and that is told of each.
    for (const name of Object.keys(guests)) expect(left).toContain(`Checking package index at ${name}`);
  });

  test('get certificates, and nothing else; the second time nothing moves', async () => {
    expect((await step(['certs', '--offline'])).code).toBe(0);
    const first = await step(['deploy', '--only-certificates']);
    expect(failures(first)).toEqual({});
    expect(first.events.at(-1)).toMatchObject({ outcome: 'changed', exitCode: 0 });
    await allRight();
    const second = await step(['deploy', '--only-certificates']);
    expect([planned(second), second.events.at(-1)]).toMatchObject([[], { outcome: 'unchanged', exitCode: 0 }]);
  });

  test('that somebody has chmod -R 755ed are put right by permissions', async () => {
    for (const name of ['client1', 'client2'] as const) await guests[name].asRoot(`chmod -R 755 ${certificates}`);
    const done = await step(['permissions']);
    expect(done.events.at(-1)).toMatchObject({ outcome: 'changed', exitCode: 0 });
    expect(planned(done).map((text) => text.split(':')[0])).toEqual(['client1', 'client2']);
    await allRight();
    expect((await step(['permissions'])).events.at(-1)).toMatchObject({ outcome: 'unchanged' });
  });

  test('are as they were after a reboot', async () => {
    await Promise.all(
      Object.values(guests).map(async (guest) => {
        await guest.shutDown();
        await guest.boot();
      }),
    );
    for (const words of [['deploy', '--only-certificates'], ['permissions']])
      expect((await step(words)).events.at(-1)).toMatchObject({ outcome: 'unchanged', exitCode: 0 });
  });

  test('lose power in the middle of deploy: told, nothing half written, and the next run does the rest', async () => {
    const gone = Object.values(guests).map(({ asRoot }) => asRoot(`rm ${certificates}/*.key ${certificates}/*.crt`));
    await Promise.all(gone);
    let cut: Promise<void> | undefined;
    const done = await step(['deploy', '--only-certificates'], {
      onEvent: (event) => {
        if (event.type === 'action-started' && event.host === 'client1') cut = guests.client1.cut();
      },
    });
    await cut;
    expect(cut).toBeDefined();
    expect(done.code).toBe(4);
    expect(failures(done)).toEqual({ client1: expect.objectContaining({ exitCode: 4, host: 'client1' }) });
    await guests.client1.boot();
    await whole(guests.client1);
    const again = await step(['deploy', '--only-certificates']);
    expect(again.events.at(-1)).toMatchObject({ exitCode: 0 });
    expect(planned(again).filter((text) => !text.startsWith('client1'))).toEqual([]);
    await allRight();
  });

  test('reach the server, each by its own way; packages that come with us need no index', async () => {
    const gathered = await wizard(['wheels', '--output', wheels, '-C', project], asOperator);
    expect(gathered.code, gathered.stderr).toBe(0);
    const done = await step(['preflight', '--wheelhouse', wheels]);
    expect([done.code, failures(done)]).toEqual([0, {}]);
    const ways = of(done.events, 'check-finished').filter(({ check }) => check.name === 'way to the server');
    expect(ways.map(({ check }) => [check.host, check.ok, check.detail.split(';')[0]])).toEqual([
      ['client1', true, `${addresses.server}:9092 answers, and sees client1 come from ${addresses.client1}`],
      ['client2', true, `${addresses.inner}:9092 answers, and sees client2 come from ${addresses.client2}`],
    ]);
  });

  test('train by the tutorial’s scripts, at its paths; after that nothing is left to do', async () => {
    const { server, client } = tutorialScripts() ?? {};
    app(server && client ? { 'server.py': server, 'client.py': client } : tutorialApp());
    const up = await step(['up', '--wheelhouse', wheels]);
    expect(up.code, up.stdout.slice(-3000)).toBe(0);
    expect(of(up.events, 'round-finished').map(({ fit }) => fit)).toEqual(Array(3).fill({ ok: 2, failed: 0 }));
    expect((await step(['deploy', '--wheelhouse', wheels])).events.at(-1)).toMatchObject({ outcome: 'unchanged' });
    await allRight();
  });

  /** Where a unit that is started at boot is linked from. */
  const wanted = {
    system: '/etc/systemd/system/multi-user.target.wants',
    user: '/home/ubuntu/.config/systemd/user/default.target.wants',
  };
  const units = async (guest: Guest, kind: keyof typeof wanted) =>
    (await guest.asRoot(`ls ${wanted[kind]} 2>/dev/null | grep fl-wizard; true`)).trim();

  test('are kept by systemd; where neither sudo nor lingering lets it, that is said with what to type', async () => {
    for (const name of ['server', 'client1'] as const)
      expect(await units(guests[name], 'system')).toBe(`fl-wizard-guests-${name}.service`);
    expect(await units(guests.client2, 'user')).toBe('');
    app(slowScripts);
    expect((await step(['deploy', '--wheelhouse', wheels])).code).toBe(0);
    const first = await step(['launch', '--new', '--rounds', '6']);
    expect(first.code, first.stdout.slice(-3000)).toBe(0);
    const own = of(first.events, 'check-finished').filter(({ check }) => check.name === 'supervision');
    expect(own.map(({ check }) => [check.host, check.ok])).toEqual([['client2', true]]);
    expect(own[0]?.check.detail).toContain('own supervisor');
    const line = 'sudo loginctl enable-linger ubuntu';
    expect(own[0]?.check.hint).toContain(line);
    await guests.client2.asRoot(line);
    const again = await step(['restart', 'client2']);
    expect(again.code, again.stdout.slice(-3000)).toBe(0);
    expect(planned(again)).toContainEqual(expect.stringContaining('client2: have systemd keep it running'));
    expect(await units(guests.client2, 'user')).toBe('fl-wizard-guests-client2.service');
    expect((await step(['launch'])).events.at(-1)).toMatchObject({ outcome: 'unchanged', exitCode: 0 });
    // As the process sees its files: of its own folder it may change all but what checks it, and nothing elsewhere.
    const home = '/home/ubuntu/fl-wizard/guests';
    for (const guest of [guests.server, guests.client2]) {
      const pid = `$(sed -n 's/.*"pid":\\([0-9]*\\).*/\\1/p' ${home}/state/${guest.name}.json)`;
      const inside = `nsenter -m -t ${pid}`;
      const places = [`${home}/app`, `${home}/runtime`, `${home}/policy`, '/etc'].map((place) => `${place}/x`);
      const tries = places.map((place) => `${inside} sh -c '>${place}' 2>/dev/null && rm ${place} && echo ${place}`);
      expect((await guest.asRoot(`${tries.join('; ')}; true`)).trim()).toBe(`${home}/app/x`);
    }
  });

  test('come back by themselves: a client that is killed, one whose power goes, the server’s machine booted again', async () => {
    const told = async (guest: Guest) =>
      JSON.parse(await guest.asRoot(`cat /home/ubuntu/fl-wizard/guests/state/${guest.name}.json`)) as {
        pid: number;
        since?: string;
        state?: string;
        started?: string;
      };
    const isIn = async (guest: Guest, states: RegExp, before?: string) => {
      await until(`${guest.name} is ${states}`, async () => {
        const { state = '', since } = await told(guest);
        return states.test(state) && since !== before;
      });
      return told(guest);
    };
    const one = await isIn(guests.client1, /^training$/);
    const two = await isIn(guests.client2, /^(connected|training)$/);
    await guests.client1.asRoot(`kill -9 ${one.pid}`);
    await isIn(guests.client1, /^(connected|training)$/, one.since);
    await guests.client2.cut();
    await guests.client2.boot();
    await isIn(guests.client2, /^(connected|training)$/, two.since);
    const { started } = await told(guests.server);
    let attached: () => void = () => undefined;
    const comes = new Promise<void>((resolve) => {
      attached = resolve;
    });
    // It is there all the time: a host that shuts down and starts up is waited for.
    const watching = step(['monitor', '--wait'], {
      onEvent: (event) => {
        if (event.type === 'round-finished') attached();
      },
    });
    await Promise.race([comes, watching]);
    await guests.server.shutDown();
    await guests.server.boot();
    await until('the server serves again', async () => (await told(guests.server)).started !== started);
    for (const guest of [guests.client1, guests.client2]) await guest.asRoot('touch /home/ubuntu/go-on');
    const watched = await watching;
    expect(watched.code, watched.stdout.slice(-3000)).toBe(0);
    expect(of(watched.events, 'round-finished').map(({ round }) => round)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(of(watched.events, 'server-started')).toHaveLength(2);
    const links = of(watched.events, 'link-changed').map(({ state, why }) => `${state}${why ? `: ${why}` : ''}`);
    expect(links[0]).toMatch(/^lost: /);
    expect(links.at(-1)).toBe('back');
    for (const guest of [guests.client1, guests.client2]) await guest.asRoot('rm /home/ubuntu/go-on');
  });

  test('whose owner may switch lingering on, as polkit has it, need no sudo for that', async () => {
    const lingering = async () => (await guests.client2.asRoot('ls /var/lib/systemd/linger')).trim();
    expect((await step(['down', '--only', 'client2'])).code).toBe(0);
    expect([await units(guests.client2, 'user'), await lingering()]).toEqual(['', 'ubuntu']);
    // Switched on by hand, so it stays until it is switched off by hand.
    await guests.client2.asRoot('loginctl disable-linger ubuntu; chmod +x /usr/bin/pkcheck');
    const done = await step(['launch', '--new', '--rounds', '1']);
    expect(done.code, done.stdout.slice(-3000)).toBe(0);
    expect(planned(done)).toContainEqual(expect.stringMatching(/^client2: .*lingering switched on/));
    expect(await lingering()).toBe('ubuntu');
    for (const guest of [guests.client1, guests.client2]) await guest.asRoot('touch /home/ubuntu/go-on');
    expect((await step(['monitor', '--wait'])).code).toBe(0);
    for (const guest of [guests.client1, guests.client2]) await guest.asRoot('rm /home/ubuntu/go-on');
  });

  test('whose kernel allows less after a boot train all the same, and what protects less is named', async () => {
    for (const guest of [guests.client1, guests.client2]) {
      await guest.cut();
      await guest.boot('unshare');
    }
    const status = JSON.parse((await step(['status', 'client2'])).stdout) as { hosts: Record<string, unknown>[] };
    // Until it has been tried five times.
    const [{ state, detail } = {}] = status.hosts;
    expect([state, detail]).toEqual([expect.stringMatching(/^(starting|failed)$/), 'systemd could not start it (217)']);
    const done = await step(['launch', '--new', '--rounds', '1']);
    expect(done.code, done.stdout.slice(-3000)).toBe(0);
    const units = of(done.events, 'check-finished').filter(({ check }) => /^(unit|supervision)$/.test(check.name));
    const told = (name: string) =>
      units.filter(({ check }) => check.host === name).map(({ check }) => `${check.ok} ${check.detail}`);
    // A user's manager fails, and is given less to do; root's goes on without a word, and the process finds it out.
    expect(told('client2').join('\n')).toMatch(/true .*could not do PrivateDevices[\s\S]*ProtectSystem/);
    expect(told('client1').join('\n')).toMatch(/true .*without ProtectSystem/);
    expect(told('server')).toEqual([]);
    expect((await step(['monitor', '--wait'])).code).toBe(0);
  });

  test('whose sudo takes a password that is given are kept by root’s manager too', async () => {
    await guests.client2.asRoot(`echo 'ubuntu:${password}' | chpasswd`);
    expect((await step(['down', '--only', 'client2'])).code).toBe(0);
    await guests.client2.asRoot('loginctl disable-linger ubuntu 2>/dev/null; chmod -x /usr/bin/pkcheck');
    const done = await step(['launch', '--new', '--rounds', '1'], { env: withPassword });
    expect(done.code, done.stdout.slice(-3000)).toBe(0);
    expect(planned(done)).toContainEqual(expect.stringMatching(/^client2: .*with sudo, which asks for a password/));
    expect(await units(guests.client2, 'system')).toBe('fl-wizard-guests-client2.service');
    for (const guest of [guests.client1, guests.client2]) await guest.asRoot('touch /home/ubuntu/go-on');
    expect((await step(['monitor', '--wait'])).code).toBe(0);
    for (const guest of [guests.client1, guests.client2]) await guest.asRoot('rm /home/ubuntu/go-on');
    // Without it the unit can't be removed any more, and what to type is said.
    const locked = await step(['down', '--only', 'client2']);
    expect(failures(locked).client2?.hint).toContain('sudo systemctl disable --now fl-wizard-guests-client2.service');
    expect((await step(['down', '--only', 'client2'], { env: withPassword })).code).toBe(0);
    expect(await units(guests.client2, 'system')).toBe('');
    expect(
      await guests.client2.asRoot('journalctl --no-pager; cat /home/ubuntu/.bash_history 2>/dev/null; true'),
    ).not.toContain(password);
    await guests.client2.asRoot('chmod +x /usr/bin/pkcheck');
  });

  test('are asked for their addresses by the wizard, before anything is signed for them', async () => {
    edit(project, ({ server }) => {
      delete server.names;
    });
    expect((await step(['config'])).code).toBe(0);
    for (const kind of ['crt', 'key']) rmSync(join(project, 'fl_network', `server.${kind}`));
    const pty = start([], { cwd: project, env: asOperator.env });
    await pty.waitFor('❯ Go on');
    pty.press(keys.enter);
    expect(await pty.waitFor('Shall the server’s certificate hold this address too?', 60)).toContain(addresses.inner);
    pty.press('y');
    expect(await pty.waitFor('Plan: Configuration')).toContain(addresses.inner);
    pty.press('y');
    await pty.waitFor('Plan: Certificates');
    pty.press('n');
    await pty.waitFor('Declined');
    pty.press('q');
    expect((await pty.end()).code).toBe(8);
    expect(readFileSync(join(project, 'fl-network.yaml'), 'utf8')).toContain(`  names: [${addresses.inner}]\n`);
  });

  test('are as they were before, after down --purge; one that is off keeps no other from it', async () => {
    await guests.client1.cut();
    const done = await step(['down', '--purge']);
    // The one folder that only root can remove, where sudo wants a password: all else is gone, and it is said.
    expect(Object.keys(failures(done))).toEqual(['client1', 'client2']);
    expect(failures(done).client1?.exitCode).toBe(4);
    expect(failures(done).client2?.hint).toContain(`sudo rmdir ${certificates}`);
    expect((await step(['down', '--purge', '--only', 'client2'], { env: withPassword })).code).toBe(0);
    for (const name of ['server', 'client2'] as const) expect(await content(guests[name])).toBe(untouched[name]);
    await guests.client1.boot();
    const rest = await step(['down', '--purge']);
    expect(rest.code).toBe(0);
    expect(planned(rest).every((line) => line.startsWith('client1: '))).toBe(true);
    expect((await step(['down', '--purge'])).events.at(-1)).toMatchObject({ outcome: 'unchanged', exitCode: 0 });
    for (const guest of Object.values(guests)) expect(await content(guest)).toBe(untouched[guest.name]);
  });
});
