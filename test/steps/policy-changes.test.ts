/** What is told of the server's policy before another one is copied. */
import { beforeAll, describe, expect, it } from 'vitest';
import { allowList } from '../../source/flower/layout.ts';
import { registerHead, registerLine } from '../../source/pki/register.ts';
import { createCrl } from '../../source/pki/revocation.ts';
import { policyChanges } from '../../source/steps/policy-changes.ts';
import { ec, inDays, makeAuthority } from '../pki/helpers.ts';
import { fakeWorld, network } from '../plan/fakes.ts';

const home = '/home/ubuntu/fl-wizard/xray/policy';
const register = '/project/.fl-wizard/register.jsonl';
const entry = registerLine({
  serial: '1a2b',
  fingerprint: '0'.repeat(64),
  name: 'client2',
  purpose: 'client',
  subject: 'CN=client2',
  notBefore: '2026-01-01T00:00:00Z',
  notAfter: '2027-01-01T00:00:00Z',
});

async function told(name: string, before: string | undefined, after: string): Promise<readonly string[]> {
  const path = `${home}/${name}`;
  const file = { from: { text: after }, to: path, mode: 0o600, group: 'policy', sha256: '' } as const;
  const world = fakeWorld([], {
    readTexts: async () => (before === undefined ? {} : { [path]: before }),
    read: async (asked) =>
      asked === register ? { content: Buffer.from(registerHead + entry), mode: 0o600 } : undefined,
  });
  return policyChanges(network.server, [{ path, file }], register, world);
}

const client = (name: string, print = name) => ({ name, uri: `spiffe://x/${name}`, fingerprints: [print] });

describe('another list of who may train', () => {
  it('names who comes, who goes, and whose certificate is another one', async () => {
    const before = allowList([client('client1'), client('client2'), client('client4')], [client('ada')], ['p']);
    const after = allowList([client('client1', 'new'), client('client3'), client('client4')], [client('eve')], ['p']);
    expect(await told('allow.json', before, after)).toEqual([
      '+ client3 may train',
      '- client2 may no longer train',
      '  client1 may train with the new certificate only, no longer with the old one',
      '+ eve may watch',
      '- ada may no longer watch',
    ]);
  });

  it('that lets in the same is said to be that', async () => {
    const list = (probe: string) => allowList([client('client1')], [], [probe]);
    expect(await told('allow.json', list('a'), list('b'))).toEqual([
      expect.stringMatching(/^ {2}who may train is the same/),
    ]);
  });

  it('in place of what can’t be read lets in everybody whom it names', async () => {
    expect(await told('allow.json', '{', allowList([client('client1')], [], []))).toEqual(['+ client1 may train']);
    expect(await told('allow.json', undefined, '{}')).toEqual([' allow.json is another one']);
  });
});

describe('another revocation list', () => {
  let crl: (...serials: readonly string[]) => string;
  beforeAll(async () => {
    const authority = await makeAuthority(ec);
    crl = (...serials) => {
      const revoked = serials.map((serial) => ({ serial, date: inDays(0) }));
      return createCrl({ authority, revoked, thisUpdate: inDays(-1), nextUpdate: inDays(1), number: 1 });
    };
  });

  it('names whose certificates are revoked, by the register', async () => {
    expect(await told('crl.pem', crl('0c'), crl('0c', '1a2b'))).toEqual(['- revoked: client2 (serial 1a2b)']);
    expect(await told('crl.pem', crl('0c'), crl())).toEqual(['+ no longer revoked: a certificate (serial 0c)']);
  });

  it('that is only newer is said to be that, and one that can’t be read is no trouble', async () => {
    expect(await told('crl.pem', crl('0c'), crl('0c'))).toEqual([
      expect.stringMatching(/^ {2}the revocation list is a newer/),
    ]);
    expect(await told('crl.pem', 'x', crl())).toEqual([expect.stringContaining('can’t be read')]);
  });
});
