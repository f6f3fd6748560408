/** sudo that wants a password, on a real host: what is asked, where the answer goes, and where it does not. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../source/plan/secret.ts';
import { type Answer, type Question, typedAnswer } from '../../source/plan/step.ts';
import type { Session } from '../../source/ssh/session.ts';
import { Agent } from '../../source/world/agent.ts';
import { asking, type On, Sudo, type SudoSources, sudoWords, trySudo } from '../../source/world/sudo.ts';
import { canRunSshd, type Sshd, startSshd } from '../helpers/sshd.ts';
import { root } from '../helpers/wizard.ts';
import { network } from '../plan/fakes.ts';
import { failureOf, logIn, scratch, targetOf } from '../ssh/real.ts';

const password = 'open, Sesame! $(x)';

/** Answers in turn; behind the last one somebody gives up. */
function typing(...answers: readonly string[]): SudoSources & { readonly asked: Question[] } {
  const [asked, left]: [Question[], string[]] = [[], [...answers]];
  const ask = async (question: Question): Promise<Answer> => {
    asked.push(question);
    const text = left.shift();
    return text === undefined ? { kind: 'no' } : typedAnswer(question, text);
  };
  return { attended: true, ask, asked, inTurn: (work) => work() };
}

describe.skipIf(!canRunSshd)('sudo that wants a password', () => {
  const folder = scratch();
  const hosts: Sshd[] = [];
  const sessions: Session[] = [];
  const start = async (name: string, more: Partial<Parameters<typeof startSshd>[0]> = {}) => {
    const host = await startSshd({ directory: folder.path, name, user: 'ubuntu', sudo: 'asks', password, ...more });
    hosts.push(host);
    return host;
  };
  /** A login of its own, so that nothing is left of another test's. */
  const on = async (host: Sshd): Promise<On> => {
    const session = await logIn(host);
    sessions.push(session);
    return { member: { ...network.server, name: host.name }, target: targetOf(host), session };
  };
  let asks: Sshd;
  beforeAll(async () => {
    asks = await start('asks');
  });
  afterEach(() => {
    for (const session of sessions.splice(0)) session.close();
  });
  afterAll(async () => {
    await Promise.all(hosts.map((host) => host.stop()));
    folder.remove();
  });
  const who = [...sudoWords(), 'id', '-un'];

  it('is asked for once, and then used for all on that host', async () => {
    const sources = typing(password);
    const sudo = new Sudo(sources);
    const host = await on(asks);
    const [first, second] = await Promise.all([sudo.run(host, who, 'Trying'), sudo.run(host, who, 'Trying')]);
    expect([first, second].map(({ code, stdout }) => [code, stdout])).toEqual([
      [0, 'root\n'],
      [0, 'root\n'],
    ]);
    expect(first.stderr).not.toContain('[fl-wizard]');
    expect(sources.asked).toEqual([
      { kind: 'sudo', host: 'asks', address: `127.0.0.1:${asks.port}`, user: 'ubuntu', doing: 'Trying' },
    ]);
  });

  it('leaves nothing behind that lets somebody else in, and is in no argument', async () => {
    const sudo = new Sudo(typing(password));
    const host = await on(asks);
    const words = ['sh', '-c', 'tr "\\0" " " </proc/$PPID/cmdline; cat'];
    const done = await sudo.run(host, [...sudoWords(), ...words], 'Trying', { input: 'what it reads\n' });
    expect(done.code).toBe(0);
    expect(done.stdout).toContain('sudo -k -S -p');
    expect(done.stdout).not.toContain('Sesame');
    // The command reads what it was given, and not a byte of the password.
    expect(done.stdout.split(' ').slice(-3).join(' ')).toMatch(/what it reads\n$/);
    // sudo itself remembers nothing: the next one over the same connection is refused.
    expect((await host.session.run(who)).code).toBe(1);
  });

  it('is asked for again where it was mistyped, and is said to be wrong', async () => {
    const sources = typing('closed', password);
    const done = await new Sudo(sources).run(await on(asks), who, 'Trying');
    expect(done.stdout).toBe('root\n');
    expect(sources.asked.map((each) => each.kind === 'sudo' && each.note)).toEqual([
      undefined,
      'sudo did not take that one.',
    ]);
  });

  it('is given up after as many times as the host lets one try, with its own words', async () => {
    const failure = await failureOf(new Sudo(typing('a', 'b', 'c', 'd')).run(await on(asks), who, 'Trying'));
    expect(failure).toMatchObject({ exitCode: 5, host: 'asks', why: expect.stringMatching(/3 incorrect password/) });
    expect(failure.hint).toContain('ubuntu’s own password');
  });

  it('is not there where nobody gives it: sudo says what it says without one', async () => {
    const sources = typing();
    const sudo = new Sudo(sources);
    const host = await on(asks);
    const done = await sudo.run(host, who, 'Trying');
    expect([done.code, done.stderr]).toEqual([1, 'sudo: a password is required, and none that it takes was given']);
    expect(trySudo(done, 'by hand')).toBe('try again and give the password; or by hand');
    expect(trySudo({ ...done, stderr: 'sudo: not allowed' }, 'by hand')).toBe('by hand');
    // Who gave up may think better of it.
    await sudo.run(host, who, 'Trying');
    expect(sources.asked).toHaveLength(2);
  });

  it('is taken from a file or the environment where nobody is asked, and refused with that said', async () => {
    const ask = async (): Promise<Answer> => Promise.reject(new Error('asked'));
    const silent = { attended: false, ask, inTurn: <T>(work: () => Promise<T>) => work() };
    const given = (text: string) => new Sudo({ ...silent, value: new Secret(text) });
    expect((await given(password).run(await on(asks), who, 'Trying')).stdout).toBe('root\n');
    const failure = await failureOf(given('closed').run(await on(asks), who, 'Trying'));
    expect(failure).toMatchObject({ exitCode: 5, hint: expect.stringContaining('what --sudo-password-file') });
    // Without one, and without anybody, there is nothing to try.
    const none = await new Sudo(silent).run(await on(asks), who, 'Trying');
    expect(none.code).toBe(1);
  });

  it('goes to another host only where somebody says so', async () => {
    const other = await start('other');
    const sources = typing(password, '', 'closed', password);
    const sudo = new Sudo(sources);
    expect((await sudo.run(await on(asks), who, 'Trying')).stdout).toBe('root\n');
    expect((await sudo.run(await on(other), who, 'Trying')).stdout).toBe('root\n');
    expect(sources.asked.map((each) => each.kind === 'sudo' && each.same)).toEqual([undefined, 'asks']);
  });

  it('is not asked for where sudo lets us without, nor where sudo would not take one', async () => {
    const sources = typing(password);
    const free = await start('free', { sudo: true });
    expect((await new Sudo(sources).run(await on(free), who, 'Trying')).stdout).toBe('root\n');
    const barred = await start('barred', { sudo: false });
    expect(sources.asked).toEqual([]);
    const failure = await failureOf(new Sudo(typing(password)).run(await on(barred), who, 'Trying'));
    expect(failure.why).toMatch(/not in the sudoers file|may not run sudo/);
  });

  it('lets the agent run as an owner that is another user, whole conversations and streams', async () => {
    const sources = typing(password);
    const sudo = new Sudo(sources);
    const host = await on(asks);
    const agent = new Agent(join(root, 'templates', 'host'));
    const about = { name: 'asks', python: 'python3', sudoOwner: 'nobody' };
    const tried = [...sudoWords('nobody'), 'python3', '-c', ''];
    const runner = await sudo.ofOwner(host, tried, 'Acting as nobody on asks', false);
    const request = { verb: 'state', home: '/nowhere', name: 'asks', unit: 'none.service' };
    const answers = [
      await agent.call(runner, about, request, 'Looking'),
      await agent.call(runner, about, request, 'L'),
    ];
    expect(answers[0]).toEqual(answers[1]);
    const idle = await runner.run([...sudoWords('nobody'), 'id', '-un']);
    expect([idle.code, idle.stdout]).toEqual([0, 'nobody\n']);
    expect(await sudo.ofOwner(host, tried, 'Acting', true)).toBe(runner);
    expect(sources.asked).toHaveLength(1);
    // Who only looks on asks nobody: over a connection of its own it gets no owner.
    const other = await on(asks);
    expect(await new Sudo(sources).ofOwner(other, tried, 'Acting', true)).toBe(other.session);
    expect(sources.asked).toHaveLength(1);
  });

  it('is in no process that anybody on the host could list while it is used', async () => {
    const sudo = new Sudo(typing(password));
    const host = await on(asks);
    const words = ['sh', '-c', 'ps -eo args; echo "$@" >/dev/null', 'sh'];
    const done = await sudo.run(host, [...sudoWords(), ...words], 'Trying');
    expect(done.stdout).toContain('sudo -k -S');
    expect(done.stdout).not.toContain('Sesame');
    expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain('Sesame');
  });

  it('has its words changed in nothing but how sudo asks', () => {
    expect(asking(sudoWords('fl')).filter((word) => !word.includes('password'))).toEqual([
      'sudo',
      '-k',
      '-S',
      '-p',
      '-H',
      '-u',
      'fl',
      '--',
    ]);
  });
});
