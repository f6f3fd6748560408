/** A host that makes its own key: real openssl, no SSH. */
import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { requestLines } from '../../source/flower/shell-request.ts';
import { createRequest } from '../../source/pki/certificate.ts';
import { generateKey, type KeyKind, keyPem, publicKeyDigest } from '../../source/pki/key.ts';
import { clientUri } from '../../source/pki/names.ts';
import { checkRequest } from '../../source/pki/request.ts';
import { requestConfiguration } from '../../source/pki/request-configuration.ts';
import { exit } from '../../source/plan/failure.ts';
import { quote } from '../../source/ssh/commands.ts';
import { Agent } from '../../source/world/agent.ts';
import { readLook } from '../../source/world/look.ts';
import { root } from '../helpers/wizard.ts';
import { scratch } from './child.ts';
import { runner } from './runner.ts';

const top = scratch();
let number = 0;
const folder = () => {
  const path = join(top, String(++number));
  mkdirSync(path, { mode: 0o700 });
  return path;
};
const agent = new Agent(join(root, 'templates', 'host'));
// The program itself: what a version manager puts on PATH needs more of it.
const where = ['-c', 'import sys; print(sys.executable)'];
const host = { name: 'client1', python: execFileSync('python3', where, { encoding: 'utf8' }).trim() };
const mode = (path: string) => (lstatSync(path).mode & 0o7777).toString(8);

/** Further openssl programs to be tried, as folders that hold one: `FL_WIZARD_OPENSSL=/opt/openssl-1.1.1/bin`. */
const others = (process.env.FL_WIZARD_OPENSSL ?? '').split(':').filter(Boolean);
const paths = [process.env.PATH ?? '', ...others.map((other) => `${other}:${process.env.PATH}`)];

const ec: KeyKind = { algorithm: 'ec' };
const rsa: KeyKind = { algorithm: 'rsa', bits: 2048 };
const subject = [
  ['O', 'X-Ray'],
  ['CN', 'FLClient1'],
] as const;
const uri = clientUri('fl.example.org', 'xray', 'FLClient1');
const client = { subject, purpose: 'client', sans: { dns: [], ips: [], uris: [uri] } } as const;

type Wish = {
  readonly key?: KeyKind;
  readonly replace?: boolean;
  readonly digest?: string;
  readonly path?: string;
  readonly umask?: string;
  readonly values?: Omit<Parameters<typeof requestConfiguration>[0], 'algorithm'>;
};
async function made(home: string, wish: Wish = {}): Promise<string> {
  const { key = ec, replace = false, digest = 'sha256', path, umask, values = client } = wish;
  const request = {
    verb: 'make-request',
    key: join(home, 'certificates', 'client1.key'),
    replace,
    ...key,
    digest,
    configuration: requestConfiguration({ ...values, algorithm: key.algorithm }),
  };
  const answer = await agent.call(runner(home, umask, path), host, request, 'Making a key');
  expect(Object.keys(answer as object)).toEqual(['request']);
  return (answer as { request: string }).request;
}
const keyOf = (home: string) => join(home, 'certificates', 'client1.key');
const read = (home: string) => readFileSync(keyOf(home), 'utf8');
const openssl = (words: readonly string[], input: string) =>
  execFileSync('openssl', words, { input, encoding: 'utf8' });

describe.each(paths)('a key made on its host (PATH %s)', (path) => {
  it.each<readonly [string, KeyKind, string]>([
    ['EC', ec, 'sha384'],
    ['RSA', rsa, 'sha256'],
  ])('%s: is 0600 from its first byte, and only the request comes back', async (_, key, digest) => {
    const home = folder();
    const request = await made(home, { key, digest, path, umask: '000' });
    expect(mode(keyOf(home))).toBe('600');
    expect(mode(join(home, 'certificates'))).toBe('700');
    expect(readdirSync(join(home, 'certificates'))).toEqual(['client1.key']);
    expect(read(home)).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(request).toMatch(/^-----BEGIN CERTIFICATE REQUEST-----\n[^-]+-----END CERTIFICATE REQUEST-----\n$/);
    checkRequest(request, { subject, key });
    const text = openssl(['req', '-noout', '-text', '-verify'], request);
    expect(text).toMatch(new RegExp(`ith-?${digest}|${digest}With`, 'i'));
    const names = /Requested Extensions:([\s\S]*?)Signature Algorithm/.exec(text)?.[1]?.replace(/\s+/g, ' ');
    expect(names).toContain('Basic Constraints: critical CA:FALSE');
    expect(names).toContain('Key Usage: critical Digital Signature X509v3 Extended');
    expect(names).toContain('TLS Web Client Authentication');
    expect(names).toContain(`URI:${uri}`);
  });

  it('asks for what a server has to have', async () => {
    const home = folder();
    const sans = { dns: ['fl.example.org', 'xn--bcher-kva.example'], ips: ['10.0.0.7', 'fd00::1'], uris: [] };
    const request = await made(home, { key: rsa, path, values: { subject, purpose: 'server', sans } });
    const text = openssl(['req', '-noout', '-text'], request);
    expect(text).toContain('Digital Signature, Key Encipherment');
    expect(text).toContain('TLS Web Server Authentication');
    const names = 'DNS:fl.example.org, DNS:xn--bcher-kva.example, IP Address:10.0.0.7, IP Address:FD00:0:0:0:0:0:0:1';
    expect(text).toContain(names);
  });

  it('has the subject as it was typed, to the octet, whatever stands in it', async () => {
    const home = folder();
    const hostile = [
      ['C', 'US'],
      ['ST', ' spaces around '],
      ['L', '$HOME $(id) $req::x $'],
      ['street', '# no comment; `id`'],
      ['postalCode', '10115\\'],
      ['O', 'X-Ray, "Inc." = /CN=evil + \\'],
      ['O', "second 'O'"],
      ['OU', 'Zoë 東京 🙂'],
      ['serialNumber', '7'],
      ['title', 'Dr.'],
      ['GN', 'Ada'],
      ['SN', 'L'],
      ['emailAddress', 'a@example.org'],
      ['DC', 'example'],
      ['UID', 'u1'],
      ['CN', "[dn] O=evil,'/"],
    ] as const;
    checkRequest(await made(home, { path, values: { ...client, subject: hostile } }), { subject: hostile, key: ec });
  });

  it('is kept, and made anew only where that was asked for', async () => {
    const home = folder();
    await made(home, { path });
    const first = read(home);
    checkRequest(await made(home, { path }), { subject, key: ec });
    expect(read(home)).toBe(first);
    const request = await made(home, { path, replace: true });
    expect(read(home)).not.toBe(first);
    const digest = createHash('sha256')
      .update(openssl(['req', '-noout', '-pubkey'], request))
      .digest('hex');
    const own = createHash('sha256')
      .update(openssl(['pkey', '-pubout'], read(home)))
      .digest('hex');
    expect(digest).toBe(own);
  });

  it('is told by its public half in a look, and of the private file nothing else', async () => {
    const home = folder();
    await made(home, { path, key: rsa });
    const look = async (verb: string, more: object) => {
      const question = {
        verb,
        unit: 'fl-wizard-xray-client1.service',
        name: 'client1',
        role: 'client',
        home: '~/fl-wizard/xray',
        certificates: join(home, 'certificates'),
        environment: 'python-0123456789abcdef',
        port: 9092,
        files: ['{certificates}/client1.key'],
        record: '{home}/runtime/copied.sha256',
        ...more,
      };
      return readLook(await agent.call(runner(home, '022', path), host, question, 'Looking'), 0, Date.now());
    };
    const facts = await look('look-with-key', { publicKeyOf: '{certificates}/client1.key' });
    const sha256 = publicKeyDigest(createPrivateKey(read(home)));
    expect(facts).toMatchObject({ openssl: true, publicKey: { sha256, kind: rsa } });
    expect(facts.files[keyOf(home)]).toMatchObject({ kind: 'file', mode: 0o600 });
    expect(facts.files[keyOf(home)]).not.toHaveProperty('sha256');
    expect(await look('look', {})).not.toHaveProperty('publicKey');
  });
});

describe('a host', () => {
  it.each<readonly [string, (path: string) => void, RegExp]>([
    ['a link', (path) => symlinkSync('/etc/hostname', path), /is no file that its owner can read/],
    ['a folder', (path) => mkdirSync(path), /is no file that its owner can read/],
    ['garbage', (path) => writeFileSync(path, 'hello'), /openssl could not make the request/],
    [
      'a key with a passphrase',
      (path) => {
        const key = execFileSync('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']);
        writeFileSync(path, execFileSync('openssl', ['pkey', '-aes256', '-passout', 'pass:secret'], { input: key }));
      },
      /openssl could not make the request/,
    ],
  ])('that has %s for a key says so (5), without a byte of it, and leaves it', async (_, spoil, why) => {
    const home = folder();
    mkdirSync(join(home, 'certificates'), { mode: 0o700 });
    spoil(keyOf(home));
    const before = lstatSync(keyOf(home));
    const failure = await made(home).then(
      () => expect.unreachable(),
      (error: { failure: object }) => error.failure,
    );
    expect(failure).toMatchObject({ exitCode: exit.remote, host: 'client1', why: expect.stringMatching(why) });
    expect(JSON.stringify(failure)).not.toMatch(/hello|PRIVATE KEY-----/);
    expect(lstatSync(keyOf(home)).ino).toBe(before.ino);
    expect(readdirSync(join(home, 'certificates'))).toEqual(['client1.key']);
  });

  it('replaces a link by a key, and never writes through it', async () => {
    const home = folder();
    mkdirSync(join(home, 'certificates'), { mode: 0o700 });
    writeFileSync(join(home, 'victim'), 'untouched');
    symlinkSync(join(home, 'victim'), keyOf(home));
    await made(home, { replace: true });
    expect([readFileSync(join(home, 'victim'), 'utf8'), mode(keyOf(home))]).toEqual(['untouched', '600']);
    expect(lstatSync(keyOf(home)).isFile()).toBe(true);
  });

  it('whose folder is a link makes none (5)', async () => {
    const home = folder();
    mkdirSync(join(home, 'victim'));
    symlinkSync(join(home, 'victim'), join(home, 'certificates'));
    await expect(made(home)).rejects.toMatchObject({ failure: { exitCode: exit.remote, why: /is a link/ } });
    expect(readdirSync(join(home, 'victim'))).toEqual([]);
  });

  it('keeps the old key where the request for the new one can’t be made', async () => {
    const home = folder();
    await made(home);
    const first = read(home);
    await expect(made(home, { replace: true, digest: 'nonsense' })).rejects.toMatchObject({
      failure: { exitCode: exit.remote, why: expect.stringContaining('openssl could not make the request') },
    });
    expect([read(home), readdirSync(join(home, 'certificates'))]).toEqual([first, ['client1.key']]);
  });

  it('without openssl says what to install (5)', async () => {
    const home = folder();
    const bin = join(home, 'bin');
    mkdirSync(bin);
    symlinkSync('/bin/sh', join(bin, 'sh'));
    await expect(made(home, { path: bin })).rejects.toMatchObject({
      failure: { exitCode: exit.remote, why: 'openssl is not there', hint: 'apt install openssl' },
    });
    expect(existsSync(join(home, 'certificates'))).toBe(false);
  });

  it('whose openssl fails leaves nothing behind (5)', async () => {
    const home = folder();
    const bin = join(home, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'openssl'), '#!/bin/sh\necho "half a PRIVATE KEY"; exit 1\n');
    chmodSync(join(bin, 'openssl'), 0o755);
    await expect(made(home, { path: `${bin}:${process.env.PATH}` })).rejects.toMatchObject({
      failure: { exitCode: exit.remote, why: 'openssl could not make a key (genpkey ended with 1)' },
    });
    expect(readdirSync(join(home, 'certificates'))).toEqual([]);
  });
});

describe('a request from another machine', () => {
  it('is refused (6) for another subject, another kind of key, and a signature that is not its key’s', async () => {
    const key = await generateKey(ec);
    const request = createRequest({ ...client, key, digest: 'sha256' }).pem;
    const refusal = (why: string) =>
      expect.objectContaining({
        failure: expect.objectContaining({ exitCode: exit.proof, why: expect.stringContaining(why) }),
      });
    const other = [
      ['O', 'X-Ray'],
      ['CN', 'FLClient2'],
    ] as const;
    expect(() => checkRequest(request, { subject: other, key: ec })).toThrow(
      refusal('it is for "O=X-Ray, CN=FLClient1", not for "O=X-Ray, CN=FLClient2"'),
    );
    expect(() => checkRequest(request, { subject, key: rsa })).toThrow(refusal('its key is EC, not RSA 2048'));
    const bytes = Buffer.from(request.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    bytes[bytes.length - 3] = (bytes.at(-3) ?? 0) ^ 1;
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    expect(() => checkRequest(forged, { subject, key: ec })).toThrow(refusal('it is not signed with its own key'));
    expect(() => checkRequest('hello', { subject, key: ec })).toThrow(refusal('it holds no CERTIFICATE REQUEST'));
    expect(keyPem(key).toString()).not.toContain('PRIVATE');
  });
});

describe('the printed line', () => {
  it('does the same by ssh and openssl, and a key that is there stays', () => {
    const home = folder();
    const bin = join(home, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'ssh'), '#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n', { mode: 0o755 });
    const key = join(home, "it's a.key");
    const request = join(home, 'client 1.csr');
    const hostile = [
      ['O', 'X-Ray, "Inc." $HOME `id` \\'],
      ['CN', 'FLClient1'],
    ] as const;
    const run = (replace: boolean) => {
      const [line, ...rest] = requestLines(
        {
          kind: 'request-on-host',
          host: 'client1',
          key,
          replace,
          issue: { ...client, subject: hostile, key: ec, digest: 'sha256' },
          request,
          text: '',
        },
        { options: ['-p', '22'], destination: 'ubuntu@10.0.0.2' },
        quote(['openssl', 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key]),
      );
      expect(rest).toEqual([]);
      const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
      execFileSync('bash', ['-c', line ?? ''], { env, stdio: 'pipe' });
      checkRequest(readFileSync(request, 'utf8'), { subject: hostile, key: ec });
      return readFileSync(key, 'utf8');
    };
    const first = run(false);
    expect([mode(key), run(false)]).toEqual(['600', first]);
    expect(run(true)).not.toBe(first);
    expect(readFileSync(request, 'utf8')).not.toContain('PRIVATE KEY');
  });
});

describe('a try that a host makes', () => {
  const ask = (home: string) =>
    agent.call(
      runner(home),
      host,
      {
        verb: 'probe',
        home: '~/n',
        certificates: '~/c',
        name: 'client1',
        host: '10.0.0.1',
        port: 9092,
        targetName: 'fl.example.org',
        seconds: 20,
      } as { verb: string },
      'Dialing',
    );
  const runtime = (home: string, script: string) => {
    mkdirSync(join(home, 'n/python/bin'), { recursive: true });
    writeFileSync(join(home, 'n/python/bin/python'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  };

  it('is the runtime’s own, with the folder of its own pair', async () => {
    const home = folder();
    runtime(home, 'echo "$*" > ~/words; echo noise; echo \'{"outcome": "accepted", "identity": "x"}\'');
    expect(await ask(home)).toEqual({ outcome: 'accepted', identity: 'x' });
    expect(readFileSync(join(home, 'words'), 'utf8')).toBe(
      `-m fl_wizard_runtime probe --certificates ${home}/c --name client1 --host 10.0.0.1 --port 9092 --target-name fl.example.org --seconds 20\n`,
    );
  });

  it('can’t be made without it, or with files that can’t be used (5)', async () => {
    const home = folder();
    await expect(ask(home)).rejects.toMatchObject({
      failure: { exitCode: exit.remote, why: 'the Python environment is not there', hint: 'fl-wizard deploy' },
    });
    runtime(home, 'echo "fl-wizard: the key is not the certificate’s" >&2; exit 78');
    await expect(ask(home)).rejects.toMatchObject({
      failure: { exitCode: exit.remote, why: 'fl-wizard: the key is not the certificate’s' },
    });
  });
});
