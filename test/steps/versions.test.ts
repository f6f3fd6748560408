import { describe, expect, it } from 'vitest';
import { exit, UserError } from '../../source/plan/failure.ts';
import type { HostFacts } from '../../source/plan/host-facts.ts';
import { launchStep } from '../../source/steps/launch.ts';
import { hostFindings } from '../../source/steps/preflight-host.ts';
import { difference, flowerOf, mustAgree, versionsSeen } from '../../source/steps/versions.ts';
import { answers, fakeWorld, network } from '../plan/fakes.ts';
import { found, hostFacts } from './facts.ts';

const wanted = network.flower.version;
const names = ['server', ...network.clients.map(({ name }) => name)];
const interpreter = { python: '/opt/conda/bin/python', starter: '', lacking: [] };
const old = [{ wanted: `flwr==${wanted}`, found: '1.28.0' }];

/** All hosts have what is wanted, but for these. */
const looks = (others: Readonly<Record<string, Partial<HostFacts>>> = {}) =>
  found(Object.fromEntries(names.map((name) => [name, hostFacts(name, others[name] ?? { flower: wanted })])));

function failure(others: Readonly<Record<string, Partial<HostFacts>>>) {
  try {
    mustAgree(answers, looks(others));
  } catch (error) {
    if (error instanceof UserError) return error.failure;
    throw error;
  }
  return undefined;
}

describe('the versions of Flower', () => {
  it('are named by host, once', () => {
    const [seen, ...more] = versionsSeen(answers, looks());
    expect(more).toEqual([]);
    const detail = `${wanted} on server, client1 and client2`;
    expect(seen).toMatchObject({ check: { name: 'Flower', ok: true, detail } });
    const none = Object.fromEntries(names.map((name) => [name, {}]));
    expect([...versionsSeen(answers, looks(none))]).toEqual([]);
  });

  it('agree, or a host that deploy left out is named with the command that mends it', () => {
    expect(failure({})).toBeUndefined();
    expect(failure({ client2: { flower: '1.28.0' } })).toMatchObject({
      exitCode: exit.remote,
      host: 'client2',
      why: `the hosts have different versions: ${wanted} on server and client1; 1.28.0 on client2`,
      hint: 'fl-wizard deploy --only client2',
    });
    const all = Object.fromEntries(names.map((name) => [name, { flower: '1.28.0' }]));
    expect(failure(all)?.why).toContain(
      `there is 1.28.0 on server, client1 and client2, and flower.version is ${wanted}`,
    );
    expect(failure(all)?.hint).toBe('fl-wizard deploy');
  });

  it('agree with an interpreter that is used as it is, or it is named', () => {
    expect(failure({ client1: { existing: interpreter } })).toBeUndefined();
    const trouble = failure({ client1: { existing: { ...interpreter, lacking: old } } });
    expect(trouble?.why).toContain('1.28.0 on client1');
    expect(trouble?.hint).toBe(
      `fl-wizard ssh client1 -- /opt/conda/bin/python -m pip install flwr==${wanted}, or set flower.version to 1.28.0`,
    );
    const unasked = hostFacts('client1', { existing: { ...interpreter, trouble: 'it is no Python' } });
    expect(flowerOf(network, unasked), 'nobody knows').toBeUndefined();
  });

  it('stop a launch before it does anything', async () => {
    const there = looks({ client1: { flower: '1.28.0' } });
    const world = fakeWorld([], { look: async () => there, list: async () => [], read: async () => undefined });
    await expect(launchStep.observe(answers, world)).rejects.toMatchObject({
      failure: { doing: `Launching with Flower ${wanted}`, host: 'client1' },
    });
  });

  it('are said by preflight, where deploy is still to come', () => {
    const [client1] = network.clients;
    if (!client1) throw new Error('no client');
    const said = (more: Partial<HostFacts>) =>
      [...hostFindings(client1, hostFacts('client1', more), network)].filter(({ name }) => name === 'Flower');
    expect(said({})).toEqual([]);
    expect(said({ flower: wanted })).toEqual([{ name: 'Flower', ok: true, detail: `${wanted} is there` }]);
    expect(said({ flower: '1.28.0' })[0]?.detail).toBe(
      `1.28.0 is there; fl-wizard deploy makes an environment with ${wanted}`,
    );
    const differs = (others: Readonly<Record<string, Partial<HostFacts>>>) => [...difference(answers, looks(others))];
    const all = Object.fromEntries(names.map((name) => [name, { flower: '1.28.0' }]));
    expect([...differs({}), ...differs(all)], 'nobody differs').toEqual([]);
    const [warning, ...more] = differs({ client2: { flower: '1.28.0' } });
    expect(more).toEqual([]);
    const detail = `${wanted} on server and client1; 1.28.0 on client2`;
    expect(warning).toMatchObject({ ok: true, detail, hint: 'fl-wizard deploy --only client2' });
  });
});
