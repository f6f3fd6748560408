/** Login keys of every kind and format, made by the tools that people make them with. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keygen } from './real.ts';

const quiet = { stdio: 'pipe' } as const;

const kinds: Readonly<Record<string, readonly string[]>> = {
  ed25519: ['-t', 'ed25519'],
  rsa: ['-t', 'rsa', '-b', '2048'],
  ecdsa: ['-t', 'ecdsa'],
  ecdsa521: ['-t', 'ecdsa', '-b', '521'],
  'rsa-pem': ['-t', 'rsa', '-b', '2048', '-m', 'PEM'],
  'ecdsa-pem': ['-t', 'ecdsa', '-m', 'PEM'],
};
const named = (names: readonly string[], suffix: string) => names.map((name) => `${name}-${suffix}`);
const openssh = ['ed25519', 'rsa', 'ecdsa'];
const pem = ['rsa-pem', 'ecdsa-pem'];
const pkcs8 = [...named(pem, 'pkcs8'), 'ed25519-pkcs8'];
const windows = ['ed25519', 'rsa-pem', 'ed25519-locked', 'rsa-pem-locked', 'rsa-pem-pkcs8-locked'];

/** Their names, before they are made. */
export const openKeys = [...Object.keys(kinds), ...pkcs8, ...named(windows.slice(0, 2), 'crlf')];
export const lockedKeys = [...named([...openssh, ...pem, ...pkcs8], 'locked'), ...named(windows.slice(2), 'crlf')];

/** Makes all of them; returns their lines for authorized_keys. */
export function makeKeys(folder: string, phrase: string): readonly string[] {
  const file = (name: string) => join(folder, name);
  const lines = Object.entries(kinds).map(([name, words]) => keygen(file(name), ...words));
  for (const name of pem)
    execFileSync('openssl', ['pkcs8', '-topk8', '-nocrypt', '-in', file(name), '-out', file(`${name}-pkcs8`)]);
  execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', file('ed25519-pkcs8')], quiet);
  for (const name of [...openssh, ...pem]) {
    copyFileSync(file(name), file(`${name}-locked`));
    const format = pem.includes(name) ? ['-m', 'PEM'] : [];
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', phrase, '-f', file(`${name}-locked`), ...format], quiet);
  }
  for (const name of pkcs8)
    execFileSync(
      'openssl',
      ['pkcs8', '-topk8', '-in', file(name), '-out', file(`${name}-locked`), '-passout', `pass:${phrase}`],
      quiet,
    );
  for (const name of windows)
    writeFileSync(file(`${name}-crlf`), readFileSync(file(name), 'utf8').replaceAll('\n', '\r\n'));
  for (const name of [...openKeys, ...lockedKeys]) chmodSync(file(name), 0o600);
  return lines;
}
