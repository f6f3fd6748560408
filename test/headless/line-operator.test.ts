import { PassThrough } from 'node:stream';
import { expect, it, vi } from 'vitest';
import { lineOperator } from '../../source/headless/line-operator.ts';
import type { LoginQuestion } from '../../source/plan/step.ts';
import { answers } from '../plan/fakes.ts';

const question: LoginQuestion = {
  kind: 'login',
  host: 'client1',
  address: '10.0.0.11:22',
  user: 'ubuntu',
  because: 'It took a key, and asks this as well.',
  says: ['\x1b[2JPassphrase of the CA\r\nnow', 'Code:'],
  echo: false,
};

function terminal() {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let written = '';
  output.on('data', (chunk: Buffer) => {
    written += chunk;
  });
  const signal = new AbortController().signal;
  const { ask } = lineOperator({ answers, input, output, signal, interrupt: () => undefined });
  const until = (text: string) => vi.waitUntil(() => written.includes(text), { timeout: 10_000, interval: 5 });
  return { ask, input, until, written: () => written };
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

it('asks for a password in our words where the host has none, and shows what may be seen', async () => {
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
  expect(await seen).toMatchObject({ kind: 'secret' });
  await until('push');
});

it('is given no answer where the input ends, or the host no longer waits', async () => {
  const { ask, input, until } = terminal();
  const withdrawn = new AbortController();
  const late = ask(question, withdrawn.signal);
  await until('Answer (not shown): ');
  withdrawn.abort();
  expect(await late).toEqual({ kind: 'no' });
  const ended = ask(question);
  input.end();
  expect(await ended).toEqual({ kind: 'no' });
});

it.each([
  ['y', 'yes'],
  ['', 'no'],
])('asks whether found addresses are to be written down: %j', async (typed, kind) => {
  const { ask, input, until, written } = terminal();
  const answer = ask({ kind: 'names', held: ['fl.example.org'], found: ['203.0.113.10', '10.0.1.5'] });
  await until('[y/N] ');
  expect(written()).toContain('203.0.113.10, 10.0.1.5 too; its certificate is for fl.example.org');
  input.write(`${typed}\n`);
  expect(await answer).toEqual({ kind });
});
