/** The project folder of a demo whose hosts have ended with it. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ofDemo } from '../../source/commands/demo-folder.ts';
import { footer } from '../../source/commands/footer.ts';
import { exit, UserError } from '../../source/plan/failure.ts';
import { emptyView, type View } from '../../source/plan/reduce.ts';
import { monitorStep } from '../../source/steps/monitor.ts';
import { network, trouble } from '../plan/fakes.ts';

const top = mkdtempSync(join(tmpdir(), 'demo-folder-'));
afterAll(() => rmSync(top, { recursive: true }));
mkdirSync(join(top, 'demo', '.fl-wizard', 'hosts'), { recursive: true });
const left = { directory: join(top, 'demo'), network: { ...network, name: 'demo' } };
const own = { directory: join(top, 'demo'), network };
const begun = { directory: top, network: { ...network, name: 'demo' } };
const weights = '.fl-wizard/hosts/server/home/fl-wizard/demo/runs/';

const ended: View = {
  ...emptyView,
  run: { ...emptyView.run, id: '2', end: { time: '2026-11-20T09:41:00Z', outcome: 'changed' } },
};
const words = async (project: typeof left, view = ended) =>
  (await footer({ ...project, steps: [monitorStep] }, view)).join('\n');

describe('a run that has ended', () => {
  it('of a demo has its weights on this machine, and nothing is to be fetched or launched', async () => {
    const told = await words(left);
    expect(told).toContain(`Weights   ${weights}2/\n`);
    expect(told).toContain('fl-wizard report');
    expect(told).not.toMatch(/pull|launch|on the server's host/);
  });

  it.each([own, begun])('of hosts that are somebody’s is pulled from them', async (project) => {
    const told = await words(project);
    expect(told).toContain("/runs/2 on the server's host");
    expect(told).toMatch(/fl-wizard pull.*\n.*fl-wizard report.*\n.*fl-wizard launch --new/);
    expect(await words(project, emptyView)).toBe('');
  });
});

describe('a host that does not answer', () => {
  const refused = new UserError({ ...trouble(exit.connection, 'server'), why: 'refused', hint: 'check ssh.port' });

  it('of a demo ended with it, and that is the hint', async () => {
    const told = await ofDemo(refused, left.directory, left.network);
    expect(told).toMatchObject({
      failure: { why: 'refused', exitCode: exit.connection, hint: expect.stringContaining(`lie in ${weights}`) },
    });
  });

  it('of others, and other trouble, is told as it is', async () => {
    for (const { directory, network } of [own, begun]) expect(await ofDemo(refused, directory, network)).toBe(refused);
    for (const error of [new Error('a bug'), new UserError(trouble(exit.remote, 'server'))])
      expect(await ofDemo(error, left.directory, left.network)).toBe(error);
  });
});
