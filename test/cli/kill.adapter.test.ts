/** Killed at every rename of a first `certs`, and of one that makes all anew: the next run ends it, and all of it is right. */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configured } from '../helpers/project.ts';
import { program, root, wizard } from '../helpers/wizard.ts';

const top = mkdtempSync(join(tmpdir(), 'flw-kill-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

const file = `version: 1
name: xray
certificates: {algorithm: ec}
server: {address: fl.example.org, ssh: {host: 127.0.0.1, port: 1}}
clients: [{name: client1, ssh: {host: 127.0.0.1, port: 2}}]
`;
const words = (path: string) => ['certs', '--offline', '--yes', '--json', '-C', path];
/** One thread for files, so that the renames come in one order. */
const env = { UV_THREADPOOL_SIZE: '1' };

beforeAll(async () => {
  execFileSync(process.execPath, [join(root, 'scripts', 'build.js')], { stdio: 'pipe' });
  await configured(join(top, 'before'), file);
});

/** Runs certs and kills it at its n-th rename; whether it lived that long. */
function killedAt(n: number, path: string, more: readonly string[]): Promise<boolean> {
  const renames = 'rename,renameat,renameat2';
  const inject = ['-e', `trace=${renames}`, '-e', `inject=${renames}:signal=SIGKILL:when=${n}`];
  const all = ['-f', '-qq', '-o', '/dev/null', ...inject, process.execPath, program, ...words(path), ...more];
  return new Promise((resolve, reject) => {
    const child = spawn('strace', all, { env: { ...process.env, ...env }, stdio: 'ignore' });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal === 'SIGKILL' || code === 137));
  });
}

const openssl = (...line: readonly string[]) => execFileSync('openssl', line, { encoding: 'utf8', stdio: 'pipe' });

function expectWhole(path: string): void {
  const folder = join(path, 'fl_network');
  const names = readdirSync(folder).sort();
  const pairs = ['ca', 'client1', 'server'];
  expect(names).toEqual(
    [
      ...pairs.flatMap((name) =>
        (name === 'ca' ? ['crt', 'key'] : ['crt', 'csr', 'key']).map((end) => `${name}.${end}`),
      ),
    ]
      .concat('certificate.conf')
      .sort(),
  );
  for (const name of pairs) {
    const at = (ending: string) => join(folder, `${name}.${ending}`);
    expect(openssl('x509', '-in', at('crt'), '-noout', '-pubkey')).toBe(openssl('pkey', '-in', at('key'), '-pubout'));
    expect(statSync(at('key')).mode & 0o777).toBe(0o600);
    if (name !== 'ca') openssl('verify', '-x509_strict', '-CAfile', join(folder, 'ca.crt'), at('crt'));
  }
  const own = readdirSync(join(path, '.fl-wizard'), { recursive: true, encoding: 'utf8' });
  expect(own.filter((name) => name.includes('tmp') || name.includes('lock'))).toEqual([]);
}

describe('certs, killed at each of its renames', () => {
  it.each<[string, readonly string[]]>([
    ['where nothing is there yet', []],
    ['where all is made anew', ['--allow-reissue']],
  ])('%s, is ended by the next run', { timeout: 300_000 }, async (_, more) => {
    const start = join(top, more.length === 0 ? 'first' : 'anew');
    cpSync(join(top, 'before'), start, { recursive: true });
    if (more.length > 0) {
      expect((await wizard(words(start))).code).toBe(0);
      writeFileSync(join(start, 'fl-network.yaml'), file.replace('fl.example.org', 'other.example.org'));
      expect((await wizard(['config', '--yes', '-C', start])).code).toBe(0);
    }
    let reached = 0;
    for (let n = 1; ; n++) {
      const path = `${start}-${n}`;
      cpSync(start, path, { recursive: true });
      const before = more.length > 0 ? readFileSync(join(path, 'fl_network', 'ca.key'), 'utf8') : undefined;
      const killed = await killedAt(n, path, more);
      const next = await wizard([...words(path), ...more]);
      expect([n, next.code, next.stderr]).toEqual([n, 0, '']);
      expectWhole(path);
      // A CA's key that was there is never another.
      if (before !== undefined) expect(readFileSync(join(path, 'fl_network', 'ca.key'), 'utf8')).toBe(before);
      rmSync(path, { recursive: true, force: true });
      if (!killed) break;
      reached = n;
    }
    // The lock's own file, and each key, request, certificate, probe and the list.
    expect(reached).toBeGreaterThanOrEqual(more.length > 0 ? 12 : 20);
  });
});
