/** What counts as a proof, and what does not. */
import { describe, expect, it } from 'vitest';
import type { Network } from '../../source/network/network.ts';
import { exit, UserError } from '../../source/plan/failure.ts';
import { type CaseName, cases, type Seen, type Tried } from '../../source/plan/proof.ts';
import { digestOfFiles, otherFiles } from '../../source/steps/verify-record.ts';
import { checkOf, insiderOf, trialsOf, tryOne } from '../../source/steps/verify-tries.ts';
import { answers, fakeWorld, network, now } from '../plan/fakes.ts';

const insider = insiderOf(network, network.server);
const judge = (which: CaseName, seen: Seen, more: Partial<Tried> = {}) =>
  checkOf({ which, through: network.server }, { seen, to: '127.0.0.1:9092', ...more }, insider);
const policy = (reason: string): Seen => ({ outcome: 'refused', by: 'policy', reason });
const handshake: Seen = { outcome: 'refused', by: 'handshake', reason: 'closed' };

describe('the right certificate', () => {
  it('has to be let in as who it is', () => {
    expect(insider).toEqual({ name: 'client1', uri: 'spiffe://fl.example.org/fl/client/client1' });
    expect(judge('right', { outcome: 'accepted', identity: insider.uri })).toMatchObject({
      ok: true,
      kind: 'accepted',
    });
  });

  it('is not proved by a server that lets everybody in without asking', () => {
    expect(judge('right', { outcome: 'accepted', identity: 'nobody: the server does not ask who it is' }).ok).toBe(
      false,
    );
  });

  it('that is refused fails', () => {
    expect(judge('right', handshake)).toMatchObject({ ok: false, hint: expect.any(String) });
  });
});

describe('a host whose files are others than the ones here', () => {
  const sources = { runtime: [['gate.py', 'aa']], app: [['server.py', 'bb']] } as const;
  const [runtime, app] = [digestOfFiles(sources.runtime), digestOfFiles(sources.app)];

  it('is a warning beside the proof, and one that is right or was not asked is none', () => {
    const hosts = [
      { name: 'server', role: 'server', runtime, app },
      { name: 'client1', role: 'client', runtime: 'tampered', app },
      { name: 'client2', role: 'client' },
    ] as const;
    expect([...otherFiles(hosts, sources)]).toEqual([
      {
        check: expect.objectContaining({
          host: 'client1',
          name: 'runtime',
          ok: true,
          detail: expect.stringContaining('not this fl-wizard’s'),
          hint: expect.stringContaining('fl-wizard deploy'),
        }),
      },
    ]);
  });
});

describe('what a try shows beside its outcome', () => {
  const accepted: Seen = { outcome: 'accepted', identity: insider.uri };
  const word = { uri: insider.uri, fingerprint: 'aa', address: '10.0.0.2:4711' };

  it('has to fit: a server that saw another certificate than was shown is not the one that was reached', () => {
    expect(judge('right', accepted, { shown: 'aa', word }).ok).toBe(true);
    expect(judge('right', accepted, { shown: 'bb', word })).toMatchObject({
      ok: false,
      detail: expect.stringContaining('the server saw another certificate'),
    });
  });

  it('that the server speaks no old TLS lets nobody in, and is no fault', () => {
    const old: Seen = { outcome: 'refused', by: 'version', reason: 'the server speaks nothing as old as TLS 1.2' };
    expect(judge('right', old)).toMatchObject({ ok: true, kind: 'state' });
    for (const which of ['none', 'revoked'] as const)
      expect(judge(which, old)).toMatchObject({ ok: true, kind: 'refused' });
  });
});

describe('which connections are tried', () => {
  const trials = (over: Partial<Network> = {}, lost: readonly string[] = []) =>
    trialsOf({ ...answers, network: { ...network, ...over } }, new Set(lost)).map(({ through, which, limit = '' }) =>
      `${through.name} ${which} ${limit}`.trim(),
    );
  const all = cases.map(({ name }) => name);

  it('all cases through every host, and from the server’s with TLS 1.2 too', () => {
    const hosts = ['server', 'client1', 'client2'].flatMap((host) => all.map((name) => `${host} ${name}`));
    expect(trials()).toEqual([...hosts, ...all.map((name) => `server ${name} TLS 1.2`)]);
  });

  it('none through a host that did not answer', () => {
    expect(trials({}, ['client1']).filter((each) => each.startsWith('client1'))).toEqual([]);
  });

  it('with keys on their hosts, each key where it lies, and nothing twice', () => {
    const made = trials({ certificates: { ...network.certificates, keys: 'host' } });
    expect(made.filter((each) => / right/.test(each))).toEqual(['client1 right', 'client2 right']);
    expect(made.filter((each) => / server/.test(each))).toEqual(['server server']);
    expect(new Set(made).size).toBe(made.length);
  });
});

describe('a try', () => {
  const trial = { which: 'none', through: network.server } as const;
  const endpoint = { port: 9092 };

  it('that could not be made is told as such, with what to try, and with its exit code', async () => {
    const failure = {
      exitCode: exit.connection,
      doing: 'Reaching it',
      why: 'the login failed',
      hint: 'ssh-add',
    } as const;
    const world = fakeWorld([], {
      probe: async () => {
        throw new UserError(failure);
      },
    });
    const { check, entry } = await tryOne(network, world, trial, endpoint);
    expect(check).toMatchObject({ ok: false, detail: 'not tried: the login failed', hint: 'ssh-add', exitCode: 4 });
    expect(entry).toMatchObject({ outcome: 'not tried', expected: 'refused', ok: false, case: 'none', host: 'server' });
  });

  it('is kept with all that was seen', async () => {
    const tls = { version: 'TLS 1.3', cipher: 'TLS_AES_128_GCM_SHA256' };
    const world = fakeWorld([], { probe: async () => ({ seen: handshake, to: '127.0.0.1:9092', tls }) });
    const { entry } = await tryOne(network, world, { ...trial, limit: 'TLS 1.2' }, endpoint);
    expect(entry).toEqual({
      host: 'server',
      case: 'none',
      name: 'no certificate, with TLS 1.2',
      limit: 'TLS 1.2',
      expected: 'refused',
      outcome: 'refused',
      by: 'handshake',
      ok: true,
      detail: 'refused: closed',
      time: now.toISOString(),
      to: '127.0.0.1:9092',
      tls,
    });
  });

  it('that is a bug of ours is none of its findings', async () => {
    const world = fakeWorld([], {
      probe: async () => {
        throw new TypeError('a bug');
      },
    });
    await expect(tryOne(network, world, trial, endpoint)).rejects.toThrow('a bug');
  });
});

describe('who must be refused', () => {
  const others = cases.filter(({ expected }) => expected === 'refused').map(({ name }) => name);

  it.each(others)('%s, let in, fails the proof', (which) => {
    expect(judge(which, { outcome: 'accepted', identity: 'spiffe://x' })).toMatchObject({ ok: false, kind: 'refused' });
  });

  it.each(others)('%s, where nothing clear came back, proves nothing', (which) => {
    const check = judge(which, { outcome: 'unclear', reason: 'nothing listens there' });
    expect(check).toMatchObject({ ok: false, detail: expect.stringContaining('not clear') });
  });

  it.each(['none', 'foreign', 'server', 'expired'] as const)('%s is refused in the handshake', (which) => {
    expect(judge(which, handshake).ok).toBe(true);
  });

  it.each([
    ['revoked', 'the certificate 01ab of probe-revoked is revoked'],
    ['unlisted', 'spiffe://x is not on the list of clients'],
    ['impostor', 'this certificate of client1 is not on the list: its fingerprint differs'],
    ['operator', 'ada is on the list of operators, not of clients'],
  ] as const)('%s is refused by the policy, for its own reason', (which, reason) => {
    expect(judge(which, policy(reason)).ok).toBe(true);
    // An expired probe is refused as well, and shows nothing of allow-list or CRL.
    expect(judge(which, handshake).ok).toBe(false);
    expect(judge(which, policy('everybody is refused: the policy can not be read')).ok).toBe(false);
  });

  it('a revoked one that is refused only because it is not listed does not prove the CRL', () => {
    expect(judge('revoked', policy('spiffe://x is not on the list of clients')).ok).toBe(false);
  });
});
