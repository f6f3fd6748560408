import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { type AddressInfo, createServer, connect as dial } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseCertificate } from '../../source/ssh/host-certificate.ts';
import { fingerprint, parseKnownHosts } from '../../source/ssh/known-hosts.ts';
import { certificateOf } from '../../source/ssh/second-connection.ts';
import { connect } from '../../source/ssh/session.ts';
import type { Target } from '../../source/ssh/target.ts';
import { canRunSshd, type Sshd, startSshd } from '../helpers/sshd.ts';
import { blobOf, failureOf, keygen, scratch, strict, targetOf } from './real.ts';

/** What ssh-keygen makes, real hosts show, and the real way to them. */
describe.skipIf(!canRunSshd)('a host certificate', () => {
  const folder = scratch();
  const hosts: Sshd[] = [];
  let trusting: string;
  let otherCa: string;
  beforeAll(() => {
    trusting = `@cert-authority * ${keygen(join(folder.path, 'ca'), '-t', 'ed25519')}`;
    keygen(join(folder.path, 'rsa_ca'), '-t', 'rsa');
    otherCa = `@cert-authority * ${keygen(join(folder.path, 'other_ca'), '-t', 'ecdsa')}`;
  });
  afterAll(async () => {
    await Promise.all(hosts.map((host) => host.stop()));
    folder.remove();
  });

  /** A host whose certificate ssh-keygen makes by these words. */
  async function start(name: string, words: readonly string[], config: readonly string[] = []): Promise<Sshd> {
    mkdirSync(join(folder.path, name));
    const key = join(folder.path, name, 'host_ed25519');
    keygen(key, '-t', 'ed25519');
    execFileSync('ssh-keygen', ['-q', '-h', '-I', name, ...words, `${key}.pub`]);
    const host = await startSshd({
      directory: folder.path,
      name,
      config: [`HostCertificate ${key}-cert.pub`, ...config],
    });
    hosts.push(host);
    return host;
  }
  const ca = () => ['-s', join(folder.path, 'ca')];
  const unpinned = (host: Sshd, more: Partial<Target> = {}): Target => {
    const { hostKey, ...target } = targetOf(host, more);
    return target;
  };
  const knowing = (text: string) => ({ ...strict, knownHosts: [parseKnownHosts(text)] });

  it('by a CA that is known opens the way, and nothing is asked', async () => {
    const host = await start('good', [...ca(), '-n', 'x,127.0.0.1', '-V', '-1m:+1h']);
    const trust = vi.fn(async () => false);
    const session = await connect(unpinned(host), { ...knowing(trusting), trust });
    expect((await session.run(['echo', 'there'])).stdout).toBe('there\n');
    session.close();
    expect(trust).not.toHaveBeenCalled();
  });

  it('is fetched over the hosts on the way too, each of which has its own', async () => {
    const [outer, inner, host] = [
      await start('outer', [...ca(), '-n', '127.0.0.1']),
      await start('inner', [...ca(), '-n', '127.0.0.1']),
      await start('behind', [...ca(), '-n', 'behind']),
    ];
    const proxyJump = [unpinned(outer), unpinned(inner)];
    const target = unpinned(host, { proxyJump, hostKeyAlias: 'behind' });
    const session = await connect(target, knowing(trusting));
    expect((await session.run(['sh', '-c', 'echo "$HOME"'])).stdout).toBe(`${host.home}\n`);
    session.close();
    const wrong = connect({ ...target, hostKeyAlias: 'elsewhere' }, knowing(trusting));
    expect((await failureOf(wrong)).why).toContain('its certificate is for behind, not for elsewhere');
  });

  it('is fetched by a ProxyCommand where there is one', async () => {
    const host = await start('proxied', [...ca(), '-n', 'proxied']);
    const proxyCommand = `bash -c 'exec 3<>/dev/tcp/127.0.0.1/${host.port}; cat <&3 & exec cat >&3'`;
    // Nothing can be dialed there.
    const target = unpinned(host, { proxyCommand, address: 'proxied', port: 22 });
    (await connect(target, knowing(trusting))).close();
  });

  it('is asked for only where known_hosts name a CA, and nothing is pinned', async () => {
    const host = await start('counted', [...ca(), '-n', '127.0.0.1']);
    let connections = 0;
    const door = createServer((socket) => {
      connections++;
      pipeline(socket, dial(host.port, '127.0.0.1'), socket, () => undefined);
    });
    await once(door.listen(0, '127.0.0.1'), 'listening');
    const { port } = door.address() as AddressInfo;
    const count = async (target: Target, text: string) => {
      connections = 0;
      const session = await connect({ ...target, port }, knowing(text));
      session.close();
      await session.closed;
      return connections;
    };
    const known = `127.0.0.1 ${host.publicKeys[0]}`;
    expect(await count(unpinned(host), known)).toBe(1);
    expect(await count(targetOf(host), trusting)).toBe(1);
    expect(await count(unpinned(host), `${trusting.replace('*', 'elsewhere')}\n${known}`)).toBe(1);
    expect(await count(unpinned(host), trusting)).toBe(2);
    door.close();
  });

  it.each([
    ['an elliptic curve', 'ecdh-sha2-nistp256'],
    ['a long number', 'diffie-hellman-group14-sha256'],
    ['a longer number', 'diffie-hellman-group16-sha512'],
    ['the old name', 'curve25519-sha256@libssh.org'],
  ])('is shown by a host that wants %s', async (_, algorithm) => {
    const host = await start(algorithm.replace('@', '-'), [...ca(), '-n', '127.0.0.1'], [`KexAlgorithms ${algorithm}`]);
    (await connect(unpinned(host), knowing(trusting))).close();
  });

  it.each(['sha2-256', 'sha2-512'])('may be signed by RSA with %s', async (hash) => {
    const words = ['-s', join(folder.path, 'rsa_ca'), '-t', `rsa-${hash}`, '-n', '127.0.0.1'];
    const host = await start(hash, words);
    const fetched = await certificateOf({ target: unpinned(host) }, 'ssh-ed25519', strict);
    if (!('blob' in fetched)) throw new Error(JSON.stringify(fetched));
    const parsed = parseCertificate(fetched.blob);
    expect(parsed).toMatchObject({ certificate: { forHosts: true, principals: ['127.0.0.1'], criticalOptions: [] } });
  });

  it('that has expired is refused with its date, even where somebody would say yes', async () => {
    const host = await start('expired', [...ca(), '-n', '127.0.0.1', '-V', '20200101000000Z:20210203040506Z']);
    const trust = vi.fn(async () => true);
    const failure = await failureOf(connect(unpinned(host), { ...knowing(trusting), trust }));
    expect(failure).toMatchObject({ exitCode: 4, host: 'client1', doing: 'Checking the host key of client1' });
    expect(failure.why).toBe(
      `it shows ${host.fingerprint} (ssh-ed25519), and its certificate expired at 2021-02-03 04:05:06 UTC`,
    );
    expect(failure.hint).toContain(`hostKey: "${host.fingerprint}"`);
    expect(trust).not.toHaveBeenCalled();
    // As with ssh, who knows the key itself needs no certificate.
    const known = `${trusting}\n[127.0.0.1]:${host.port} ${host.publicKeys[0]}`;
    (await connect(unpinned(host), knowing(known))).close();
    (await connect(targetOf(host), knowing(trusting))).close();
  });

  it('by another CA leaves a host unknown, and the refusal tells why', async () => {
    const host = await start('foreign', [...ca(), '-n', '127.0.0.1']);
    const failure = await failureOf(connect(unpinned(host), knowing(otherCa)));
    const signer = fingerprint(blobOf(trusting.replace('@cert-authority * ', '')));
    expect(failure.why).toContain('its key is not known yet');
    expect(failure.why).toContain(`signed by another CA (${signer}) than that of known_hosts:1`);
    const trust = vi.fn(async () => true);
    (await connect(unpinned(host), { ...knowing(otherCa), trust })).close();
    expect(trust).toHaveBeenCalledTimes(1);
  });

  it('that is missing is told of, and that of a revoked CA is refused', async () => {
    const plain = await startSshd({ directory: folder.path, name: 'plain' });
    hosts.push(plain);
    const missing = await failureOf(connect(unpinned(plain), knowing(trusting)));
    expect(missing.why).toContain('it shows no certificate, which known_hosts:1 would take');
    const host = await start('revoked', [...ca(), '-n', '127.0.0.1']);
    const text = `${trusting}\n${trusting.replace('@cert-authority', '@revoked')}`;
    const revoked = await failureOf(connect(unpinned(host), { ...knowing(text), trust: async () => true }));
    expect(revoked.why).toMatch(
      /and a certificate with SHA256:\S+ \(ssh-ed25519\), which is marked @revoked in known_hosts:2$/,
    );
  });
});
