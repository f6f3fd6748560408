/** What somebody hears who can't see it: the program in a real screen reader, typed to by what was said alone. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cacheFolder } from '../helpers/hosts.ts';
import { canListen, Listener } from '../helpers/listener.ts';
import { wizard } from '../helpers/wizard.ts';

/** Letters and digits: what every voice says, whatever it makes of signs. */
const letters = (text: string) => text.replace(/[^\p{L}\p{N}]/gu, '');
/** What has no word, or is read as the name of a letter nobody knows. */
const signs = /[✓✗·❯●○│┌─━█⠀-⣿↑↓]|\[y\/N\]/u;

let listener: Listener | undefined;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flw-heard-'));
  for (const name of ['home', 'here']) mkdirSync(join(folder, name));
});
afterEach(() => {
  listener?.pty.kill();
  rmSync(folder, { recursive: true, force: true });
});

function listen(words: readonly string[], env: Readonly<Record<string, string>> = {}): Listener {
  listener = new Listener(words, { folder, cwd: join(folder, 'here'), home: join(folder, 'home'), env });
  return listener;
}

/** Every line that was written was said, in its order, and nothing was said twice. */
function expectSaid({ pty, said, typed }: { pty: Listener['pty']; said: readonly string[]; typed: readonly string[] }) {
  const [written = ''] = pty.written().split('the terminal is now:');
  for (const each of said) expect(each).not.toMatch(signs);
  const heard = letters(said.filter((each) => each !== 'blank').join(''));
  let at = 0;
  for (const line of written.replace(highlit, '').split(/\r?\n/)) {
    // What is typed behind a prompt is its listener's own affair.
    const echo = typed
      .filter((each) => line.endsWith(each))
      .reduce((long, each) => (each.length > long.length ? each : long), '');
    const words = letters(line.slice(0, line.length - echo.length));
    const from = heard.indexOf(words, at);
    expect({ line, said: from >= 0 }).toEqual({ line, said: true });
    // Between two lines there is at most what was typed.
    expect({ line, between: heard.slice(at, from).length <= longest(typed) }).toEqual({ line, between: true });
    at = from + words.length;
  }
  expect(heard.length - at).toBeLessThanOrEqual(longest(typed));
}

/** yasr marks a letter that was typed for the eye. */
const highlit = /\x1b\[7m.*?\x1b\[27m/g;
const longest = (typed: readonly string[]) => Math.max(0, ...typed.map((each) => letters(each).length));

describe.skipIf(!canListen)('in a screen reader', () => {
  test('the questions, a plan and trouble are said line by line, each once, and nothing waits in silence', async () => {
    const on = listen(['--plain']);
    expect(await on.say('q leaves: ', '2')).toContain('2 Set up a network: asks, explains, writes fl-network.yaml.');
    expect(await on.say('Answer: ', 'xray')).toContain('Question 1 of 6: What is the network called?');
    await on.say('Answer: ', '?');
    expect(await on.say('Answer: ', 'fl.example.org')).toContain('Question 2 of 6: Which address do the clients dial?');
    await on.say('Answer, or Enter (none): ', '');
    await on.say('Answer: ', 'me@127.0.0.1');
    await on.say('Answer, or Enter (', '');
    await on.say('Client 1: ', 'hosp-a me@127.0.0.2');
    expect(await on.say('Client 2, or Enter when that is all: ', '')).toContain('1 client so far.');
    expect(await on.say('y writes it, ', 'y')).toContain('1 name: xray');
    const plan = await on.say('Do this? y for yes, Enter for no, ? for more: ', 'yse');
    expect(plan).toContain('Step 1 of 8: Configuration.\nTo do:\nwrite fl');
    await on.hear('yse is no answer here.');
    await on.say('? for more: ', 'commands');
    await on.say('? for more: ', '');
    expect(await on.say('A number from 1 to 3, q leaves: ', 'what')).toContain('What now?\n1 try again');
    await on.hear('1 try again');
    await on.say('A number from 1 to 3, q leaves: ', 'q');
    await on.end();
    expectSaid({ pty: on.pty, said: on.said(), typed: on.typed });
    expect(readdirSync(join(folder, 'here'))).not.toContain('fl_network');
  });

  test('a passphrase is asked for aloud and never said, and the steps say how they stand', async () => {
    const named = [
      '--name',
      'xray',
      '--address',
      'localhost',
      '--server',
      'me@127.0.0.1:1',
      '--client',
      'a=me@127.0.0.2:1',
    ];
    const cwd = join(folder, 'here');
    expect((await wizard(['init', ...named, '--yes', '-C', '.'], { cwd })).code).toBe(0);
    expect((await wizard(['config', '--yes', '-C', '.'], { cwd })).code).toBe(0);
    const certs = listen(['certs', '--offline', '--plain']);
    await certs.say('? for more: ', 'plan');
    await certs.say('? for more: ', 'y');
    expect(await certs.say('or Enter for none (not shown): ', 'correct horse')).toContain(
      'Doing it.\nPassphrase for the CA’s key',
    );
    await certs.say('The same again (not shown): ', 'correct horse');
    await certs.hear('checks came out right.');
    await certs.end();
    expect(certs.said().join('')).not.toContain('horse');
    expectSaid({ pty: certs.pty, said: certs.said(), typed: certs.typed });

    const steps = listen(['--plain']);
    await steps.say('q leaves: ', 'steps');
    const told = await steps.say('Step, or g, n, e, f, r, b, q, ? tells all again: ', '2?');
    expect(told).toMatch(/1 config: done, nothing to do\.\n2 preflight: in trouble, [\s\S]*\d of 8 steps are done\./);
    await steps.hear('Hosts:');
    await steps.say('? tells all again: ', 'q');
    await steps.end();
    expectSaid({ pty: steps.pty, said: steps.said(), typed: steps.typed });
  });

  test('what the screen would draw is said in lines where INK_SCREEN_READER is set', async () => {
    const on = listen([], { INK_SCREEN_READER: 'true' });
    await on.say('q leaves: ', 'q');
    await on.end();
    expectSaid({ pty: on.pty, said: on.said(), typed: on.typed });
  });

  test('a whole demo is heard in a hundred sentences, with each round once and no table', async () => {
    const on = listen(['demo', '--plain'], { XDG_CACHE_HOME: cacheFolder() });
    await on.hear('Everything that the demo started has been stopped', 240);
    await on.end();
    const said = on.said();
    expect(said.length).toBeLessThan(110);
    for (const round of [1, 2, 3])
      expect(
        said.filter((each) => each.startsWith(`round ${round} of 3, fit 2 ok, evaluate 2 ok, loss 0.`)),
      ).toHaveLength(1);
    expect(said).toContainEqual(
      expect.stringMatching(/^Connections: \d\d refused and \d let in, each as it must be\.$/),
    );
    expectSaid({ pty: on.pty, said: on.said(), typed: on.typed });
  });
});
