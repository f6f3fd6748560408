/** The lines that `certs --show-commands` prints are run by a shell; what they make is compared with what `certs` makes. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type Asn1, content, dateOf, decode, encode, items, oidOf, taggedItem } from '../../source/pki/der.ts';
import { extensionOid, extensionValue } from '../../source/pki/extensions.ts';
import { company } from '../helpers/company.ts';
import { wizard } from '../helpers/wizard.ts';
import { openssl } from '../pki/helpers.ts';
import { tutorialValues } from '../pki/tutorial.ts';

const top = mkdtempSync(join(tmpdir(), 'fl-shell-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

const day = 86_400_000;
const minute = 60_000;

const tutorial = {
  certificates: { subject: Object.fromEntries(tutorialValues.subject.slice(0, 4)) },
  server: { address: 'scriptchain.co', names: tutorialValues.ips },
  clients: ['FLClient1', 'FLClient2'],
};

/** What means something to `-subj`, to certificate.conf, or to a shell. */
const marks = `/ , + = " ' $HOME \`id\` # ; \\ \\\\ $(id) %s`;
const hostile = {
  certificates: {
    folder: "keys of 'us' $HOME `id`",
    subject: { C: 'DE', ST: ` ${marks} `, L: 'Köln ☃ 北京', O: `/O=${marks}`, OU: '\\' },
    days: 31,
    caDays: 400,
  },
  server: {
    address: 'münchen.example',
    names: ['2001:db8::7', '::ffff:192.0.2.1', 'xn--bcher-kva.example', '10.0.0.7'],
  },
  clients: [` ${marks} `, '/CN=scriptchain.co', '$(touch /tmp/never)', "'; exit 1; '", 'Zoë + Jürgen, 北京'],
};

type Values = {
  certificates: object;
  server: { address: string; names: readonly string[] };
  clients: readonly string[];
};

/** Somebody's own file: its sections have other names, its values another form, and it sets more than ours does. */
const ownConfiguration = `default_bits = 2048
[req]
default_md = SHA384
prompt = no
utf8 = yes
distinguished_name = us
req_extensions = wanted
attributes = challenge
[challenge]
challengePassword = hunter2
[us]
0.organizationName = First & Sons
1.organizationName = Second
OU = one
2.OU = two
serialNumber = 4711
emailAddress = fl@own.example
DC = example
UID = me
title = Dr.
CN = own.example
[wanted]
subjectAltName = @names
[names]
IP.1 = 10.0.0.7
DNS.9 = OWN.example
DNS.1 = bücher.example
DNS.2 = own.example
[v3_server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = @names
[v3_client]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = @names
[v3_ca]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash \\`;

let projects = 0;

/** A project folder of that network, with a certificate.conf and nothing else. */
async function newProject(values: Values, algorithm: 'rsa' | 'ec', configuration?: string): Promise<string> {
  projects += 1;
  const project = join(top, `it's $HOME's ${projects}`);
  mkdirSync(project);
  const { certificates, server, clients } = values;
  const network = {
    version: 1,
    name: 'shells',
    certificates: { ...certificates, algorithm },
    server: { ...server, ssh: { host: '10.0.0.1' } },
    clients: clients.map((commonName, at) => ({ name: `c${at}`, commonName, ssh: { host: `10.0.1.${at + 1}` } })),
  };
  writeFileSync(join(project, 'fl-network.yaml'), stringify(network));
  const { code, stderr } = await wizard(['config', '--yes', '-C', project]);
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  if (configuration !== undefined) writeFileSync(join(folderOf(project), 'certificate.conf'), configuration);
  return project;
}

/** The folder of certificates: the one that is not hidden. */
function folderOf(project: string): string {
  const [name = ''] = readdirSync(project).filter((each) => each !== 'fl-network.yaml' && !each.startsWith('.'));
  return join(project, name);
}

function twin(project: string): string {
  cpSync(project, `${project} twin`, { recursive: true });
  return `${project} twin`;
}

async function printed(project: string, ...more: readonly string[]): Promise<string> {
  const { code, stdout } = await wizard(['certs', '--offline', '--show-commands', ...more, '-C', project]);
  expect(code).toBe(0);
  return stdout;
}

/** What it says, which is on stderr. */
async function certs(project: string, ...more: readonly string[]): Promise<string> {
  const { code, stderr } = await wizard(['certs', '--offline', '--yes', ...more, '-C', project]);
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  return stderr;
}

/** Nothing is made again: what openssl made is right, and only has to be entered in the register. */
async function onlyEntered(project: string): Promise<void> {
  const planned = (await certs(project)).split('\n').filter((line) => line.startsWith('  + '));
  expect(planned).toEqual([expect.stringMatching(/enter \d+ certificates? in the register/)]);
  expect(await certs(project)).toMatch(/unchanged$/m);
}

type Shell = { readonly said: string; readonly calls: readonly string[] };

/** Runs lines as a script; every openssl in it says what it was called for, and under which umask. */
function shell(program: string, lines: string): Shell {
  const folder = mkdtempSync(join(top, 'run-'));
  const [bin, temporary, calls] = [join(folder, 'bin'), join(folder, 'tmp'), join(folder, 'calls')];
  mkdirSync(bin);
  mkdirSync(temporary);
  writeFileSync(calls, '');
  const real = execFileSync('sh', ['-c', 'command -v openssl'], { encoding: 'utf8' }).trim();
  const spy = `#!/bin/sh\necho "$1 $(umask)" >> '${calls}'\nexec '${real}' "$@"\n`;
  writeFileSync(join(bin, 'openssl'), spy);
  chmodSync(join(bin, 'openssl'), 0o755);
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, TMPDIR: temporary };
  // A umask that takes nothing away: what must be closed has to be closed by the lines.
  const input = `umask 0\n${lines}\numask\n`;
  const { status, stdout, stderr } = spawnSync(program, ['-eu'], { input, env, cwd: folder, encoding: 'utf8' });
  expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
  // The umask is again what it was, and nothing is left: not here, not where temporary files lie.
  expect(stdout.trim()).toMatch(/^0+$/);
  expect([readdirSync(temporary), readdirSync(folder).sort()]).toEqual([[], ['bin', 'calls', 'tmp']]);
  return { said: stderr, calls: readFileSync(calls, 'utf8').split('\n').filter(Boolean) };
}

/** Every path below a project with its mode. */
function files(project: string): readonly string[] {
  return (
    readdirSync(project, { recursive: true, encoding: 'utf8' })
      // The register is no work of openssl: certs enters there what it finds.
      .filter((path) => !path.endsWith('register.jsonl'))
      .sort()
      .map((path) => `${path} ${(statSync(join(project, path)).mode & 0o7777).toString(8)}`)
  );
}

const endingIn = (project: string, ending: string) =>
  readdirSync(project, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending))
    .sort();

const hex = (value: Asn1 | undefined) => (value ? encode(value).toString('hex') : 'none');
const pemDer = (path: string) => Buffer.from(readFileSync(path, 'utf8').replace(/-----[^-]+-----|\s/g, ''), 'base64');

/** The key without its numbers: what kind, and how large. */
function keyShape(info: Asn1): string {
  const [algorithm, bits] = items(info);
  return `${hex(algorithm)} ${content(bits).length}`;
}

const identifierOf = (info: Asn1) =>
  createHash('sha1')
    .update(content(items(info)[1]).subarray(1))
    .digest('hex');

/**
 * Extensions by their identifiers, each whole: identifier, critical, value. An identifier of a key says whose it is.
 * Their order is left out: it has no meaning, and openssl takes it from the file.
 */
function extensions(list: readonly Asn1[], keys: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const named = list.map((extension) => {
    let value = hex(extension);
    for (const [identifier, owner] of Object.entries(keys)) value = value.replaceAll(identifier, `<${owner}>`);
    return [oidOf(items(extension)[0]), value] as const;
  });
  expect(new Set(named.map(([oid]) => oid)).size).toBe(named.length);
  return Object.fromEntries(named.toSorted());
}

const serialForm = (serial: Asn1 | undefined) =>
  content(serial)
    .toString('hex')
    .replace(/^01[0-9a-f]{32}$/, '01 and 128 bits');

/** All that a certificate says; what is random or a key's is replaced by its form. */
function certificateOf(project: string, path: string, keys: Readonly<Record<string, string>>) {
  const [body, algorithm] = items(decode(pemDer(join(project, path))));
  const [version, serial, inner, issuer, validity, subject, key, list] = items(body);
  const [notBefore, notAfter] = items(validity).map((time) => dateOf(time).getTime());
  if (!key || !list) throw new Error(`${path} is no certificate of version 3`);
  return {
    said: {
      version: hex(version),
      serial: serialForm(serial),
      signed: [hex(inner), hex(algorithm)],
      issuer: hex(issuer),
      subject: hex(subject),
      key: keyShape(key),
      extensions: extensions(items(items(list)[0]), { ...keys, [identifierOf(key)]: 'its own key' }),
    },
    times: { notBefore: notBefore ?? 0, notAfter: notAfter ?? 0, types: items(validity).map(({ type }) => type) },
  };
}

const keyOf = (path: string) => createPrivateKey(readFileSync(path));
const publicInfo = (path: string) => decode(createPublicKey(keyOf(path)).export({ type: 'spki', format: 'der' }));

function requestOf(path: string) {
  const [body, algorithm] = items(decode(pemDer(path)));
  const [version, subject, key, ...rest] = items(body);
  const attributes = taggedItem(rest, 0);
  if (!key || !attributes) throw new Error(`${path} asks for nothing`);
  const [attribute, ...more] = items(attributes);
  const [type, values] = items(attribute);
  return {
    version: hex(version),
    signed: hex(algorithm),
    subject: hex(subject),
    key: keyShape(key),
    attributes: [oidOf(type), more.length, items(values).length],
    extensions: extensions(items(items(values)[0]), { [identifierOf(key)]: 'its own key' }),
  };
}

/** A revocation list without its times and numbers. */
function listOf(project: string, keys: Readonly<Record<string, string>>) {
  const [body, algorithm] = items(decode(pemDer(join(project, '.fl-wizard', 'crl.pem'))));
  const [version, inner, issuer, thisUpdate, nextUpdate, revoked, list] = items(body);
  const entries = items(revoked).map((entry) => items(entry));
  const all = items(items(list)[0]);
  const number = content(decode(extensionValue(all, extensionOid.crlNumber) ?? Buffer.alloc(0)));
  return {
    said: {
      version: hex(version),
      signed: [hex(inner), hex(algorithm)],
      issuer: hex(issuer),
      revoked: entries.map(([serial, , ...more]) => [serialForm(serial), more.length]),
      extensions: Object.fromEntries(
        Object.entries(extensions(all, keys)).map(([oid, value]) => [
          oid,
          value.replaceAll(number.toString('hex'), '<number>'),
        ]),
      ),
    },
    serials: entries.map(([serial]) => content(serial).toString('hex')),
    number: Number.parseInt(number.toString('hex'), 16) * 1000,
    times: [dateOf(thisUpdate).getTime(), dateOf(nextUpdate).getTime()] as const,
  };
}

/** Whose keys the identifiers in a project's certificates are; the foreign CA is gone. */
function signers(project: string): Readonly<Record<string, string>> {
  const caKey = join(folderOf(project), 'ca.key');
  const foreign = decode(new X509Certificate(readFileSync(join(project, '.fl-wizard/probes/foreign.crt'))).raw);
  const [body] = items(foreign);
  const list = items(items(items(body)[7])[0]);
  const identifier = content(
    items(decode(extensionValue(list, extensionOid.authorityKeyIdentifier) ?? Buffer.alloc(0)))[0],
  );
  return { [identifierOf(publicInfo(caKey))]: "the CA's key", [identifier.toString('hex')]: 'a foreign key' };
}

const isProbe = (path: string) => path.startsWith('.fl-wizard/probes/');

/** What `openssl verify` says of each certificate, for the purpose that it has. */
function verdicts(project: string): Readonly<Record<string, string>> {
  const [ca, crl] = [join(folderOf(project), 'ca.crt'), join(project, '.fl-wizard', 'crl.pem')];
  const all = endingIn(project, '.crt').map((path) => {
    const purpose = ['-purpose', /\/server(-expired)?\.crt$/.test(path) ? 'sslserver' : 'sslclient'];
    const strict = ['-x509_strict', '-CAfile', ca, '-crl_check', '-CRLfile', crl];
    const { ok, text } = openssl(
      'verify',
      ...strict,
      ...(path.endsWith('/ca.crt') ? [] : purpose),
      join(project, path),
    );
    return [path, ok ? 'OK' : (/error \d+/.exec(text)?.[0] ?? text)];
  });
  return Object.fromEntries(all);
}

describe.each<[string, string, Values, 'rsa' | 'ec', string | undefined]>([
  ["the tutorial's values, RSA", 'dash', tutorial, 'rsa', undefined],
  ["the tutorial's values, EC", 'bash', tutorial, 'ec', undefined],
  ['hostile values, RSA', 'bash', hostile, 'rsa', undefined],
  ['hostile values, EC', 'dash', hostile, 'ec', undefined],
  [
    'a file of somebody’s own, EC',
    'dash',
    { ...tutorial, server: { address: 'own.example', names: [] } },
    'ec',
    ownConfiguration,
  ],
])('the printed lines for %s', (_name, program, values, algorithm, configuration) => {
  it(`make in ${program} what certs makes`, async () => {
    const theirs = await newProject(values, algorithm, configuration);
    const before = files(theirs);
    const ours = twin(theirs);
    const lines = await printed(theirs);
    expect(files(theirs)).toEqual(before);

    const start = Date.now();
    const { calls } = shell(program, lines);
    await certs(ours);
    const end = Date.now();

    expect(files(theirs)).toEqual(files(ours));
    const made = calls.filter((call) => call.startsWith('genpkey'));
    expect(made).toHaveLength(values.clients.length + 10);
    expect(new Set(made)).toEqual(new Set(['genpkey 0077']));

    const [theirKeys, ourKeys] = [signers(theirs), signers(ours)];
    for (const path of endingIn(ours, '.crt')) {
      const [their, our] = [certificateOf(theirs, path, theirKeys), certificateOf(ours, path, ourKeys)];
      expect.soft(their.said, path).toEqual(our.said);
      expect.soft(JSON.stringify(our.said), path).not.toMatch(/<undefined>/);
      expect.soft(their.times.types, path).toEqual(our.times.types);
      if (path.endsWith('expired.crt')) {
        // Ours expired yesterday; a printed line is right on any day.
        expect.soft(their.times.notAfter - their.times.notBefore, path).toBe(day);
        expect.soft(their.times.notAfter, path).toBeLessThan(start);
        continue;
      }
      // Both end as many days from now; ours begins five minutes back, which openssl can't before 3.4.
      const days = Math.round((our.times.notAfter - start) / day) * day;
      for (const { notAfter } of [their.times, our.times]) {
        expect.soft(notAfter, path).toBeGreaterThanOrEqual(start - 1000 + days);
        expect.soft(notAfter, path).toBeLessThanOrEqual(end + days);
      }
      expect.soft(our.times.notAfter - our.times.notBefore, path).toBe(days + 5 * minute);
      expect.soft(their.times.notAfter - their.times.notBefore, path).toBe(days);
    }
    for (const path of endingIn(ours, '.csr')) {
      expect.soft(requestOf(join(theirs, path)), path).toEqual(requestOf(join(ours, path)));
      expect.soft(openssl('req', '-in', join(theirs, path), '-noout', '-verify').text, path).toContain('verify OK');
    }
    for (const path of endingIn(ours, '.key')) {
      const [their, our] = [theirs, ours].map((project) => join(project, path));
      expect.soft(keyShape(publicInfo(their ?? '')), path).toBe(keyShape(publicInfo(our ?? '')));
      expect.soft(readFileSync(their ?? '', 'utf8'), path).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    }

    const [theirList, ourList] = [listOf(theirs, theirKeys), listOf(ours, ourKeys)];
    expect(theirList.said).toEqual(ourList.said);
    const revoked = new X509Certificate(readFileSync(join(theirs, '.fl-wizard/probes/revoked.crt')));
    expect(theirList.serials).toEqual([revoked.serialNumber.toLowerCase()]);
    expect(theirList.times[1] - theirList.times[0]).toBe(365 * day);
    for (const { number } of [theirList, ourList]) {
      expect(number).toBeGreaterThanOrEqual(start - 1000);
      expect(number).toBeLessThanOrEqual(end);
    }

    const said = verdicts(theirs);
    expect(said).toEqual(verdicts(ours));
    expect(Object.fromEntries(Object.entries(said).filter(([, each]) => each !== 'OK'))).toEqual({
      '.fl-wizard/probes/expired.crt': 'error 10',
      '.fl-wizard/probes/foreign.crt': expect.stringMatching(/^error (7|20)$/),
      '.fl-wizard/probes/revoked.crt': 'error 23',
      '.fl-wizard/probes/server-expired.crt': 'error 10',
    });
    expect(endingIn(theirs, '.crt').filter((path) => !isProbe(path))).toHaveLength(values.clients.length + 3);

    // Nothing of it is made again: for certs it is all right.
    const after = files(theirs);
    await onlyEntered(theirs);
    expect(files(theirs)).toEqual(after);
  });
});

describe('a CA of somebody else’s', () => {
  it('is taken over by the lines as by certs, with what stands behind each leaf', async () => {
    const project = await newProject(tutorial, 'ec');
    const made = company(join(top, 'company'));
    const words = ['--import-ca', made('chain.crt'), made('sub.key')];
    const ours = twin(project);
    shell('dash', await printed(project, ...words));
    await certs(ours, ...words);
    expect(files(project)).toEqual(files(ours));
    const blocks = (at: string, path: string) =>
      readFileSync(join(at, path), 'utf8').match(/-----BEGIN[^-]*-----[^-]*-----END[^-]*-----/g) ?? [];
    for (const path of endingIn(project, '.crt'))
      expect([path, blocks(project, path).slice(1)]).toEqual([path, blocks(ours, path).slice(1)]);
    expect(blocks(project, 'fl_network/server.crt')).toHaveLength(2);
    const server = join(folderOf(project), 'server.crt');
    const { ok, text } = openssl('verify', '-x509_strict', '-CAfile', made('root.crt'), '-untrusted', server, server);
    expect([ok, text]).toEqual([true, expect.stringContaining('OK')]);
    await onlyEntered(project);
  });
});

describe('where keys are kept', () => {
  it('the lines make a request and a certificate for the same key, and nothing else', async () => {
    const project = await newProject(tutorial, 'ec');
    await certs(project);
    const folder = folderOf(project);
    const bytes = () => Object.fromEntries(endingIn(project, '').map((path) => [path, read(join(project, path))]));
    const read = (path: string) => (statSync(path).isFile() ? readFileSync(path, 'utf8') : '');
    const before = bytes();
    rmSync(join(folder, 'c0.crt'));
    const lines = await printed(project);
    for (const path of endingIn(project, '.key'))
      for (const line of read(join(project, path)).split('\n').slice(1, -2)) expect(lines).not.toContain(line);
    expect(shell('dash', lines).calls.map((call) => call.split(' ')[0])).toEqual(['req', 'rand', 'x509']);

    const after = bytes();
    const changed = Object.keys(after).filter((path) => after[path] !== before[path]);
    expect([Object.keys(after), changed.map((path) => join(project, path))]).toEqual([
      Object.keys(before),
      [join(folder, 'c0.crt'), join(folder, 'c0.csr')],
    ]);
    const certificate = new X509Certificate(after[changed[0] ?? ''] ?? '');
    expect(certificate.checkPrivateKey(keyOf(join(folder, 'c0.key')))).toBe(true);
    await onlyEntered(project);
  });

  it('a CA key that is there is the new CA’s, and files that were open to others are closed', async () => {
    const project = await newProject(tutorial, 'ec');
    await certs(project);
    const folder = folderOf(project);
    rmSync(join(folder, 'ca.crt'));
    for (const path of endingIn(folder, '')) chmodSync(join(folder, path), 0o755);
    chmodSync(folder, 0o755);
    const keys = () => endingIn(project, '.key').map((path) => [path, readFileSync(join(project, path), 'utf8')]);
    const own = keys().filter(([path = '']) => !isProbe(path));
    const ours = twin(project);

    const { calls } = shell('dash', await printed(project));
    expect(calls.filter((call) => call.startsWith('genpkey'))).toHaveLength(7);
    expect(keys().filter(([path = '']) => !isProbe(path))).toEqual(own);
    expect(new Set(Object.values(verdicts(project)))).toEqual(
      new Set(['OK', 'error 10', 'error 23', expect.stringMatching(/^error (7|20)$/)]),
    );
    await certs(ours, '--allow-reissue');
    expect(files(project)).toEqual(files(ours));
  });
});
