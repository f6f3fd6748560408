/** The wizard in a terminal that shows lines only, or for somebody who has them read aloud: typed line by line. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startNetwork, type TestNetwork } from '../helpers/hosts.ts';
import { edit, lockOf, signed } from '../helpers/project.ts';
import { keys, type Pty, type PtyOptions, start } from '../helpers/pty.ts';
import { canRunSshd } from '../helpers/sshd.ts';
import { freePort } from '../helpers/wizard.ts';

const endOfInput = '\x04';

let pty: Pty | undefined;
afterEach(() => pty?.kill());

/** A conversation: lines are typed when what they answer stands there. */
class Talk {
  readonly pty: Pty;
  #seen = 0;

  constructor(words: readonly string[], options: PtyOptions) {
    this.pty = start(words, { columns: 120, rows: 40, ...options });
    pty = this.pty;
  }

  /** Waits for words behind those that were waited for before; what stands between. */
  async until(words: string | RegExp, seconds = 60): Promise<string> {
    const behind = () => this.pty.written().slice(this.#seen);
    const find = () => (typeof words === 'string' ? behind().indexOf(words) : behind().search(words));
    const from = this.#seen;
    // The screen is looked at again and again; what was written is all that it ever showed.
    const wanted = { test: () => find() >= 0, toString: () => String(words) } as unknown as RegExp;
    await this.pty.waitFor(wanted, seconds);
    const length = typeof words === 'string' ? words.length : (words.exec(behind())?.[0].length ?? 0);
    this.#seen += find() + length;
    return this.pty.written().slice(from, this.#seen);
  }

  /** Types a line once these words stand there; what was told until then. */
  async say(words: string | RegExp, line: string, seconds?: number): Promise<string> {
    const told = await this.until(words, seconds);
    this.pty.press(line, keys.enter);
    return told;
  }

  /** Nothing was drawn, and the terminal is one in which a person can go on working. */
  async end(seconds?: number): Promise<{ readonly code: number; readonly told: string }> {
    const { code, stty } = await this.pty.end(seconds);
    for (const mode of ['icanon', 'echo', 'isig']) expect(stty).toMatch(new RegExp(`(^|\\s)${mode}\\b`));
    expect(this.pty.written()).not.toContain('\x1b');
    return { code, told: this.pty.written() };
  }
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'flw-plain-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function empty(name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}

describe('the wizard with lines only', () => {
  test.each([
    ['q', 'at the first screen', [], 0],
    [endOfInput, 'at the first screen', [], 0],
    [keys.interrupt, 'at the first screen', [], 130],
    ['q', 'at a question', ['2'], 0],
    [endOfInput, 'at a question', ['2'], 0],
    [keys.interrupt, 'at a question', ['set up', 'xray'], 130],
  ] as const)('%j %s leaves it, and nothing is written but what was answered', async (key, where, lines, code) => {
    const cwd = empty(`${where}-${lines.length}-${code}-${key.charCodeAt(0)}`);
    const talk = new Talk(['--plain'], { cwd, env: { HOME: folder } });
    expect(await talk.until('q leaves: ')).toContain('2 Set up a network: asks');
    for (const line of lines) {
      talk.pty.press(line, keys.enter);
      await talk.until('Answer: ');
    }
    talk.pty.press(key, ...(key === 'q' ? [keys.enter] : []));
    expect((await talk.end()).code).toBe(code);
    expect(readdirSync(cwd)).toEqual(lines.length > 1 ? ['.fl-wizard'] : []);
  });

  test('is what a dumb terminal gets, with ASCII alone where the locale has no more', async () => {
    const cwd = empty('dumb');
    const talk = new Talk([], { cwd, term: 'dumb', env: { HOME: folder, LANG: 'C', LC_ALL: 'C' } });
    await talk.say('q leaves: ', 'set');
    await talk.until('It names the app');
    await talk.say('Answer: ', 'q');
    const { code, told } = await talk.end();
    expect(code).toBe(0);
    expect(told).toMatch(/^[\n\r -~]*$/);
  });

  test('is what somebody gets who has told all programs of a screen reader', async () => {
    const talk = new Talk([], { cwd: empty('listens'), env: { HOME: folder, INK_SCREEN_READER: 'true' } });
    await talk.say('q leaves: ', 'q');
    expect((await talk.end()).code).toBe(0);
  });

  test('init asks for what no flag has said, and says what to do next', async () => {
    const cwd = empty('init');
    const talk = new Talk(['init', '--plain', '--name', 'xray', '--client', 'hosp-a=fl@10.0.0.1'], { cwd });
    await talk.say('Answer, or Enter for xray: ', '');
    await talk.say('Answer: ', 'fl.example.org');
    await talk.say('Enter (none): ', '');
    await talk.say('Answer: ', 'fl@10.0.0.2');
    await talk.say('the agent say): ', '');
    // Pasted as a terminal sends it: line by line, at once, empty ones among them.
    const sites = Array.from({ length: 400 }, (_, at) => `site${at} fl@10.1.${at >> 8}.${at & 255}${keys.enter}`);
    await talk.until('Client 2, or Enter');
    for (const site of [...sites.slice(0, 9), keys.enter, ...sites.slice(9)]) talk.pty.press(site);
    await talk.say('Client 402, or Enter when that is all: ', '');
    expect(await talk.say('y writes it', 'y')).toContain('6 clients: 401 clients');
    const { code, told } = await talk.end();
    expect([code, told]).toEqual([0, expect.stringContaining('Next: fl-wizard up')]);
    expect(readFileSync(join(cwd, 'fl-network.yaml'), 'utf8').match(/^ +- name: (hosp-a|site\d+)$/gm)).toHaveLength(
      401,
    );
  });

  test('init has in it what lies in the folder', async () => {
    const cwd = empty('here');
    writeFileSync(join(cwd, 'hosts'), 'server 10.0.0.1\nhosp-a 10.0.0.2\n');
    for (const name of ['server.py', 'client.py']) writeFileSync(join(cwd, name), '');
    const talk = new Talk(['init', '--plain', '--name', 'xray', '--address', 'fl.example.org'], { cwd });
    await talk.say('Answer, or Enter for xray: ', '');
    await talk.say('Answer, or Enter for fl.example.org: ', '');
    await talk.say('Enter (none): ', '');
    expect(await talk.say('Answer, or Enter for 10.0.0.1: ', '')).toContain('Found in hosts.');
    await talk.say('the agent say): ', '');
    await talk.say('Client 2, or Enter when that is all: ', '');
    expect(await talk.say('y writes it', 'y')).toContain('App: 2 files of this folder, copied to app/');
    expect((await talk.end()).code).toBe(0);
    expect(readdirSync(join(cwd, 'app')).sort()).toEqual(['client.py', 'server.py']);
  });

  test('init writes nothing without the yes (8)', async () => {
    const cwd = empty('declined');
    const talk = new Talk(['init', '--plain'], { cwd });
    await talk.say('Answer: ', 'q');
    expect((await talk.end()).code).toBe(8);
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe.skipIf(!canRunSshd)('a network, typed line by line, from an empty folder to its rounds', () => {
  let network: TestNetwork;
  let project: string;
  let env: Record<string, string>;
  beforeAll(async () => {
    network = await startNetwork({ app: {} });
    project = join(network.directory, 'typed');
    mkdirSync(project);
    env = { HOME: join(network.directory, 'operator'), SSH_AUTH_SOCK: '' };
    mkdirSync(env.HOME ?? '');
  });
  afterAll(() => network?.stop());

  test('is asked for; with no to its first plan nothing else is done', async () => {
    const talk = new Talk(['--plain'], { cwd: project, env });
    const [server, ...clients] = network.hosts;
    await talk.say('q leaves: ', '2');
    await talk.say('Answer: ', '');
    await talk.until('Not taken: this is needed.');
    await talk.say('Answer: ', 'typed');
    await talk.say('Answer: ', 'scriptchain.co');
    await talk.say('Enter (none): ', '<');
    await talk.say('Answer, or Enter for scriptchain.co: ', '');
    await talk.say('Enter (none): ', '100.27.120.77, 172.31.24.144');
    await talk.say('Answer: ', `ubuntu@127.0.0.1:${server?.port}`);
    await talk.say('the agent say): ', server?.identityFile ?? '');
    for (const [at, { name, port }] of clients.entries())
      await talk.say(`Client ${at + 1}`, `${name} ubuntu@127.0.0.1:${port}`);
    await talk.say('Client 3', `third ubuntu@127.0.0.1:${clients[0]?.port}`);
    await talk.until('is already client1 (line 1); a host is one client.');
    await talk.say('Client 3, or Enter', '');
    expect(await talk.until('y writes it')).toContain('6 clients: 2 clients');
    expect(existsSync(join(project, 'fl-network.yaml'))).toBe(false);
    talk.pty.press('y', keys.enter);
    await talk.say('Do this? y for yes, ', 'n');
    // As on the screen: what was declined can be asked again.
    await talk.say(
      /What now\?\s+1 try again: .*\s+2 edit fl-network.yaml first\s+3 look at the steps\s+A number from 1 to 3, q leaves: /,
      'q',
    );
    expect((await talk.end()).code).toBe(8);
    const left = readdirSync(project).filter((name) => !name.startsWith('.'));
    expect(left.sort()).toEqual(['app', 'fl-network.yaml']);
    expect(existsSync(lockOf(project))).toBe(false);
  });

  /** The wizard in the folder of before, at its steps. */
  const again = async (more: Readonly<Record<string, string>> = {}) => {
    const talk = new Talk(['--plain'], { cwd: project, env: { ...env, ...more } });
    await talk.say(/Network typed: server scriptchain.co, 2 clients\.[\s\S]*q leaves: /, 'go');
    return talk;
  };
  const interrupted = async (talk: Talk) => {
    talk.pty.press(keys.interrupt);
    const { code, told } = await talk.end();
    expect([code, told]).toEqual([130, expect.stringContaining('Interrupted')]);
    expect(existsSync(lockOf(project))).toBe(false);
  };

  test('ends with Ctrl-C at a plan, at a host’s key and at a passphrase: 130, and nothing of it is done', async () => {
    // The tests of this machine share its ports, so this network gets one of its own.
    edit(project, (file) => {
      file.flower = { ...file.flower, port: network.port, rounds: 3 };
    });
    const atPlan = await again();
    await atPlan.until('Do this? y for yes, ');
    await interrupted(atPlan);
    const atKey = await again();
    await atKey.say('Do this? y for yes, ', 'y');
    await atKey.until('Is that the right host? y for yes, ');
    await interrupted(atKey);
    expect(existsSync(join(project, '.fl-wizard', 'known_hosts'))).toBe(false);
    const atPassphrase = await again();
    const asked: string[] = [];
    for (const _ of network.hosts) {
      const told = await atPassphrase.until('Is that the right host? y for yes, ');
      const [, name = ''] = /127\.0\.0\.1 \((\w+), \S+\) is seen for the first time/.exec(told) ?? [];
      expect(told).toContain(network.hosts.find((host) => host.name === name)?.fingerprint);
      asked.push(name);
      atPassphrase.pty.press('y', keys.enter);
    }
    expect(asked.sort()).toEqual(['client1', 'client2', 'server']);
    await atPassphrase.say('Do this? y for yes, ', 'y');
    await atPassphrase.until('Enter for none (not shown): ');
    atPassphrase.pty.press('correct horse');
    await interrupted(atPassphrase);
    expect(atPassphrase.pty.written()).not.toContain('horse');
    expect(signed(project)).toBe(false);
  });

  test('offers after trouble what can be done about it, and is gone on with from there to its rounds', async () => {
    const [right, wrong] = [join(folder, 'right.yaml'), await freePort()];
    copyFileSync(join(project, 'fl-network.yaml'), right);
    const text = readFileSync(right, 'utf8').replace(`port: ${network.hosts[2]?.port}`, `port: ${wrong}`);
    writeFileSync(join(project, 'fl-network.yaml'), text);
    const editor = join(folder, 'editor');
    writeFileSync(editor, `#!/bin/sh\ncp ${right} "$1"\n`, { mode: 0o755 });
    const talk = await again({ EDITOR: editor, VISUAL: '' });
    const edited = '3 edit fl-network.yaml first';
    const trouble = await talk.say(/What now\?[\s\S]*A number from 1 to 4, q leaves: /, '7');
    expect(trouble).toMatch(new RegExp(`1 try again: .*\\s+2 try again at client2 alone\\s+${edited}\\s`));
    await talk.say('A number from 1 to 4, q leaves: ', '2');
    // At client2 alone nobody else is looked at.
    expect(await talk.say('A number from 1 to 3, q leaves: ', '2')).not.toMatch(/client1|server/);
    await talk.say('y saves it', 'y');
    expect(await talk.say('Do this? y for yes, ', 'y')).toContain('make the CA');
    await talk.say(/Passphrase for the CA’s key .*, or Enter for none \(not shown\): /, 'correct horse');
    await talk.say('The same again (not shown): ', 'correct horse');
    await talk.say('Do this? y for yes, ', 'y');
    expect(readFileSync(join(project, 'fl_network', 'ca.key'), 'utf8')).toMatch(
      /^-----BEGIN ENCRYPTED PRIVATE KEY-----/,
    );
    expect(await talk.say('Do this? y for yes, ', 'y', 200)).toMatch(/Launch/);
    await talk.until(/round 1 of 3, fit 2 ok[\s\S]*round 3 of 3, fit 2 ok[\s\S]*the run is finished/, 200);
    const { code, told } = await talk.end(120);
    expect(code).toBe(0);
    expect(told).not.toContain('horse');
    expect(existsSync(lockOf(project))).toBe(false);
  });
});
