/** `pull` over real OpenSSH: weights of many megabytes, cut in the middle and gone on with. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startNetwork, type TestNetwork } from '../helpers/hosts.ts';
import { inventory, until } from '../helpers/project.ts';
import { canRunSshd } from '../helpers/sshd.ts';
import { program, wizard } from '../helpers/wizard.ts';

const weights = randomBytes(60_000_000);
const event = (sequence: number, type: string, more: object) =>
  `${JSON.stringify({ time: '2026-11-20T09:41:00Z', sequence, type, ...more })}\n`;

describe.skipIf(!canRunSshd)('pull', () => {
  let network: TestNetwork;
  let runs: string;
  const report = (words: readonly string[] = []) => wizard(['report', ...words, '-C', network.project]);
  const pull = (words: readonly string[] = []) => wizard(['pull', ...words, '-C', network.project]);
  beforeAll(async () => {
    network = await startNetwork({ app: {} });
    runs = join(network.hosts[0]?.home ?? '', 'fl-wizard', 'scriptchain', 'runs');
    const run = join(runs, '1');
    mkdirSync(run, { recursive: true });
    const tally = { fit: { ok: 2, failed: 0 }, evaluate: { ok: 2, failed: 0 } };
    const round = (number: number, loss: number) =>
      event(number + 1, 'round-finished', {
        round: number,
        rounds: 2,
        seconds: 1,
        metrics: { accuracy: 0.5 },
        loss,
        ...tally,
      });
    const journal = [event(1, 'run-started', { run: '1', rounds: 2 }), round(1, 0.1), round(2, 0.2)].join('');
    writeFileSync(join(run, 'events.jsonl'), journal + event(4, 'run-finished', { outcome: 'changed' }));
    writeFileSync(join(run, 'run.json'), '{"rounds": 2}\n');
    writeFileSync(join(run, 'round-1-weights.npz'), 'the best');
    writeFileSync(join(run, 'round-2-weights.npz'), weights);
  });
  afterAll(() => network?.stop());

  test('fetches the last round’s weights, configuration and metrics; the second time nothing', async () => {
    const first = await pull();
    expect(first.code, first.stderr).toBe(0);
    expect(first.stderr).toContain('Run 1 is finished: 2 of 2 rounds.');
    expect(first.stderr).toContain('Weights of round 2, loss 0.2');
    const folder = join(network.project, 'runs', '1');
    expect(readdirSync(folder).sort()).toEqual(
      ['clients.csv', 'events.jsonl', 'metrics.csv', 'metrics.json', 'round-2-weights.npz', 'run.json'].sort(),
    );
    const digest = (content: Buffer) => createHash('sha256').update(content).digest('hex');
    expect(digest(readFileSync(join(folder, 'round-2-weights.npz')))).toBe(digest(weights));
    const again = await pull(['--json']);
    const { files } = JSON.parse(again.stdout) as { files: { outcome: string }[] };
    expect([...new Set(files.map(({ outcome }) => outcome))]).toEqual(['unchanged']);
  });

  test('takes the best, and says why; an unknown run or round is refused with what there is (2)', async () => {
    const best = await pull(['1', '--round', 'best', '--output', join(network.directory, 'best'), '--json']);
    expect(JSON.parse(best.stdout)).toMatchObject({
      run: '1',
      round: { round: 1, why: 'the lowest loss of 2 rounds' },
    });
    expect(readFileSync(join(network.directory, 'best', 'round-1-weights.npz'), 'utf8')).toBe('the best');
    const refused = await Promise.all([pull(['7']), pull(['--round', '9']), pull(['--round', 'first'])]);
    expect(refused.map(({ code }) => code)).toEqual([2, 2, 2]);
    expect(refused.map(({ stderr }) => stderr).join('')).toMatch(/it has run 1[\s\S]*rounds 1 to 2[\s\S]*last or best/);
  });

  test('report reads the same journal, and leaves nothing of it behind', async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('fl-report-'));
    const page = join(network.directory, 'report.html');
    const { code, stderr } = await report(['--output', page]);
    expect([code, stderr]).toEqual([0, expect.stringContaining("Read from the journal on the server's host.")]);
    expect(stderr).toContain('Run 1 is finished: 2 of 2 rounds.');
    expect(readFileSync(page, 'utf8')).toMatch(/<dt>rounds<\/dt><dd>2<\/dd>/);
    const json = await report(['1', '--format', 'json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ from: 'host', state: 'finished', best: { best: { round: 1 } } });
    const csv = await report(['--format', 'csv']);
    expect(csv.stdout).toBe(readFileSync(join(network.project, 'runs', '1', 'metrics.csv'), 'utf8'));
    const shown = await report(['--show-commands']);
    expect(execFileSync('tail', ['-n', '1'], { input: shown.stdout, encoding: 'utf8' })).toContain(
      'runs/1/events.jsonl',
    );
    const unknown = await report(['7']);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('it has run 1')]);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('fl-report-'))).toEqual(before);
  });

  test('of a run that goes on takes what is complete, and says so', async () => {
    const run = join(runs, '2');
    mkdirSync(run);
    writeFileSync(join(run, 'events.jsonl'), event(1, 'run-started', { run: '2', rounds: 2 }));
    // Nobody serves it.
    const told = await report(['--format', 'json']);
    expect(told.stderr).toContain('Run 2 has not ended, and its server does not run: 0 of 2 rounds.');
    expect(JSON.parse(told.stdout)).toMatchObject({ run: '2', state: 'not running', results: [] });
    const { code, stderr, stdout } = await pull();
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('Run 2 has not ended: 0 of 2 rounds so far, and what is complete is fetched.');
    expect(stderr).toContain('No round has ended with weights yet');
    expect(stdout).toMatch(/metrics\.json +\d+ B +new$/m);
    rmSync(run, { recursive: true });
  });

  test('does nothing in a dry run, and shows lines that fetch the same', async () => {
    const to = join(network.directory, 'lines');
    const before = inventory(network.project);
    const dry = await pull(['--dry-run', '--output', to]);
    expect([dry.code, dry.stdout]).toEqual([0, expect.stringMatching(/round-2-weights\.npz +60 MB +to be fetched$/m)]);
    const shown = await pull(['--show-commands', '--round', 'best', '--output', to]);
    expect([shown.code, inventory(network.project), existsSync(to)]).toEqual([0, before, false]);
    const { port, publicKeys } = network.hosts[0] ?? { port: 0, publicKeys: [] };
    // ssh knows no fingerprint of fl-network.yaml.
    mkdirSync(join(network.project, '.fl-wizard'), { recursive: true });
    writeFileSync(join(network.project, '.fl-wizard', 'known_hosts'), `[127.0.0.1]:${port} ${publicKeys[0]}\n`);
    execFileSync('sh', ['-eu', '-c', shown.stdout], { stdio: 'pipe' });
    expect(readdirSync(to).sort()).toEqual(['events.jsonl', 'round-1-weights.npz', 'run.json']);
    expect(readFileSync(join(to, 'round-1-weights.npz'), 'utf8')).toBe('the best');
  });

  /** Begins to fetch, and tells when a tenth of the weights is here. */
  async function begun(to: string) {
    const child = spawn(process.execPath, [program, 'pull', '--output', to, '-C', network.project], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk;
    });
    const part = join(to, '.round-2-weights.npz.part');
    await until('some of it is here', () => existsSync(part) && statSync(part).size > weights.length / 10);
    const end = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
    return { child, part, ended: async () => ({ code: await end, stderr }) };
  }

  test('goes on where it was killed', async () => {
    const to = join(network.directory, 'killed');
    const { child, part, ended } = await begun(to);
    child.kill('SIGKILL');
    expect((await ended()).code).toBe('SIGKILL');
    const came = statSync(part).size;
    const { code, stdout, stderr } = await pull(['--json', '--output', to]);
    expect(code, stderr).toBe(0);
    const { files } = JSON.parse(stdout) as { files: object[] };
    expect(files.at(-1)).toMatchObject({ bytes: weights.length, outcome: 'changed', resumedAt: came });
    expect(readFileSync(join(to, 'round-2-weights.npz')).equals(weights)).toBe(true);
    expect(existsSync(part)).toBe(false);
  });

  test('keeps what came where it is interrupted (130)', async () => {
    const { child, part, ended } = await begun(join(network.directory, 'interrupted'));
    child.kill('SIGINT');
    expect((await ended()).code).toBe(130);
    expect(statSync(part).size).toBeGreaterThan(weights.length / 10);
  });

  test('keeps what came where the connection is lost, and says 4; where the host is gone, too, and leaves nothing', async () => {
    const { part, ended } = await begun(join(network.directory, 'lost'));
    await network.hosts[0]?.stop();
    expect(await ended()).toEqual({ code: 4, stderr: expect.stringContaining('it goes on where this one ended') });
    expect(statSync(part).size).toBeGreaterThan(weights.length / 10);
    const gone = await pull(['--output', join(network.directory, 'none')]);
    expect([gone.code, existsSync(join(network.directory, 'none'))]).toEqual([4, false]);
    expect(await report()).toMatchObject({ code: 4 });
  });
});
