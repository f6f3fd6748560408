import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CertificateVerdict, judgeCertificate } from '../../source/ssh/certificate-lookup.ts';
import { parseCertificate } from '../../source/ssh/host-certificate.ts';
import { findKeys, fingerprint, parseKnownHosts } from '../../source/ssh/known-hosts.ts';
import { parsePublicKey } from '../../source/ssh/public-key.ts';
import { field } from '../../source/ssh/wire.ts';
import { type CertificateOptions, certify, makeKey, type TestKey } from './made-keys.ts';

const types = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa'];
const keys = types.map((type) => makeKey(type));
const [key = makeKey(), ...others] = keys;
const ca = makeKey();
const otherCa = makeKey();
const now = new Date('2026-05-04T03:02:01Z');
const seconds = BigInt(now.getTime() / 1000);
const line = (marker: string, names: string, { line: text }: TestKey) => `${marker} ${names} ${text}`;
const trusting = line('@cert-authority', '*', ca);

async function judge(text: string, blob: Buffer, shown = key): Promise<CertificateVerdict> {
  const known = await findKeys([parseKnownHosts(text)], { own: '[a]:2222', plain: 'a' });
  return judgeCertificate({ blob }, { known, key: shown.blob, name: 'a', now });
}
const withOptions = (options: CertificateOptions) => judge(trusting, certify(key, ca, options));

/** A byte more at the end of a signature by Ed25519, inside it. */
function trailing(blob: Buffer): Buffer {
  const length = 4 + 'ssh-ed25519'.length + 4 + 64;
  return Buffer.concat([
    blob.subarray(0, -4 - length),
    field(Buffer.concat([blob.subarray(-length), Buffer.alloc(1)])),
  ]);
}

describe('a certificate', () => {
  it.each(types.flatMap((type, index) => types.map((by, signer) => [type, by, keys[index], keys[signer]] as const)))(
    'for %s by %s is read',
    (_type, _by, own = key, authority = ca) => {
      const parsed = parseCertificate(certify(own, authority, { principals: ['x', 'y'] }));
      expect(parsed).toMatchObject({
        certificate: { forHosts: true, principals: ['x', 'y'], key: { type: own.type } },
      });
      const { certificate } = parsed as Extract<typeof parsed, { certificate: unknown }>;
      expect(certificate.key.blob.equals(own.blob)).toBe(true);
      expect(certificate.authority.blob.equals(authority.blob)).toBe(true);
    },
  );

  it('vouches for its key, by RSA with SHA-256 too', async () => {
    await expect(withOptions({})).resolves.toBe('vouched');
    const rsa = makeKey('ssh-rsa');
    const signed = certify(key, rsa, { algorithm: 'rsa-sha2-256' });
    await expect(judge(line('@cert-authority', 'a', rsa), signed)).resolves.toBe('vouched');
  });

  it.each<[string, CertificateOptions, string]>([
    ['ends now', { validBefore: seconds }, 'its certificate expired at 2026-05-04 03:02:01 UTC'],
    ['begins in a second', { validAfter: seconds + 1n }, 'its certificate is not valid before 2026-05-04 03:02:02 UTC'],
    ['never begins', { validAfter: 2n ** 64n - 1n }, 'its certificate is not valid before the end of time'],
    ['is for another name', { principals: ['b', 'aa', 'A'] }, 'its certificate is for b, aa, A, not for a'],
    [
      'is for many names',
      { principals: ['b', 'c', 'd', 'e', 'f'] },
      'its certificate is for b, c, d and 2 more, not for a',
    ],
    ['is for no name', { principals: [] }, 'its certificate names no host that it is for'],
    ['is for a user', { kind: 1 }, 'its certificate is one for a user, not for a host'],
    ['has an option', { options: ['x', ''] }, 'its certificate has critical options that are unknown here (x)'],
    ['moves the cursor', { principals: ['\x1b[2Jb\r\n'] }, 'its certificate is for [2Jb, not for a'],
  ])('that %s is refused', async (_, options, problem) => {
    await expect(withOptions(options)).resolves.toEqual({ problem });
  });

  it('holds from its first second to before its last, and for names by a pattern', async () => {
    await expect(withOptions({ validAfter: seconds, validBefore: seconds + 1n })).resolves.toBe('vouched');
    await expect(withOptions({ principals: ['b', '?'] })).resolves.toBe('vouched');
    await expect(withOptions({ principals: ['*.b'] })).resolves.toMatchObject({
      problem: expect.stringContaining('*.b'),
    });
  });

  it.each<[string, Buffer, string]>([
    [
      'another CA',
      certify(key, otherCa),
      `is signed by another CA (${fingerprint(otherCa.blob)}) than that of known_hosts:1`,
    ],
    [
      'SHA-1',
      certify(key, keys[4] ?? ca, { algorithm: 'ssh-rsa' }),
      'is signed with SHA-1 (ssh-rsa), which proves nothing any more',
    ],
    [
      'a wrong signature',
      Buffer.concat([certify(key, ca).subarray(0, -1), Buffer.from([0x80])]),
      'has a wrong signature',
    ],
    ['a signature that goes on', trailing(certify(key, ca)), 'has a wrong signature'],
    ['a plain key', key.blob, 'is no certificate'],
    ['another kind', certify(key, ca, { kind: 3 }), 'is for neither a user nor a host'],
    ['too much', Buffer.concat([certify(key, ca), Buffer.alloc(1)]), 'is damaged'],
    ['too many names', certify(key, ca, { principals: Array.from({ length: 257 }, () => 'a') }), 'is damaged'],
    ['a zero in a name', certify(key, ca, { principals: ['a\0'] }), 'is damaged'],
    ['an option without its value', certify(key, ca, { options: ['x'] }), 'is damaged'],
    ['a type that its key has not', certify(key, ca, { type: 'ssh-rsa-cert-v01@openssh.com' }), 'is damaged'],
    ['an unknown type', certify(key, ca, { type: 'constructor-cert-v01@openssh.com' }), 'is damaged'],
    ['a megabyte', Buffer.concat([certify(key, ca), Buffer.alloc(1_000_000)]), 'is too long'],
  ])('with %s says nothing', async (_, blob, problem) => {
    await expect(judge(trusting, blob)).resolves.toEqual({ note: `its certificate ${problem}` });
    // Who names no CA has no use for the reason.
    await expect(judge('@revoked * x', blob)).resolves.toEqual({ note: '' });
  });

  it('is refused where its key or its CA is revoked, and counts for its own key alone', async () => {
    const revoked = (place: string, byOwnName: boolean) => ({ revoked: expect.objectContaining({ place }), byOwnName });
    for (const each of [ca, key]) {
      const text = `${trusting}\n${line('@revoked', '*', each)}`;
      await expect(judge(text, certify(key, ca))).resolves.toEqual(revoked('known_hosts:2', true));
    }
    const text = `${trusting}\n${line('@revoked', 'a', ca)}`;
    await expect(judge(text.replace('*', 'a'), certify(key, ca))).resolves.toEqual(revoked('known_hosts:2', false));
    const sameType = makeKey();
    await expect(judge(trusting, certify(sameType, ca))).resolves.toEqual({
      problem: `its certificate is for another key than it shows (${fingerprint(sameType.blob)})`,
    });
    for (const other of others) await expect(judge(trusting, certify(other, ca))).resolves.toBe('another key');
  });

  it('that is cut anywhere, or changed anywhere, is one no more', () => {
    const whole = certify(key, ca, { principals: ['a', 'b'], options: ['x', 'y'] });
    for (let length = 0; length < whole.length; length++) {
      expect(parseCertificate(whole.subarray(0, length))).toHaveProperty('problem');
    }
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, bits) => {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ bits;
        expect(parseCertificate(changed)).toHaveProperty('problem');
      }),
      { numRuns: 1000 },
    );
  });

  it('may be any bytes, and nothing is thrown', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => field(Buffer.from(bytes))),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(...types, 'nistp256', 'sk-ssh-ed25519@openssh.com').map(field),
      fc.constantFrom(...keys.map(({ blob }) => field(blob)), Buffer.from([255, 255, 255, 255])),
    );
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.array(piece, { maxLength: 20 }), (type, pieces) => {
        const bytes = Buffer.concat(pieces);
        for (const start of [bytes, Buffer.concat([field(`${type}-cert-v01@openssh.com`), bytes])]) {
          expect(parseCertificate(start)).toHaveProperty('problem');
        }
        const plain = Buffer.concat([field(type), bytes]);
        const parsed = parsePublicKey(plain);
        if (parsed) expect(parsed.blob.equals(plain)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
