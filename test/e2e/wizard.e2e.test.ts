/** The wizard and the demo as a person sees them: a terminal, keys, frames. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startNetwork, type TestNetwork } from '../helpers/hosts.ts';
import { edit, lockOf, processesWith, signed, until } from '../helpers/project.ts';
import { keys, type Pty, type PtyOptions, start } from '../helpers/pty.ts';
import { canRunSshd } from '../helpers/sshd.ts';
import { of, wizard } from '../helpers/wizard.ts';

/** A finished round in the table, the third or a later one: on a busy machine the table comes late. */
const row = /^ +([3-9]|\d\d+) +2\/2 +2\/2 /m;

const running: Pty[] = [];
function open(words: readonly string[], options: PtyOptions = {}): Pty {
  const pty = start(words, options);
  running.push(pty);
  return pty;
}
afterEach(() => {
  for (const pty of running.splice(0)) pty.kill();
});

/** A terminal in which a person can go on working. */
async function leftWhole(pty: Pty): Promise<void> {
  const { stty } = await pty.end();
  expect(stty).toMatch(/(^|\s)icanon\b/);
  expect(stty).toMatch(/(^|\s)echo\b/);
  expect(stty).toMatch(/(^|\s)isig\b/);
  expect(pty.whole()).toBe(true);
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'flw-pty-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function empty(name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}

describe('the first screen', () => {
  test('appears in an empty folder, and wrong keys do nothing', async () => {
    const cwd = empty('first');
    const pty = open([], { cwd });
    const frame = await pty.waitFor('Set up a network');
    for (const words of ['fl-wizard 0.', 'Try it on this machine', 'q quit', '$ fl-wizard demo'])
      expect(frame).toContain(words);
    await pty.waitFor('no fl-network.yaml');
    pty.press('x', 'é', '\x1b[15~', '\x1b[200~pasted\x1b[201~', '\x00', keys.down);
    await pty.waitFor('$ fl-wizard init');
    pty.press('Y', '7', keys.up);
    await pty.waitFor('$ fl-wizard demo');
    pty.press('q');
    expect((await pty.end()).code).toBe(0);
    await leftWhole(pty);
    expect(pty.tooWide()).toEqual([]);
    expect(readdirSync(cwd)).toEqual([]);
  });

  test('Ctrl-C ends it with 130', async () => {
    const cwd = empty('interrupted');
    const pty = open([], { cwd });
    await pty.waitFor('Set up a network');
    pty.press(keys.interrupt);
    expect((await pty.end()).code).toBe(130);
    await leftWhole(pty);
    expect(readdirSync(cwd)).toEqual([]);
  });

  test.each([
    [40, 12],
    [20, 5],
    [1, 1],
  ])('at %dx%d it can be left', async (columns, rows) => {
    const pty = open([], { cwd: empty(`small-${columns}`), columns, rows });
    await pty.waitFor(columns >= 40 ? 'Set up a network' : columns > 1 ? 'small' : /\S/);
    expect(pty.tooWide()).toEqual([]);
    pty.press('q');
    expect((await pty.end()).code).toBe(0);
    await leftWhole(pty);
  });
});

describe.skipIf(!canRunSshd)('a network, from the first screen to the live table', () => {
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

  test('is typed in, looked through, and declined: nothing is done', async () => {
    const pty = open([], { cwd: project, env });
    await pty.waitFor('Set up a network');
    pty.press(keys.down);
    await pty.waitFor('$ fl-wizard init');
    pty.press(keys.enter);
    await pty.waitFor('What is the network called?');
    pty.press(keys.enter);
    await pty.waitFor('this is needed');
    await pty.answer('typed');
    await pty.waitFor('Which address do the clients dial?');
    pty.press('not a name');
    await pty.waitFor('✗');
    for (const _ of 'not a name') pty.press('\x7f');
    await pty.answer('scriptchain.co');
    await pty.waitFor('Does the server have other names?');
    await pty.answer('100.27.120.77, 172.31.24.144');
    await pty.waitFor('How is the server reached over SSH?');
    const [server, ...clients] = network.hosts;
    await pty.answer(`ubuntu@127.0.0.1:${server?.port}`);
    await pty.waitFor('Which SSH key logs in?');
    await pty.answer(server?.identityFile ?? '');
    await pty.waitFor('Who takes part?');
    for (const { name, port } of clients) {
      await pty.answer(`${name} ubuntu@127.0.0.1:${port}`);
      await pty.waitFor(new RegExp(`${name} +ubuntu@127\\.0\\.0\\.1:${port}\\s*$`, 'm'));
    }
    // The same host once more is not taken.
    await pty.answer(`third ubuntu@127.0.0.1:${clients[0]?.port}`);
    await pty.waitFor('is already client1');
    for (const _ of `third ubuntu@127.0.0.1:${clients[0]?.port}`) pty.press('\x7f');
    await pty.waitFor('enter go on');
    pty.press(keys.enter);
    const summary = await pty.waitFor('Is this right?');
    for (const words of ['typed', 'scriptchain.co', '2 clients']) expect(summary).toContain(words);
    expect(existsSync(join(project, 'fl-network.yaml'))).toBe(false);
    pty.press('y');
    await pty.waitFor('Plan: Configuration');
    pty.press('n');
    await pty.waitFor('Declined');
    // Where something is to be chosen, Enter chooses nothing.
    pty.press(keys.enter, 'q');
    const { code } = await pty.end();
    expect(code).toBe(8);
    await leftWhole(pty);
    expect(pty.tooWide()).toEqual([]);
    expect(
      readdirSync(project)
        .filter((name) => !name.startsWith('.'))
        .sort(),
    ).toEqual(['app', 'fl-network.yaml']);
    expect(existsSync(lockOf(project))).toBe(false);
  });

  test('is approved step by step, watched, and goes on when it is left', async () => {
    // The tests of this machine share its ports, so this network gets one of its own. Its run is long enough to be left.
    edit(project, (file) => {
      file.flower = { ...file.flower, port: network.port, rounds: 500 };
    });
    const pty = open([], { cwd: project, env });
    await pty.waitFor('❯ Go on');
    await pty.waitFor('typed: server scriptchain.co, 2 clients');
    pty.press(keys.enter);
    await pty.waitFor('Plan: Configuration');
    pty.press('x', '7', keys.down, 'c');
    await pty.waitFor('hide commands');
    pty.press('y');
    const asked = new Set<string>();
    for (const _ of network.hosts) {
      const frame = await pty.waitFor(/Is this really 127\.0\.0\.1 \((\w+)\)\?/);
      const name = /Is this really 127\.0\.0\.1 \((\w+)\)\?/.exec(frame)?.[1] ?? '';
      asked.add(name);
      // Longer than a line: it is broken, and has to be readable as a whole.
      const shown = frame.replace(/\s+/g, '');
      expect(shown).toContain(network.hosts.find((host) => host.name === name)?.fingerprint);
      expect(signed(project)).toBe(false);
      pty.press('y');
      await until('the next question or the next step', async () => {
        const now = await pty.screen();
        return !now.includes(`Is this really 127.0.0.1 (${name})?`);
      });
    }
    expect([...asked].sort()).toEqual(['client1', 'client2', 'server']);
    const certs = await pty.waitFor('Plan: Certificates');
    expect(certs).toContain('make the CA');
    pty.press('y');
    await pty.waitFor('A passphrase for the CA’s key?');
    pty.press('correct horse', keys.enter);
    expect(await pty.waitFor('The same passphrase again')).not.toContain('horse');
    pty.press('correct horse', keys.enter);
    await pty.waitFor('Plan: Deploy');
    expect(readFileSync(join(project, 'fl_network', 'ca.key'), 'utf8')).toMatch(
      /^-----BEGIN ENCRYPTED PRIVATE KEY-----/,
    );
    pty.press('y');
    await pty.waitFor('Plan: Launch', 120);
    pty.press('y');
    const table = await pty.waitFor(row, 120);
    expect(table).toContain('q leave, keeps running');
    expect(table).toContain('MUTUAL');
    // The first frames are drawn while the journal is still being read.
    await pty.waitFor(/client1/);
    pty.press('q');
    const { code, screen } = await pty.end();
    expect(code).toBe(0);
    await leftWhole(pty);
    expect(pty.tooWide()).toEqual([]);
    // The last frame stays readable above the prompt.
    expect(screen).toMatch(row);
    expect(screen).toContain('What runs on the hosts goes on: fl-wizard status');
    expect(existsSync(lockOf(project))).toBe(false);
    const recorded = readFileSync(join(project, '.fl-wizard', 'known_hosts'), 'utf8')
      .trim()
      .split('\n');
    expect(recorded).toHaveLength(3);
    const status = await wizard(['status', '--json', '-C', project], { env });
    const { hosts } = JSON.parse(status.stdout) as { hosts: { name: string; state: string }[] };
    expect(hosts.find(({ name }) => name === 'server')?.state).toBe('running');
    await until('the run went on', async () => {
      const [run] = JSON.parse((await wizard(['runs', '--json', '-C', project], { env })).stdout) as { done: number }[];
      return (run?.done ?? 0) > 10;
    });
    const verified = await wizard(['verify', '--json', '-C', project], { env });
    expect(verified.code).toBe(0);
    expect(
      of(verified.events, 'check-finished').filter(({ check }) => check.kind === 'refused').length,
    ).toBeGreaterThan(2);
  });

  test('is seen as it is on the page of the steps, and what is out of date is mended from there', async () => {
    const pty = open([], { cwd: project, env });
    await pty.waitFor('❯ Go on');
    // Keys that come in one piece.
    pty.press(keys.down + keys.enter);
    const whole = await pty.waitFor('8 of 8 steps are done', 60);
    expect(whole).toMatch(/✓ launch +done +run 1: \d+ of 500 rounds/);
    expect(whole).toMatch(/✓ verify +done +\d+ of \d+ tries came out as they must/);
    rmSync(join(project, 'fl_network', 'client2.crt'));
    chmodSync(join(project, 'fl_network', 'server.key'), 0o644);
    pty.press('r');
    const found = await pty.waitFor('❯ ! certs', 60);
    expect(found).toMatch(/✓ preflight +done/);
    expect(found).toMatch(/! certs +out of date +2 actions, first: let nobody else read\s/);
    expect(found).toMatch(/! deploy +out of date/);
    expect(found).toMatch(/client2 +issue fl_network\/client2.crt/);
    pty.press(keys.enter);
    expect(await pty.waitFor('Plan: Certificates', 60)).toContain('$ fl-wizard certs');
    pty.press('y');
    await pty.waitFor('The passphrase of the CA’s key');
    pty.press('correct horse', keys.enter);
    await pty.waitFor('enter back to the steps', 60);
    expect(statSync(join(project, 'fl_network', 'server.key')).mode & 0o777).toBe(0o600);
    pty.press(keys.enter);
    // What is mended leads on to what follows from it.
    const mended = await pty.waitFor('❯ ! deploy', 60);
    expect(mended).toMatch(/✓ certs +done/);
    expect(mended).toMatch(/~ permissions +done before +now deploy is out of date/);
    pty.press(keys.enter);
    // The rail above the plan is of all eight.
    expect(await pty.waitFor('Plan: Deploy', 60)).toMatch(/preflight ✓ certs ✓ deploy \? permissions ~ launch ~/);
    pty.press('n');
    await pty.waitFor('Declined');
    pty.press('q');
    await pty.waitFor('❯ ! deploy', 60);
    const file = () => readFileSync(join(project, 'fl-network.yaml'), 'utf8');
    const before = file();
    pty.press('e');
    await pty.waitFor('Which answer do you want to change?');
    pty.press(keys.down, keys.down, keys.enter);
    await pty.waitFor('Does the server have other names?');
    pty.press(', fl3.example.org', keys.enter);
    await pty.waitFor('Which answer do you want to change?');
    pty.press('y');
    await pty.waitFor('the server’s certificate: it holds other names');
    pty.press('n');
    await pty.waitFor('Which answer do you want to change?');
    pty.press('q');
    await pty.waitFor('❯ ! deploy', 60);
    expect(file()).toBe(before);
    pty.press('b');
    await pty.waitFor('❯ Go on');
    pty.press('q');
    const { code, screen } = await pty.end();
    expect(code).toBe(0);
    await leftWhole(pty);
    expect(pty.tooWide()).toEqual([]);
    // What stays is what is true, and no picture of before.
    expect(screen).toMatch(/Done: certs\.\s+Next: deploy is out of date\. fl-wizard goes on/);
    expect(screen).not.toMatch(/Declined|What now|back to the steps/);
  });

  test('is interrupted in the middle of a proof: that is said, and no failure', async () => {
    const pty = open([], { cwd: project, env });
    await pty.waitFor('❯ Go on');
    pty.press(keys.down + keys.enter);
    await pty.waitFor('· verify');
    pty.press('7');
    await pty.waitFor('$ fl-wizard verify');
    pty.press(keys.enter);
    await pty.waitFor('Ctrl-C stop', 60);
    pty.press(keys.interrupt);
    const { code, screen } = await pty.end();
    expect(code).toBe(130);
    await leftWhole(pty);
    expect(screen).toMatch(/· verify +interrupted/);
    expect(screen).not.toMatch(/failed|Not done|What now|✗/);
  });
});

describe('the demo', () => {
  const gone = (place: string) => expect(processesWith(place)).toEqual([]);

  test('shows the live table and its end, which enter leaves; nothing of it is left', async () => {
    const place = join(folder, 'demo');
    const pty = open(['demo', '-C', place]);
    const table = await pty.waitFor(/^ +1 +2\/2 +2\/2 /m, 120);
    expect(table).toMatch(/accuracy/i);
    const end = await pty.waitFor('enter leave', 120);
    for (const words of ['finished in', 'refused', 'no certificate', 'fl_network/', 'Next'])
      expect(end).toContain(words);
    expect(end).toMatch(/^ +3 +2\/2 +2\/2 /m);
    expect(pty.tooWide()).toEqual([]);
    pty.press('x', keys.enter);
    expect((await pty.end()).code).toBe(0);
    await leftWhole(pty);
    gone(place);
    expect(existsSync(join(place, 'fl-network.yaml'))).toBe(true);
  });

  test('is stopped by q and a yes in the middle, at once, and leaves the last frame and a word of what stays', async () => {
    const place = join(folder, 'left');
    const pty = open(['demo', '-C', place, '--rounds', '500'], { env: { CI: 'true' } });
    expect(await pty.waitFor(row, 120)).toContain('q stop the demo');
    pty.press('q');
    expect(await pty.waitFor('stop the demo?')).toContain('(its pretend hosts are stopped)');
    pty.press('y');
    const { code, screen } = await pty.end();
    expect(code).toBe(0);
    await leftWhole(pty);
    expect(screen).toMatch(row);
    expect(screen).toContain('All that the demo started was stopped.');
    expect(screen).toMatch(/fl-wizard report -C/);
    gone(place);
  });

  test('at 40x12 and through resizes it neither breaks nor overflows; Ctrl-C ends all of it with 130', async () => {
    const place = join(folder, 'resized');
    const pty = open(['demo', '-C', place, '--rounds', '200'], { columns: 40, rows: 12 });
    const sizes = [
      [120, 40],
      [80, 24],
      [20, 5],
      [1, 1],
      [33, 9],
      [200, 50],
      [40, 12],
    ] as const;
    await pty.waitFor(/\S/);
    for (const [columns, rows] of sizes) {
      await pty.resize(columns, rows);
      await pty.waitFor(/\S/);
    }
    await pty.waitFor(/2\/2/, 120);
    for (const [columns, rows] of sizes) {
      await pty.resize(columns, rows);
      await pty.waitFor(columns < 30 ? /\S/ : /round +\d+\/200/);
    }
    expect(pty.tooWide()).toEqual([]);
    pty.press(keys.interrupt);
    const { code, screen } = await pty.end();
    expect(code).toBe(130);
    expect(screen).toContain('Interrupted: all that the demo started');
    expect(screen).not.toMatch(/Not done|monitor failed/);
    await leftWhole(pty);
    gone(place);
  });

  test('Ctrl-C before the first round leaves nothing either, not even its temporary folder', async () => {
    const temporary = empty('tmp');
    const pty = open(['demo'], { env: { TMPDIR: temporary } });
    await until('the demo has its folder', () => readdirSync(temporary).some((name) => name.startsWith('fl-demo-')));
    await pty.waitFor(/certs|Certificates/);
    pty.press(keys.interrupt);
    expect((await pty.end()).code).toBe(130);
    await leftWhole(pty);
    gone(temporary);
    expect(readdirSync(temporary)).toEqual([]);
  });
});
