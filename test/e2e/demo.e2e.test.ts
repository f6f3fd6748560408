/** The demo without a terminal: the whole job on this machine, as a script or a CI job runs it. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processesWith } from '../helpers/project.ts';
import { type Ended, of, root, wizard } from '../helpers/wizard.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'flw-demos-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rounds = ({ events }: Ended) => of(events, 'round-finished');

/** What is true of every demo that went well. */
function wentWell(done: Ended, wish: { readonly clients: number; readonly rounds: number }): void {
  expect(of(done.events, 'step-finished').flatMap(({ failures }) => failures ?? [])).toEqual([]);
  expect(done.code).toBe(0);
  const all = Array.from({ length: wish.rounds }, (_, at) => at + 1);
  expect(rounds(done).map(({ round, rounds: of, fit, evaluate }) => [round, of, fit, evaluate])).toEqual(
    all.map((round) => [round, wish.rounds, { ok: wish.clients, failed: 0 }, { ok: wish.clients, failed: 0 }]),
  );
  const refused = of(done.events, 'check-finished').filter(({ check }) => check.kind === 'refused');
  expect(refused.filter(({ check }) => check.ok).length).toBeGreaterThanOrEqual(3);
  expect(refused.filter(({ check }) => !check.ok)).toEqual([]);
  const lines = done.stdout.trimEnd().split('\n');
  for (const line of lines) {
    const { type, time } = JSON.parse(line) as { type: unknown; time: unknown };
    expect(typeof type).toBe('string');
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  }
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ type: 'session-started', version: 1 });
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
    type: 'session-finished',
    outcome: 'changed',
    exitCode: 0,
  });
  expect(done.stdout).not.toContain('PRIVATE KEY');
}

function learned(done: Ended): void {
  const accuracy = rounds(done).map(({ metrics }) => metrics.accuracy ?? 0);
  expect(accuracy.at(-1)).toBeGreaterThan(accuracy[0] ?? 1);
  expect(accuracy.at(-1)).toBeGreaterThan(0.85);
}

const gone = (place: string) => expect(processesWith(place)).toEqual([]);

describe('demo --yes --json', () => {
  test('-C DIR trains three rounds whose accuracy rises, refuses strangers, and keeps the folder', async () => {
    const place = join(folder, 'kept');
    const done = await wizard(['demo', '--yes', '--json', '-C', place]);
    wentWell(done, { clients: 2, rounds: 3 });
    learned(done);
    expect(readdirSync(place)).toEqual(expect.arrayContaining(['app', 'fl-network.yaml', 'fl_network', '.gitignore']));
    expect(readdirSync(join(place, 'fl_network')).sort()).toEqual(
      [
        ...['ca', 'client1', 'client2', 'server'].flatMap((name) => [`${name}.crt`, `${name}.key`]),
        ...['client1', 'client2', 'server'].map((name) => `${name}.csr`),
        'certificate.conf',
      ].sort(),
    );
    const page = readFileSync(join(place, 'runs', '1', 'report.html'), 'utf8');
    expect(page).toContain('Run 1 is finished: 3 of 3 rounds.');
    expect(page).toContain('Read from the journal on the server&#39;s host.');
    expect(page).toContain('PROVED: mutual');
    expect(page).toMatch(/<dt>versions\.flwr<\/dt><dd>\d/);
    gone(place);
  });

  test('whose terminal is closed leaves no key: the shell says so, and the kernel too', async () => {
    const place = join(folder, 'closed');
    mkdirSync(place);
    const done = await wizard(['demo', '--yes', '--json'], {
      env: { TMPDIR: place },
      onEvent: (event, kill) => {
        // The second one while hosts and folder are taken away.
        const inTheMiddle = event.type === 'step-finished' && event.step === 'certs';
        if (!inTheMiddle && event.type !== 'session-finished') return;
        if (inTheMiddle) expect(readdirSync(place)).toEqual([expect.stringContaining('fl-demo-')]);
        kill('SIGHUP');
      },
    });
    expect(done.code).toBe(129);
    expect(readdirSync(place)).toEqual([]);
    gone(place);
  });

  test('the folder is a project: monitor, status, report and verify tell of the run when its hosts are gone', async () => {
    const place = join(folder, 'kept');
    const once = await wizard(['monitor', '--once', '-C', place]);
    expect(once.stderr).toBe('');
    expect(once.code).toBe(0);
    expect(once.stdout).toMatch(/^ +3 +2\/2 +2\/2 /m);
    const [report, status, verify] = await Promise.all([
      wizard(['report', '--format', 'json', '-C', place]),
      wizard(['status', '-C', place]),
      wizard(['verify', '--json', '-C', place]),
    ]);
    expect([report.code, status.code, verify.code]).toEqual([0, 0, 0]);
    expect(status.stdout).toMatch(
      /the demo's hosts are gone with the demo: fl-wizard demo .*\.fl-wizard\/hosts\/server\//,
    );
    const pull = await wizard(['pull', '-C', place]);
    expect(pull.code).toBe(4);
    expect(pull.stderr).toContain("the demo's hosts are gone with the demo");
    const told: unknown = JSON.parse(report.stdout);
    expect(told).toMatchObject({ from: 'record', state: 'finished', proof: { mutual: true }, totals: { rounds: 3 } });
  });

  test('two at once: one into the folder of before, one without a folder, of which nothing stays', async () => {
    const place = join(folder, 'kept');
    const temporary = join(folder, 'tmp');
    mkdirSync(temporary);
    const [again, fleeting] = await Promise.all([
      wizard(['demo', '--yes', '--json', '-C', place]),
      wizard(['demo', '--yes', '--json'], { env: { TMPDIR: temporary } }),
    ]);
    for (const done of [again, fleeting]) {
      wentWell(done, { clients: 2, rounds: 3 });
      learned(done);
    }
    expect(existsSync(join(place, 'fl-network.yaml'))).toBe(true);
    expect(readdirSync(temporary)).toEqual([]);
    gone(place);
    gone(temporary);
  });

  test('--clients 3 --rounds 2, and --app with the tutorial’s scripts', async () => {
    const [more, own] = await Promise.all([
      wizard(['demo', '--yes', '--json', '--clients', '3', '--rounds', '2', '-C', join(folder, 'more')]),
      wizard(['demo', '--yes', '--json', '--app', join(root, 'templates', 'tutorial'), '-C', join(folder, 'own')]),
    ]);
    wentWell(more, { clients: 3, rounds: 2 });
    expect(readdirSync(join(folder, 'more', 'fl_network'))).toContain('client3.crt');
    wentWell(own, { clients: 2, rounds: 3 });
    const accuracy = rounds(own).map(({ metrics }) => metrics.accuracy ?? 0);
    expect(accuracy.at(-1)).toBeGreaterThan(accuracy[0] ?? 1);
    for (const script of ['server.py', 'client.py'])
      expect(readFileSync(join(folder, 'own', 'app', script), 'utf8')).toBe(
        readFileSync(join(root, 'templates', 'tutorial', script), 'utf8'),
      );
  });
});

describe('a demo that can not be', () => {
  test('into another network’s folder: exit 2, and not a file is changed', async () => {
    const place = join(folder, 'another');
    mkdirSync(place);
    const text =
      'version: 1\nname: hospital\nserver: {address: a, ssh: {host: a}}\nclients: [{name: c, ssh: {host: c}}]\n';
    writeFileSync(join(place, 'fl-network.yaml'), text);
    const done = await wizard(['demo', '--yes', '-C', place]);
    expect(done.code).toBe(2);
    expect(done.stderr).toContain('another network');
    expect(done.stderr).toContain('-C');
    expect(readdirSync(place)).toEqual(['fl-network.yaml']);
    expect(readFileSync(join(place, 'fl-network.yaml'), 'utf8')).toBe(text);
  });

  test('with an app that is not there, or has no scripts: exit 2 before a host is touched', async () => {
    const place = join(folder, 'no-app');
    const missing = await wizard(['demo', '--yes', '-C', place, '--app', join(folder, 'nowhere')]);
    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(/nowhere/);
    const bare = join(folder, 'bare');
    mkdirSync(bare);
    writeFileSync(join(bare, 'server.py'), '');
    const half = await wizard(['demo', '--yes', '-C', join(folder, 'half'), '--app', bare]);
    expect(half.code).toBe(2);
    expect(half.stderr).toContain('client.py');
    expect(half.stderr).not.toMatch(/\n\s+at /);
  });

  test('with a line that is no Python: 5 with file, line and text, before anything is signed or copied', async () => {
    const app = join(folder, 'unreadable');
    cpSync(join(root, 'templates', 'tutorial'), app, { recursive: true });
    writeFileSync(join(app, 'client.py'), `${readFileSync(join(app, 'client.py'), 'utf8')}def f(:\n    pass\n`);
    const place = join(folder, 'unread');
    const done = await wizard(['demo', '--yes', '--json', '-C', place, '--app', app]);
    expect(done.code).toBe(5);
    const [failure, ...others] = of(done.events, 'step-finished').flatMap(({ failures }) => failures ?? []);
    expect(others).toEqual([]);
    expect(failure?.why).toMatch(/^app\/client\.py, line \d+: .+ \(Python 3\.\d+\.\d+ of \w+\): “def f\(:”$/);
    expect(of(done.events, 'step-started').map(({ step }) => step)).toEqual(['config', 'preflight']);
    expect(readdirSync(join(place, 'fl_network'))).toEqual(['certificate.conf']);
    gone(place);
  });

  test('with an app whose clients can’t train: 5, with the reason, where in its code, and what to do without hosts', async () => {
    const app = join(folder, 'broken');
    cpSync(join(root, 'templates', 'tutorial'), app, { recursive: true });
    const script = readFileSync(join(app, 'client.py'), 'utf8');
    const broken = script.replace(/( +)(def fit\(.*\n)/, '$1$2$1$1raise ValueError("no data here")\n');
    expect(broken).not.toBe(script);
    writeFileSync(join(app, 'client.py'), broken);
    const done = await wizard(['demo', '--yes', '-C', join(folder, 'failed'), '--app', app]);
    expect(done.code).toBe(5);
    expect(done.stderr).toMatch(
      /none of its 3 rounds brought new weights: client\d: raised ValueError: no data here\n/,
    );
    expect(done.stderr).toMatch(/\n +File ".*client\.py", line \d+, in fit\n +raise ValueError\("no data here"\)\n/);
    const [hint] = done.stderr.match(/ {2}Try .*/) ?? [];
    expect(hint).toMatch(/mend .*broken and run the demo again; what each host printed lies in (.*)\/\*\//);
    const logs = 'client1/home/fl-wizard/demo/logs/client1.log';
    expect(readFileSync(join(folder, 'failed', '.fl-wizard', 'hosts', logs), 'utf8')).toContain('no data here');
    const page = readFileSync(join(folder, 'failed', 'runs', '1', 'report.html'), 'utf8');
    expect(page).toMatch(/<p class="verdict failed">Run 1 failed \(none of its 3 rounds/);
    expect(page).toMatch(/<td>client\d<\/td><td class="t">fit<\/td><td class="said">[^<]*ValueError: no data here/);
  });

  test('with a Flower app of the message API: exit 2 before a host is touched', async () => {
    const app = join(folder, 'messages');
    mkdirSync(app);
    const components = 'serverapp = "server_app:app"\nclientapp = "client_app:app"';
    writeFileSync(join(app, 'pyproject.toml'), `[tool.flwr.app.components]\n${components}\n`);
    writeFileSync(join(app, 'server_app.py'), 'app = ServerApp(server_fn=server_fn)\n');
    writeFileSync(join(app, 'client_app.py'), 'app = ClientApp()\n\n@app.train()\ndef train(message, context): ...\n');
    const refused = await wizard(['demo', '--yes', '-C', join(folder, 'refused'), '--app', app]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('client_app:app is written for Flower’s message API (@app.train())');
    expect(refused.stderr).toContain('ClientApp(client_fn=…)');
    expect(existsSync(join(folder, 'refused', 'fl-network.yaml'))).toBe(false);
  });

  test.each([['0'], ['-1'], ['two'], ['1e9']])('--clients %s is a usage error', async (clients) => {
    const done = await wizard(['demo', '--yes', `--clients=${clients}`]);
    expect(done.code).toBe(2);
    expect(done.stderr).toContain('--clients');
  });
});
