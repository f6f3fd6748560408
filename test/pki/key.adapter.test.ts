import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { generateKey, keyPem, publicKeyDer, readKey, sameKey } from '../../source/pki/key.ts';
import { KeyLanes } from '../../source/pki/key-lanes.ts';
import { encryptedKeyPem, unlockKey } from '../../source/pki/passphrase.ts';
import { pemText } from '../../source/pki/pem.ts';
import { UserError } from '../../source/plan/failure.ts';
import { Secret } from '../../source/plan/secret.ts';
import { ec, folder, makeAuthority, openssl, refusal, rsa } from './helpers.ts';

const put = folder();
const digestOf = (key: KeyObject) => createHash('sha256').update(keyPem(key).reveal()).digest('hex');

describe('a new key', () => {
  it('is PKCS#8 that openssl reads, and prints as a secret', async () => {
    const [first, second] = await Promise.all([generateKey(rsa), generateKey(ec)]);
    expect(openssl('pkey', '-in', put('rsa.key', keyPem(first).reveal()), '-check', '-noout', '-text').text).toContain(
      '2048 bit',
    );
    expect(openssl('pkey', '-in', put('ec.key', keyPem(second).reveal()), '-check', '-noout', '-text').text).toContain(
      'P-256',
    );
    expect(keyPem(first).reveal()).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(`${keyPem(first)}${JSON.stringify(keyPem(first))}`).not.toContain('PRIVATE');
    expect(digestOf(readKey(keyPem(first)))).toBe(digestOf(first));
  });

  it('is never RSA with fewer than 2048 bits', async () => {
    await expect(generateKey({ algorithm: 'rsa', bits: 1024 })).rejects.toThrow('1024 bits');
  });

  it('is made on worker threads where there are more cores than the pool should give away', async () => {
    // Short keys: what is tested is that every order is filled once, on each kind of lane, and that the lanes end.
    const lanes = new KeyLanes(5);
    const keys = await Promise.all(Array.from({ length: 12 }, () => lanes.make(512)));
    expect(new Set(keys.map(digestOf)).size).toBe(12);
    expect(keys.every((key) => key.asymmetricKeyDetails?.modulusLength === 512)).toBe(true);
    expect((await lanes.make(512)).type).toBe('private');
  });

  it('that can not be made fails by itself', async () => {
    const lanes = new KeyLanes(4);
    const orders = [512, 512, 512, 1, 512].map((bits) => lanes.make(bits));
    const results = await Promise.allSettled(orders);
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
  });

  it('leaves the event loop free', async () => {
    let turns = 0;
    let done = false;
    const turn = () => {
      turns += 1;
      if (!done) setImmediate(turn);
    };
    setImmediate(turn);
    await generateKey(rsa);
    expect(turns).toBeGreaterThan(50);
    // However many EC keys are ready at once, each is given out in a turn of its own.
    const given = await Promise.all(Array.from({ length: 200 }, () => generateKey(ec).then(() => turns)));
    expect(new Set(given).size).toBe(200);
    done = true;
  });
});

describe('a key that is read', () => {
  const passphrase = new Secret('correct horse');
  const plain = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const encrypted = new Secret(
    plain.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'correct horse' }).toString(),
  );

  it('may be encrypted', () => {
    expect(digestOf(readKey(encrypted, passphrase))).toBe(digestOf(plain));
  });

  it('may be in an older form', () => {
    expect(digestOf(readKey(new Secret(plain.export({ type: 'sec1', format: 'pem' }).toString())))).toBe(
      digestOf(plain),
    );
  });

  it('is refused without its passphrase, or with a wrong one, and nothing secret is said', () => {
    for (const given of [undefined, new Secret('wrong'), new Secret(''), new Secret('x'.repeat(2000))]) {
      const failure = refusal(() => readKey(encrypted, given));
      expect(failure.exitCode).toBe(2);
      expect(JSON.stringify(failure)).not.toMatch(/MII|wrong|xxx/);
    }
  });

  it('is refused where it is none, or one that is not used here', () => {
    const pem = (type: 'ed25519' | 'x25519') =>
      generateKeyPairSync(type as 'ed25519')
        .privateKey.export({ type: 'pkcs8', format: 'pem' })
        .toString();
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    });
    const curve = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    });
    const half = keyPem(plain).reveal().slice(0, 100);
    for (const text of ['', 'garbage', half, pem('ed25519'), pem('x25519'), `${short}`, `${curve}`])
      expect(refusal(() => readKey(new Secret(text))).exitCode).toBe(6);
  });

  it('is known to belong to a certificate', async () => {
    const authority = await makeAuthority(ec);
    expect(sameKey(authority.certificate, keyPem(authority.key))).toBe(true);
    expect(sameKey(authority.certificate, keyPem(plain))).toBe(false);
    expect(refusal(() => sameKey('garbage', keyPem(plain))).exitCode).toBe(6);
  });

  it('is known to belong to a certificate in every form in which OpenSSL writes it', async () => {
    const file = put('own.key', keyPem((await makeAuthority(ec)).key).reveal());
    const certificate = openssl('req', '-x509', '-new', '-key', file, '-subj', '/CN=x', '-days', '1').text;
    const forms = [
      openssl('ec', '-in', file).text,
      openssl('ec', '-in', file, '-no_public').text,
      openssl('pkcs8', '-topk8', '-nocrypt', '-in', file).text,
      openssl('pkey', '-in', file, '-ec_param_enc', 'explicit').text,
    ].map((text) => text.slice(text.indexOf('-----BEGIN')));
    expect(new Set(forms).size).toBeGreaterThanOrEqual(3);
    for (const form of forms) expect(sameKey(certificate, new Secret(form))).toBe(true);
  });

  it('is refused where its public half is another key’s, which OpenSSL reads without a word', async () => {
    const authority = await makeAuthority(ec);
    const der = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'der' });
    const [own, other] = [der(authority.key), der(await generateKey(ec))];
    const points = 65;
    const patched = (bytes: Buffer) => new Secret(pemText('PRIVATE KEY', bytes));
    const mixed = patched(Buffer.concat([other.subarray(0, -points), own.subarray(-points)]));
    expect(readKey(mixed).asymmetricKeyType).toBe('ec');
    expect(refusal(() => sameKey(authority.certificate, mixed)).exitCode).toBe(6);
    const outside = Buffer.from(own).fill(0xff, 36, 68);
    expect(refusal(() => sameKey(authority.certificate, patched(outside))).exitCode).toBe(6);
  });

  it('has the public half that OpenSSL writes down', async () => {
    // Of so many, some begin with a zero.
    const many = await Promise.all(Array.from({ length: 600 }, () => generateKey(ec)));
    for (const key of [...many, generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey])
      expect(publicKeyDer(key)).toEqual(createPublicKey(key).export({ type: 'spki', format: 'der' }));
  });
});

describe('a key with a passphrase', () => {
  const passphrase = new Secret('pässphrase');

  it('is encrypted with 600,000 rounds of PBKDF2-HMAC-SHA256, and opened with nothing but its passphrase', async () => {
    const key = await generateKey(ec);
    const pem = await encryptedKeyPem(key, passphrase);
    const file = put('locked.key', pem);
    const structure = openssl('asn1parse', '-in', file).text;
    for (const word of ['PBES2', 'PBKDF2', ':0927C0', 'hmacWithSHA256', 'aes-256-cbc'])
      expect(structure).toContain(word);
    const opened = openssl('pkey', '-in', file, '-passin', 'pass:pässphrase');
    expect(digestOf(createPrivateKey(opened.text))).toBe(digestOf(key));
    expect(digestOf(await unlockKey(new Secret(pem), passphrase))).toBe(digestOf(key));
    const failure = await unlockKey(new Secret(pem), new Secret('other')).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UserError);
    expect(failure).toMatchObject({ failure: { exitCode: 2 } });
  });

  it('that has none is opened as it is', async () => {
    const key = await generateKey(ec);
    expect(digestOf(await unlockKey(keyPem(key), passphrase))).toBe(digestOf(key));
  });
});
