import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../source/plan/failure.ts';
import { readSshConfig } from '../../source/ssh/config-file.ts';
import { resolveTarget, type Target } from '../../source/ssh/host.ts';
import { canRunSshd } from '../helpers/sshd.ts';
import { env, refused, same } from './config-table.ts';
import { type Dialed, localUser, makeHome, type Understood, understood } from './oracle.ts';

describe.skipIf(!canRunSshd)('~/.ssh/config', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'fl-wizard-oracle-'));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  async function ours(text: string): Promise<Target> {
    const [, user, host = ''] = /^(?:(.*)@)?(.*)$/.exec(text) ?? [];
    const entry = { host, ...(user === undefined ? {} : { user }) };
    return resolveTarget(entry, { home, config: await readSshConfig(home), defaultUser: localUser, env });
  }

  it.each(same)('means to us what it means to ssh: %s', async (_, files, hosts) => {
    makeHome(home, files);
    for (const host of hosts) {
      const theirs = understood(home, host, env);
      if ('refusal' in theirs) throw new Error(theirs.refusal);
      expect(shownOfOurs(await ours(host), home), host).toEqual(shownOfTheirs(theirs));
    }
  });

  it.each(refused)('is refused with a sentence: %s', async (_, files, host, why, sshToo) => {
    makeHome(home, files);
    const error = await ours(host).then(
      () => new Error('it was taken'),
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof UserError)) throw error;
    expect(error.failure.exitCode).toBe(2);
    expect(`${error.failure.doing}: ${error.failure.why}`).toMatch(why);
    expect('refusal' in understood(home, host, env)).toBe(sshToo);
  });
});

const dialed = ({ address, port, user }: Dialed): Dialed => ({ address, port, user });

/** Both in the words of `ssh -G`, as far as it concerns us. */
function shownOfTheirs(theirs: Understood) {
  const { option } = theirs;
  const orAbsent = (value: string | undefined, absent: string) => (value === absent ? undefined : value);
  return {
    ...dialed(theirs),
    through: theirs.through,
    proxyCommand: theirs.proxyCommand,
    identityFiles: theirs.identityFiles,
    identitiesOnly: option('identitiesonly'),
    hostKeyAlias: option('hostkeyalias'),
    identityAgent: orAbsent(option('identityagent'), 'SSH_AUTH_SOCK'),
    userKnownHosts: option('userknownhostsfile'),
    globalKnownHosts: option('globalknownhostsfile'),
    addressFamily: option('addressfamily'),
    bindAddress: option('bindaddress'),
    connectTimeout: orAbsent(option('connecttimeout'), 'none'),
    certificates: option('certificatefile') === undefined ? 0 : 1,
  };
}

const listed = (files: readonly string[]) => files.join(' ') || 'none';

function shownOfOurs(target: Target, home: string): ReturnType<typeof shownOfTheirs> {
  const familyOf = { 4: 'inet', 6: 'inet6' } as const;
  const [first = target] = target.proxyJump;
  return {
    ...dialed(target),
    through: target.proxyJump.map(dialed),
    proxyCommand: first.proxyCommand,
    identityFiles: target.identityFiles,
    identitiesOnly: target.identitiesOnly ? 'yes' : 'no',
    hostKeyAlias: target.hostKeyAlias,
    identityAgent: target.identityAgent,
    userKnownHosts: listed(
      target.userKnownHostsFiles ?? ['known_hosts', 'known_hosts2'].map((name) => join(home, '.ssh', name)),
    ),
    globalKnownHosts: listed(target.globalKnownHostsFiles ?? ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']),
    addressFamily: target.addressFamily === undefined ? 'any' : familyOf[target.addressFamily],
    bindAddress: target.bindAddress,
    connectTimeout: target.connectTimeout === undefined ? undefined : String(target.connectTimeout / 1000),
    certificates: target.certificateFiles?.length ?? 0,
  };
}
