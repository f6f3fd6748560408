/** Where nothing can be asked: what is missing, what lies in the folder, and what was said in vain, in one list. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Call, Common, Io } from '../../source/commands/context.ts';
import type { Flags } from '../../source/commands/draft.ts';
import { given } from '../../source/commands/given.ts';
import { init } from '../../source/commands/init.ts';
import { readProject } from '../../source/commands/project.ts';
import { exit, type Failure, failureOf } from '../../source/plan/failure.ts';
import { Secret } from '../../source/plan/secret.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function callIn(
  files: Readonly<Record<string, string>>,
  command: string,
  more: Partial<Common> = {},
  io: Partial<Io> = {},
) {
  const cwd = mkdtempSync(join(tmpdir(), 'flw-given-'));
  folders.push(cwd);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  const said = { out: '', err: '' };
  const stdout = { write: (text: string) => (said.out += text) };
  const stderr = { write: (text: string) => (said.err += text) };
  const ends = {
    cwd,
    home: join(cwd, 'home'),
    user: 'ada',
    env: {},
    stdin: {},
    stdout,
    stderr,
    ...io,
  } as unknown as Io;
  const call: Call = { command, common: { parallel: 1, ...more }, options: {}, version: '0', io: ends };
  return { call, said, cwd };
}

const failed = (work: Promise<unknown>): Promise<Failure> =>
  work.then(
    () => Promise.reject(new Error('nothing was refused')),
    (error: unknown) => failureOf(error, 'x'),
  );

const hosts = '[server]\n10.0.0.1 ansible_user=fl\n[sites]\nhosp-a 10.0.0.2\nhosp-b 10.0.0.3\n';
const network =
  'version: 1\nname: x\nserver: {address: a.example, ssh: {host: s}}\nclients: [{name: hosp-a, ssh: {host: a}}]\n';

describe('a command without a network', () => {
  it('names the files that init takes answers from, and the flags that remain', async () => {
    const { call } = callIn({ 'hosts.ini': hosts, 'server.py': '', 'client.py': '' }, 'up', { yes: true });
    const { hint } = await failed(readProject(call));
    expect(hint).toMatch(/^fl-wizard init --name --address takes the rest from what is here: hosts\.ini/);
    // Where nothing lies, it is the folder that may be another.
    expect((await failed(readProject(callIn({}, 'up').call))).hint).toContain('with -C');
  });

  it('has its own guess for each name of --only', async () => {
    const { call } = callIn({ 'fl-network.yaml': network }, 'up', { only: ['hosp-x', 'elsewhere'] });
    expect((await failed(readProject(call))).hint).toMatch(/^did you mean hosp-a by hosp-x\? it has/);
  });
});

describe('init', () => {
  it('tells what is missing beside what was said in vain', async () => {
    const wrong: Failure = { exitCode: exit.invalid, doing: 'Reading --template', why: 'there is no foo' };
    const { why } = await failed(given(callIn({}, 'init').call, [wrong]));
    for (const word of ['there is no foo', '--name', '--address', '--server', '--client']) expect(why).toContain(word);
  });

  it('is an event where a program reads', async () => {
    const { call, said } = callIn({}, 'init', { json: true });
    const flags: Flags = {
      name: 'x',
      address: 'a.example.org',
      server: '10.0.9.1',
      client: ['one=10.0.9.2', 'two=10.0.9.3'],
    };
    expect(await init(call, flags)).toBe(0);
    expect(JSON.parse(said.out)).toMatchObject({
      type: 'session-finished',
      outcome: 'changed',
      exitCode: 0,
      written: expect.arrayContaining(['fl-network.yaml', 'app/', '.gitignore']),
    });
  });
});

describe('a passphrase that is given', () => {
  it.each([
    ['ab', /has fewer than 12 characters, and can be guessed by trying/],
    ['correct horse', /^$/],
  ])('%s', async (text, words) => {
    const { call, said } = callIn({ 'fl-network.yaml': network }, 'certs', {}, { caPassphrase: new Secret(text) });
    await given(call, []);
    expect(said.err).toMatch(words);
    expect(said.err).not.toContain(`${text} `);
  });
});
