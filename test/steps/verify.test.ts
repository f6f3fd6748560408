/** What counts as a proof, and what does not. */
import { describe, expect, it } from 'vitest';
import { type CaseName, cases, type Seen, type Tried } from '../../source/plan/proof.ts';
import { checkOf, insiderOf } from '../../source/steps/verify-tries.ts';
import { network } from '../plan/fakes.ts';

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
