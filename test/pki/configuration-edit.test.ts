import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addProfileSections,
  certificateValues,
  editedProfileSections,
  newConfiguration,
  parseConfiguration,
  printConfiguration,
  setValues,
} from '../../source/pki/configuration.ts';
import { refusal, seed } from './helpers.ts';
import { tutorial, tutorialValues } from './tutorial.ts';

const parse = (text: string) => parseConfiguration(text, 'certificate.conf');
const set = (text: string, values: Parameters<typeof setValues>[1]) =>
  printConfiguration(setValues(parse(text), values));

/** A user's own file: comments, odd spacing, an unknown section, quotes. */
const own = `# our CA, do not touch
[req]
default_bits   = 4096   # the auditors want it
default_md=sha512
prompt = no
distinguished_name = dn
req_extensions = req_ext

[dn]
C=US
O = "ScriptChain"	# since 2019
L = Albany
CN = \\
  scriptchain.co
[unknown]
anything = at all
[req_ext]
subjectAltName = @alt_names
[alt_names]
IP.1 = 100.27.120.77
DNS.7 = ScriptChain.co # as on the card
IP.2 = 172.31.24.144`;

describe('a minimal edit', () => {
  it('changes nothing where the values are there', () => {
    expect(set(tutorial, tutorialValues)).toBe(tutorial);
    const values = {
      ...tutorialValues,
      subject: [
        ['O', 'ScriptChain'],
        ['CN', 'scriptchain.co'],
      ],
    } as const;
    expect(set(own, values)).toBe(own);
  });

  it('changes single values and keeps comments, order, spacing, quotes and unknown sections', () => {
    const values = {
      subject: [
        ['O', 'New, "Inc"'],
        ['CN', 'new.co'],
      ],
      dns: ['new.co'],
      ips: ['172.31.24.144'],
    } as const;
    const expected = own
      .replace('O = "ScriptChain"', 'O = "New, \\"Inc\\""')
      .replace('\\\n  scriptchain.co', '\\\n  new.co')
      .replace('ScriptChain.co #', 'new.co #')
      .replace('IP.1 = 100.27.120.77\n', '');
    expect(set(own, values)).toBe(expected);
  });

  it('adds what is missing where it belongs, with the line breaks of the file', () => {
    const values = {
      ...tutorialValues,
      subject: [...tutorialValues.subject, ['OU', 'Two']],
      dns: ['scriptchain.co', 'b.co'],
      ips: [...tutorialValues.ips, '::1'],
      bits: 3072,
      digest: 'sha384',
    } as const;
    const expected = tutorial
      .replace('default_bits = 2048', 'default_bits = 3072')
      .replace('sha256', 'sha384')
      .replace('CN = scriptchain.co\n', 'CN = scriptchain.co\n2.OU = Two\n')
      .replace('DNS.1 = scriptchain.co\n', 'DNS.1 = scriptchain.co\nDNS.2 = b.co\n');
    expect(set(tutorial, values)).toBe(`${expected}IP.3 = ::1\n`);
    expect(set(tutorial.trimEnd().replaceAll('\n', '\r\n'), values)).toBe(
      `${expected}IP.3 = ::1\n`.replaceAll('\n', '\r\n'),
    );
  });

  it('is not fooled by a backslash at the end of the file, or by entries of another place', () => {
    const values = { ...tutorialValues, ips: [...tutorialValues.ips, '10.0.0.1'] };
    const odd = `${tutorial.trimEnd()}\\`;
    expect(certificateValues(setValues(parse(odd), values)).ips).toContain('10.0.0.1');
    const moved = tutorial.replace(/\[alt_names\][\s\S]*/, '[other]\nalt_names::IP.1 = 10.0.0.2\n');
    expect(certificateValues(setValues(parse(moved), values))).toMatchObject({ ips: values.ips, dns: values.dns });
  });

  it('says utf8 where openssl would read Latin-1', () => {
    const text = set(tutorial, { ...tutorialValues, subject: [['O', 'Müller']] });
    expect(text).toContain('utf8 = yes\n');
    expect(text).toContain('O = Müller\n');
  });

  it('refuses values that no certificate can hold', () => {
    const attempt = (change: object) => refusal(() => set(tutorial, { ...tutorialValues, ...change })).exitCode;
    expect(attempt({ subject: [['O', 'a\nb']] })).toBe(2);
    expect(attempt({ subject: [] })).toBe(2);
    expect(attempt({ dns: ['a b'] })).toBe(2);
    expect(attempt({ dns: [], ips: [] })).toBe(2);
    expect(attempt({ bits: 1024 })).toBe(2);
    expect(attempt({ digest: 'md5' })).toBe(2);
  });
});

const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((text) => text.trim() !== '');
const special = fc.constantFrom(
  'a, b',
  '#1',
  '$HOME',
  'a"b',
  "it's",
  'back\\slash\\',
  ' edges ',
  '/x+y=z',
  '`id`',
  'é',
);
const name = fc.constantFrom('a.co', 'b.co', 'c.example', 'münchen.example');
const address = fc.constantFrom('10.0.0.1', '10.0.0.2', '::1', '2001:db8::7');
const values = fc.record({
  subject: fc
    .record({ O: fc.oneof(word, special), OU: fc.oneof(word, special), CN: fc.oneof(word, special) })
    .map((record) => Object.entries(record)),
  dns: fc.uniqueArray(name, { minLength: 1 }),
  ips: fc.uniqueArray(address),
});
const base = fc.constantFrom(
  tutorial,
  own,
  tutorial.replaceAll('\n', '\r\n'),
  tutorial.trimEnd(),
  newConfiguration(tutorialValues),
);
const aLabel = (text: string) => text.replace('münchen', 'xn--mnchen-3ya');

describe('any values', () => {
  it('are what is read after they were set, once and again, and in a new file', () => {
    const property = fc.property(base, values, (text, wanted) => {
      const once = setValues(parse(text), wanted);
      const fresh = certificateValues(parse(newConfiguration(wanted)));
      const read = certificateValues(once);
      for (const [type, value] of wanted.subject) {
        expect(read.subject.filter(([found]) => found === type)).toEqual([[type, value]]);
        expect(fresh.subject).toContainEqual([type, value]);
      }
      expect(new Set(read.dns)).toEqual(new Set(wanted.dns.map(aLabel)));
      expect(new Set(read.ips)).toEqual(new Set(wanted.ips));
      expect(fresh).toMatchObject({ dns: wanted.dns.map(aLabel), ips: wanted.ips });
      expect(printConfiguration(setValues(once, wanted))).toBe(printConfiguration(once));
      expect(certificateValues(once)).toMatchObject({ bits: certificateValues(parse(text)).bits });
    });
    fc.assert(property, { seed, numRuns: 150 });
  });
});

describe('the profile for openssl', () => {
  it("is below the tutorial's lines in a new file", () => {
    const text = newConfiguration(tutorialValues);
    expect(text.startsWith(`${tutorial}\n[v3_ca]\n`)).toBe(true);
    expect(text).toMatch(/\[v3_server\][\s\S]*\[v3_client\]/);
  });

  it('is added to a file without it, once', () => {
    const added = addProfileSections(parse(tutorial));
    expect(printConfiguration(added)).toBe(newConfiguration(tutorialValues));
    expect(addProfileSections(added)).toBe(added);
    expect(certificateValues(addProfileSections(parse(`${own}\\`)))).toEqual(certificateValues(parse(own)));
  });

  it('is known for edited', () => {
    const text = newConfiguration(tutorialValues);
    expect(editedProfileSections(parse(text))).toEqual([]);
    expect(editedProfileSections(parse(newConfiguration({ ...tutorialValues, algorithm: 'ec' })))).toEqual([]);
    expect(editedProfileSections(parse(text.replace('pathlen:0', 'pathlen:1')))).toEqual(['v3_ca']);
    expect(editedProfileSections(parse(text.replace('serverAuth', 'serverAuth,clientAuth')))).toEqual(['v3_server']);
    expect(editedProfileSections(parse(tutorial))).toEqual([]);
  });
});
