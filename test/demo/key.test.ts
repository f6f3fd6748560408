import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostKey, makeSshKey } from '../../source/demo/key.ts';
import { loadSsh2 } from '../../source/ssh/library.ts';
import { publicBlob, publicBlobOf } from '../../source/ssh/openssh-key.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fl-wizard-key-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('makeSshKey', () => {
  it('makes keys that ssh2 reads, whose halves belong together, a hundred in a row', async () => {
    const { utils } = await loadSsh2();
    for (let i = 0; i < 100; i++) {
      const { privatePem, publicLine } = await makeSshKey();
      const [mine, theirs] = [utils.parseKey(privatePem.reveal()), utils.parseKey(publicLine)];
      if (mine instanceof Error || theirs instanceof Error) throw new Error('ssh2 does not read it');
      expect(mine.getPublicSSH()).toEqual(theirs.getPublicSSH());
      expect(theirs.verify('text', mine.sign('text'))).toBe(true);
      expect(publicBlobOf(privatePem.reveal())).toEqual(theirs.getPublicSSH());
      expect(publicBlobOf(publicLine)).toEqual(theirs.getPublicSSH());
    }
  });

  it('prints no private key', async () => {
    expect(inspect(await makeSshKey(), { depth: 9 })).not.toContain('PRIVATE');
  });
});

describe('hostKey', () => {
  it('keeps its key, readable by its owner only', async () => {
    const file = join(folder, 'new', 'host_key');
    const first = await hostKey(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(publicBlob(await hostKey(file))).toEqual(publicBlob(first));
  });

  it('makes a new one where the file was cut short', async () => {
    const file = join(folder, 'host_key');
    await hostKey(file);
    writeFileSync(file, readFileSync(file).subarray(0, 50));
    const again = await hostKey(file);
    expect(publicBlob(await hostKey(file))).toEqual(publicBlob(again));
  });
});
