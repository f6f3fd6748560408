import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Authority,
  createAuthority,
  createCrl,
  createRequest,
  issueCertificate,
  newSerial,
  readRequest,
} from '../../source/pki/certificate.ts';
import { inspectCertificate } from '../../source/pki/inspect.ts';
import { generateKey, type KeyKind, keyPem } from '../../source/pki/key.ts';
import {
  clientSans,
  ec,
  folder,
  inDays,
  type Leaf,
  makeAuthority,
  makeLeaf,
  openssl,
  refusal,
  rsa,
  runTool,
  serverSans,
  subjectOf,
} from './helpers.ts';
import { tutorial } from './tutorial.ts';

const put = folder();
const ends = { notBefore: inDays(-1), notAfter: inDays(30) };

describe.each<[string, KeyKind]>([
  ['RSA', rsa],
  ['EC', ec],
])('%s certificates', (_name, kind) => {
  let authority: Authority;
  let server: Leaf;
  let client: Leaf;
  let files: Record<'ca' | 'server' | 'client' | 'request', string>;

  beforeAll(async () => {
    authority = await makeAuthority(kind);
    [server, client] = await Promise.all([
      makeLeaf(authority, 'server', { kind }),
      makeLeaf(authority, 'client', { kind }),
    ]);
    files = {
      ca: put('ca.crt', authority.certificate),
      server: put('server.crt', server.certificate),
      client: put('client.crt', client.certificate),
      request: put('client.csr', client.request),
    };
  });

  const verify = (purpose: string, file: string) =>
    openssl('verify', '-x509_strict', '-purpose', purpose, '-CAfile', files.ca, file);

  it('are verified by openssl for their purpose and for no other', () => {
    expect(verify('any', files.ca).text).toContain(': OK');
    expect(verify('sslserver', files.server).text).toContain(': OK');
    expect(verify('sslclient', files.client).text).toContain(': OK');
    expect(verify('sslclient', files.server).ok).toBe(false);
    expect(verify('sslserver', files.client).ok).toBe(false);
  });

  it('name the server, and the client never as the server', () => {
    const host = (file: string, ...words: string[]) => openssl('verify', '-CAfile', files.ca, ...words, file).ok;
    expect(host(files.server, '-verify_hostname', 'scriptchain.co')).toBe(true);
    expect(host(files.server, '-verify_ip', '127.0.0.1')).toBe(true);
    expect(host(files.server, '-verify_ip', '::1')).toBe(true);
    expect(host(files.server, '-verify_hostname', 'other.co')).toBe(false);
    expect(host(files.client, '-verify_hostname', 'scriptchain.co')).toBe(false);
  });

  it('are verified by GnuTLS', () => {
    const said = (leaf: string) =>
      runTool('certtool', ['--verify', '--load-ca-certificate', files.ca, '--infile', leaf]);
    expect(said(files.server).text).toContain('The certificate is trusted');
    expect(said(files.client).text).toContain('The certificate is trusted');
  });

  it('come from requests that are signed and say what they ask for', () => {
    const { ok, text } = openssl('req', '-in', files.request, '-verify', '-noout', '-text');
    expect(ok).toBe(true);
    expect(text).toContain('verify OK');
    for (const word of ['CA:FALSE', 'Digital Signature', 'TLS Web Client Authentication', `URI:${clientSans.uris[0]}`])
      expect(text).toContain(word);
  });

  it('are revoked by a list that openssl obeys', () => {
    const revoked = [{ serial: inspectCertificate(client.certificate).serial, date: inDays(0) }];
    const times = { thisUpdate: inDays(-1), nextUpdate: inDays(1000) };
    const crl = put('ca.crl', createCrl({ authority, revoked: [...revoked, ...revoked], ...times, number: 300 }));
    const empty = put('empty.crl', createCrl({ authority, revoked: [], ...times, number: 1 }));
    const list = openssl('crl', '-in', crl, '-CAfile', files.ca, '-noout', '-text').text;
    expect(list).toContain('verify OK');
    expect(list.match(/Serial Number:/g)).toHaveLength(1);
    expect(list).toMatch(/CRL Number: \n\s+300\n/);
    const check = (file: string, by: string) =>
      openssl('verify', '-x509_strict', '-CAfile', files.ca, '-crl_check', '-CRLfile', by, file);
    expect(check(files.client, crl).text).toContain('certificate revoked');
    expect(check(files.server, crl).ok).toBe(true);
    expect(check(files.client, empty).ok).toBe(true);
  });
});

describe('a certificate', () => {
  let authority: Authority;
  beforeAll(async () => {
    authority = await makeAuthority(ec);
  });
  const common = { purpose: 'client', sans: clientSans, digest: 'sha256' } as const;
  const issue = (request: string, change: object = {}) =>
    issueCertificate({ authority, request: readRequest(request), ...common, ...ends, serial: newSerial(), ...change });

  it('has the serial and the times that were asked for, in UTCTime until 2049', async () => {
    const serial = newSerial();
    expect(serial).toMatch(/^01[0-9a-f]{32}$/);
    const key = await generateKey(ec);
    const term = { notBefore: new Date('2049-12-31T23:59:59Z'), notAfter: new Date('2050-01-01T00:00:00Z') };
    const pem = createAuthority({ subject: subjectOf('CA'), key, digest: 'sha512', ...term });
    const facts = inspectCertificate(pem);
    expect(facts).toMatchObject({ ...term, digest: 'sha512', authority: true });
    const structure = openssl('asn1parse', '-in', put('late.crt', pem)).text;
    expect(structure).toMatch(/UTCTIME +:491231235959Z/);
    expect(structure).toMatch(/GENERALIZEDTIME +:20500101000000Z/);
    expect(inspectCertificate((await makeLeaf(authority, 'client', { serial })).certificate).serial).toBe(serial);
  });

  it('takes names and key from the request, and the extensions from the profile', async () => {
    // A request that asks for a CA's powers, as someone else's openssl would make it.
    const key = await generateKey(ec);
    const config = put('greedy.cnf', tutorial.replace('CA:FALSE', 'CA:TRUE'));
    const greedy = openssl('req', '-new', '-key', put('greedy.key', keyPem(key).reveal()), '-config', config).text;
    const facts = inspectCertificate(issue(greedy));
    expect(facts).toMatchObject({
      authority: false,
      commonName: 'scriptchain.co',
      sans: clientSans,
      purposes: ['client'],
    });
  });

  it('is not issued for a request that somebody else signed, or that is none', async () => {
    const { request } = await makeLeaf(authority, 'client');
    const lines = request.split('\n');
    const body = Buffer.from(lines.slice(1, -2).join(''), 'base64');
    body.writeUInt8(body.readUInt8(60) ^ 1, 60);
    const forged = `${lines[0]}\n${body.toString('base64')}\n${lines.at(-2)}\n`;
    for (const text of [
      forged,
      '',
      'garbage',
      request.replace(/\n[\s\S]*\n-----END/, '\nMAA=\n-----END'),
      authority.certificate,
    ])
      expect(refusal(() => issue(text)).exitCode).toBe(6);
  });

  it('is not issued for a weak key or a weak signature', () => {
    const config = put('weak.cnf', tutorial);
    const request = (...words: string[]) =>
      openssl('req', '-new', '-nodes', '-keyout', put('weak.key', ''), '-config', config, ...words).text.replace(
        /^[\s\S]*?(?=-----BEGIN)/,
        '',
      );
    expect(refusal(() => issue(request('-newkey', 'rsa:1024'))).why).toContain('1024 bits');
    expect(refusal(() => issue(request('-newkey', 'rsa:2048', '-sha1'))).why).toContain('not signed with its own key');
    expect(refusal(() => issue(request('-newkey', 'ed25519'))).why).toContain('ed25519');
  });

  it('is not issued for another subject than the one expected', async () => {
    const { request } = await makeLeaf(authority, 'client');
    expect(issue(request, { subject: subjectOf('FLClient1') })).toContain('BEGIN CERTIFICATE');
    const failure = refusal(() => issue(request, { subject: subjectOf('FLClient2') }));
    expect(failure).toMatchObject({ exitCode: 6 });
    expect(failure.why).toContain('CN=FLClient1');
  });

  it('ends before its CA does, or is refused with both dates', async () => {
    const { request } = await makeLeaf(authority, 'client');
    const { notAfter } = inspectCertificate(authority.certificate);
    expect(inspectCertificate(issue(request, { notAfter: new Date(notAfter.getTime() - 1000) })).authority).toBe(false);
    for (const late of [notAfter, inDays(4000)]) {
      const failure = refusal(() => issue(request, { notAfter: late }));
      expect(failure.exitCode).toBe(6);
      expect(failure.why).toContain(late.toISOString().slice(0, 19));
      expect(failure.why).toContain(notAfter.toISOString().slice(0, 19));
    }
  });

  it('is not issued by a CA whose key is another one, that is none, or under its own name', async () => {
    const { request, certificate, key } = await makeLeaf(authority, 'client');
    const other = await makeAuthority(ec, 'Other');
    const broken = [
      { ...authority, key: other.key },
      { certificate, key },
      { certificate: 'garbage', key },
    ];
    for (const candidate of broken) expect(refusal(() => issue(request, { authority: candidate })).exitCode).toBe(6);
    const times = { thisUpdate: inDays(0), nextUpdate: inDays(1) };
    const swapped = { ...authority, key: other.key };
    expect(refusal(() => createCrl({ authority: swapped, revoked: [], ...times, number: 1 })).exitCode).toBe(6);
    const posing = await generateKey(ec);
    const subject = [
      ['O', 'ScriptChain'],
      ['CN', 'ScriptChain FL Root CA'],
    ] as const;
    const own = createRequest({ subject, key: posing, ...common }).pem;
    expect(refusal(() => issue(own))).toMatchObject({ exitCode: 2 });
  });

  it('never carries the names of the server where it is a client, nor an identity where it is a server', async () => {
    const { request } = await makeLeaf(authority, 'client');
    expect(() => issue(request, { sans: { ...clientSans, dns: ['scriptchain.co'] } })).toThrow('the purpose "client"');
    expect(() => issue(request, { sans: { dns: [], ips: [], uris: [] } })).toThrow('the purpose "client"');
    expect(() => issue(request, { purpose: 'operator', sans: serverSans })).toThrow('the purpose "operator"');
    expect(() => issue(request, { purpose: 'server' })).toThrow('the purpose "server"');
  });

  it('names its CA by the identifier that the CA states, whatever tool made it', async () => {
    const key = await generateKey(ec);
    const config = put(
      'foreign.cnf',
      `${tutorial}[foreign]\nbasicConstraints = critical,CA:TRUE\nsubjectKeyIdentifier = 0102030405\n`,
    );
    const words = ['-key', put('foreign.key', keyPem(key).reveal()), '-config', config, '-extensions', 'foreign'];
    const foreign = { key, certificate: openssl('req', '-new', '-x509', '-days', '3650', ...words).text };
    const leaf = await makeLeaf(foreign, 'client', { kind: rsa });
    expect(openssl('x509', '-in', put('l.crt', leaf.certificate), '-noout', '-text').text).toContain('01:02:03:04:05');
    expect(openssl('verify', '-CAfile', put('f.crt', foreign.certificate), put('l.crt', leaf.certificate)).ok).toBe(
      true,
    );
    expect(new X509Certificate(leaf.certificate).issuer).toBe(new X509Certificate(foreign.certificate).subject);
  });
});
