/** `pull` over real OpenSSH: weights of many megabytes, cut in the middle and gone on with. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startNetwork, type TestNetwork } from '../helpers/hosts.ts';
import { canRunSshd } from '../helpers/sshd.ts';
import { wizard } from '../helpers/wizard.ts';

const weights = randomBytes(60_000_000);
const event = (sequence: number, type: string, more: object) =>
  `${JSON.stringify({ time: '2026-11-20T09:41:00Z', sequence, type, ...more })}\n`;

describe.skipIf(!canRunSshd)('pull', () => {
  let network: TestNetwork;
  const pull = (words: readonly string[] = []) => wizard(['pull', ...words, '-C', network.project]);
  beforeAll(async () => {
    network = await startNetwork({ app: {} });
    const run = join(network.hosts[0]?.home ?? '', 'fl-wizard', 'scriptchain', 'runs', '1');
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

  test('says 4 where the host is gone, and leaves nothing', async () => {
    await network.hosts[0]?.stop();
    const gone = await pull(['--output', join(network.directory, 'none')]);
    expect([gone.code, existsSync(join(network.directory, 'none'))]).toEqual([4, false]);
  });
});
