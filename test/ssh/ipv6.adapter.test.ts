import { spawnSync } from 'node:child_process';
import dns from 'node:dns';
import { mkdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { completeNetwork } from '../../source/network/network.ts';
import type { Question } from '../../source/plan/step.ts';
import { resolveTarget } from '../../source/ssh/host.ts';
import { parseKnownHosts } from '../../source/ssh/known-hosts.ts';
import { connect } from '../../source/ssh/session.ts';
import { Connections } from '../../source/world/connections.ts';
import { canRunSshd, type Sshd, startSshd } from '../helpers/sshd.ts';
import { failureOf, logIn, scratch, strict, targetOf } from './real.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1'));

describe.skipIf(!canRunSshd || !hasIpv6)('IPv6', () => {
  const folder = scratch();
  let jump: Sshd;
  let host: Sshd;
  let old: Sshd;
  beforeAll(async () => {
    const at = { directory: folder.path };
    [jump, host, old] = await Promise.all([
      startSshd({ ...at, name: 'jump', address: '::1' }),
      startSshd({ ...at, name: 'host', address: '::1' }),
      startSshd({ ...at, name: 'old' }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([jump, host, old].map((each) => each.stop()));
    folder.remove();
  });
  afterEach(() => void vi.restoreAllMocks());

  const home = join(folder.path, 'home');
  const settings = { home, configText: undefined, defaultUser: 'root' };
  const entry = (written: string) => ({ host: written, port: host.port, identityFile: host.identityFile });
  const there = 'set -- $SSH_CONNECTION; echo "$3"';

  it.each(['::1', '[::1]', '0:0::1'])('reaches a host that is written %s', async (written) => {
    const target = resolveTarget({ ...entry(written), hostKey: host.fingerprint }, settings);
    const session = await connect(target, strict);
    expect((await session.run(['sh', '-c', there])).stdout).toBe('::1\n');
    session.close();
  });

  it('knows a host by what ssh has written of it', async () => {
    const file = join(folder.path, 'known_hosts');
    const words = ['-F', 'none', '-i', host.identityFile, '-p', String(host.port)];
    const trust = [
      '-o',
      'StrictHostKeyChecking=accept-new',
      '-o',
      `UserKnownHostsFile=${file}`,
      '-o',
      'HashKnownHosts=no',
    ];
    expect(spawnSync('ssh', [...words, ...trust, 'root@::1', 'true']).status).toBe(0);
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(new RegExp(`^\\[::1\\]:${host.port} ssh-ed25519 `));
    const knownHosts = [parseKnownHosts(text)];
    for (const written of ['::1', '[::1]'])
      (await connect(resolveTarget(entry(written), settings), { ...strict, knownHosts })).close();
  });

  it('goes through a host that is reached by it as well', async () => {
    const proxyJump = `root@[::1]:${jump.port}`;
    const target = resolveTarget({ ...entry('[::1]'), hostKey: host.fingerprint, proxyJump }, settings);
    const hops = target.proxyJump.map((hop) => ({ ...hop, hostKey: jump.fingerprint }));
    const session = await connect({ ...target, proxyJump: hops }, strict);
    expect((await session.run(['sh', '-c', there])).stdout).toBe('::1\n');
    session.close();
    const failure = await failureOf(connect({ ...target, port: 1, proxyJump: hops }, strict));
    expect(failure.doing).toBe(`Connecting to client1 ([::1]:1) through [::1]:${jump.port}`);
  });

  it('is written in brackets where something fails, and where a key is asked about', async () => {
    const failure = await failureOf(logIn(host, { address: '::1', port: 1 }));
    expect(failure).toMatchObject({
      doing: 'Connecting to client1 ([::1]:1)',
      why: 'refused: nothing listens on port 1 there',
    });
    mkdirSync(home);
    const questions: Question[] = [];
    const ssh = { host: '::1', port: host.port, user: 'root', identityFile: host.identityFile };
    const network = completeNetwork({
      version: 1,
      name: 'six',
      server: { address: 'fl.example.org', ssh },
      clients: [],
    });
    const connections = new Connections({
      directory: folder.path,
      home,
      user: 'root',
      sshAgent: undefined,
      env: {},
      acceptNewHostKeys: false,
      timeout: 10_000,
      dryRun: true,
      signal: new AbortController().signal,
      attended: true,
      ask: async (question) => {
        questions.push(question);
        return { kind: 'yes' };
      },
    });
    expect((await connections.session(network.server)).alive()).toBe(true);
    await connections.close();
    expect(questions).toMatchObject([
      { kind: 'host-key', host: 'server', typed: '::1', address: `[::1]:${host.port}` },
    ]);
  });

  it('is given up for IPv4 where a name has both, and nothing answers at the first', async () => {
    const both = [
      { address: '::1', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ];
    const lookup = vi
      .spyOn(dns, 'lookup')
      .mockImplementation(((_name: string, _options: unknown, done: CallableFunction) => done(null, both)) as never);
    const session = await connect(targetOf(old, { address: 'both.example' }), strict);
    expect((await session.run(['sh', '-c', there])).stdout).toBe('127.0.0.1\n');
    session.close();
    const failure = await failureOf(connect(targetOf(old, { address: 'both.example', port: 1 }), strict));
    expect(failure.why).toBe('refused: nothing listens on port 1 there');
    expect(lookup).toHaveBeenCalledTimes(2);
  });
});
