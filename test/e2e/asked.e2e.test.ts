/** Hosts that want a one-time code on top of the key, as a person meets them: on the screen, in lines, and headless. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startNetwork, type TestNetwork, ubuntu } from '../helpers/hosts.ts';
import { writtenIn } from '../helpers/project.ts';
import { keys, type Pty, start } from '../helpers/pty.ts';
import { canRunSshd } from '../helpers/sshd.ts';
import { Authenticator, hasAuthenticator } from '../helpers/totp.ts';
import { of, wizard } from '../helpers/wizard.ts';

const pam = [
  'auth required pam_google_authenticator.so',
  'account required pam_permit.so',
  'session required pam_permit.so',
  '',
].join('\n');

describe.skipIf(!canRunSshd || !hasAuthenticator)('hosts that ask for a code', () => {
  let network: TestNetwork;
  let env: Record<string, string>;
  const phone = new Authenticator();
  const running: Pty[] = [];
  const open = (...words: readonly string[]): Pty => {
    const pty = start([...words, '-C', network.project], { env });
    running.push(pty);
    return pty;
  };
  const asking = /(server|client1)(?: \(\S+\))? asks at login/;
  beforeAll(async () => {
    network = await startNetwork({
      app: {},
      clients: 1,
      sshd: {
        config: ['UsePAM yes', 'AuthenticationMethods publickey,keyboard-interactive'],
        etc: { 'pam.d/sshd': pam },
      },
    });
    for (const { home } of network.hosts) phone.install(home, ubuntu);
    env = { HOME: join(network.directory, 'operator'), SSH_AUTH_SOCK: '' };
    mkdirSync(env.HOME ?? '');
  });
  afterEach(() => {
    for (const pty of running.splice(0)) pty.kill();
  });
  afterAll(() => network?.stop());

  /** What stands there at the end, as running text. */
  const ending = async (pty: Pty) => {
    const { code, screen } = await pty.end();
    expect(pty.whole()).toBe(true);
    return { code, text: screen.replaceAll('│', ' ').replace(/\s+/g, ' ') };
  };
  const written = () => writtenIn(network.project);

  test('are asked one after the other on the screen, and the codes are seen nowhere', async () => {
    const pty = open('preflight');
    const codes: string[] = [];
    const asked: (string | undefined)[] = [];
    let frame = await pty.waitFor(asking);
    for (;;) {
      expect(frame).toMatch(/│ Verification code:/);
      const [, name = ''] = asking.exec(frame) ?? [];
      asked.push(name);
      const code = phone.code();
      codes.push(code);
      pty.press(code);
      await pty.waitFor('Answer  ••••••█');
      pty.press(keys.enter);
      if (asked.length === 2) break;
      frame = await pty.waitFor(name === 'server' ? 'client1 asks at login' : 'server asks at login');
    }
    expect(asked.sort()).toEqual(['client1', 'server']);
    const { code: ended, text } = await ending(pty);
    expect(text).not.toContain('Verification code');
    for (const code of codes) expect(text + written()).not.toContain(code);
    expect(ended).toBe(0);
  });

  test('are asked once: a wrong code is told, and esc gives up', async () => {
    const pty = open('preflight', '--only', 'server');
    await pty.waitFor('server asks at login');
    pty.press('000000');
    await pty.waitFor('••••••█');
    pty.press(keys.enter);
    const refused = await ending(pty);
    expect(refused.code).toBe(4);
    expect(refused.text).toContain('the answer was not taken (it asked for "Verification code:")');
    const second = open('preflight', '--only', 'server');
    await second.waitFor('server asks at login');
    second.press('12', keys.escape);
    const left = await ending(second);
    expect(left.code).toBe(4);
    expect(left.text).toContain('it asks for "Verification code:", and no answer was given');
  });

  test('are asked line by line with --plain', async () => {
    const pty = open('preflight', '--only', 'server', '--plain');
    await pty.waitFor(/\| Verification code:\s+It took a key, and asks this as well\.\s+Answer \(not shown\):/);
    const code = phone.code();
    pty.press(code, keys.enter);
    const { code: ended, screen } = await pty.end();
    expect(ended).toBe(0);
    expect(screen).not.toContain(code);
  });

  test('fail where nobody is (4), who is told what they want', async () => {
    const { code, events, stderr } = await wizard(['preflight', '--json', '-C', network.project], { env });
    expect([code, stderr]).toEqual([4, '']);
    const failures = of(events, 'step-finished').flatMap((event) => event.failures ?? []);
    expect(failures.map(({ host, exitCode }) => `${host} ${exitCode}`).sort()).toEqual(['client1 4', 'server 4']);
    for (const { why, hint } of failures) {
      expect(why).toContain('it takes the key, and then wants a password or a code (keyboard-interactive)');
      expect(hint).toContain('in a terminal');
    }
  });
});
