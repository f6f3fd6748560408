/** What a small terminal has no room for is a key away, whole, and scrolled there. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Step } from '../../source/plan/step.ts';
import { fields } from '../../source/ui/fields.ts';
import { keys, type Opened, type OpenOptions, open } from './terminal.ts';

let terminal: Opened;
afterEach(async () => {
  await terminal?.screen.close();
});

const words = (text: string) => text.replace(/\s+/g, ' ');

/** All that one comes to see by scrolling, as one text. */
async function read(): Promise<string> {
  const seen: string[] = [];
  for (let presses = 0; presses < 60; presses += 1) {
    const lines = await terminal.lines();
    const note = lines.findIndex((line) => /lines: .*(above|below)/.test(line));
    seen.push(...(presses === 0 ? lines.slice(0, note < 0 ? undefined : note) : lines.slice(note - 1, note)));
    const before = lines.join('\n');
    if (!before.includes(' below')) break;
    terminal.type(keys.down);
    await terminal.until(`↑ ${presses + 1} above`);
  }
  return words(seen.join(' '));
}

const sizes = [
  [120, 40],
  [80, 24],
  [40, 12],
] as const;
const validate = () => undefined;
const certs = { id: 'certs', title: 'Certificates' } as Step;

const draft = {
  name: 'xray',
  address: 'fl.example.org',
  names: [],
  server: 'ubuntu@fl.example.org',
  identityFile: '~/.ssh/gone.pem',
  clients: ['a', 'b', 'c'].map((name) => ({ name, ssh: `fl@host-${name}` })),
};
const remark = async (kind: string) => (kind === 'identityFile' ? 'this key is not there' : undefined);

function ask(options: OpenOptions, at: (typeof fields)[number]['name'] | 'summary') {
  terminal = open(options);
  const suggest = Object.assign(async () => [], { remark });
  const prefill = { ...draft, stopped: { at, answered: fields.length } };
  return terminal.screen.questions(prefill, validate, suggest);
}

describe.each(sizes)('at %dx%d', (columns, rows) => {
  it.each(fields)('the question about $name has a line of help, and ? tells all of it', async (field) => {
    void ask({ columns, rows }, field.name);
    const shown = await terminal.until(field.title);
    expect(words(shown)).toContain(field.what.slice(0, 20));
    expect(shown).toContain('? help');
    terminal.type('?');
    await terminal.until('enter back');
    const all = await read();
    for (const text of [field.what, field.why, field.example]) expect(all).toContain(words(text));
    terminal.type(keys.escape);
    await terminal.until('? help');
  });

  it('no warning is left out before a yes', async () => {
    const asked = ask({ columns, rows }, 'summary');
    const shown = await terminal.until(/2 warnings: \? shows them|! this key is not there/);
    if (rows < 20) expect(shown).toContain('! 2 warnings: ? shows them');
    for (const answer of ['name', 'clients dial', 'SSH key', 'clients']) expect(shown).toContain(answer);
    terminal.type('?');
    await terminal.until('All answers');
    const all = await read();
    expect(all).toMatch(/! this key is not there ! A run begins with all 3, or half a minute after 2/);
    expect(all).toContain('With yes this becomes fl-network.yaml');
    // What is read is not what is answered.
    terminal.type('y', keys.escape);
    await terminal.until('Is this right?');
    terminal.type('y');
    expect(await asked).toMatchObject({ name: 'xray' });
  });

  it('the first screen has all that it says behind ?', async () => {
    terminal = open({ columns, rows });
    const note = 'deploy was interrupted 5 min ago: the process that did it is gone. Go on does the rest.';
    const found = [['ssh-agent', '1 key, ed25519']] as const;
    const choice = terminal.screen.welcome({ state: 'empty', note, found });
    expect(words(await terminal.until('? more'))).toContain(note);
    terminal.type('?');
    await terminal.until('What this is');
    const all = await read();
    for (const text of [
      note,
      'said yes.',
      'Found ssh-agent: 1 key',
      'client: SSH, Python 3.11+',
      'Set up a network: asks',
    ])
      expect(all).toContain(text);
    terminal.type('?');
    await terminal.until('❯ Try it on this machine');
    terminal.type(keys.enter);
    expect(await choice).toBe('demo');
  });

  it('a plan has its keys behind ?, which leads back to it', async () => {
    terminal = open({ columns, rows });
    const session = terminal.screen.session('xray', 'up', { steps: 'before' });
    const answer = session.operator.approve(certs, []);
    await terminal.until(/c .*commands {2,3}.*\? keys/);
    terminal.type('?');
    await terminal.until('Keys');
    const all = await read();
    for (const text of ['y yes, do it', 'b back to the steps', 'c the plan with the lines for a shell'])
      expect(all).toContain(text);
    terminal.type('y');
    terminal.type(keys.escape);
    await terminal.until('Plan: Certificates');
    terminal.type('n');
    expect(await answer).toBe(false);
  });
});

it('what came in the same piece as ? is for nobody', async () => {
  terminal = open();
  const session = terminal.screen.session('xray', 'up');
  const answer = session.operator.approve(certs, []);
  await terminal.until('Plan: Certificates');
  terminal.type('?', 'yyy');
  await terminal.until('enter back');
  terminal.type(keys.enter);
  await terminal.until('Plan: Certificates');
  terminal.type('n');
  expect(await answer).toBe(false);
});

it('in a passphrase ? is a letter', async () => {
  terminal = open();
  const session = terminal.screen.session('xray', 'up');
  const answer = session.operator.ask({ kind: 'passphrase', file: 'ca.key', wanted: 'open-ca' });
  await terminal.until('Passphrase');
  terminal.type('a?', '?', keys.enter);
  expect(await answer).toMatchObject({ kind: 'secret' });
});
