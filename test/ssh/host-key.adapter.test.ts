import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fingerprint, knownHostsLine, parseKnownHosts } from '../../source/ssh/known-hosts.ts';
import { connect } from '../../source/ssh/session.ts';
import { canRunSshd, type Sshd, startSshd } from '../helpers/sshd.ts';
import { blobOf, failureOf, keygen, logIn, scratch, strict, targetOf } from './real.ts';

describe.skipIf(!canRunSshd)('the host key', () => {
  const folder = scratch();
  let host: Sshd;
  let otherKey: string;
  beforeAll(async () => {
    otherKey = keygen(join(folder.path, 'other'), '-t', 'ed25519');
    host = await startSshd({ directory: folder.path, name: 'host', hostKeyTypes: ['ed25519', 'rsa', 'ecdsa'] });
  });
  afterAll(async () => {
    await host.stop();
    folder.remove();
  });
  const unpinned = () => {
    const { hostKey, ...target } = targetOf(host);
    return target;
  };
  const nameThere = () => `[127.0.0.1]:${host.port}`;

  it('is refused when unknown, with its fingerprint and what to do', async () => {
    const failure = await failureOf(connect(unpinned(), strict));
    expect(failure).toMatchObject({ exitCode: 4, host: 'client1', doing: 'Checking the host key of client1' });
    expect(failure.why).toContain(host.fingerprint);
    expect(failure.hint).toContain('--accept-new-host-keys');
    expect(failure.hint).toContain(`hostKey: "${host.fingerprint}"`);
  });

  it('is asked about on first contact, and trusted then', async () => {
    const trust = vi.fn(async () => true);
    const session = await connect(unpinned(), { ...strict, trust });
    expect(trust).toHaveBeenCalledExactlyOnceWith({
      name: 'client1',
      address: '127.0.0.1',
      port: host.port,
      keyType: 'ssh-ed25519',
      fingerprint: host.fingerprint,
      blob: blobOf(host.publicKeys[0]),
    });
    session.close();
  });

  it('is asked about once, however many connect through the same function', async () => {
    const trust = vi.fn(async () => true);
    const sessions = await Promise.all([1, 2, 3, 4].map(() => connect(unpinned(), { ...strict, trust })));
    expect(trust).toHaveBeenCalledTimes(1);
    for (const session of sessions) session.close();
  });

  it('passes on what the question throws', async () => {
    const trust = async () => {
      throw new Error('nobody to ask');
    };
    await expect(connect(unpinned(), { ...strict, trust })).rejects.toThrow('nobody to ask');
  });

  it.each([0, 1, 2])('is known by key %i of several, and nothing is asked', async (index) => {
    const knownHosts = [parseKnownHosts(knownHostsLine('127.0.0.1', host.port, blobOf(host.publicKeys[index])))];
    (await connect(unpinned(), { ...strict, knownHosts })).close();
  });

  it('stops before login where it has changed, and is not asked about', async () => {
    const trust = vi.fn(async () => true);
    const knownHosts = [parseKnownHosts(`# ours\n${nameThere()} ${otherKey}`, '/home/me/known hosts')];
    const failure = await failureOf(connect(unpinned(), { ...strict, knownHosts, trust }));
    expect(failure.exitCode).toBe(4);
    expect(failure.why).toContain(host.fingerprint);
    expect(failure.why).toContain(`${fingerprint(blobOf(otherKey))} (/home/me/known hosts:2)`);
    expect(failure.hint).toContain(`ssh-keygen -R '${nameThere()}' -f '/home/me/known hosts'`);
    expect(trust).not.toHaveBeenCalled();
  });

  it('is refused when revoked', async () => {
    const knownHosts = [parseKnownHosts(`@revoked * ${host.publicKeys[0]}\n${nameThere()} ${host.publicKeys[0]}`)];
    expect(await failureOf(connect(unpinned(), { ...strict, knownHosts, trust: async () => true }))).toMatchObject({
      exitCode: 4,
      why: expect.stringContaining('@revoked'),
    });
  });

  it('is the pinned one or none, whatever known_hosts says', async () => {
    const knownHosts = [parseKnownHosts(`${nameThere()} ${otherKey}`)];
    (await logIn(host, {}, { knownHosts })).close();
    const pinned = { hostKey: fingerprint(blobOf(otherKey)) };
    const right = [parseKnownHosts(`${nameThere()} ${host.publicKeys[0]}`)];
    const failure = await failureOf(logIn(host, pinned, { knownHosts: right, trust: async () => true }));
    expect(failure).toMatchObject({ exitCode: 4, why: expect.stringContaining(pinned.hostKey) });
    expect(failure.why).toContain(host.fingerprint);
  });

  it.each([1, 2])('may be pinned by key %i of several', async (index) => {
    (await logIn(host, { hostKey: fingerprint(blobOf(host.publicKeys[index])) })).close();
  });

  it('is looked up by its alias', async () => {
    const knownHosts = [parseKnownHosts(`my-alias ${host.publicKeys[0]}`)];
    (await connect({ ...unpinned(), hostKeyAlias: 'my-alias' }, { ...strict, knownHosts })).close();
    expect((await failureOf(connect(unpinned(), { ...strict, knownHosts }))).exitCode).toBe(4);
  });
});
