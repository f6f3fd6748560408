/** Units of systemd as text, judged by systemd's own tools where they are here, and who keeps what. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { type Keeper, keeperOf, switchedLingering } from '../../source/flower/keeper.ts';
import { knowing, refusedBy, tiers, type UnitKind, unitName, unitText, without } from '../../source/flower/unit.ts';
import type { Member } from '../../source/network/network.ts';
import type { Services } from '../../source/plan/world.ts';
import { network } from '../plan/fakes.ts';

const [client] = network.clients as [Member, ...Member[]];
const home = '/home/ubuntu/fl-wizard/scriptchain';
const place = (kind: UnitKind) => ({ kind, owner: 'ubuntu', ownerHome: '/home/ubuntu', home });
const system = unitText(network, client, place('system'));
const lines = (text: string) => text.split('\n');

describe('a unit', () => {
  it('restarts after a crash and never after a refusal, and takes all that it started along', () => {
    expect(lines(system)).toEqual(
      expect.arrayContaining([
        'Restart=on-failure',
        'RestartSec=2',
        expect.stringMatching(/^RestartPreventExitStatus=77 78 79/),
        'StartLimitBurst=5',
        'KillMode=control-group',
        'NoNewPrivileges=yes',
        'ProtectSystem=strict',
        'User=ubuntu',
        'WantedBy=multi-user.target',
      ]),
    );
    const user = unitText(network, client, place('user'));
    expect(user).toContain('WantedBy=default.target');
    expect(user).not.toMatch(/^(User|CapabilityBoundingSet)=/m);
  });

  it('leaves a GPU to whom it was promised, and knows limits and folders of its own', () => {
    const member = {
      ...client,
      gpu: true,
      writable: ['~/out', '/data/a b'],
      data: ['/data/in'],
      remote: { ...client.remote, limits: { memory: '4G', cpus: 1.5 } },
    };
    const text = unitText(network, member, place('system'));
    expect(text).not.toContain('PrivateDevices');
    expect(lines(text)).toEqual(
      expect.arrayContaining([
        'MemoryMax=4G',
        'CPUQuota=150%',
        `ReadWritePaths="-${home}" "-/home/ubuntu/out" "-/data/a b"`,
        `ReadOnlyPaths="-${home}/runtime" "-${home}/policy"`,
        `RequiresMountsFor="${home}" "/data/in" "/home/ubuntu/out" "/data/a b"`,
      ]),
    );
  });

  it('holds nothing that is secret: the environment of the script lies in its configuration', () => {
    expect(unitText(network, { ...client, env: { TOKEN: 'sesame' }, args: ['sesame'] }, place('system'))).not.toContain(
      'sesame',
    );
  });

  it('sees the host’s own temporary files where it works with them, and only there', () => {
    expect(system).toContain('PrivateTmp=yes');
    for (const more of [{ data: ['/tmp/in'] }, { writable: ['/var/tmp'] }])
      expect(unitText(network, { ...client, ...more }, place('system'))).not.toContain('PrivateTmp');
    expect(unitText(network, { ...client, data: ['/tmpfiles/in'] }, place('system'))).toContain('PrivateTmp');
  });

  it('takes any path as one word', () => {
    const text = unitText(network, client, { ...place('system'), home: '/srv/a b"c\\d%e$f' });
    expect(text).toContain('"PYTHONPATH=/srv/a b\\"c\\\\d%%e$f/runtime"');
    expect(text).toContain('--config "/srv/a b\\"c\\\\d%%e$$f/client1.json"');
  });
});

const systemd = (() => {
  try {
    execFileSync('systemd-analyze', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!systemd)('for systemd’s own checks', () => {
  const judged = (words: readonly string[], member: Member, kind: UnitKind, root = home) => {
    const folder = mkdtempSync(join(tmpdir(), 'flw-unit-'));
    const file = join(folder, unitName(network, member));
    // Its user is not known on this machine.
    const text = unitText(network, member, { ...place(kind), home: root }).replace('User=ubuntu', 'User=daemon');
    writeFileSync(file, text);
    try {
      // A user's manager wants one.
      const env = { ...process.env, XDG_RUNTIME_DIR: folder };
      return execFileSync('systemd-analyze', [...words, file], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        env,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  const gpu = { ...client, gpu: true, remote: { ...client.remote, limits: { memory: '4G', cpus: 0.5 } } };

  test.each<[string, Member, UnitKind]>([
    ['the server’s', network.server, 'system'],
    ['a client’s', client, 'system'],
    ['one with a GPU and limits', gpu, 'system'],
    ['a user’s', client, 'user'],
  ])('%s is right', (_, member, kind) => {
    for (const root of [home, '/srv/a b"c\\d%e$f'])
      expect(
        judged(['verify', ...(kind === 'user' ? ['--user'] : []), '--recursive-errors=no'], member, kind, root),
      ).toBe('');
  });

  const exposure = (member: Member, kind: UnitKind = 'system') =>
    Number(/exposure level[^\d]*[^:]*: ([\d.]+)/.exec(judged(['security', '--offline=true'], member, kind))?.[1]);

  test('is exposed by 3.0 at most; with a GPU by a little more than without', () => {
    expect(exposure(client)).toBeLessThanOrEqual(3);
    expect(exposure(network.server)).toBeLessThanOrEqual(3);
    const withGpu = exposure(gpu);
    expect(withGpu).toBeGreaterThan(exposure(client));
    expect(withGpu).toBeLessThanOrEqual(3);
  });

  test('is exposed more where it is a user’s, and by 5.5 at most', () => {
    expect(exposure(client, 'user')).toBeGreaterThan(exposure(client));
    for (const member of [client, gpu]) expect(exposure(member, 'user')).toBeLessThanOrEqual(5.5);
  });
});

describe('what a host could not do', () => {
  it('is given up from the least to the most: devices first, then files', () => {
    const first = refusedBy(226, system);
    expect([...first].sort()).toEqual([...tiers.devices].sort());
    const less = without(system, first, '252', 226);
    expect(less).toContain('# Left out: PrivateDevices=yes (systemd 252 could not do it here: 226)');
    expect(less).not.toMatch(/^PrivateDevices/m);
    const second = refusedBy(226, less);
    expect(second).toContain('ProtectSystem');
    expect(refusedBy(226, without(less, second, '252', 226))).toEqual([]);
  });

  it('is nothing for a program that is not there, or one that ended by itself', () => {
    for (const code of [203, 1, 0, 77, Number.NaN]) expect(refusedBy(code, system)).toEqual([]);
  });

  it('is known the next time, until systemd or the line is another', () => {
    const held = without(system, refusedBy(226, system), '252', 226);
    expect(knowing(system, held, '252')).toBe(held);
    expect(knowing(system, held, '255')).toBe(system);
    expect(knowing(system, undefined, '252')).toBe(system);
  });
});

describe('who keeps a process', () => {
  const services: Services = {
    systemd: '252.39',
    root: 'no',
    owner: 'ubuntu',
    ownerHome: '/home/ubuntu',
    user: false,
    linger: 'no',
  };
  const keeper = (more: Partial<Services>) => keeperOf(network, client, { ...services, ...more }, home);
  const unit = (found: Keeper) => ('unit' in found ? found.unit : undefined);

  it('is root’s systemd where sudo asks nothing, else the owner’s own, else a supervisor of ours', () => {
    expect(unit(keeper({ root: 'sudo', user: true }))).toMatchObject({
      kind: 'system',
      path: `/etc/systemd/system/${unitName(network, client)}`,
    });
    expect(unit(keeper({ user: true, linger: 'on' }))).toMatchObject({
      kind: 'user',
      path: `/home/ubuntu/.config/systemd/user/${unitName(network, client)}`,
    });
    expect(keeper({})).toMatchObject({ hint: expect.stringContaining('sudo loginctl enable-linger ubuntu') });
    const { systemd: _, ...none } = services;
    expect(keeperOf(network, client, none, home)).toEqual({ why: 'no systemd runs there' });
    expect(keeper({ systemd: '237', root: 'sudo' })).toMatchObject({ why: expect.stringContaining('237') });
  });

  it('stays who it is once a unit is there', () => {
    const path = `/home/ubuntu/.config/systemd/user/${unitName(network, client)}`;
    const text = unitText(network, client, place('user'));
    const found = keeper({
      root: 'sudo',
      user: true,
      unit: { kind: 'user', name: unitName(network, client), path, text },
    });
    expect(found).toMatchObject({ installed: text, linger: false, unit: { kind: 'user', path, content: text } });
  });

  it('says in the unit that lingering was switched on for it, also later', () => {
    const first = keeper({ user: true, linger: 'allowed' });
    const content = unit(first)?.content ?? '';
    expect([first, switchedLingering(content)]).toMatchObject([{ linger: true }, true]);
    const there = { kind: 'user' as const, name: unitName(network, client), path: '/x', text: content };
    expect(keeper({ user: true, linger: 'on', unit: there })).toMatchObject({ linger: false, unit: { content } });
  });

  it('finds nothing to write where another unit has handed that on', () => {
    const plain = without(unitText(network, client, place('user')), ['PrivateDevices'], '252.39', 217);
    const text = `${plain}# Lingering was switched on for it.\n`;
    const there = { kind: 'user' as const, name: unitName(network, client), path: '/x', text };
    const found = keeper({ user: true, linger: 'on', unit: there });
    expect(found).toMatchObject({ installed: text, linger: false, unit: { content: text } });
  });

  it('is not found out for a unit of another network', () => {
    const text = system.replaceAll(home, '/home/ubuntu/fl-wizard/other');
    const there = { kind: 'system' as const, name: unitName(network, client), path: '/etc/systemd/system/x', text };
    expect(() => keeper({ root: 'sudo', unit: there })).toThrow(/another network/);
  });
});
