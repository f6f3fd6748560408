/** The project folder of a demo whose hosts have ended with it. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ofDemo, ofDemoEvents } from '../../source/commands/demo-folder.ts';
import { footer } from '../../source/commands/footer.ts';
import type { Event } from '../../source/plan/event.ts';
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

  it('is told of so in the events of a session too, and nothing else is', async () => {
    const time = '2026-11-20T09:41:00Z';
    const retell = await ofDemoEvents(left.directory, left.network);
    const event = (more: object) => ({ ...more, time }) as Event;
    const failures = [refused.failure, trouble(exit.remote, 'server')];
    const told = retell?.(event({ type: 'step-finished', step: 'stop', outcome: 'failed', failures }));
    expect(told).toMatchObject({ failures: [{ hint: expect.stringContaining(weights) }, failures[1]] });
    expect(retell?.(event({ type: 'link-changed', state: 'lost', why: 'refused' }))).toMatchObject({
      why: expect.stringContaining(`refused (the demo's hosts ended with it`),
    });
    const notice = event({ type: 'notice', text: 'refused' });
    expect(retell?.(notice)).toBe(notice);
    for (const { directory, network } of [own, begun]) expect(await ofDemoEvents(directory, network)).toBeUndefined();
  });

  it('of others, and other trouble, is told as it is', async () => {
    for (const { directory, network } of [own, begun]) expect(await ofDemo(refused, directory, network)).toBe(refused);
    for (const error of [new Error('a bug'), new UserError(trouble(exit.remote, 'server'))])
      expect(await ofDemo(error, left.directory, left.network)).toBe(error);
  });
});
