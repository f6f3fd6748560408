import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSshConfig } from '../../source/ssh/config-file.ts';
import { resolveTarget } from '../../source/ssh/host.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'fl-wizard-config-'));
  mkdirSync(join(home, '.ssh', 'config.d'), { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true }));

const write = (file: string, text: string) => writeFileSync(join(home, '.ssh', file), text);
async function resolve(host: string) {
  return resolveTarget({ host }, { home, config: await readSshConfig(home), defaultUser: 'me' });
}

describe('readSshConfig', () => {
  it('is undefined where there is none', async () => {
    expect(await readSshConfig(home)).toBeUndefined();
  });

  it('includes files by name and by wildcard, the first value counting', async () => {
    write('config', `Include config.d/*.conf "${home}/.ssh/my file" missing\nUser after\nHost a\n Port 1\n`);
    write('config.d/1.conf', 'Host a\n  HostName one\n');
    write('config.d/2.conf', 'Host a\n  HostName two\n  Port 2\n');
    write('config.d/.hidden.conf', 'User hidden\n');
    write('my file', 'Host b\n  HostName three\n');
    expect(await resolve('a')).toMatchObject({ address: 'one', port: 2, user: 'after' });
    expect(await resolve('b')).toMatchObject({ address: 'three', user: 'after' });
  });

  it('goes on with the section that an Include stands in', async () => {
    write('config', 'Host a\n  Include more\n  Port 2200\n');
    write('more', 'User included\n');
    expect(await resolve('a')).toMatchObject({ user: 'included', port: 2200 });
    expect(await resolve('b')).toMatchObject({ user: 'me', port: 22 });
  });

  it('refuses a file that includes itself, as ssh does', async () => {
    write('config', 'Include config\nHost a\n  Port 2200\n');
    await expect(readSshConfig(home)).rejects.toMatchObject({
      failure: { exitCode: 2, why: 'files include each other more than 16 deep' },
    });
  });

  it.each(['config', 'more'])('refuses a file that others may write: %s', async (file) => {
    write('config', 'Include more\n');
    write('more', 'ProxyCommand touch /tmp/x\n');
    chmodSync(join(home, '.ssh', file), 0o664);
    await expect(readSshConfig(home)).rejects.toMatchObject({
      failure: { exitCode: 2, doing: `Reading ~/.ssh/${file}`, hint: `chmod 600 ~/.ssh/${file}` },
    });
  });
});
