import { PassThrough } from 'node:stream';
import { expect, it, vi } from 'vitest';
import { chooseAfter } from '../../source/headless/line-choice.ts';
import { choiceTexts } from '../../source/ui/end-pane.ts';
import { trouble } from '../plan/fakes.ts';

function asked() {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let written = '';
  output.on('data', (chunk: Buffer) => {
    written += chunk;
  });
  const leave = new AbortController();
  const options = { input, output, signal: leave.signal, interrupt: () => undefined };
  const choice = chooseAfter(options, ['again', 'failed', 'edit'], choiceTexts([trouble(4, 'client2')]));
  /** Once the question stands there so many times. */
  const times = (count: number) =>
    vi.waitUntil(() => written.split('q leaves: ').length > count, { timeout: 10_000, interval: 5 });
  return { input, leave, choice, times, written: () => written };
}

it('what can be done about what failed is numbered, and asked again until a number is one of them', async () => {
  const { input, choice, times, written } = asked();
  await times(1);
  expect(written()).toBe(
    [
      'What now?',
      '1 try again: what is done stays, all else is looked at anew',
      '2 try again at client2 alone',
      '3 edit fl-network.yaml first',
      'A number from 1 to 3, q leaves: ',
    ].join('\n'),
  );
  for (const [at, line] of ['', '0', '4', 'y'].entries()) {
    input.write(`${line}\n`);
    await times(at + 2);
  }
  // What is none of them has the choices told again; Enter alone is nobody's mistake.
  expect(written().split('2 try again at client2 alone')).toHaveLength(5);
  input.write(' 2 \n');
  expect(await choice).toBe('failed');
});

it.each(['q', 'the end of the input', 'a signal'])('%s leaves', async (what) => {
  const { input, leave, choice, times } = asked();
  await times(1);
  if (what === 'q') input.write('q\n');
  else if (what === 'a signal') leave.abort();
  else input.end();
  expect(await choice).toBeUndefined();
});

it('what is to be edited is the file that every trouble names, else fl-network.yaml', () => {
  const place = { file: 'app/client.py', line: 12 };
  const wrong = { ...trouble(2), place };
  expect(choiceTexts([wrong]).edit).toBe('edit app/client.py, line 12, first');
  expect(choiceTexts([{ ...wrong, place: { file: 'app/client.py' } }]).edit).toBe('edit app/client.py first');
  expect(choiceTexts([wrong, trouble(4, 'client2')]).edit).toBe('edit fl-network.yaml first');
});
