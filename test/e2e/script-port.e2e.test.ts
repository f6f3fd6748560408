/** An app whose server.py names the port, and an fl-network.yaml that does not. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startNetwork, type TestNetwork } from '../helpers/hosts.ts';
import { edit, tutorialApp } from '../helpers/project.ts';
import { canRunSshd } from '../helpers/sshd.ts';
import { freePort, of, wizard } from '../helpers/wizard.ts';

describe.skipIf(!canRunSshd)('a port that only server.py names', () => {
  let network: TestNetwork;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    const app = tutorialApp();
    const script = app['server.py']?.replace('0.0.0.0:9092', `0.0.0.0:${port}`) ?? '';
    network = await startNetwork({ app: { ...app, 'server.py': script }, algorithm: 'ec' });
    edit(network.project, ({ flower }) => {
      delete flower.port;
      flower.linger = 1;
    });
  });
  afterAll(async () => {
    await wizard(['down', '--yes', '-C', network.project]);
    await network.stop();
  });

  test('is the one that is tried, told to the clients, proved and served on', async () => {
    const { code, events, stderr } = await wizard(['up', '--yes', '--json', '-C', network.project]);
    expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
    const checks = of(events, 'check-finished').map(({ step, check }) => ({ step, ...check }));
    const detail = (step: string, name: string) =>
      checks.filter((each) => each.step === step && each.name === name).map((each) => each.detail);
    expect(detail('preflight', 'port')).toEqual([`${port} is free (from server.py)`]);
    expect(detail('preflight', 'way to the server')).toEqual(
      Array(2).fill(expect.stringContaining(`scriptchain.co:${port} `)),
    );
    const started = of(events, 'plan-ready').flatMap(({ actions }) => actions.map(({ text }) => text));
    expect(started).toContainEqual(
      expect.stringContaining(`start the Flower server (port ${port}, from server.py), supervised`),
    );
    expect(of(events, 'server-started')).toContainEqual(expect.objectContaining({ port }));
    expect(of(events, 'run-finished').at(-1)).toMatchObject({ outcome: 'changed' });
  }, 180_000);
});
