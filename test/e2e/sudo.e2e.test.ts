/** Hosts whose sudo wants a password, as a person meets them: on the screen, in lines, and headless. */
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startNetwork, type TestNetwork } from '../helpers/hosts.ts';
import { writtenIn } from '../helpers/project.ts';
import { keys, type Pty, start } from '../helpers/pty.ts';
import { canRunSshd, type Sshd } from '../helpers/sshd.ts';
import { of, wizard } from '../helpers/wizard.ts';

const password = 'Sesame, open';

describe.skipIf(!canRunSshd)('hosts whose sudo wants a password', () => {
  let network: TestNetwork;
  let env: Record<string, string>;
  const running: Pty[] = [];
  const open = (...words: readonly string[]): Pty => {
    const pty = start([...words, '-C', network.project], { env });
    running.push(pty);
    return pty;
  };
  const step = (words: readonly string[], more: Record<string, string> = {}) =>
    wizard([...words, '--yes', '--json', '-C', network.project], { env: { ...env, ...more } });
  const folder = ({ etc }: Sshd) => join(etc, 'ssl', 'fl_network');
  const there = () => network.hosts.map((host) => existsSync(folder(host)));
  beforeAll(async () => {
    network = await startNetwork({ app: {}, clients: 2, algorithm: 'ec', sshd: { sudo: 'asks', password } });
    env = { HOME: join(network.directory, 'operator'), SSH_AUTH_SOCK: '' };
    mkdirSync(env.HOME ?? '');
    expect((await step(['config'])).code).toBe(0);
    expect((await step(['certs', '--offline'])).code).toBe(0);
  });
  afterEach(() => {
    for (const pty of running.splice(0)) pty.kill();
  });
  afterAll(() => network?.stop());

  const written = () => writtenIn(network.project);

  test('headless without one: 5, and nothing is asked or done', async () => {
    const done = await step(['deploy', '--only-certificates']);
    expect(done.code).toBe(5);
    const failures = of(done.events, 'step-finished').flatMap((event) => event.failures ?? []);
    expect(failures.map(({ why }) => why)).toEqual(Array(3).fill(expect.stringContaining('sudo wants a password')));
    expect(there()).toEqual([false, false, false]);
  });

  test('on the screen: said in the plan, asked in place, and Enter alone takes the same to the next host', async () => {
    const pty = open('deploy', '--only-certificates');
    const plan = await pty.waitFor(/yes, do it/);
    expect(plan.replace(/\s+/g, ' ')).toContain('with sudo, which asks for a password');
    pty.press('y');
    const asking = /sudo on (\w+) wants ubuntu’s password/;
    const first = await pty.waitFor(asking);
    expect(first.replace(/\s+/g, ' ')).toContain('It is for: Making /etc/ssl/fl_network on');
    // Enter alone is no answer here, and gives nothing up.
    pty.press(keys.enter, 'wrong');
    await pty.waitFor('•••••█');
    pty.press(keys.enter);
    // No other host's question comes in between, while sudo makes one wait for it.
    expect(asking.exec(await pty.waitFor('sudo did not take that one.'))?.[1]).toBe(asking.exec(first)?.[1]);
    pty.press(password);
    await pty.waitFor('••••••••••••█');
    pty.press(keys.enter);
    const [, taken = ''] = asking.exec(first) ?? [];
    const asked = [taken];
    for (let left = 2; left > 0; left--) {
      const frame = await pty.waitFor(new RegExp(`sudo on (?!(${asked.join('|')}) )\\w+ wants`));
      expect(frame.replace(/\s+/g, ' ')).toMatch(/Enter alone: the one that (server|client1|client2) took/);
      asked.push(asking.exec(frame)?.[1] ?? '');
      pty.press(keys.enter);
    }
    const { code, screen } = await pty.end();
    expect(pty.whole()).toBe(true);
    expect([code, asked.sort()]).toEqual([0, ['client1', 'client2', 'server']]);
    expect(there()).toEqual([true, true, true]);
    for (const host of network.hosts) {
      expect(statSync(folder(host)).mode & 0o777).toBe(0o700);
      expect(readdirSync(folder(host)).sort()).toEqual(['ca.crt', `${host.name}.crt`, `${host.name}.key`]);
    }
    // Neither seen nor kept, in whatever was written.
    expect(screen + written()).not.toContain(password);
    expect(written()).toContain('sudo -n install -d -o ubuntu');
  });

  test('line by line with --plain, and esc or an empty line is no answer: 5 with what to type', async () => {
    const purge = ['down', '--purge', '--plain'];
    const given = open(...purge, '--only', 'client1');
    await given.waitFor('Do this? y for yes');
    given.press('y', keys.enter);
    await given.waitFor(/sudo on client1 \(\S+\) wants ubuntu’s password, for: Removing/);
    await given.waitFor('Password (not shown): ');
    given.press(keys.enter);
    const refused = await given.end();
    expect([refused.code, there()]).toEqual([5, [true, true, true]]);
    // The terminal breaks it wherever its line ends.
    expect(refused.screen.replace(/\s/g, '')).toContain('tryagainandgivethepassword;or');
    expect(refused.screen.replace(/\s/g, '')).toContain('sudormdir/etc/ssl/fl_network');
    const again = open(...purge, '--only', 'client1');
    await again.waitFor('Do this? y for yes');
    again.press('y', keys.enter);
    await again.waitFor('Password (not shown): ');
    again.press(password, keys.enter);
    const done = await again.end();
    expect([done.code, there()]).toEqual([0, [true, false, true]]);
    expect(again.whole()).toBe(true);
    expect(done.screen + written()).not.toContain(password);
  });

  test('headless with one, out of a file or the environment; a wrong one is named', async () => {
    const file = join(network.directory, 'sudo-password');
    writeFileSync(file, `${password}\n`, { mode: 0o600 });
    const purged = await step(['down', '--purge', '--sudo-password-file', file]);
    expect([purged.code, there()]).toEqual([0, [false, false, false]]);
    const wrong = await step(['deploy', '--only-certificates', '--only', 'server'], {
      FL_WIZARD_SUDO_PASSWORD: 'shut',
    });
    expect(wrong.code).toBe(5);
    const [failure] = of(wrong.events, 'step-finished').flatMap((event) => event.failures ?? []);
    expect(failure?.hint).toContain('what --sudo-password-file');
    const done = await step(['deploy', '--only-certificates'], { FL_WIZARD_SUDO_PASSWORD: password });
    expect([done.code, there()]).toEqual([0, [true, true, true]]);
    expect(purged.stdout + wrong.stdout + done.stdout + written()).not.toContain(password);
  });
});
