/**
 * Somebody who has never seen it: an empty folder, a terminal, typed keys, and at the end the live table of a run of real
 * Flower over real sshd. At three sizes; two of the three are killed on the way and gone on with from the first screen.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type HostsApart, startApart } from '../helpers/apart.ts';
import { until } from '../helpers/project.ts';
import { keys, type Pty, start } from '../helpers/pty.ts';
import { canRunSshd } from '../helpers/sshd.ts';
import { wizard } from '../helpers/wizard.ts';

const tab = '\t';
const pasted = (...lines: readonly string[]) => `\x1b[200~${lines.join('\r')}\x1b[201~`;

/** What has to be answered on the way, and the end of it. */
const asked = /Is this really (?:\S+ \()?([\w-]+)\)?\?|Plan: (\w+)|(passphrase for the CA)|(round 3\/3)/;

describe('who leaves the questions', () => {
  let folder: string;
  const running: Pty[] = [];
  const open = (...words: readonly string[]) => {
    const pty = start(words, { cwd: folder, env: { HOME: folder } });
    running.push(pty);
    return pty;
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'flw-left-'));
  });
  afterEach(() => {
    for (const pty of running.splice(0)) pty.kill();
    // What was killed may be writing its answers still.
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  });

  async function halfWay(): Promise<Pty> {
    const pty = open();
    await pty.waitFor('❯ Try it on this machine');
    pty.press(keys.down);
    await pty.waitFor('❯ Set up a network');
    pty.press(keys.enter);
    await pty.waitFor('What is the network called?');
    await pty.answer('xray');
    await pty.waitFor('Which address do the clients dial?');
    pty.press('fl.exam');
    await pty.waitFor('fl.exam█');
    return pty;
  }

  test.each([
    ['Ctrl-C', 130, keys.interrupt],
    ['a terminal that is closed', 129, undefined],
  ] as const)('by %s finds the half typed line again', async (_, code, key) => {
    const pty = await halfWay();
    if (key) pty.press(key);
    const ended = await (key ? pty.end() : pty.crash('SIGHUP'));
    expect(ended.code).toBe(code);
    expect(ended.screen).toContain('Your answers are kept: fl-wizard goes on with them.');
    const again = open();
    expect(await again.waitFor('❯ Go on with your answers')).toContain('1 of 6, just now');
    again.press(keys.enter);
    expect(await again.waitFor('fl.exam█')).toContain('2 of 6');
    again.press(keys.escape);
    await again.waitFor('xray█');
  });

  test('with Esc finds them by init, too; who begins anew has the older ones set aside', async () => {
    const first = await halfWay();
    first.press(keys.escape);
    await first.waitFor('xray█');
    first.press(keys.escape);
    // Behind the first question lies the first screen.
    expect(await first.waitFor('❯ Go on with your answers')).toContain('of 6, just now');
    first.press('q');
    expect((await first.end()).code).toBe(0);
    const init = open('init');
    await init.waitFor('xray█');
    init.press(keys.enter);
    await init.waitFor('fl.exam█');
    init.press(keys.interrupt);
    expect((await init.end()).code).toBe(130);

    const anew = open();
    await anew.waitFor('❯ Go on with your answers');
    anew.press(keys.down);
    await anew.waitFor('❯ Try it on this machine');
    anew.press(keys.down);
    await anew.waitFor('❯ Set up a network');
    anew.press(keys.enter);
    await anew.waitFor('❯ █');
    const own = join(folder, '.fl-wizard');
    expect(readdirSync(own)).toEqual(['answers.yaml']);
    await anew.answer('other');
    await anew.waitFor('Which address do the clients dial?');
    await until('the new ones are kept', () => readdirSync(own).length === 2);
    expect(readdirSync(own).map((name) => name.replace(/-.*/, ''))).toEqual(['answers.yaml', 'answers.yaml.aside']);
  });

  test('and finds a file that can’t be read is told so, and can begin', async () => {
    mkdirSync(join(folder, '.fl-wizard'));
    writeFileSync(join(folder, '.fl-wizard', 'answers.yaml'), 'version: 2\nname: xray\n');
    const pty = open();
    const frame = await pty.waitFor('❯ Try it on this machine');
    expect(frame.replace(/\s+/g, ' ')).toContain('.fl-wizard/answers.yaml can’t be read (version is 2, and must be 1)');
    pty.press('q');
    expect((await pty.end()).code).toBe(0);
    expect(readdirSync(join(folder, '.fl-wizard'))).toEqual(['answers.yaml']);
  });
});

/** Three hosts, an empty folder, and what a person does there. */
function situation(columns: number, rows: number) {
  let apart: HostsApart;
  let project: string;
  const running: Pty[] = [];
  const open = () => {
    const env = { HOME: apart.home, SSH_AUTH_SOCK: '' };
    const pty = start([], { cwd: project, env, columns, rows });
    running.push(pty);
    return pty;
  };
  const kept = () => join(project, '.fl-wizard', 'answers.yaml');
  /** The file of the answers, as far as it is there. */
  const answers = () => (existsSync(kept()) ? readFileSync(kept(), 'utf8') : '');

  beforeAll(async () => {
    apart = await startApart(['fl-server', 'hosp-a', 'hosp-b']);
    project = join(apart.directory, 'xray');
    mkdirSync(project);
  });
  afterEach(() => {
    for (const pty of running.splice(0)) pty.kill();
  });
  afterAll(() => apart?.stop());

  /** Answers all questions but the last. */
  async function answerFive(pty: Pty): Promise<void> {
    await pty.waitFor('❯ Try it on this machine');
    pty.press(keys.down);
    await pty.waitFor('❯ Set up a network');
    pty.press(keys.enter);
    await pty.waitFor('What is the network called?');
    // The folder’s name is offered.
    pty.press(tab);
    await pty.waitFor('xray█');
    pty.press(keys.enter);
    await pty.waitFor('Which address do the clients dial?');
    await pty.answer(apart.hosts[0]?.address ?? '');
    await pty.waitFor('Does the server have other names?');
    pty.press(pasted('fl.example.org 10.0.1.5', 'not this line'));
    await pty.waitFor('10.0.1.5█');
    pty.press(keys.enter);
    await pty.waitFor('How is the server reached over SSH?');
    pty.press(tab);
    await pty.waitFor('fl-server█');
    pty.press(keys.enter);
    await pty.waitFor('Which SSH key logs in?');
    pty.press(keys.enter);
    await pty.waitFor('Who takes part?');
  }

  async function takeSummary(pty: Pty): Promise<void> {
    await pty.waitFor('enter go on');
    pty.press(keys.enter);
    expect(await pty.waitFor('Is this right?')).toContain('xray');
    expect(existsSync(join(project, 'fl-network.yaml'))).toBe(false);
    pty.press('y');
  }

  /** Says yes to whatever is asked until the last round, or until a plan that is not approved here. @returns the plans */
  async function approve(pty: Pty, before?: string): Promise<readonly string[]> {
    const plans: string[] = [];
    for (;;) {
      const frame = await pty.waitFor(asked, 120);
      const [words, host, plan, passphrase, table] = asked.exec(frame) ?? [];
      if (table !== undefined || (plan !== undefined && plan === before)) return plans;
      if (plan !== undefined) plans.push(plan);
      pty.press(host !== undefined || plan !== undefined ? 'y' : passphrase ? keys.enter : '');
      await until(`${words} is answered`, async () => !(await pty.screen()).includes(words ?? ''));
    }
  }

  /** Leaves the table: the network is there, runs or has run, and nothing is left of what was on the way. */
  async function leave(pty: Pty): Promise<void> {
    await pty.waitFor(/^ +3 +2\/2 /m);
    pty.press('q');
    const { code } = await pty.end();
    expect(code).toBe(0);
    expect(pty.whole()).toBe(true);
    expect(pty.tooWide()).toEqual([]);
    expect(existsSync(kept())).toBe(false);
    expect(readFileSync(join(project, 'fl-network.yaml'), 'utf8')).toMatch(
      /^name: xray$[\s\S]*names: \[fl\.example\.org, 10\.0\.1\.5\]\n {2}ssh: \{host: fl-server\}[\s\S]*host: hosp-a[\s\S]*host: hosp-b/m,
    );
    const runs = await wizard(['runs', '--json', '-C', project], { env: { HOME: apart.home, SSH_AUTH_SOCK: '' } });
    expect(JSON.parse(runs.stdout)).toMatchObject([{ rounds: 3 }]);
  }

  return {
    open,
    answerFive,
    takeSummary,
    approve,
    leave,
    project: () => project,
    hosts: () => apart.hosts,
    kept,
    answers,
  };
}

const whole = ['Configuration', 'Certificates', 'Deploy', 'Launch'];

describe.skipIf(!canRunSshd)('from an empty folder to the live table at 120x40', () => {
  const { open, answerFive, takeSummary, approve, leave } = situation(120, 40);

  test('with each client typed', async () => {
    const pty = open();
    await answerFive(pty);
    for (const name of ['hosp-a', 'hosp-b']) {
      await pty.answer(`${name} ${name}`);
      await pty.waitFor(new RegExp(`^ +${name} +${name}$`, 'm'));
    }
    await takeSummary(pty);
    expect(await approve(pty)).toEqual(whole);
    await leave(pty);
  });
});

describe.skipIf(!canRunSshd)('from an empty folder to the live table at 80x24', () => {
  const { open, answerFive, takeSummary, approve, leave, project, kept, answers } = situation(80, 24);

  test('killed half way through the questions, and gone on with', async () => {
    const killed = open();
    await answerFive(killed);
    killed.press(pasted('hosp-a hosp-a', 'hosp-b'));
    await killed.waitFor(/^ +hosp-b +hosp-b$/m);
    // One of the two is being changed at that moment: it is not lost.
    killed.press(keys.up);
    await killed.waitFor('❯ hosp-b');
    killed.press(keys.enter);
    await killed.waitFor('hosp-b█hosp-b');
    await until('the answers are kept', () => answers().includes('"editing":"hosp-b"'));
    expect([statSync(kept()).mode & 0o777, statSync(join(kept(), '..')).mode & 0o777]).toEqual([0o600, 0o700]);
    expect((await killed.crash()).code).toBe(137);
    expect(readdirSync(project())).toEqual(['.fl-wizard']);

    const pty = open();
    expect(await pty.waitFor('❯ Go on with your answers')).toContain('5 of 6, just now');
    expect(await pty.waitFor('no fl-network.yaml')).toContain('❯ Go on with your answers');
    pty.press(keys.enter);
    expect(await pty.waitFor('hosp-b hosp-b█')).toMatch(/^ +hosp-a +hosp-a$/m);
    pty.press(keys.escape);
    await pty.waitFor(/^ +hosp-b +hosp-b$/m);
    await takeSummary(pty);
    expect(await approve(pty)).toEqual(whole);
    await leave(pty);
  });
});

describe.skipIf(!canRunSshd)('from an empty folder to the live table at 40x12', () => {
  const { open, answerFive, takeSummary, approve, leave, hosts } = situation(40, 12);

  test('killed in the middle of deploy, and gone on with', async () => {
    const killed = open();
    await answerFive(killed);
    await killed.answer('hosp-*');
    await takeSummary(killed);
    expect(await approve(killed, 'Deploy')).toEqual(['Configuration', 'Certificates']);
    const certificates = () => hosts().filter(({ etc }) => existsSync(join(etc, 'ssl', 'fl_network', 'ca.crt')));
    expect(certificates()).toEqual([]);
    killed.press('y');
    await until('something lies on a host', () => certificates().length > 0);
    expect((await killed.crash()).code).toBe(137);

    const pty = open();
    await pty.waitFor('❯ Go on');
    // The lock that was left says in what it was killed.
    await pty.waitFor('deploy was interrupted just now');
    pty.press(keys.enter);
    // What was asked and answered before is not asked again.
    expect(await approve(pty)).toEqual(['Deploy', 'Launch']);
    await leave(pty);
  });
});
