/**
 * The live table's hands, as a person has them: keys typed into a terminal, over real sshd at a run of real Flower, which
 * stands wherever the test wants it to. One terminal for all of it: each test begins where the one before has left it.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gatedScripts, openGate } from '../helpers/gated-app.ts';
import { startNetwork, type TestNetwork } from '../helpers/hosts.ts';
import { until } from '../helpers/project.ts';
import { keys, type Pty, start } from '../helpers/pty.ts';
import { canRunSshd } from '../helpers/sshd.ts';
import { wizard } from '../helpers/wizard.ts';

const end = '\x1b[F';
const right = '\x1b[C';

/** How the columns are marked that `o` orders by, one after the other. */
const marks = ['CLIENT', 'STATE', 'SEEN', 'SAMPLES', 'FIT', 'LOSS', 'NOTE', 'MEM'];

/** A table of these clients in this order, and of no others. */
const rows = (...names: readonly string[]) =>
  new RegExp(`^ CLIENT.*\\n${names.map((name) => `[ ❯]${name} .*\\n`).join('')} ─`, 'm');
const all = rows('client1', 'client2', 'client3');

describe.skipIf(!canRunSshd)('the live table of three clients, in the middle of the fourth round of eight', () => {
  let network: TestNetwork;
  let pty: Pty;

  const home = (name: string) => network.hosts.find((host) => host.name === name)?.home ?? '';
  const placed = (name: string) => join(home(name), 'fl-wizard', 'scriptchain');
  const pidOf = (name: string) =>
    (JSON.parse(readFileSync(join(placed(name), 'state', `${name}.json`), 'utf8')) as { pid: number }).pid;
  const lives = (pid: number) => existsSync(`/proc/${pid}`);

  /** The frame that a key has led to. */
  const after = (key: string, words: string | RegExp) => {
    pty.press(key);
    return pty.waitFor(words);
  };
  /** Where hosts print and the server tells of it, the table's own few lines of log may have lost it again. */
  const said = async (words: string) => {
    await after('l', words);
    await after(keys.escape, ' CLIENT ');
  };
  const once = () => wizard(['monitor', '--once', '-C', network.project]);

  beforeAll(async () => {
    const app = { ...gatedScripts, 'requirements.txt': 'numpy\n' };
    network = await startNetwork({ app, clients: 3, algorithm: 'ec', flower: ['rounds: 8', 'minClients: 2'] });
    for (const [at, name] of ['client1', 'client2', 'client3'].entries())
      writeFileSync(join(home(name), 'samples'), String(10 * (at + 1)));
    writeFileSync(join(home('client3'), 'fails'), '2');
    const launched = await wizard(['up', '--yes', '--detach', '--json', '-C', network.project]);
    if (launched.code !== 0) throw new Error(launched.stdout + launched.stderr);
    openGate(network.hosts, 3);
    pty = start(['monitor', '-C', network.project], { columns: 120, rows: 40 });
    // All of it: what hosts tell of processes and print comes beside what the server tells.
    await pty.waitFor(/round 4\/8 [\s\S]* MEM [\s\S]*❯client1 +training .* MB [\s\S]*client3 +training .* MB /);
  });
  afterAll(() => {
    pty?.kill();
    return network?.stop();
  });

  test('? shows the help and leaves it, and so does Esc', async () => {
    expect(await after('?', 'What is shown')).toMatch(/^ {2}r +restart a client or the server: asks first$/m);
    expect(await after('?', '❯client1')).not.toContain('What is shown');
    await after('?', 'What is shown');
    await after(keys.escape, '❯client1');
  });

  test('j, k and arrows move the cursor, and stop at the last and the first', async () => {
    await after('j', '❯client2');
    await after(keys.down, '❯client3');
    pty.press('j');
    await after('k', '❯client2');
    await after(keys.up, '❯client1');
    pty.press(keys.up);
    await after('j', '❯client2');
    await after('k', '❯client1');
  });

  test('/ filters while it is typed and once it is kept, and Esc shows all', async () => {
    await after('/', 'filter: ▏');
    await after('client2', 'filter: client2▏');
    await pty.waitFor(rows('client2'));
    expect(await after(keys.enter, 'esc show all')).toMatch(rows('client2'));
    await after(keys.escape, all);
  });

  test('o sorts by one column after the other, and then not at all', async () => {
    for (const mark of marks) {
      await after('o', `${mark} ▼`);
      if (mark === 'SAMPLES') await pty.waitFor(rows('client3', 'client2', 'client1'));
      if (mark === 'NOTE') await pty.waitFor(rows('client3', 'client1', 'client2'));
    }
    await after('o', /^ CLIENT +STATE [^▼]*$/m);
    await pty.waitFor(all);
  });

  test('f shows faults only: who has failed before, and in which round', async () => {
    const whole = await pty.screen();
    expect(whole).toMatch(/^ +3 +3\/3 +3\/3 .*\n +2 +2\/3 ! +3\/3 .*client3 raised RuntimeError/m);
    const faults = await after('f', /faults only ──$/m);
    await pty.waitFor(rows('client3'));
    expect(faults).not.toMatch(/^ +3 +3\/3 /m);
    await after('f', all);
  });

  test('m draws the next metric and puts it first, and comes round to the first again', async () => {
    expect(await pty.screen()).toMatch(/ LOSS +ACCURACY +TRAINED/);
    expect(await after('m', / LOSS +TRAINED +ACCURACY/)).toMatch(/^ loss +0\.\d+ +trained +3\.000 *$/m);
    expect(await after('m', / LOSS +ACCURACY +TRAINED/)).toMatch(/^ loss +0\.\d+ +accuracy +0\.750 *$/m);
  });

  test('enter opens a client’s page with facts, certificate and log, → the next one’s, and Esc leaves', async () => {
    const page = await after(keys.enter, /^ client1 {2}● training[\s\S]* trained round 3$/m);
    expect(page).toMatch(/^ host +ubuntu@127\.0\.0\.1/m);
    expect(page).toMatch(/^ samples +10$/m);
    expect(page).toMatch(/^ process +running +up \d/m);
    expect(page).toMatch(/^ certificate +ends in \d+ d +C=.* CN=FLClient1 +serial [0-9a-f]+/m);
    expect(page).toMatch(/^ SHA-256 +[0-9a-f]{64}$/m);
    await after(right, /^ client2 {2}● training[\s\S]*CN=FLClient2/m);
    await after(keys.escape, '❯client2');
    await after('k', '❯client1');
  });

  test('l has the log of all hosts: it follows, ↑ stops it, end follows again, Esc leaves', async () => {
    const print = (name: string, line: string) =>
      appendFileSync(join(placed(name), 'logs', `${name}.log`), `${line}\n`);
    await after('l', /LOG OF ALL HOSTS +follows/);
    for (const name of ['server', 'client2']) print(name, `seen of ${name}`);
    await pty.waitFor(/^(?=[\s\S]* client2 +seen of client2$)[\s\S]* server +seen of server$/m);
    await after(keys.up, /LOG OF ALL HOSTS +stopped/);
    print('client3', 'while nobody looks');
    await after(end, /LOG OF ALL HOSTS +follows[\s\S]* client3 +while nobody looks$/m);
    await after(keys.escape, '❯client1');
  });

  test('r asks, also in a small terminal, and n does nothing', async () => {
    const before = pidOf('client1');
    await pty.resize(40, 12);
    await after('r', /^ restart client1\? {2}y yes {3}n no$/m);
    expect(await after('n', /\? keys +q leave/)).toMatch(/❯client1 +training/);
    // Whatever had been begun would be told there.
    const log = await after('l', /LOG OF ALL HOSTS[\s\S]* esc back/);
    expect(log).not.toContain('restart client1');
    await after(keys.escape, '❯client1');
    expect([pidOf('client1'), lives(before)]).toEqual([before, true]);
  });

  test('r and y restart the client: it is another process, and takes part in the next round', async () => {
    const [before, others] = [pidOf('client1'), ['server', 'client2', 'client3'].map(pidOf)];
    await pty.resize(80, 24);
    await after('r', /restart client1\? {2}y yes {3}n no/);
    pty.press('y');
    await said('restart client1: done');
    expect(pidOf('client1')).not.toBe(before);
    expect([lives(before), lives(pidOf('client1'))]).toEqual([false, true]);
    await pty.waitFor(/❯client1 +(idle|connected) /);
    openGate(network.hosts, 4);
    await pty.waitFor(/round 5\/8 [\s\S]*❯client1 +training /);
    expect(['server', 'client2', 'client3'].map(pidOf)).toEqual(others);
  });

  test('s and y stop a client', async () => {
    const before = pidOf('client2');
    await after('j', '❯client2');
    await after('s', /stop client2\? {2}y yes {3}n no/);
    pty.press('y');
    await said('stop client2: done');
    expect(lives(before)).toBe(false);
    await pty.waitFor(/❯client2 +stopped /);
  });

  test('q leaves a whole terminal and says how to come back, and everything else runs on', async () => {
    const before = ['server', 'client1', 'client3'].map(pidOf);
    pty.press('q');
    const { code, screen, stty } = await pty.end();
    expect([code, pty.whole(), pty.tooWide()]).toEqual([0, true, []]);
    for (const mode of ['icanon', 'echo', 'isig']) expect(stty).toMatch(new RegExp(`(^|\\s)${mode}\\b`));
    // The terminal breaks it wherever its line ends.
    expect(screen.replaceAll(/\s/g, '')).toMatch(
      /Whatrunsonthehostsgoeson:.*fl-wizardmonitorwatches,.*endsit,fl-wizarddownalsoremoveswhatkeepsitrunning\.$/,
    );
    expect(['server', 'client1', 'client3'].map(pidOf)).toEqual(before);
    expect(before.filter((pid) => !lives(pid))).toEqual([]);
    const shown = await once();
    expect([shown.code, shown.stderr]).toEqual([0, '']);
    expect(shown.stdout).toMatch(/● training[\s\S]* round 5\/8 /);
    openGate(network.hosts, 5);
    await until('the next round', async () => / round 6\/8 /.test((await once()).stdout));
  });
});
