/** The built program's monitor on a run whose hosts are gone: one frame, events, and readers that go away. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { program, root, wizard } from '../helpers/wizard.ts';

const project = mkdtempSync(join(tmpdir(), 'flw-monitor-'));
afterAll(() => rmSync(project, { recursive: true, force: true }));

const rounds = 400;
const at = (second: number) => new Date(Date.parse('2026-11-20T09:41:00Z') + second * 1000).toISOString();
const tally = { ok: 2, failed: 0 };
const round = (number: number) => ({
  type: 'round-finished',
  round: number,
  rounds,
  seconds: 2,
  fit: tally,
  evaluate: tally,
  loss: Math.abs(number - 300) + 0.5,
  metrics: { accuracy: 0.5 },
});

beforeAll(() => {
  execFileSync(process.execPath, [join(root, 'scripts', 'build.js')], { stdio: 'pipe' });
  writeFileSync(
    join(project, 'fl-network.yaml'),
    `version: 1
name: xray
certificates: {algorithm: ec}
server: {address: fl.example.org, ssh: {host: 127.0.0.1, port: 1}}
clients: [{name: client1, ssh: {host: 127.0.0.1, port: 2}}]
`,
  );
  const folder = join(project, '.fl-wizard', 'runs', '1');
  mkdirSync(folder, { recursive: true });
  const events = [
    { type: 'run-started', rounds, clients: ['client1'] },
    { type: 'server-started', port: 9092 },
    ...Array.from({ length: rounds }, (_, number) => round(number + 1)),
    { type: 'run-finished', outcome: 'changed' },
  ];
  const lines = events.map((event, index) =>
    JSON.stringify({ ...event, sequence: index + 1, run: '1', time: at(index) }),
  );
  writeFileSync(join(folder, 'events.jsonl'), `${lines.join('\n')}\n`);
});

/** Its exit code and what it says of it, where its reader goes away after the first line. */
function toOneLine(...words: readonly string[]): readonly [string, string] {
  const script = '"$@" | head -1 >/dev/null; echo "$PIPESTATUS"';
  const { stdout, stderr } = spawnSync(
    'bash',
    ['-c', script, 'bash', process.execPath, program, ...words, '-C', project],
    {
      encoding: 'utf8',
    },
  );
  return [stdout.trim(), stderr];
}

describe('a reader that goes away', () => {
  it.each([[['--once', '--json']], [['--json']]])('ends monitor %s quietly, with 0', (flags) => {
    expect(toOneLine('monitor', ...flags)).toEqual(['0', '']);
  });

  it('is an interruption where the run’s end was waited for: 0 would tell of an end that nobody saw', () => {
    const [code, said] = toOneLine('monitor', '--wait', '--json');
    expect(code).toBe('130');
    expect(said).toContain('Interrupted');
  });
});

describe('events behind a sequence', () => {
  const sequences = (stdout: string) => [...stdout.matchAll(/"sequence":(\d+)/g)].map(([, number]) => Number(number));

  it('are all that is printed, with --once as without', async () => {
    for (const more of [['--once'], []]) {
      const { code, stdout, events } = await wizard(['monitor', '--json', ...more, '--after', '400', '-C', project]);
      expect(code).toBe(0);
      expect(sequences(stdout)).toEqual([401, 402, 403]);
      expect(events.map(({ type }) => type)).toEqual([
        'session-started',
        'step-started',
        'plan-ready',
        ...(more.length > 0 ? [] : ['past-known']),
        'round-finished',
        'round-finished',
        'run-finished',
        ...(more.length > 0 ? ['link-changed'] : []),
        'step-finished',
        'session-finished',
      ]);
    }
  });

  it('of which there are none end it at once, with 0', async () => {
    for (const more of [['--once'], []]) {
      const { code, stdout, events } = await wizard(['monitor', '--json', ...more, '--after', '403', '-C', project]);
      expect([code, sequences(stdout)]).toEqual([0, []]);
      expect(events.map(({ type }) => type)).not.toContain('past-known');
    }
  });
});

it('one frame on a pipe is the same a moment later, and has no escapes', async () => {
  const [first, second] = [
    await wizard(['monitor', '--once', '-C', project]),
    await wizard(['monitor', '--once', '-C', project]),
  ];
  expect([first.code, first.stderr]).toEqual([0, '']);
  expect(first.stdout).toContain('best round 300 by loss');
  expect(first.stdout).not.toContain('\x1b');
  expect(second.stdout.replaceAll(/\d+ s\b/g, '')).toBe(first.stdout.replaceAll(/\d+ s\b/g, ''));
});

describe('the runs that this machine remembers', () => {
  it('are listed with when they began, how long they took, and the best round', async () => {
    const { code, stdout, stderr } = await wizard(['runs', '-C', project], { env: { TZ: 'UTC' } });
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^These are the runs that this machine remembers; the server's host can't be asked: refused/,
    );
    expect(stdout).toMatch(/^RUN +STARTED +TOOK +ROUNDS +DONE +STATE +BEST$/m);
    expect(stdout).toMatch(/^1 +2026-11-20 09:41 +6:42 +400 +400 +finished +round 300 by loss$/m);
  });

  it('are one document for a script', async () => {
    const { stdout } = await wizard(['runs', '--json', '-C', project]);
    expect(JSON.parse(stdout)).toMatchObject([
      {
        run: '1',
        rounds: 400,
        done: 400,
        finished: true,
        outcome: 'changed',
        started: at(0),
        until: at(402),
        seconds: 402,
        best: { round: 300, by: 'loss' },
      },
    ]);
  });
});

describe('in the folder of a demo that was killed in the middle of its run', () => {
  const demo = join(project, 'demo');
  beforeAll(() => {
    mkdirSync(join(demo, '.fl-wizard', 'hosts', 'server'), { recursive: true });
    mkdirSync(join(demo, '.fl-wizard', 'runs', '1'), { recursive: true });
    writeFileSync(
      join(demo, 'fl-network.yaml'),
      `version: 1
name: demo
server: {address: localhost, ssh: {host: 127.0.0.1, port: 1}}
clients: [{name: client1, ssh: {host: 127.0.0.1, port: 2}}]
`,
    );
    const event = { type: 'run-started', rounds, clients: ['client1'], sequence: 1, run: '1', time: at(0) };
    writeFileSync(join(demo, '.fl-wizard', 'runs', '1', 'events.jsonl'), `${JSON.stringify(event)}\n`);
  });

  it.each(['monitor --wait', 'monitor --once', 'launch --yes', 'verify', 'status', 'stop --yes', 'logs --follow'])(
    '%s says that its hosts are gone and what there is to do, and waits for nothing',
    async (words) => {
      const { code, stderr } = await wizard([...words.split(' '), '-C', demo]);
      expect(code).toBe(4);
      expect(stderr).toContain("the demo's hosts are gone with the demo");
      expect(stderr).toContain('fl-wizard demo trains another run');
    },
  );

  it('report sends nobody to launch', async () => {
    const { code, stderr } = await wizard(['report', '-C', demo]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/0 of 400 rounds\. .*fl-wizard demo trains another run\./);
    expect(stderr).not.toContain('fl-wizard launch');
  });
});
