/** The project folder of a demo whose hosts have ended with it. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ofDemo } from '../../source/commands/demo-folder.ts';
import { footer } from '../../source/commands/footer.ts';
import { hostAddress, lockName } from '../../source/demo/ending.ts';
import { exit, UserError } from '../../source/plan/failure.ts';
import { emptyView, type View } from '../../source/plan/reduce.ts';
import { hostsGone, isBarred } from '../../source/steps/link.ts';
import { monitorStep } from '../../source/steps/monitor.ts';
import { takeLock } from '../../source/world/lock.ts';
import { network, trouble } from '../plan/fakes.ts';

const top = mkdtempSync(join(tmpdir(), 'demo-folder-'));
afterAll(() => rmSync(top, { recursive: true }));
mkdirSync(join(top, 'demo', '.fl-wizard', 'hosts'), { recursive: true });
const server = { ...network.server, ssh: { ...network.server.ssh, host: hostAddress } };
const left = { directory: join(top, 'demo'), network: { ...network, name: 'demo', server } };
const own = { directory: join(top, 'demo'), network };
const begun = { directory: top, network: left.network };
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
    expect(told).toMatch(/fl-wizard pull.*\n.*fl-wizard report.*\n.*fl-wizard launch --new.*\n.*fl-wizard down/);
    expect(await words(project, emptyView)).toBe('');
  });

  it('with other settings than those of now says so, and what begins the next there', async () => {
    const standing = { state: 'outdated', why: 'run 2 ended', over: true } as const;
    const launch = { id: 'launch', title: 'Launch', actions: [], checks: [], failures: [], standing };
    const view: View = { ...ended, steps: [{ ...launch, status: 'unchanged' }] };
    expect(await words(own, view)).toMatch(
      /^Ended +with the app or the settings of before.*\n.*\nNext +fl-wizard launch --new begins the next with those of now\n/,
    );
    expect((await footer({ ...own, steps: [monitorStep] }, view, true)).join('\n')).toMatch(
      /^Next +n begins the next/m,
    );
    // That run began with today's: what stood before it is not said of it.
    const next: View = { ...ended, steps: [{ ...launch, status: 'changed' }] };
    const told = (await footer({ ...own, steps: [monitorStep] }, next, true)).join('\n');
    expect(told).toContain('n begins another run');
    expect(told).not.toMatch(/of before|those of now/);
  });
});

describe('a host that does not answer', () => {
  const refused = new UserError({ ...trouble(exit.connection, 'server'), why: 'refused', hint: 'check ssh.port' });
  const processes = (living: boolean) => ({ pid: process.pid, alive: () => living });
  const of = (project: typeof left, error: unknown = refused) => ofDemo(error, project, processes(true));

  it('of a demo that has ended is gone with it, nobody waits for it, and what can be done is said', async () => {
    const told = await of(left);
    if (!(told instanceof UserError)) throw told;
    expect(told.failure).toMatchObject({ host: 'server', exitCode: exit.connection, why: hostsGone });
    expect(told.failure.hint).toMatch(/^fl-wizard demo .* lie in .fl-wizard\/hosts\/server\//);
    expect([isBarred(refused.failure), isBarred(told.failure)]).toEqual([false, true]);
  });

  it('of a demo that goes on may answer a moment later; of one that was killed it does not', async () => {
    const release = await takeLock(left.directory, 'demo', new Date(), processes(true), lockName);
    expect(await of(left)).toBe(refused);
    expect(await ofDemo(refused, left, processes(false))).toMatchObject({ failure: { why: hostsGone } });
    await release();
    expect(await of(left)).toMatchObject({ failure: { why: hostsGone } });
  });

  it('of others, and other trouble, is told as it is', async () => {
    const moved = { ...left, network: { ...left.network, server: network.server } };
    for (const project of [own, begun, moved]) expect(await of(project)).toBe(refused);
    for (const error of [new Error('a bug'), new UserError(trouble(exit.remote, 'server'))])
      expect(await of(left, error)).toBe(error);
  });
});
