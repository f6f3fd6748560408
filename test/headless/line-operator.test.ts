import { PassThrough } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { lineOperator } from '../../source/headless/line-operator.ts';
import { More } from '../../source/headless/more.ts';
import type { LoginQuestion } from '../../source/plan/step.ts';
import { action, answers, fakeStep } from '../plan/fakes.ts';

const step = fakeStep('launch');
const question: LoginQuestion = {
  kind: 'login',
  host: 'client1',
  address: '10.0.0.11:22',
  user: 'ubuntu',
  because: 'It took a key, and asks this as well.',
  says: ['\x1b[2JPassphrase of the CA\r\nnow', 'Code:'],
  echo: false,
};

function terminal(more?: More) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let written = '';
  output.on('data', (chunk: Buffer) => {
    written += chunk;
  });
  const leave = new AbortController();
  const { ask, approve } = lineOperator({
    answers,
    input,
    output,
    signal: leave.signal,
    interrupt: () => undefined,
    more,
  });
  let seen = 0;
  /** Waits for words behind those that were waited for before. */
  const until = async (text: string) => {
    await vi.waitUntil(() => written.includes(text, seen), { timeout: 10_000, interval: 5 });
    seen = written.indexOf(text, seen) + text.length;
  };
  return { ask, approve, leave, input, until, written: () => written };
}

it('tells who asks, shows each of its words behind a bar, and nothing of the answer', async () => {
  const { ask, input, until, written } = terminal();
  const answer = ask(question);
  await until('Answer (not shown): ');
  input.write('hunter2\n');
  const got = await answer;
  expect(got.kind === 'secret' && got.value.reveal()).toBe('hunter2');
  expect(written()).toBe(
    [
      'client1 (ubuntu@10.0.0.11:22) asks at login, in its own words:',
      '  | Passphrase of the CA now',
      '  | Code:',
      'It took a key, and asks this as well.',
      'Answer (not shown): \n',
    ].join('\n'),
  );
});

it('asks for a password in our words where the host has none, and leaves what may be seen to the terminal', async () => {
  const { ask, input, until, written } = terminal();
  const plain = ask({ ...question, says: [] });
  await until('Password (not shown): ');
  expect(written()).toContain('client1 (ubuntu@10.0.0.11:22) wants a password.');
  input.write('\n');
  const empty = await plain;
  expect(empty.kind === 'secret' && empty.value.reveal()).toBe('');
  const seen = ask({ ...question, echo: true });
  await until('Answer: ');
  input.write('push\n');
  const shown = await seen;
  expect(shown.kind === 'secret' && shown.value.reveal()).toBe('push');
  // Neither a color nor a cursor that jumps: each would be read aloud.
  expect(written()).not.toContain('\x1b');
});

it('is given no answer where the input ends, or the host no longer waits', async () => {
  const { ask, approve, input, until } = terminal();
  const withdrawn = new AbortController();
  const late = ask(question, withdrawn.signal);
  await until('Answer (not shown): ');
  withdrawn.abort();
  expect(await late).toEqual({ kind: 'no' });
  const ended = ask(question);
  input.end();
  expect(await ended).toEqual({ kind: 'no' });
  // And for all that is asked behind that.
  expect(await ask(question)).toEqual({ kind: 'no' });
  expect(await approve(step, [])).toBe(false);
});

it('takes no yes that was typed before the question stood there', async () => {
  const { approve, input, until } = terminal();
  input.write('y\ny\n');
  const approved = approve(step, []);
  await until('Do this? y for yes, Enter for no, ? for more: ');
  input.write('n\n');
  expect(await approved).toBe(false);
  const again = approve(step, []);
  await until('Do this? y for yes, Enter for no, ? for more: ');
  input.write('yes\n');
  expect(await again).toBe(true);
});

it.each(['a signal', 'the end of the input'])('ends a question’s line where %s ends it', async (what) => {
  const { approve, input, leave, until, written } = terminal();
  const approved = approve(step, []);
  await until('Do this? y for yes, Enter for no, ? for more: ');
  if (what === 'a signal') leave.abort();
  else input.end();
  expect(await approved).toBe(false);
  expect(written()).toMatch(/^Do this\? y for yes, Enter for no, \? for more: \r?\n$/);
});

it.each([
  ['y', 'yes'],
  ['', 'no'],
])('asks whether found addresses are to be written down: %j', async (typed, kind) => {
  const { ask, input, until, written } = terminal();
  const answer = ask({ kind: 'names', held: ['fl.example.org'], found: ['203.0.113.10', '10.0.1.5'] });
  await until('y for yes, Enter for no, ? for more: ');
  expect(written()).toContain('203.0.113.10, 10.0.1.5 too; its certificate is for fl.example.org');
  input.write(`${typed}\n`);
  expect(await answer).toEqual({ kind });
});

it.each([
  ['y', 'yes'],
  ['', 'no'],
])('asks whether another run is to be begun: %j', async (typed, kind) => {
  const { ask, input, until, written } = terminal();
  const answer = ask({ kind: 'another' });
  await until('Plan another run? y for yes, Enter for no, ? for more: ');
  expect(written()).toContain('With no all goes on with that run.');
  input.write(`${typed}\n`);
  expect(await answer).toEqual({ kind });
});

describe('yes or no', () => {
  const prompt = 'y for yes, Enter for no, ? for more: ';

  it.each([
    ['y', true],
    [' YES ', true],
    ['', false],
    ['n', false],
    ['No', false],
    ['q', false],
  ])('%j is %s', async (line, yes) => {
    const { approve, input, until } = terminal();
    const approved = approve(step, []);
    await until(prompt);
    input.write(`${line}\n`);
    expect(await approved).toBe(yes);
  });

  it('is asked again where it is neither, and told which words count', async () => {
    const { approve, input, until, written } = terminal();
    const approved = approve(step, []);
    for (const line of ['yy', '\x1b[2Jja', 'diff']) {
      await until(prompt);
      input.write(`${line}\n`);
      await until(' is no answer here.\ny is yes; n or Enter alone is no.\nDo this? ');
    }
    input.write('y\n');
    expect(await approved).toBe(true);
    expect(written()).toMatch(/^[\P{C}\n]*$/u);
  });

  it('has words that tell more, and names those that do', async () => {
    const more = new More();
    more.begin('Hosts');
    more.check({ name: 'clock', kind: 'state', ok: true, detail: 'in step', host: 'client1' });
    more.begin('Configuration');
    more.planned({
      plan: ['write x.conf.'],
      diff: [' x.conf', '-a = 1', '+a = \x1b[31m2'],
      commands: async () => ['scp x y'],
    });
    const { approve, input, until, written } = terminal(more);
    const approved = approve(step, []);
    const says = async (line: string, told: string) => {
      await until(prompt);
      input.write(`${line}\n`);
      await until(`${told}\nDo this? `);
    };
    const words = ['plan', 'diff', 'commands', 'checks'];
    await says('?', 'checks tells what was checked before, 1 check.');
    for (const word of words) expect(written()).toMatch(new RegExp(`^${word} tells `, 'm'));
    await says('plan', 'write x.conf.');
    await says('DIFF', 'x.conf\nGone: a = 1\nNew: a = 2');
    await says('commands', 'scp x y');
    await says('checks', 'Hosts:\nclient1, clock: in step.');
    await until(prompt);
    input.write('\n');
    expect(await approved).toBe(false);
    expect(written()).toMatch(/^[\P{C}\n]*$/u);
  });

  it('tells once more what a yes would make invalid', async () => {
    const { approve, input, until, written } = terminal();
    const stages = [{ title: 'S', lanes: { client1: [action('a', { invalidates: ['client1'] })] } }];
    const approved = approve(step, stages);
    await until(prompt);
    input.write('?\n');
    await until(prompt);
    input.write('\n');
    expect(await approved).toBe(false);
    expect(written().split('This makes certificates invalid that are in use: client1\n')).toHaveLength(3);
  });

  it('tells a host’s key again, for who has not heard it whole', async () => {
    const { ask, input, until, written } = terminal();
    const key = {
      kind: 'host-key',
      host: 'server',
      address: 'a:22',
      keyType: 'ssh-ed25519',
      fingerprint: 'SHA256:x',
    } as const;
    const answer = ask(key);
    await until(prompt);
    input.write('?\n');
    await until(prompt);
    input.write('y\n');
    expect(await answer).toEqual({ kind: 'yes' });
    expect(written().split('SHA256:x')).toHaveLength(3);
  });
});

it.each([
  [undefined, 'server (10.0.0.1:22) is seen for the first time.'],
  ['fl-server', 'fl-server (server, 10.0.0.1:22) is seen for the first time.'],
])('names a host whose key is seen for the first time by what was typed: %j', async (typed, words) => {
  const { ask, input, until, written } = terminal();
  const key = { address: '10.0.0.1:22', keyType: 'ssh-ed25519', fingerprint: 'SHA256:x' };
  const answer = ask({ kind: 'host-key', host: 'server', ...(typed ? { typed } : {}), ...key, nth: 2, hosts: 4 });
  await until('Is that the right host? y for yes');
  expect(written()).toContain(`${words} It is new host 2, of 4 at most.`);
  expect(written()).toContain('kept in .fl-wizard/known_hosts');
  input.write('y\n');
  expect(await answer).toEqual({ kind: 'yes' });
});
