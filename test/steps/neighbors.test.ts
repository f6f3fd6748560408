/** Two networks on one host, with one folder for the certificates of both. */
import { describe, expect, it } from 'vitest';
import { exit, type UserError } from '../../source/plan/failure.ts';
import type { HostFacts, Looks } from '../../source/plan/host-facts.ts';
import { deployStep } from '../../source/steps/deploy.ts';
import { launchStep } from '../../source/steps/launch.ts';
import { neighborsOf } from '../../source/steps/neighbors.ts';
import { permissionsStep } from '../../source/steps/permissions.ts';
import { preflightStep } from '../../source/steps/preflight.ts';
import { purgeStep } from '../../source/steps/purge.ts';
import { answers, fakeWorld, network } from '../plan/fakes.ts';
import { found, hostFacts } from './facts.ts';

const looks = (sharing: readonly string[]): Looks =>
  found({
    server: hostFacts('server'),
    client1: hostFacts('client1', { sharing }),
    client2: hostFacts('client2'),
  });
const world = (sharing: readonly string[]) =>
  fakeWorld([], {
    look: async () => looks(sharing),
    list: async () => [],
    read: async (path) =>
      /(?:server|client)\.py$/.test(path) ? { content: Buffer.from('x'), mode: 0o644 } : undefined,
    mode: async () => 0o600,
  });

describe('a network whose certificates would replace another one’s', () => {
  it.each([preflightStep, deployStep, permissionsStep, launchStep])(
    'is refused before anything is touched ($id)',
    async (step) => {
      await expect(step.observe(answers, world(['digits']))).rejects.toMatchObject({
        failure: {
          exitCode: exit.invalid,
          host: 'client1',
          why: 'network digits has its certificates there, and xray would replace them',
          hint: expect.stringContaining('set remote.certificates: /etc/ssl/fl_network-xray; or end the other one'),
          change: { 'remote.certificates': '/etc/ssl/fl_network-xray' },
        },
      });
    },
  );

  it('on the server’s host needs a port of its own too', async () => {
    const both = found({ server: hostFacts('server', { sharing: ['digits'] }), client1: hostFacts('client1') });
    const shared = fakeWorld([], { look: async () => both, list: async () => [], read: async () => undefined });
    await expect(preflightStep.observe(answers, shared)).rejects.toMatchObject({
      failure: {
        host: 'server',
        hint: expect.stringContaining('remote.certificates: /etc/ssl/fl_network-xray and flower.port: 9192;'),
        change: { 'remote.certificates': '/etc/ssl/fl_network-xray', 'flower.port': 9192 },
      },
    });
  });

  it('there takes a port that nobody listens on: the next one may be a third network’s', async () => {
    const facts = hostFacts('server', { sharing: ['digits'], port: { holder: 'nobody', free: 9392 } });
    const third = fakeWorld([], {
      look: async () => found({ server: facts }),
      list: async () => [],
      read: async () => undefined,
    });
    await expect(preflightStep.observe(answers, third)).rejects.toMatchObject({
      failure: { change: { 'flower.port': 9392 } },
    });
  });

  it('where hosts have folders of their own is about the one that has it', async () => {
    const [first, ...others] = network.clients;
    if (!first) throw new Error('a client');
    const own = {
      ...network,
      clients: [{ ...first, remote: { ...first.remote, certificates: '/data/tls' } }, ...others],
    };
    const facts = hostFacts('client1', { sharing: ['digits'] });
    const there = { ...facts, paths: { ...facts.paths, certificates: '/data/tls' } };
    const shared = fakeWorld([], {
      look: async () => found({ client1: there }),
      list: async () => [],
      read: async () => undefined,
    });
    const refused = await preflightStep.observe({ ...answers, network: own }, shared).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      failure: { hint: expect.stringContaining('remote.certificates: /data/tls-xray (remote: of client1 itself)') },
    });
    expect((refused as UserError).failure).not.toHaveProperty('change');
  });

  it('is none where what lies there is its own, from another home', () => {
    expect(neighborsOf(network, hostFacts('client1', { sharing: ['xray'] }))).toEqual([]);
    expect(neighborsOf(network, undefined)).toEqual([]);
  });

  it('purges nothing of the other one’s, and names it', async () => {
    const facts: HostFacts = hostFacts('client1', { sharing: ['digits'] });
    const own = {
      home: { exists: true, names: ['app'], others: [], bytes: 1 },
      certificates: { exists: true, names: ['ca.crt', 'client1.key'], others: [], sudo: true },
    };
    const observed = (home: typeof own.home) =>
      purgeStep.observe(
        { ...answers, only: ['client1'] },
        fakeWorld([], {
          look: async () => found({ client1: facts }),
          list: async () => [],
          read: async () => undefined,
          belongings: async () => ({ ...own, home }),
        }),
      );
    const [stage] = purgeStep.plan(answers, await observed(own.home));
    expect(stage?.lanes.client1?.map(({ text }) => text)).toEqual([expect.stringMatching(/^remove .*xray: app/)]);
    const after = await observed({ ...own.home, names: [] });
    const checks = [];
    for await (const evidence of purgeStep.verify(answers, after, fakeWorld(), new AbortController().signal))
      if ('check' in evidence) checks.push(evidence.check);
    expect(checks).toEqual([
      expect.objectContaining({ ok: true, hint: expect.stringContaining('network digits has its certificates there') }),
    ]);
  });
});
