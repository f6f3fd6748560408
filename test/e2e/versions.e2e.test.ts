/** Hosts with different versions of Flower, on real OpenSSH: one was left out when the others got theirs. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startNetwork, type TestNetwork } from '../helpers/hosts.ts';
import { edit, processesWith, tutorialApp } from '../helpers/project.ts';
import { canRunSshd, on } from '../helpers/sshd.ts';
import { type Ended, of, wizard } from '../helpers/wizard.ts';

/** The oldest that the runtime works with (scripts/support/python.js). */
const [wanted, oldest] = ['1.41.0', '1.28.0'];

describe.skipIf(!canRunSshd)('a host with an older Flower than the others', () => {
  let network: TestNetwork;
  const run = (step: string, ...words: string[]) => wizard([step, ...words, '-C', network.project]);
  const set = (version: string) => edit(network.project, (file) => Object.assign(file.flower, { version }));
  const versions = `${wanted} on server and client1; ${oldest} on client2`;

  beforeAll(async () => {
    network = await startNetwork({ app: tutorialApp(), algorithm: 'ec' });
    const done = async (step: string, ...words: string[]) => {
      const { code, stderr } = await run(step, '--yes', ...words);
      if (code !== 0) throw new Error(stderr);
    };
    await done('config');
    await done('certs');
    set(oldest);
    await done('deploy');
    set(wanted);
    await done('deploy', '--only', 'server,client1');
  });
  afterAll(() => network?.stop());

  /** That hosts differ is its only failure, and nothing was planned, done or started for it. */
  function refused({ code, events }: Ended, hint: string): void {
    expect(code).toBe(5);
    expect(of(events, 'step-finished').flatMap(({ failures = [] }) => failures)).toEqual([
      {
        exitCode: 5,
        host: 'client2',
        doing: `Launching with Flower ${wanted}`,
        why: `the hosts have different versions: ${versions}`,
        hint,
      },
    ]);
    expect([...of(events, 'plan-ready'), ...of(events, 'action-started')]).toEqual([]);
    for (const { home } of network.hosts) {
      expect(processesWith(join(home, 'fl-wizard'))).toEqual([]);
      expect(readdirSync(join(home, 'fl-wizard', 'scriptchain'))).not.toContain('state');
    }
  }

  test('is named by preflight, with the command for it', async () => {
    const { code, stdout } = await run('preflight');
    expect(code).toBe(0);
    expect(stdout).toContain(`✓ client1  Flower: ${wanted} is there\n`);
    expect(stdout).toContain(
      `✓ client2  Flower: ${oldest} is there; fl-wizard deploy makes an environment with ${wanted}\n`,
    );
    expect(stdout).toContain(`! Flower: ${versions} (fl-wizard deploy --only client2)\n`);
  });

  test('is not launched, nor are the others (5)', async () => {
    refused(await run('launch', '--yes', '--json'), 'fl-wizard deploy --only client2');
    const { stderr } = await run('launch', '--yes');
    expect(stderr).toContain(`  Why  the hosts have different versions: ${versions}\n`);
    expect(stderr).toContain('  Try  fl-wizard deploy --only client2\n');
  });

  test('is not either where its Python is somebody else’s, and preflight fails by it (5)', async () => {
    const [, , client2] = network.hosts;
    if (!client2) throw new Error('no client2');
    const python = `${on(client2, 'readlink -f fl-wizard/scriptchain/python').trim()}/bin/python`;
    const own = { environment: 'existing', remote: { python } };
    edit(network.project, ({ clients: [, second] }) => Object.assign(second ?? {}, own));
    const looked = await run('preflight', '--json');
    expect(looked.code).toBe(5);
    const wrong = of(looked.events, 'check-finished').flatMap(({ check }) => (check.ok ? [] : [check]));
    const detail = `${python} is used as it is, and flwr==${wanted} is wanted, ${oldest} is there`;
    const install = `fl-wizard ssh client2 -- ${python} -m pip install flwr==${wanted}`;
    const hint = expect.stringContaining(`install it there (${install}), `);
    expect(wrong).toMatchObject([{ name: 'packages', host: 'client2', detail, hint }]);
    refused(await run('launch', '--yes', '--json'), `${install}, or set flower.version to ${oldest}`);
    edit(network.project, ({ clients: [, second] }) =>
      Object.assign(second ?? {}, { environment: 'managed', remote: {} }),
    );
  });

  test('is brought to theirs by the command, and launch has a plan', async () => {
    expect((await run('deploy', '--only', 'client2', '--yes')).code).toBe(0);
    const { code, events } = await run('launch', '--json');
    expect(code).toBe(8);
    expect(of(events, 'plan-ready').map(({ actions }) => actions.length > 0)).toEqual([true]);
  });
});
