import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exit, UserError } from '../../source/plan/failure.ts';
import { secretIn } from '../../source/world/given-secret.ts';

const top = mkdtempSync(join(tmpdir(), 'flw-secret-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

const flag = '--sudo-password-file';
const read = (shown: string) => secretIn({ what: 'password', flag, shown, path: join(top, shown) });
const written = (name: string, text: string, mode: number) => {
  writeFileSync(join(top, name), text);
  chmodSync(join(top, name), mode);
  return name;
};

async function failure(shown: string) {
  const error: unknown = await read(shown).catch((thrown) => thrown);
  if (!(error instanceof UserError)) throw new Error('it was read');
  return error.failure;
}

describe('a secret in a file', () => {
  it('is its first line', async () => {
    const { secret, open } = await read(written('mine', 'one\r\ntwo\n', 0o600));
    expect([secret.reveal(), open]).toEqual(['one', undefined]);
  });

  it.each([0o640, 0o604, 0o660])('that others can use is named with what keeps them out (%o)', async (mode) => {
    const { open } = await read(written('theirs', 'one\n', mode));
    expect(open).toBe(
      `${flag}: others on this machine may use theirs (mode ${mode.toString(8)}); chmod 600 theirs keeps them out`,
    );
  });

  it('that is not there, is empty or is a folder is named by flag and path (2)', async () => {
    mkdirSync(join(top, 'folder'));
    for (const [shown, why] of [
      ['nowhere', 'there is no such file'],
      [written('empty', '\nsecond\n', 0o600), 'its first line is empty'],
      ['folder', 'it is a folder'],
    ] as const)
      expect(await failure(shown)).toEqual({
        exitCode: exit.invalid,
        doing: `Reading ${flag} ${shown}`,
        why,
        hint: expect.stringContaining('password'),
      });
  });
});
