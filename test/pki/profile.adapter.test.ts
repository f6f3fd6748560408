import { describe, expect, it } from 'vitest';
import {
  type Authority,
  createAuthority,
  createRequest,
  issueCertificate,
  newSerial,
} from '../../source/pki/certificate.ts';
import { newConfiguration } from '../../source/pki/configuration.ts';
import { generateKey, type KeyKind, keyPem } from '../../source/pki/key.ts';
import { clientUri } from '../../source/pki/names.ts';
import { ec, folder, inDays, openssl, rsa, subjectOf } from './helpers.ts';
import { tutorialValues } from './tutorial.ts';

const put = folder();

/** Each extension of a certificate as openssl prints it, by its name (with ": critical" where it is). */
function extensions(pem: string): Record<string, string> {
  const shown =
    'no_header,no_version,no_serial,no_signame,no_validity,no_subject,no_issuer,no_pubkey,no_sigdump,no_aux';
  const { text } = openssl('x509', '-in', put('shown.crt', pem), '-noout', '-text', '-certopt', shown);
  const found = [...text.matchAll(/^ {12}(\S[^\n]*?) *\n((?: {16,}[^\n]*\n)*)/gm)];
  return Object.fromEntries(found.map(([, name = '', value = '']) => [name, value.trim()]));
}

/** What is not an extension but has to be the same too. */
function frame(pem: string): string[] {
  const { text } = openssl(
    'x509',
    '-in',
    put('framed.crt', pem),
    '-noout',
    '-text',
    '-certopt',
    'no_extensions,no_sigdump',
  );
  return text.split('\n').filter((line) => /Version|Signature Algorithm|Issuer:|Subject:|Public/.test(line));
}

describe.each<[string, KeyKind]>([
  ['RSA', rsa],
  ['EC', ec],
])('plain openssl with our certificate.conf, %s', (_name, kind) => {
  it('makes the same certificates as we do', async () => {
    const configuration = newConfiguration({ ...tutorialValues, algorithm: kind.algorithm });
    const config = put('certificate.conf', configuration);
    const [caKey, key] = await Promise.all([generateKey(kind), generateKey(kind)]);
    const [caFile, keyFile] = [put('ca.key', keyPem(caKey).reveal()), put('leaf.key', keyPem(key).reveal())];
    const term = { notBefore: inDays(-1), notAfter: inDays(3650) };
    const authority: Authority = {
      key: caKey,
      certificate: createAuthority({
        subject: subjectOf('ScriptChain FL Root CA'),
        key: caKey,
        digest: 'sha256',
        ...term,
      }),
    };
    const subj = (name: string) => `/C=US/ST=New York/O=ScriptChain/OU=AI/CN=${name}`;
    const made = openssl(
      'req',
      '-new',
      '-x509',
      '-key',
      caFile,
      '-days',
      '3650',
      '-config',
      config,
      '-extensions',
      'v3_ca',
      '-subj',
      subj('ScriptChain FL Root CA'),
    ).text;
    expect(Object.keys(extensions(made))).toHaveLength(3);
    expect(extensions(authority.certificate)).toEqual(extensions(made));
    expect(frame(authority.certificate)).toEqual(frame(made));

    const uri = clientUri('scriptchain.co', 'scriptchain', 'FLClient1');
    const appended = put('client.conf', `${configuration}\n[v3_client]\nsubjectAltName=URI:${uri}\n`);
    const cases = [
      { purpose: 'server', name: 'scriptchain.co', file: config, sans: { ...tutorialValues, uris: [] } },
      { purpose: 'client', name: 'FLClient1', file: appended, sans: { dns: [], ips: [], uris: [uri] } },
    ] as const;
    for (const { purpose, name, file, sans } of cases) {
      const common = { digest: 'sha256', purpose, sans } as const;
      const csr = put('leaf.csr', openssl('req', '-new', '-key', keyFile, '-config', config, '-subj', subj(name)).text);
      const words = ['-CA', put('ca.crt', authority.certificate), '-CAkey', caFile, '-days', '730', '-sha256'];
      const signed = openssl(
        'x509',
        '-req',
        '-in',
        csr,
        ...words,
        '-set_serial',
        '1',
        '-extfile',
        file,
        '-extensions',
        `v3_${purpose}`,
      );
      const theirs = signed.text.slice(signed.text.indexOf('-----BEGIN'));
      const request = createRequest({ subject: subjectOf(name), key, ...common });
      const ours = issueCertificate({
        authority,
        request,
        ...common,
        ...term,
        notAfter: inDays(730),
        serial: newSerial(),
      });
      expect(Object.keys(extensions(theirs))).toHaveLength(6);
      expect(extensions(ours)).toEqual(extensions(theirs));
      expect(frame(ours)).toEqual(frame(theirs));
    }
  });
});
