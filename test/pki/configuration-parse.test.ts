import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { certificateValues, parseConfiguration, printConfiguration } from '../../source/pki/configuration.ts';
import { UserError } from '../../source/plan/failure.ts';
import { refusal, seed } from './helpers.ts';
import { tutorial } from './tutorial.ts';

const parse = (text: string) => parseConfiguration(text, 'certificate.conf');
const values = (text: string) => certificateValues(parse(text));
/** The tutorial's file with the organization's line replaced. */
const withOwner = (lines: string) => tutorial.replace('O = ScriptChain', () => lines);
const ownerOf = (lines: string) => values(withOwner(lines)).subject.find(([type]) => type === 'O')?.[1];

describe('what is read', () => {
  it("is the tutorial's file", () => {
    expect(values(tutorial)).toEqual({
      subject: [
        ['C', 'US'],
        ['ST', 'New York'],
        ['O', 'ScriptChain'],
        ['OU', 'AI'],
        ['CN', 'scriptchain.co'],
      ],
      dns: ['scriptchain.co'],
      ips: ['100.27.120.77', '172.31.24.144'],
      repeated: [],
      bits: 2048,
      digest: 'sha256',
    });
  });

  it.each([
    ['O = plain  ', 'plain'],
    ['O\t=\ttabs\t', 'tabs'],
    ['O = a # comment', 'a'],
    ['O = "a # b" # comment', 'a # b'],
    ['O = a\\#b', 'a#b'],
    [`O = 'say "hi"'`, 'say "hi"'],
    ['O = "$x"', '$x'],
    ['O = one \\\n    two', 'one     two'],
    ['x.O = a', 'a'],
    ['organizationName = a', 'a'],
    ['O = a = b', 'a = b'],
    ['O = a;b', 'a;b'],
    ['O = $OU\n', undefined],
    ['# O = hidden \\\nO = also hidden', undefined],
    [`[v]\nname = joined\n[dn]\nO = \${v::name}-$(v::name)`, 'joined-joined'],
    ['[v]\ndn::O = moved\n[dn]', 'moved'],
  ])('takes %j', (line, expected) => {
    if (line.includes('$OU')) expect(refusal(() => ownerOf(line)).why).toContain('has no value above this line');
    else expect(ownerOf(line)).toBe(expected);
  });

  it('takes CRLF, a byte order mark and no line break at the end', () => {
    const text = `\ufeff${tutorial.replaceAll('\n', '\r\n').trimEnd()}`;
    expect(values(text)).toEqual(values(tutorial));
    expect(printConfiguration(parse(text))).toBe(text);
  });

  it('follows the names that the file gives its sections, and the default section', () => {
    const text = `default_bits = 3072\n${tutorial.replace('default_bits = 2048\n', '')}`
      .replaceAll('alt_names', 'names')
      .replace('= dn', '= subject')
      .replace('[dn]', '[ subject ]');
    expect(values(text)).toEqual({ ...values(tutorial), bits: 3072 });
  });

  it('merges names that come twice and writes international ones as A-labels', () => {
    const text = `${tutorial}DNS.2 = SCRIPTCHAIN.co\nDNS.3 = münchen.example\nIP.3 = 2001:DB8:0::1\n`;
    const { dns, ips, repeated } = values(text);
    expect(repeated).toEqual(['scriptchain.co']);
    expect(dns).toEqual(['scriptchain.co', 'xn--mnchen-3ya.example']);
    expect(ips).toEqual(['100.27.120.77', '172.31.24.144', '2001:db8::1']);
  });
});

describe('what is refused, with line and column', () => {
  const cases: [name: string, text: string, place: string, why: string][] = [
    ['$ENV', withOwner('O = $ENV::HOME'), '13:5', '$ENV::HOME is refused'],
    ['$(ENV)', withOwner('O = a$(ENV::HOME)'), '13:6', '$ENV::HOME is refused'],
    ['.include', withOwner('  .include /etc/ssl/openssl.cnf'), '13:3', '.include is refused'],
    ['.include=', withOwner('.include=/etc/ssl/openssl.cnf'), '13:1', '.include is refused'],
    ['.pragma', withOwner('.pragma = dollarid:on'), '13:1', '.pragma is refused'],
    ['a key twice', withOwner('O = a\n O = b'), '14:2', 'twice (first in line 13)'],
    ['a key twice, the section reopened', `${tutorial}[dn]\nCN = b\n`, '27:1', 'twice (first in line 15)'],
    ['NUL', withOwner('O = a\0b'), '13:6', 'NUL'],
    ['a line of 1 MB', withOwner(`O = ${'a'.repeat(1e6)}`), '13:1', 'longer than 65,536'],
    ['many short lines joined', withOwner(`O = ${'a\\\n'.repeat(70_000)}`), '65545:1', 'longer than 65,536'],
    ['no equal sign', withOwner('O ScriptChain'), '13:1', 'neither [section] nor key = value'],
    ['a semicolon', withOwner('; comment'), '13:1', 'neither [section] nor key = value'],
    ['an open heading', withOwner('[dn'), '13:1', 'heading'],
    ['an unknown variable', withOwner('O = a\\\n$nothing'), '14:1', 'no value above'],
    ['an open brace', withOwner(`O = \${C`), '13:5', 'not closed'],
    ['a lone dollar', withOwner('O = US$'), '13:7', 'without a name'],
    ['no [req]', tutorial.replace('[req]', '[other]'), '25:1', '[req] is missing'],
    ['no [dn]', tutorial.replace('[dn]', '[other]'), '25:1', '[dn] is missing'],
    ['no [alt_names]', tutorial.replace('[alt_names]', '[other]'), '25:1', '[alt_names] is missing'],
    ['an empty file', '', '1:1', '[req] is missing'],
    ['1024 bits', tutorial.replace('2048', '1024'), '2:1', '2048 to 16384 bits'],
    ['many bits', tutorial.replace('2048', '99999'), '2:1', '2048 to 16384 bits'],
    ['half a number', tutorial.replace('2048', '2048.5'), '2:1', '2048 to 16384 bits'],
    ['md5', tutorial.replace('sha256', 'md5'), '5:1', 'sha256, sha384 or sha512'],
    ['sha1', tutorial.replace('sha256', 'SHA1'), '5:1', 'sha256, sha384 or sha512'],
    ['questions', tutorial.replace('prompt = no', 'prompt = yes'), '6:1', 'questions'],
    ['a long CN', tutorial.replace('CN = scriptchain.co', `CN = ${'a'.repeat(65)}`), '15:1', '64 is the most'],
    ['a long country', tutorial.replace('US', 'USA'), '11:1', '2 is the most'],
    ['an unknown attribute', withOwner('XX = a'), '13:1', 'no subject attribute'],
    ['an empty attribute', withOwner('O ='), '13:1', 'O is empty'],
    ['ESC', withOwner('O = \u001b[31m'), '13:1', 'control character'],
    ['an escaped line break', withOwner('O = a\\nb'), '13:1', 'control character'],
    ['a command as name', tutorial.replace('DNS.1 = scriptchain.co', 'DNS.1 = \\$(id)'), '23:1', 'not allowed'],
    ['a wildcard', tutorial.replace('DNS.1 = ', 'DNS.1 = *.'), '23:1', 'wildcard'],
    ['a short address', tutorial.replace('100.27.120.77', '127.1'), '24:1', 'four decimal numbers'],
    ['a URI of the server', `${tutorial}URI.1 = https://a\n`, '26:1', 'DNS.n and IP.n only'],
  ];
  it.each(cases)('%s', (_name, text, place, why) => {
    const failure = refusal(() => values(text));
    expect(failure.exitCode).toBe(2);
    expect(failure.why).toContain(`certificate.conf:${place}: `);
    expect(failure.why).toContain(why);
    expect(failure.why.length).toBeLessThan(400);
  });

  it('variables that grow without end', () => {
    const lines = Array.from({ length: 40 }, (_, n) => `v${n + 1} = $v${n}$v${n}`).join('\n');
    expect(refusal(() => parse(`v0 = aaaa\n${lines}\n${tutorial}`)).why).toContain('longer than');
    const wide = Array.from({ length: 40 }, (_, n) => `w${n} = $big`).join('\n');
    expect(refusal(() => parse(`big = ${'a'.repeat(60_000)}\n${wide}\n${tutorial}`)).why).toContain('1 MB');
  });

  it('hostile lines in linear time', () => {
    for (const part of [' ', '\r', '\\ ', '[', 'a ', '::', '"', '$', '${a', '\\\\'])
      for (const frame of [(line: string) => line, (line: string) => `[${line}x`, (line: string) => `O = x${line}x`]) {
        const text = withOwner(frame(part.repeat(Math.floor(65_000 / part.length))));
        const before = process.cpuUsage();
        try {
          parse(text);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
        // Quadratic time would be some ten seconds here.
        expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
      }
  });
});

/** Text of a configuration, mostly valid, sometimes broken anywhere. */
const pieces = [
  '[req]',
  '[dn]',
  '[alt_names]',
  '[',
  ']',
  '#',
  '"',
  "'",
  '\\',
  '\\\n',
  '\n',
  '\r\n',
  '\r',
  '\t',
  ' ',
  '=',
  '$',
  '$(',
  '}',
  '::',
  'O',
  'CN = x',
  '.include x',
  '\0',
  'é',
  '\ufeff',
  '\ud800',
  '1.OU=',
  '$dn::C',
  '`',
  ';',
  '@',
];
const fragment = fc.oneof(
  fc.constantFrom(...pieces),
  fc.string({ maxLength: 5 }),
  fc.string({ unit: 'binary', maxLength: 3 }),
);
const mutated = fc
  .array(fc.tuple(fc.nat(tutorial.length), fc.nat(12), fragment), { maxLength: 6 })
  .map((edits) => edits.reduce((text, [at, gone, put]) => text.slice(0, at) + put + text.slice(at + gone), tutorial));
const hostile = fc.oneof(
  mutated,
  fc.array(fragment, { maxLength: 40 }).map((parts) => parts.join('')),
);

describe('any text', () => {
  it('is printed back to the character, or refused with a place', () => {
    let taken = 0;
    const property = fc.property(hostile, (text) => {
      try {
        const configuration = parse(text);
        expect(printConfiguration(configuration)).toBe(text);
        taken += 1;
        certificateValues(configuration);
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
        if (error instanceof UserError) expect(error.failure.why).toMatch(/^certificate\.conf:\d+:\d+: /);
      }
    });
    fc.assert(property, { seed, numRuns: 2000 });
    expect(taken).toBeGreaterThan(200);
  });
});
