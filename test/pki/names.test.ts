import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientUri, commonName, dnsName, ipAddress, isAddress, operatorUri } from '../../source/pki/names.ts';
import { authoritySubject } from '../../source/pki/subject.ts';
import { refusal, seed } from './helpers.ts';

describe('a host name', () => {
  it.each([
    ['scriptchain.co', 'scriptchain.co'],
    ['ScriptChain.CO', 'scriptchain.co'],
    ['server', 'server'],
    ['a-1.b--c.example', 'a-1.b--c.example'],
    ['1.example', '1.example'],
    ['münchen.example', 'xn--mnchen-3ya.example'],
    ['xn--mnchen-3ya.example', 'xn--mnchen-3ya.example'],
    ['日本。example', 'xn--wgv71a.example'],
    [`${'a'.repeat(63)}.co`, `${'a'.repeat(63)}.co`],
  ])('%s', (text, expected) => expect(dnsName(text)).toBe(expected));

  const long = `${'a'.repeat(62)}.`.repeat(4);
  it.each([
    '',
    '.',
    'a..b',
    'a.',
    '.a',
    '$(id)',
    'a;b',
    '-oProxyCommand=x',
    '-a.co',
    'a-.co',
    'a b',
    'a_b.co',
    '*.co',
    'a\n',
    'a\0b',
    'a%62.co',
    'a/b',
    'a@b',
    'a:1',
    '127.1',
    '1.2.3.4',
    '1.2.3',
    '0x7f.1',
    'a.0x1',
    '１２７.１',
    '127.0.0.1',
    'xn--a.co',
    'exa\u00admple.co',
    '\u202ea.co',
    '\ud800.co',
    `${'a'.repeat(64)}.co`,
    `${long}co`,
    `${long}${'b'.repeat(3)}`,
  ])('is not %j', (text) => expect(refusal(() => dnsName(text)).exitCode).toBe(2));

  it('is made of letters, digits and hyphens whatever was typed', () => {
    const property = fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.domain()), (text) => {
      try {
        const name = dnsName(text);
        expect(name).toMatch(
          /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/,
        );
        expect(dnsName(name)).toBe(name);
      } catch (error) {
        expect(
          refusal(() => {
            throw error;
          }).exitCode,
        ).toBe(2);
      }
    });
    fc.assert(property, { seed, numRuns: 500 });
  });
});

describe('an address', () => {
  it.each([
    ['100.27.120.77', '100.27.120.77'],
    ['127.0.0.1', '127.0.0.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::1', '::1'],
    ['fe80::1', 'fe80::1'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
  ])('%s', (text, expected) => {
    expect(ipAddress(text)).toBe(expected);
    expect(isAddress(text)).toBe(true);
  });

  it.each([
    '127.1',
    '010.0.0.1',
    '0x7f.0.0.1',
    '2130706433',
    '1.2.3.4.5',
    '1.2.3.256',
    '1.2.3.',
    ' 1.2.3.4',
    '1.2.3.4\n',
    '0.0.0.0',
    '::',
    '::0.0.0.0',
    '::ffff:0.0.0.0',
    '::ffff:127.1',
    '::ffff:010.0.0.1',
    'fe80::1%eth0',
    '[::1]',
    '1::2::3',
    ':::',
    '12345::',
    '255.255.255.255',
    '224.0.0.1',
    'ff02::1',
    '',
    'scriptchain.co',
    '1.2.3.4/24',
  ])('is not %j', (text) => {
    expect(refusal(() => ipAddress(text)).exitCode).toBe(2);
    expect(isAddress(text)).toBe(false);
  });
});

describe('a common name', () => {
  it('is taken as typed up to 64 characters', () => {
    for (const text of ['FLClient1', 'a/b, c+d = "e"', '日本', '😀'.repeat(64), ' a '])
      expect(commonName(text)).toBe(text);
  });

  it.each(['', '  ', 'a'.repeat(65), '😀'.repeat(65), 'a\0', 'a\nb', 'a\u001bb', 'a\u0085', '\ud800', 'a\u202eb'])(
    'is not %j',
    (text) => expect(refusal(() => commonName(text)).exitCode).toBe(2),
  );
});

describe('an identity', () => {
  it.each([
    ['scriptchain.co', 'FLClient1', 'spiffe://scriptchain.co/fl/client/FLClient1'],
    ['100.27.120.77', 'a b', 'spiffe://100.27.120.77/fl/client/a%20b'],
    ['2001:db8::1', 'x', 'spiffe://lab/fl/client/x'],
    ['MÜNCHEN.example', 'ü/?#', 'spiffe://xn--mnchen-3ya.example/fl/client/%C3%BC%2F%3F%23'],
    ['a.co', "!'()*~", 'spiffe://a.co/fl/client/%21%27%28%29%2A~'],
    ['a.co', '..', 'spiffe://a.co/fl/client/%2E%2E'],
  ])('of a client of %s named %s', (server, name, expected) => {
    expect(clientUri(server, 'lab', name)).toBe(expected);
    expect(operatorUri(server, 'lab', name)).toBe(expected.replace('/client/', '/operator/'));
  });

  it('is not made from what is no server, network or name', () => {
    for (const call of [
      () => clientUri('a b', 'lab', 'x'),
      () => clientUri('::1', 'lab/../x', 'x'),
      () => clientUri('a.co', 'lab', 'a\n'),
    ])
      expect(refusal(call).exitCode).toBe(2);
  });

  it('is different for different names, and in plain ASCII', () => {
    const typed = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
    const property = fc.property(typed, typed, (one, other) => {
      const uri = (text: string) => `${clientUri('a.co', 'lab', `x${text}`)}`;
      expect(uri(one) === uri(other)).toBe(one === other);
      expect(uri(one)).toMatch(/^spiffe:\/\/a\.co\/fl\/client\/[A-Za-z0-9._~%-]+$/);
    });
    fc.assert(property, { seed, numRuns: 300 });
  });
});

describe("the CA's subject", () => {
  it('is the dn with a CN of its own', () => {
    expect(
      authoritySubject(
        [
          ['C', 'US'],
          ['O', 'ScriptChain'],
          ['CN', 'scriptchain.co'],
        ],
        'lab',
      ),
    ).toEqual([
      ['C', 'US'],
      ['O', 'ScriptChain'],
      ['CN', 'ScriptChain FL Root CA'],
    ]);
    expect(authoritySubject([['C', 'US']], 'lab').at(-1)).toEqual(['CN', 'lab FL Root CA']);
  });

  it('is cut to 64 characters, not within one', () => {
    expect(authoritySubject([['O', '😀'.repeat(60)]], 'lab').at(-1)).toEqual(['CN', `${'😀'.repeat(53)} FL Root CA`]);
  });
});
