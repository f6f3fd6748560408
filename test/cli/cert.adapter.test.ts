/** The CA's life from the command line: passphrase, taking over, register, list and look. Real openssl beside it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { company } from '../helpers/company.ts';
import { configured } from '../helpers/project.ts';
import { root, wizard } from '../helpers/wizard.ts';

const top = mkdtempSync(join(tmpdir(), 'flw-cert-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));
beforeAll(() => void execFileSync(process.execPath, [join(root, 'scripts', 'build.js')], { stdio: 'pipe' }));

const file = `version: 1
name: xray
certificates: {algorithm: ec}
server:
  address: fl.example.org
  ssh: {host: 127.0.0.1, port: 1}
clients:
  - {name: client1, ssh: {host: 127.0.0.1, port: 2}}
`;
let number = 0;
const project = (text = file) => configured(join(top, String(++number)), text);
const certs = (path: string, words: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  wizard(['certs', '--offline', '--yes', '-C', path, ...words], { env });
const openssl = (...words: readonly string[]) => execFileSync('openssl', words, { encoding: 'utf8', stdio: 'pipe' });
const text = (...path: readonly string[]) => readFileSync(join(...path), 'utf8');

describe('the passphrase of the CA’s key', () => {
  it('encrypts it as it is made, opens it later, and stands nowhere', async () => {
    const path = await project();
    const env = { FL_WIZARD_CA_PASSPHRASE: 'correct horse' };
    const made = await certs(path, [], env);
    expect([made.code, made.stderr]).toEqual([0, expect.stringMatching(/ca\.crt: .*its key encrypted, 0600/)]);
    expect(text(path, 'fl_network', 'ca.key')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    expect(openssl('pkey', '-in', join(path, 'fl_network', 'ca.key'), '-passin', 'pass:correct horse', '-noout')).toBe(
      '',
    );

    // Nothing to sign, so nothing to open.
    expect((await certs(path)).stderr).toMatch(/unchanged$/m);
    rmSync(join(path, 'fl_network', 'client1.crt'));
    const closed = await certs(path);
    expect([closed.code, closed.stderr]).toEqual([2, expect.stringMatching(/encrypted[\s\S]*--ca-passphrase-file/)]);
    expect((await certs(path, [], { FL_WIZARD_CA_PASSPHRASE: 'wrong' })).code).toBe(2);
    const passphrase = join(top, 'passphrase');
    writeFileSync(passphrase, 'correct horse\n');
    expect((await certs(path, ['--ca-passphrase-file', passphrase])).code).toBe(0);

    const all = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((each) =>
      statSync(join(path, each)).isFile(),
    );
    for (const each of all) expect(text(path, each), each).not.toContain('correct horse');
    expect(made.stderr + closed.stderr).not.toContain('correct horse');
  });
});

describe('a CA that exists', () => {
  it('is taken over with its chain, and every certificate is verified up to its root', async () => {
    const path = await project();
    const at = company(join(top, 'company'));
    const words = ['--import-ca', at('chain.crt'), at('sub.key')];
    const made = await certs(path, words);
    expect([made.code, made.stderr]).toEqual([
      0,
      expect.stringMatching(/take over the CA "O=Company, CN=FL Issuing".*with 1 certificate above it/),
    ]);
    const here = (name: string) => join(path, 'fl_network', name);
    expect(text(here('ca.key'))).toBe(text(at('sub.key')));
    expect(statSync(here('ca.key')).mode & 0o777).toBe(0o600);
    expect(text(here('ca.crt'))).toBe(text(at('sub.crt')) + text(at('root.crt')));
    // Who has only the root gets the intermediate from the leaf's own file.
    for (const [name, purpose] of [
      ['server', 'sslserver'],
      ['client1', 'sslclient'],
    ] as const)
      expect(
        openssl(
          'verify',
          '-x509_strict',
          '-purpose',
          purpose,
          '-CAfile',
          at('root.crt'),
          '-untrusted',
          here(`${name}.crt`),
          here(`${name}.crt`),
        ),
      ).toContain('OK');
    expect((await certs(path, words)).stderr).toMatch(/unchanged$/m);
    expect((await certs(path)).stderr).toMatch(/unchanged$/m);
  });

  it('never takes the place of another, and is refused where it can’t serve', async () => {
    const path = await project();
    const at = company(join(top, 'other'), { usage: 'critical,keyCertSign' });
    const fails = async (words: readonly string[], code: number, why: RegExp) => {
      const ended = await certs(path, ['--import-ca', ...words]);
      expect([ended.code, ended.stderr]).toEqual([code, expect.stringMatching(why)]);
      expect(readdirSync(join(path, 'fl_network'))).toEqual(['certificate.conf']);
    };
    await fails([at('chain.crt')], 2, /it takes two files, and got 1/);
    await fails([at('nowhere'), at('sub.key')], 2, /is not there/);
    await fails([at('chain.crt'), at('sub.key')], 6, /keyUsage does not let it sign the revocation list/);
    await fails([at('sub.crt'), at('sub.key')], 6, /"O=Company, CN=Root", which issued .* is missing/);
    await fails([at('sub.crt'), at('root.key')], 6, /belongs to none of it/);
    const limited = company(join(top, 'limited'), { extensions: 'nameConstraints=critical,permitted;DNS:other.net' });
    await fails(
      [limited('chain.crt'), limited('sub.key')],
      6,
      /certificate of server failed[\s\S]*CN=FL Issuing" may not issue it: its nameConstraints permit other\.net only/,
    );
    expect((await certs(path)).code).toBe(0);
    const key = text(path, 'fl_network', 'ca.key');
    const right = company(join(top, 'third'));
    const ended = await certs(path, ['--import-ca', right('chain.crt'), right('sub.key')]);
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringMatching(/never overwritten/)]);
    expect(text(path, 'fl_network', 'ca.key')).toBe(key);
  });
});

describe('the register', () => {
  const register = (path: string) => join(path, '.fl-wizard', 'register.jsonl');

  it('has all that was issued, keeps what was replaced, and comes back where it was lost or cut', async () => {
    const path = await project();
    expect((await certs(path)).code).toBe(0);
    const names = () =>
      text(register(path))
        .split('\n')
        .flatMap((line) => (line.includes('"name"') ? [JSON.parse(line).name] : []));
    expect(names().sort()).toEqual([
      'ca',
      'client1',
      'expired',
      'impostor',
      'operator',
      'revoked',
      'server',
      'server-expired',
      'unlisted',
    ]);
    expect(statSync(register(path)).mode & 0o777).toBe(0o600);
    rmSync(join(path, 'fl_network', 'client1.key'));
    expect((await certs(path)).code).toBe(8);
    expect((await certs(path, ['--allow-reissue'])).code).toBe(0);
    const { stdout } = await wizard(['cert', '--all', '--json', '-C', path]);
    const states = JSON.parse(stdout).certificates.filter(({ name }: { name: string }) => name === 'client1');
    expect(states.map(({ state }: { state: string }) => state)).toEqual(['valid', 'replaced']);

    const before = text(register(path));
    truncateSync(register(path), before.length - 10);
    const mended = await certs(path);
    expect([mended.code, mended.stderr]).toEqual([0, expect.stringMatching(/anew, since it is damaged/)]);
    expect(readdirSync(join(path, '.fl-wizard')).some((name) => name.startsWith('register.jsonl.corrupt-'))).toBe(true);
    expect(new Set(text(register(path)).split('\n'))).toEqual(new Set(before.split('\n')));
    rmSync(register(path));
    expect((await certs(path)).stderr).toMatch(/enter 9 certificates in the register, which is not there/);
    expect((await certs(path)).stderr).toMatch(/unchanged$/m);
  });
});

describe('cert', () => {
  it('lists, and exits 6 where something ends within a span', async () => {
    const path = await project();
    const none = await wizard(['cert', '-C', path]);
    expect([none.code, none.stdout, none.stderr]).toEqual([0, '', expect.stringContaining('no certificates yet')]);
    await certs(path);
    const listed = await wizard(['cert', '-C', path]);
    expect(listed.code).toBe(0);
    expect(listed.stdout.split('\n').map((line) => line.split(/\s+/).slice(0, 2).join(' '))).toEqual([
      'NAME KIND',
      'ca ca',
      'server server',
      'client1 client',
      'operator operator',
      '',
    ]);
    const within = (span: string) => wizard(['cert', 'list', '--within', span, '--json', '-C', path]);
    expect([(await within('30d')).code, (await within('30d')).stdout]).toEqual([
      0,
      expect.stringContaining('"certificates": []'),
    ]);
    const ending = await within('105w');
    expect([ending.code, JSON.parse(ending.stdout).certificates.length]).toEqual([6, 3]);
    for (const wrong of ['30', '-1d', '1y', '']) expect((await within(wrong)).code).toBe(2);
    expect((await wizard(['cert', 'nothing', '-C', path])).code).toBe(2);
  });

  it('shows one by name or file, as openssl reads it', async () => {
    const path = await project();
    await certs(path);
    const crt = join(path, 'fl_network', 'client1.crt');
    const serial = /serial=(.*)/.exec(openssl('x509', '-in', crt, '-noout', '-serial'))?.[1] ?? '';
    const print = /=(.*)/.exec(openssl('x509', '-in', crt, '-noout', '-fingerprint', '-sha256'))?.[1] ?? '';
    const shown = await wizard(['cert', 'show', 'client1', '-C', path]);
    expect(shown.stdout.replaceAll(':', '')).toContain(serial);
    for (const words of [
      print,
      'URI:spiffe://fl.example.org/fl/client/client1',
      'digitalSignature, clientAuth',
      'belongs to it, 0600',
      'as issued here',
    ])
      expect(shown.stdout).toContain(words);
    expect(JSON.parse((await wizard(['cert', 'show', crt, '--json', '-C', top])).stdout)).toMatchObject({
      kind: 'client',
      daysLeft: 729,
    });
    const request = await wizard(['cert', 'show', join(path, 'fl_network', 'client1.csr'), '-C', path]);
    expect([request.code, request.stderr]).toEqual([2, expect.stringContaining('certificate request')]);
    expect((await wizard(['cert', 'show', 'nobody', '-C', path])).code).toBe(2);
  });
});

describe('what can’t be printed', () => {
  it('is told (3), and is ASCII where the terminal has nothing else', async () => {
    const path = await project();
    expect((await certs(path)).code).toBe(0);
    const env = { ...process.env, LC_ALL: 'C' };
    const run = (line: string) => {
      const words = ['-c', `"$0" "$1" ${line} -C "$2"`, process.execPath, join(root, 'dist', 'fl-wizard.js'), path];
      const { status, stdout, stderr } = spawnSync('sh', words, { env, encoding: 'utf8' });
      return { status, text: stdout + stderr };
    };
    for (const line of ['cert', 'cert --json']) {
      const { status, text } = run(`${line} > /dev/full`);
      expect([status, text]).toEqual([3, expect.stringContaining('Printing failed.')]);
    }
    for (const line of ['cert', 'cert show client1', 'certs --offline --yes', '--help'])
      expect(run(line).text).toMatch(/^[\n -~]+$/);
  });
});

describe('a changed certificate.conf', () => {
  it('is shown as what changes in it, before it is approved', async () => {
    const path = await project();
    writeFileSync(join(path, 'fl-network.yaml'), file.replace('address: fl.example.org', 'address: other.example.org'));
    const asked = await wizard(['config', '-C', path]);
    expect(asked.code).toBe(8);
    for (const line of [
      '      -CN = fl.example.org',
      '      +CN = other.example.org',
      '      +DNS.1 = other.example.org',
    ])
      expect(asked.stderr.split('\n')).toContain(line);
    expect(text(path, 'fl_network', 'certificate.conf')).toContain('CN = fl.example.org');
  });
});
