/** Two folders with networks of one name, on the same hosts. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startNetwork, type TestNetwork } from '../helpers/hosts.ts';
import { tutorialApp } from '../helpers/project.ts';
import { canRunSshd } from '../helpers/sshd.ts';
import { wizard } from '../helpers/wizard.ts';

describe.skipIf(!canRunSshd)('a second folder with a network of the same name', () => {
  let network: TestNetwork;
  let second: string;
  beforeAll(async () => {
    network = await startNetwork({ app: tutorialApp(), algorithm: 'ec', clients: 1 });
    second = join(network.directory, 'second');
    cpSync(network.project, second, { recursive: true });
    rmSync(join(second, 'fl_network'), { recursive: true, force: true });
  });
  afterAll(() => network?.stop());

  const said = (words: readonly string[], folder: string) => wizard([...words, '-C', folder]);

  test('is told whose certificates it would replace, and replaces them only where that is said', async () => {
    for (const words of [['config'], ['certs', '--offline'], ['deploy', '--only-certificates']]) {
      const { code, stderr, stdout } = await said([...words, '--yes'], network.project);
      expect([code, code === 0 ? '' : stderr + stdout]).toEqual([0, '']);
    }
    expect((await said(['config', '--yes'], second)).code).toBe(0);
    const whose = new RegExp(
      `another CA’s \\([^)]*FL Root CA, SHA-256 [0-9a-f]{16}…, made at [0-9-]+ [0-9:]+ UTC, placed by \\S+ from ${network.project} at [0-9-]+ [0-9:]+ UTC\\): the network that runs with those stops working`,
    );
    const text = ({ stdout, stderr }: { stdout: string; stderr: string }) => (stdout + stderr).replace(/\s+/g, ' ');

    const refused = await said(['certs', '--yes'], second);
    expect(refused.code).toBe(8);
    expect(text(refused)).toMatch(whose);
    expect(text(refused)).toMatch(/certificates in use stop being valid: server and client1.*--yes --allow-reissue/);

    expect((await said(['certs', '--offline', '--yes'], second)).code).toBe(0);
    const kept = await said(['deploy', '--only-certificates', '--yes'], second);
    expect(kept.code).toBe(8);
    expect(text(kept)).toMatch(whose);
    const replaced = await said(['deploy', '--only-certificates', '--yes', '--allow-reissue'], second);
    expect([replaced.code, replaced.code === 0 ? '' : text(replaced)]).toEqual([0, '']);
  });
});
