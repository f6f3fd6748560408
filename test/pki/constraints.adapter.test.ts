/** Name constraints: what we say of a leaf before it is issued is what openssl says of it afterwards. */
import { describe, expect, it } from 'vitest';
import { issueCertificate, newSerial, type Purpose, type Sans } from '../../source/pki/certificate.ts';
import { constraintTrouble } from '../../source/pki/constraints.ts';
import { inspectCertificate } from '../../source/pki/inspect.ts';
import { generateKey, readKey } from '../../source/pki/key.ts';
import { createRequest } from '../../source/pki/request.ts';
import { Secret } from '../../source/plan/secret.ts';
import { ec, folder, inDays, openssl } from './helpers.ts';

const put = folder();

/** A root of openssl's with these limits. */
function authorityWith(limits: string) {
  const file = put(
    'ca.conf',
    `[req]\nprompt = no\ndistinguished_name = dn\nx509_extensions = v3\n[dn]\nO = Company\nCN = Root\n[company]\nO = Company\n[v3]\nbasicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign,cRLSign\nsubjectKeyIdentifier = hash\nnameConstraints = critical,${limits}\n`,
  );
  const key = put('ca.key', openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256').text);
  const made = openssl('req', '-x509', '-new', '-key', key, '-config', file, '-days', '3650');
  const certificate = made.text.slice(made.text.indexOf('-----BEGIN'));
  return { certificate, key: readKey(new Secret(openssl('pkey', '-in', key).text)) };
}

const server = (dns: readonly string[], ips: readonly string[] = []): [Purpose, Sans] => [
  'server',
  { dns, ips, uris: [] },
];
const client = (host: string): [Purpose, Sans] => [
  'client',
  { dns: [], ips: [], uris: [`spiffe://${host}/fl/client/a`] },
];

const leaves: readonly [Purpose, Sans][] = [
  server(['fl.example.org']),
  server(['example.org']),
  server(['notexample.org']),
  server(['fl.other.net']),
  server(['fl.example.org', 'fl.other.net']),
  server(['fl.example.org'], ['10.0.0.1']),
  server(['fl.example.org'], ['192.0.2.7', '2001:db8::1']),
  client('fl.example.org'),
  client('example.org'),
  client('fl.other.net'),
];
const subjects = [[['O', 'Company']], [['O', 'COMPANY ']], [['O', 'Another']]] as const;

describe('a CA with nameConstraints', () => {
  it.each([
    'permitted;DNS:example.org',
    'permitted;DNS:.example.org',
    'permitted;DNS:example.org,permitted;DNS:other.net',
    'excluded;DNS:other.net',
    'permitted;IP:10.0.0.0/255.0.0.0',
    'excluded;IP:10.0.0.0/255.255.0.0',
    'permitted;IP:2001:db8::/ffff:ffff::,permitted;IP:192.0.2.0/255.255.255.0',
    'permitted;URI:fl.example.org',
    'permitted;URI:.example.org',
    'excluded;URI:.example.org',
    'permitted;dirName:company',
    'excluded;dirName:company',
    'permitted;email:example.org',
  ])('%s: every leaf is judged as openssl judges it', async (limits) => {
    const authority = authorityWith(limits);
    const { constraints } = inspectCertificate(authority.certificate);
    const ca = put('limited.crt', authority.certificate);
    const key = await generateKey(ec);
    const judged = leaves.flatMap(([purpose, sans]) =>
      subjects.map((organization) => {
        const subject = [...organization, ['CN', 'leaf'] as const];
        const common = { purpose, sans, digest: 'sha256' } as const;
        const leaf = issueCertificate({
          authority,
          request: createRequest({ subject, key, ...common }),
          ...common,
          serial: newSerial(),
          notBefore: inDays(-1),
          notAfter: inDays(30),
        });
        const { ok, text } = openssl('verify', '-CAfile', ca, put('leaf.crt', leaf));
        if (!ok) expect(text).toMatch(/subtree/);
        const why = constraints && constraintTrouble(constraints, subject, sans);
        return { name: JSON.stringify([sans, organization]), openssl: ok, ours: why === undefined };
      }),
    );
    // Mail addresses limit nothing of ours; each of the others limits some of these.
    expect(judged.some((each) => !each.openssl)).toBe(!limits.includes('email'));
    expect(judged.some((each) => each.openssl)).toBe(true);
    expect(judged.filter((each) => each.ours !== each.openssl)).toEqual([]);
  });

  it('says what it limits', () => {
    const { constraints } = inspectCertificate(
      authorityWith('permitted;DNS:example.org,excluded;IP:10.0.0.0/255.0.0.0').certificate,
    );
    if (!constraints) throw new Error('no constraints');
    const subject = [['CN', 'a']] as const;
    expect(constraintTrouble(constraints, subject, { dns: ['fl.other.net'], ips: [], uris: [] })).toBe(
      'its nameConstraints permit example.org only, and not the name fl.other.net',
    );
    expect(constraintTrouble(constraints, subject, { dns: ['example.org'], ips: ['10.1.1.1'], uris: [] })).toBe(
      'the address 10.1.1.1 lies in 10.0.0.0/8, which its nameConstraints exclude',
    );
  });
});
