/** Hosts that ask at login as no sshd here does: ssh2's own server says what it is told to. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import ssh2, { type AuthContext, type KeyboardAuthContext, type PasswordAuthContext, type Prompt } from 'ssh2';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { makeSshKey } from '../../source/demo/key.ts';
import { Secret } from '../../source/plan/secret.ts';
import type { ConnectOptions, LoginRequest } from '../../source/ssh/connect-options.ts';
import { connect } from '../../source/ssh/session.ts';
import { failureOf, strict } from './real.ts';

const servers: InstanceType<typeof ssh2.Server>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const isKeyboard = (context: AuthContext): context is KeyboardAuthContext => context.method === 'keyboard-interactive';

type Asking = (
  ask: (prompts: (string | Prompt)[], title?: string, text?: string) => Promise<string[]>,
) => Promise<boolean>;

/** A host that offers one method and does with it what it is told. */
async function serve(offered: 'keyboard-interactive' | 'password', login: (context: AuthContext) => void) {
  const key = await makeSshKey();
  const server = new ssh2.Server({ hostKeys: [key.privatePem.reveal()] }, (client) => {
    client.on('error', () => {});
    client.on('authentication', (context) => {
      if (context.method === offered) login(context);
      else context.reject([offered]);
    });
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return (respond?: ConnectOptions['respond'], more: Partial<ConnectOptions> = {}) =>
    connect(
      { address: '127.0.0.1', port, user: 'me', identityFiles: [], identitiesOnly: true, proxyJump: [] },
      { ...strict, trust: async () => true, ...(respond && { respond }), ...more },
    );
}

const asks = (work: Asking) =>
  serve('keyboard-interactive', (context) => {
    if (!isKeyboard(context)) return;
    const ask: Parameters<Asking>[0] = (prompts, title = '', text = '') =>
      new Promise((resolve) => context.prompt(prompts, title, text, resolve));
    work(ask).then((ok) => (ok ? context.accept() : context.reject(['keyboard-interactive'])));
  });

/** Answers each question with the same text. */
const always = (text: string) =>
  vi.fn(async ({ questions, shown }: LoginRequest) => {
    shown();
    return questions.map(() => new Secret(text));
  });

describe('a host that asks', () => {
  it('gets all answers to what it asks at once, and none to what it only says', async () => {
    const heard: string[][] = [];
    const login = await asks(async (ask) => {
      heard.push(await ask([], 'Welcome', 'this is only said'));
      heard.push(
        await ask(
          [
            { prompt: 'Name: ', echo: true },
            { prompt: 'Pass: ', echo: false },
          ],
          'Two',
          'things\n',
        ),
      );
      return true;
    });
    const respond = always('x');
    (await login(respond)).close();
    expect(heard).toEqual([[], ['x', 'x']]);
    expect(respond).toHaveBeenCalledTimes(1);
    const [request] = respond.mock.calls[0] ?? [];
    expect(request?.questions.map(({ says, echo }) => ({ says, echo }))).toEqual([
      { says: ['Two', 'things', 'Name:'], echo: true },
      { says: ['Two', 'things', 'Pass:'], echo: false },
    ]);
  });

  it('is not answered twice, however often it asks the same', async () => {
    let times = 0;
    const login = await asks(async (ask) => {
      for (;;) {
        times += 1;
        await ask([`${times > 1 ? 'Incorrect passcode. Please try again.\n\n' : ''}Passcode: `]);
      }
    });
    const respond = always('123456');
    const failure = await failureOf(login(respond));
    expect(failure.why).toBe('login as me failed: the answer was not taken (it asked for "Passcode:")');
    expect(respond).toHaveBeenCalledTimes(1);
    expect(times).toBe(2);
  });

  it('is left where it never stops asking', async () => {
    let number = 0;
    const login = await asks(async (ask) => {
      for (;;) await ask([`question ${number++}: `]);
    });
    const respond = always('42');
    expect((await failureOf(login(respond))).why).toBe(
      'login as me failed: it asks one thing after another, and never ends',
    );
    expect(respond).toHaveBeenCalledTimes(10);
  });

  it('gets no answer into our error, even where it says it back', async () => {
    const login = await asks(async (ask) => {
      const [said] = await ask(['Secret: ']);
      await ask([`You said ${said}, and now? `]);
      return false;
    });
    const failure = await failureOf(login(always('hunter2')));
    expect(failure.why).toContain('(it asked for "Secret:" and 1 more)');
    expect(JSON.stringify(failure)).not.toContain('hunter2');
  });

  it('may say as much as it likes: the end of it, cut, is what is shown, and nothing of it acts in an error', async () => {
    const evil = '\x1b]0;evil\x07\x1b[2J';
    const login = await asks(async (ask) => {
      await ask([`${'x'.repeat(5000)} ${evil}Code: `], evil, 'line\n'.repeat(5000));
      return false;
    });
    const respond = always('1');
    const failure = await failureOf(login(respond));
    const says = respond.mock.calls[0]?.[0].questions[0]?.says ?? [];
    expect(says.length).toBeLessThanOrEqual(24);
    for (const line of says) expect(line.length).toBeLessThanOrEqual(200);
    expect(failure.why.length).toBeLessThan(300);
    expect(failure.why).not.toMatch(/[^ -~]/);
  });

  it('may let one wait: a push to a phone takes longer than a connection', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const login = await asks(async (ask) => {
      for (const factor of ['Push or passcode: ', 'One more push: ']) {
        await ask([factor]);
        await vi.advanceTimersByTimeAsync(100_000);
      }
      return true;
    });
    const session = await login(always('push')).finally(() => vi.useRealTimers());
    session.close();
  });

  it('may not let one wait for ever', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const login = await asks(async (ask) => {
      await ask(['Push or passcode: ']);
      await vi.advanceTimersByTimeAsync(130_000);
      return true;
    });
    const failure = await failureOf(login(always('push'))).finally(() => vi.useRealTimers());
    expect(failure.why).toBe('login as me failed: after the answer it said nothing for 120 s');
  });

  it('that wants a new password is left, and ssh is named', async () => {
    const login = await serve('password', (context) => {
      (context as PasswordAuthContext).requestChange('Your password has expired.', () => undefined);
    });
    const failure = await failureOf(login(always('old')));
    expect(failure.why).toBe('login as me failed: the password has expired');
    expect(failure.hint).toContain('log in once with ssh');
  });
});
