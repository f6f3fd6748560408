import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostNames } from '../../source/ssh/host-key.ts';
import { lookUp } from '../../source/ssh/key-lookup.ts';
import { findKeys, fingerprint, knownHostsLine, parseKnownHosts } from '../../source/ssh/known-hosts.ts';

let folder: string;
let blob: Buffer;
let line: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fl-wizard-known-'));
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
  line = readFileSync(join(folder, 'key.pub'), 'utf8').trim();
  blob = Buffer.from(line.split(' ')[1] ?? '', 'base64');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('ssh-keygen', () => {
  it('prints the same fingerprint', () => {
    const printed = execFileSync('ssh-keygen', ['-lf', join(folder, 'key.pub')], { encoding: 'utf8' });
    expect(printed.split(' ')[1]).toBe(fingerprint(blob));
  });

  // Each field against each name; `ssh-keygen -F` says whether OpenSSH finds it.
  const fields = [
    'a',
    'a.example',
    '[a]:2222',
    '*',
    '*.example',
    '?',
    'b,a',
    '*,!a',
    '!a',
    '[*]:2222',
    'A.Example',
    '10.0.0.*',
  ];
  const names: [string, number][] = [
    ['a', 22],
    ['a', 2222],
    ['a.example', 22],
    ['10.0.0.7', 22],
  ];
  it.each(fields)('finds the same hosts by %s, plain and hashed', async (field) => {
    const file = join(folder, `known-${fields.indexOf(field)}`);
    writeFileSync(file, `${field} ${line}\n`);
    const same = async () => {
      const finds = new Map<string, boolean>();
      for (const [address, port] of names) {
        const name = port === 22 ? address : `[${address}]:${port}`;
        finds.set(name, spawnSync('ssh-keygen', ['-F', name, '-f', file]).status === 0);
        const known = parseKnownHosts(readFileSync(file, 'utf8'));
        const verdict = lookUp(await findKeys([known], hostNames({ address, port })), blob);
        // ssh, unlike ssh-keygen, also looks the plain name up, which stands before the other in our list.
        expect([field, name, verdict === 'known']).toEqual([field, name, finds.get(name) || finds.get(address)]);
      }
    };
    await same();
    spawnSync('ssh-keygen', ['-H', '-f', file]);
    await same();
  });

  it('finds the lines that we write', () => {
    const file = join(folder, 'ours');
    writeFileSync(file, `${knownHostsLine('10.0.0.9', 22, blob)}\n${knownHostsLine('::1', 2222, blob)}\n`);
    for (const name of ['10.0.0.9', '[::1]:2222']) {
      expect(spawnSync('ssh-keygen', ['-F', name, '-f', file]).status).toBe(0);
    }
  });
});
