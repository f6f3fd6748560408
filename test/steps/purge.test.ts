import { describe, expect, it } from 'vitest';
import { registerHead, registerLine } from '../../source/pki/register.ts';
import type { HostFacts } from '../../source/plan/host-facts.ts';
import type { Belongings } from '../../source/plan/world.ts';
import { purgeStep } from '../../source/steps/purge.ts';
import { answers, fakeWorld } from '../plan/fakes.ts';
import { found, hostFacts } from './facts.ts';

const entry = {
  serial: '01',
  purpose: 'client',
  subject: 'CN=x',
  notBefore: '2026-01-01T00:00:00Z',
  notAfter: '2028-01-01T00:00:00Z',
} as const;
const only = { ...answers, only: ['client1'] };
const facts = hostFacts('client1');
const whole: Belongings = {
  home: { exists: true, names: ['app', 'client1.json', 'python'], others: [], bytes: 12_000_000 },
  certificates: { exists: true, names: ['ca.crt', 'client1.crt', 'client1.key'], others: [], sudo: false },
  environment: { path: '/home/ubuntu/.cache/fl-wizard/python-1', bytes: 302_000_000, users: [] },
};
const none: Belongings = {
  home: { exists: false, names: [], others: [], bytes: 0 },
  certificates: { exists: false, names: [], others: [], sudo: true },
};

/** @param register what is known of whom certificates were made for */
async function purge(belongings: Belongings, more: Partial<HostFacts> = {}, register?: string) {
  const looks = found({ client1: { ...facts, ...more } });
  const world = fakeWorld([], {
    list: async () => [],
    read: async (path) =>
      register !== undefined && path.endsWith('register.jsonl')
        ? { content: Buffer.from(register), mode: 0o600 }
        : undefined,
    look: async () => looks,
    belongings: async () => belongings,
  });
  const observed = await purgeStep.observe(only, world);
  const checks = [];
  for await (const evidence of purgeStep.verify(only, observed, world, new AbortController().signal))
    if ('check' in evidence) checks.push(evidence.check);
  return { actions: purgeStep.plan(only, observed).flatMap(({ lanes }) => lanes.client1 ?? []), checks };
}

describe('down --purge', () => {
  it('removes keys first, then home and environment, and says how much that is', async () => {
    const { actions } = await purge(whole);
    expect(actions.map(({ text }) => text)).toEqual([
      `remove client1.key, ca.crt, client1.crt and ${facts.paths.certificates}`,
      `remove ${facts.paths.home}: app, client1.json and python (12 MB)`,
      'remove the Python environment /home/ubuntu/.cache/fl-wizard/python-1 (302 MB), used by no other network',
    ]);
  });

  it('has root remove the folder where only root can, but never below one that others may change', async () => {
    const rooted = { ...whole, certificates: { ...whole.certificates, sudo: true } };
    const kinds = async (more = {}) => (await purge(rooted, more)).actions.map(({ kind }) => kind);
    expect(await kinds()).toEqual(['remove', 'remove', 'remove', 'remove-folder']);
    expect(await kinds({ unsafeParent: '/etc' })).toEqual(['remove', 'remove', 'remove']);
  });

  it('leaves alone what somebody else has put there or uses, and names it', async () => {
    const { actions, checks } = await purge({
      home: { exists: true, names: [], others: ['notes.txt'], bytes: 0 },
      certificates: { exists: true, names: [], others: ['their.key'], sudo: true },
      environment: { path: '/e', bytes: 1, users: ['/home/ubuntu/fl-wizard/other'] },
    });
    expect(actions).toEqual([]);
    expect(checks).toMatchObject([
      { ok: true, hint: expect.stringMatching(/their\.key in .*notes\.txt in .*other uses it too/) },
    ]);
  });

  it('says of an environment that others use that it stays, and takes its own members for no others', async () => {
    const environment = { path: '/e', bytes: 255_000_000, users: [facts.paths.home, '/srv/trials/net', '/srv/net'] };
    const { actions } = await purge({ ...whole, environment });
    expect(actions.map(({ text }) => text).at(-1)).toBe(
      `remove ${facts.paths.home}: app, client1.json and python (12 MB); the Python environment /e (255 MB) stays: used by 2 other networks`,
    );
    const own = { ...environment, users: [facts.paths.home] };
    expect((await purge({ ...whole, environment: own })).actions.at(-1)).toMatchObject({ environment: '/e' });
  });

  it('takes the files of a member that is called otherwise by now for ours, and no others', async () => {
    const [certificates, entries] = [whole.certificates, ['hosp-c', 'client2']];
    const register = `${registerHead}${entries.map((name, at) => registerLine({ ...entry, name, fingerprint: `${at}`.repeat(64) })).join('')}`;
    const others = ['hosp-c.key', 'hosp-c.crt', 'client2.key', 'theirs.key'];
    const home = { ...whole.home, others: ['client2.json', 'hosp-c.json', 'notes.json'] };
    const { actions } = await purge({ ...whole, home, certificates: { ...certificates, others } }, {}, register);
    expect(actions[0]).toMatchObject({ files: ['client1.key', 'hosp-c.key', 'ca.crt', 'client1.crt', 'hosp-c.crt'] });
    expect(actions[1]).toMatchObject({
      names: ['app', 'client1.json', 'python', 'hosp-c.json'],
      text: expect.stringContaining('client1.json, python and hosp-c.json'),
    });
  });

  it('has nothing to do where nothing is, and fails where anything is left', async () => {
    expect(await purge(none)).toMatchObject({
      actions: [],
      checks: [{ ok: true, detail: 'nothing of fl-wizard is left' }],
    });
    expect((await purge(whole)).checks).toMatchObject([{ ok: false, exitCode: 5, detail: /client1\.key.*app/ }]);
  });
});
