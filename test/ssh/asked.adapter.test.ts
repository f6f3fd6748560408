import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Secret } from '../../source/plan/secret.ts';
import type { ConnectOptions, LoginRequest } from '../../source/ssh/connect-options.ts';
import type { Target } from '../../source/ssh/host.ts';
import { ubuntu } from '../helpers/hosts.ts';
import { canRunSshd, type Sshd, type SshdOptions, startSshd } from '../helpers/sshd.ts';
import { Authenticator, hasAuthenticator } from '../helpers/totp.ts';
import { failureOf, keygen, logIn, scratch, targetOf } from './real.ts';

const password = 'korrekt $(horse) ü';
const pam = (...auth: readonly string[]) => ({
  'pam.d/sshd': [
    ...auth.map((line) => `auth ${line}`),
    'account required pam_permit.so',
    'session required pam_permit.so',
    '',
  ].join('\n'),
});
const unix = 'required pam_unix.so nodelay';
const code = 'required pam_google_authenticator.so no_increment_hotp';

/** Somebody who answers by what the last line asks; whatever else is asked stays unanswered. */
function person(answers: Readonly<Record<string, () => string>>) {
  return vi.fn(async ({ questions, shown }: LoginRequest) => {
    shown();
    const given = questions.map(({ says }) => answers[says.at(-1) ?? 'a password']?.());
    return given.every((each) => each !== undefined) ? given.map((each) => new Secret(each)) : undefined;
  }) satisfies ConnectOptions['respond'];
}
const asked = (respond: ReturnType<typeof person>) =>
  respond.mock.calls.flatMap(([{ questions }]) => questions.map(({ says }) => says.at(-1)));

async function startAgent(socket: string, files: readonly string[]): Promise<ChildProcess> {
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (agent.stdout) await once(agent.stdout, 'data');
  execFileSync('ssh-add', ['-q', ...files], { env: { SSH_AUTH_SOCK: socket, PATH: process.env.PATH }, stdio: 'pipe' });
  return agent;
}

describe.skipIf(!canRunSshd || !hasAuthenticator)('a host that asks at login', () => {
  const folder = scratch();
  const file = (name: string) => join(folder.path, name);
  const phone = new Authenticator();
  const hosts: Sshd[] = [];
  const start = async (name: string, more: Partial<SshdOptions>): Promise<Sshd> => {
    const host = await startSshd({ directory: folder.path, name, user: 'ubuntu', password, ...more });
    phone.install(host.home, ubuntu);
    hosts.push(host);
    return host;
  };
  let both: Sshd;
  let second: Sshd;
  let first: Sshd;
  let plain: Sshd;
  let hurried: Sshd;
  beforeAll(async () => {
    const keys = [keygen(file('rsa'), '-t', 'rsa', '-b', '2048'), keygen(file('one'), '-t', 'ed25519')];
    keygen(file('other'), '-t', 'ed25519');
    const pluggable = (auth: readonly string[], ...config: string[]) => ({
      config: ['UsePAM yes', ...config],
      etc: pam(...auth),
      authorizedKeys: keys,
    });
    [both, second, first, plain, hurried] = await Promise.all([
      start('both', pluggable([unix, code])),
      start('second', pluggable([code], 'AuthenticationMethods publickey,keyboard-interactive')),
      start('first', pluggable([code], 'AuthenticationMethods keyboard-interactive,publickey')),
      start('plain', { config: ['KbdInteractiveAuthentication no'] }),
      start('hurried', pluggable([code], 'LoginGraceTime 4')),
    ]);
  });
  afterAll(async () => {
    await Promise.all(hosts.map((host) => host.stop()));
    folder.remove();
  });
  const wrongKey = { identityFiles: [file('other')] };
  const oneCode = () => person({ 'Verification code:': () => phone.code() });

  it('gets a password and a code, each asked once', async () => {
    const respond = person({ 'Password:': () => password, 'Verification code:': () => phone.code() });
    const session = await logIn(both, wrongKey, { respond });
    expect((await session.run(['id', '-un'])).stdout).toBe('ubuntu\n');
    session.close();
    expect(asked(respond)).toEqual(['Password:', 'Verification code:']);
  });

  it.each(['rsa', 'one'])('gets a code on top of the key %s', async (name) => {
    const respond = oneCode();
    // The second key is not offered: with a key the host has what it wanted of that kind.
    (await logIn(second, { identityFiles: [file(name), file('other')] }, { respond })).close();
    expect(respond.mock.calls[0]?.[0].questions).toEqual([
      {
        kind: 'login',
        host: 'client1',
        address: `127.0.0.1:${second.port}`,
        user: 'ubuntu',
        because: 'It took a key, and asks this as well.',
        says: ['Verification code:'],
        echo: false,
      },
    ]);
  });

  it('gets a code on top of a key of the agent, and none of the keys behind it', async () => {
    const agent = await startAgent(file('agent'), [file('other'), file('one'), file('rsa')]);
    const respond = oneCode();
    const target = { identityFiles: [], identitiesOnly: false };
    const login = logIn(second, target, { respond, agent: file('agent') }).finally(() => agent.kill());
    (await login).close();
    expect(asked(respond)).toEqual(['Verification code:']);
    expect(respond.mock.calls[0]?.[0].questions[0]?.because).toBe('It took a key, and asks this as well.');
  });

  it('gets the key after the code, where it wants it in that order', async () => {
    const respond = oneCode();
    (await logIn(first, { identityFiles: [file('one')] }, { respond })).close();
    expect(asked(respond)).toEqual(['Verification code:']);
  });

  it('gets two keys, where it wants two', async () => {
    const two = await start('two', {
      config: ['AuthenticationMethods publickey,publickey'],
      authorizedKeys: [readFileSync(file('one.pub'), 'utf8').trim()],
    });
    (await logIn(two, { identityFiles: [file('one'), file('other'), two.identityFile] })).close();
    const failure = await failureOf(logIn(two, { identityFiles: [file('one'), file('other')] }));
    expect(failure.why).toContain('tried');
  });

  it('gets a password where it takes nothing else', async () => {
    const respond = person({ 'a password': () => password });
    const session = await logIn(plain, wrongKey, { respond });
    expect((await session.run(['echo', 'in'])).stdout).toBe('in\n');
    session.close();
    expect(respond.mock.calls[0]?.[0].questions).toMatchObject([
      { says: [], echo: false, because: `It took no key: ${file('other')}.` },
    ]);
  });

  it('asks nobody where a key does', async () => {
    const respond = person({});
    (await logIn(plain, {}, { respond })).close();
    expect(respond).not.toHaveBeenCalled();
  });

  it.each<[string, () => Sshd, Partial<Target>, Parameters<typeof person>[0], string]>([
    ['a wrong code', () => second, {}, { 'Verification code:': () => '000000' }, '"Verification code:"'],
    [
      'a wrong password before a right code',
      () => both,
      wrongKey,
      { 'Password:': () => 'hunter2', 'Verification code:': () => phone.code() },
      '"Password:" and 1 more',
    ],
    ['a wrong plain password', () => plain, wrongKey, { 'a password': () => 'hunter2' }, 'a password'],
  ])('fails by %s, asks once, and is not dialed again for it', async (_, host, target, answers, subject) => {
    const respond = person(answers);
    const login = () => failureOf(logIn(host(), target, { respond }));
    const failure = await login();
    const times = respond.mock.calls.length;
    expect(failure).toMatchObject({
      exitCode: 4,
      host: 'client1',
      doing: `Connecting to client1 (127.0.0.1:${host().port})`,
      why: expect.stringMatching(
        /^login as ubuntu failed: the answer was not taken \(it asked for ([^;]*)\)(; before that it took none of .+)?$/,
      ),
      hint: expect.stringMatching(/^run it again with the right (code|password)/),
    });
    expect(failure.why).toContain(`(it asked for ${subject})`);
    // Where a key was not taken before, that may be what is really wrong.
    expect(failure.why.includes('took none of')).toBe(target === wrongKey);
    expect(JSON.stringify(failure)).not.toMatch(/hunter2|000000/);
    await host().stop();
    expect(await login()).toEqual(failure);
    expect(respond).toHaveBeenCalledTimes(times);
    await host().startAgain();
  });

  it('fails where somebody gives up, and is left alone then', async () => {
    const respond = person({});
    const failure = await failureOf(logIn(second, {}, { respond }));
    expect(failure).toMatchObject({
      exitCode: 4,
      why: 'login as ubuntu failed: it asks for "Verification code:", and no answer was given',
    });
    expect(await failureOf(logIn(second, {}, { respond }))).toEqual(failure);
    expect(respond).toHaveBeenCalledTimes(1);
  });

  it('fails where nobody is there, and says what it wants', async () => {
    const codes = await failureOf(logIn(second));
    expect(codes).toMatchObject({
      exitCode: 4,
      why: 'login as ubuntu failed: it takes the key, and then wants a password or a code (keyboard-interactive), and nobody could be asked',
      hint: 'run it in a terminal, without --yes and --json: there it is asked',
    });
    expect((await failureOf(logIn(first))).why).toContain('it takes no keys, and wants a password or a code');
    for (const target of [wrongKey, { identityFiles: [] }]) {
      const failure = await failureOf(logIn(plain, target));
      expect(failure.hint).toContain('a password or a code, which it takes too, is asked in a terminal');
    }
  });

  it('has its question withdrawn when it has waited long enough, and that is said', async () => {
    const respond = vi.fn(({ withdrawn, shown }: LoginRequest) => {
      shown();
      return new Promise<undefined>((resolve) => withdrawn.addEventListener('abort', () => resolve(undefined)));
    });
    const failure = await failureOf(logIn(hurried, wrongKey, { respond }));
    expect(failure.why).toMatch(
      /^login as ubuntu failed: it ended the connection after [\d.]+ s while its question \("Verification code:"\) was still open$/,
    );
    expect(failure.hint).toContain('LoginGraceTime');
    expect(await failureOf(logIn(hurried, wrongKey, { respond }))).toEqual(failure);
    expect(respond).toHaveBeenCalledTimes(1);
  });

  it('is dialed again where its question was not even seen', async () => {
    const answer = oneCode();
    const behindOthers = async ({ withdrawn }: LoginRequest) => void (await once(withdrawn, 'abort'));
    const respond = vi.fn<NonNullable<ConnectOptions['respond']>>(answer).mockImplementationOnce(behindOthers as never);
    (await logIn(hurried, wrongKey, { respond })).close();
    expect(respond).toHaveBeenCalledTimes(2);
  });

  it('may be the way to others: who is refused there is refused for all of them', async () => {
    const answers = [new Secret('000000')];
    const open: LoginRequest[] = [];
    // As the queue of questions does: the second one waits for the first.
    let queue: Promise<unknown> = Promise.resolve();
    const respond = vi.fn((request: LoginRequest) => {
      const turn = queue.then(async () => {
        if (request.withdrawn.aborted) return undefined;
        request.shown();
        open.push(request);
        return answers;
      });
      queue = turn.then(() => vi.waitUntil(() => request.withdrawn.aborted, { timeout: 20_000 }));
      return turn;
    });
    const through = { proxyJump: [targetOf(second)] };
    const failures = await Promise.all(
      ['client1', 'client2'].map((name) => failureOf(logIn(plain, through, { respond, name }))),
    );
    expect(open).toHaveLength(1);
    expect(failures.map(({ host, doing }) => [host, doing]).sort()).toEqual(
      ['client1', 'client2'].map((name) => [
        name,
        `Connecting to 127.0.0.1, the way to ${name} (127.0.0.1:${second.port})`,
      ]),
    );
    for (const { why } of failures) expect(why).toContain('the answer was not taken');
  });

  it('is another one behind another jump host, whatever its address', async () => {
    const respond = person({ 'a password': () => 'hunter2' });
    const ways = [[], [targetOf(both)], [targetOf(hurried)]];
    for (const proxyJump of ways) await failureOf(logIn(plain, { ...wrongKey, proxyJump }, { respond }));
    await failureOf(logIn(plain, { ...wrongKey, proxyJump: [targetOf(hurried)] }, { respond }));
    expect(respond).toHaveBeenCalledTimes(ways.length);
  });

  it('takes as long as the question takes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const respond = async ({ shown }: LoginRequest) => {
      shown();
      await vi.advanceTimersByTimeAsync(3_600_000);
      return [new Secret(password)];
    };
    const session = await logIn(plain, wrongKey, { respond }).finally(() => vi.useRealTimers());
    session.close();
  });
});
