/** A company's intermediate as the CA: the main job, and mutual TLS by proof, through the chain. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { company } from '../helpers/company.ts';
import { startNetwork, type TestNetwork } from '../helpers/hosts.ts';
import { tutorialApp } from '../helpers/project.ts';
import { canRunSshd } from '../helpers/sshd.ts';
import { of, wizard } from '../helpers/wizard.ts';

describe.skipIf(!canRunSshd)('up --yes with a CA that was taken over, on three OpenSSH hosts', () => {
  let network: TestNetwork;
  let at: (name: string) => string;
  beforeAll(async () => {
    network = await startNetwork({ app: tutorialApp(), algorithm: 'ec' });
    at = company(join(network.directory, 'company'));
  });
  afterAll(() => network?.stop());

  test('certs takes over the intermediate, which up then uses', async () => {
    const words = ['--yes', '--json', '-C', network.project];
    expect((await wizard(['config', ...words])).code).toBe(0);
    const taken = await wizard(['certs', ...words, '--import-ca', at('chain.crt'), at('sub.key')]);
    expect([taken.code, taken.stderr]).toEqual([0, '']);
    const issuer = new X509Certificate(readFileSync(join(network.project, 'fl_network', 'server.crt'))).issuer;
    expect(issuer).toContain('CN=FL Issuing');

    const up = await wizard(['up', ...words]);
    expect([up.code, up.stderr]).toEqual([0, '']);
    expect(of(up.events, 'round-finished').map(({ round, fit }) => [round, fit.ok])).toEqual([
      [1, 2],
      [2, 2],
      [3, 2],
    ]);
    const proofs = of(up.events, 'check-finished').filter(({ check }) => check.kind !== 'state');
    expect(proofs.filter(({ check }) => !check.ok)).toEqual([]);
    expect(proofs.filter(({ check }) => check.kind === 'refused').length).toBeGreaterThanOrEqual(8);
    expect(of(up.events, 'check-finished').find(({ check }) => check.name === 'mutual TLS')?.check).toMatchObject({
      ok: true,
      detail: expect.stringMatching(/^mutual: /),
    });
  });
});
