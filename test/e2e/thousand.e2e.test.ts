/** A thousand clients: how far it is is seen, it ends when it is told to, and goes on where it was. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configured } from '../helpers/project.ts';
import { keys, start } from '../helpers/pty.ts';
import { of, wizard } from '../helpers/wizard.ts';

const clients = Array.from({ length: 1000 }, (_, at) => `client${at + 1}`);
const file = `version: 1
name: thousand
certificates: {algorithm: ec}
server: {address: fl.example.org, ssh: {host: 10.0.0.1}}
clients:
${clients.map((name, at) => `  - {name: ${name}, ssh: {host: 10.1.${at >> 8}.${at & 255}}}\n`).join('')}`;

const top = mkdtempSync(join(tmpdir(), 'flw-thousand-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

const project = (name: string) => configured(join(top, name), file);

/** Names of the clients that have a certificate, and that have a key, by what lies in the folder. */
function lying(path: string): { readonly certificates: readonly string[]; readonly keys: readonly string[] } {
  const files = readdirSync(join(path, 'fl_network'));
  const of = (ending: string) =>
    files
      .filter((name) => /^client\d+\./.test(name) && name.endsWith(ending))
      .map((name) => name.slice(0, -ending.length))
      .sort();
  return { certificates: of('.crt'), keys: of('.key') };
}

const openssl = (...words: readonly string[]) => execFileSync('openssl', words, { encoding: 'utf8', stdio: 'pipe' });
const content = (path: string, name: string) => readFileSync(join(path, 'fl_network', name), 'utf8');
const words = (path: string) => ['certs', '--offline', '--yes', '-C', path];

/** The most memory that a process held, MB. */
const peak = `
  const { readFileSync, writeFileSync } = require('node:fs');
  process.on('exit', () => writeFileSync(process.env.PEAK_FILE, /VmHWM:\\s+(\\d+) kB/.exec(readFileSync('/proc/self/status', 'latin1'))[1]));
`;

describe('a thousand clients', () => {
  let path: string;
  let before: { readonly [name: string]: string };
  let made: readonly string[];
  beforeAll(async () => {
    path = await project('interrupted');
  });

  test('on the screen there is a bar with an estimate, and Ctrl-C leaves whole pairs only', async () => {
    const pty = start(words(path), { columns: 80, rows: 24 });
    try {
      const frame = await pty.waitFor(/[█░]{8,} {2}\d+ % {3}about \d+ s left/, 60);
      expect(frame).toMatch(/ of 1,004 done/);
      pty.press(keys.interrupt);
      const { code } = await pty.end();
      expect(code).toBe(130);
      expect(pty.whole()).toBe(true);
      expect(pty.tooWide()).toEqual([]);
    } finally {
      pty.kill();
    }
    const found = lying(path);
    made = found.certificates;
    expect(made.length).toBeGreaterThan(0);
    expect(made.length).toBeLessThan(1000);
    expect(found.keys).toEqual(made);
    expect(readdirSync(join(path, 'fl_network')).filter((name) => name.startsWith('.'))).toEqual([]);
    before = Object.fromEntries(['ca', ...made].map((name) => [name, content(path, `${name}.crt`)]));
  });

  test('the next run makes the missing ones, and nothing else again', async () => {
    const { code, events, stderr } = await wizard([...words(path), '--json']);
    expect([code, stderr]).toEqual([0, '']);
    const planned = of(events, 'plan-ready')[0]?.actions ?? [];
    const issued = planned.flatMap(({ host, text }) => (text.startsWith('issue ') && host ? [host] : []));
    expect(issued.filter((name) => made.includes(name))).toEqual([]);
    expect(issued.filter((name) => name !== 'server')).toHaveLength(1000 - made.length);
    for (const [name, text] of Object.entries(before)) expect(content(path, `${name}.crt`)).toBe(text);
    expect(lying(path)).toEqual({ certificates: [...clients].sort(), keys: [...clients].sort() });
    const files = clients.map((name) => join(path, 'fl_network', `${name}.crt`));
    expect(openssl('verify', '-x509_strict', '-CAfile', join(path, 'fl_network', 'ca.crt'), ...files)).not.toMatch(
      /error/,
    );
    for (const name of clients) expect(statSync(join(path, 'fl_network', `${name}.key`)).mode & 0o777).toBe(0o600);
  });

  test('the register knows each of them once, with a serial of its own', () => {
    const lines = readFileSync(join(path, '.fl-wizard', 'register.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .slice(1);
    const entries = lines.map((line): { purpose?: string; serial?: string; name?: string } => JSON.parse(line));
    const issued = entries.filter(({ purpose }) => purpose === 'client');
    expect(new Set(issued.map(({ name }) => name))).toEqual(new Set(clients));
    expect(new Set(issued.map(({ serial }) => serial)).size).toBe(issued.length);
  });

  test('a kill in the middle leaves nothing that is taken for made, and the next run ends it', async () => {
    const killed = await project('killed');
    let finished = 0;
    const end = await wizard([...words(killed), '--json'], {
      onEvent: (event, kill) => {
        if (event.type === 'action-finished' && ++finished === 300) kill('SIGKILL');
      },
    });
    expect(end.code).toBeNull();
    const found = lying(killed);
    // The key comes first: a certificate is never without its own.
    expect(found.certificates.filter((name) => !found.keys.includes(name))).toEqual([]);
    expect(found.certificates.length).toBeLessThan(1000);
    const preload = join(top, 'peak.cjs');
    writeFileSync(preload, peak);
    const env = { NODE_OPTIONS: `--require=${preload}`, PEAK_FILE: join(top, 'peak') };
    expect((await wizard([...words(killed), '--json'], { env })).code).toBe(0);
    expect(lying(killed)).toEqual({ certificates: [...clients].sort(), keys: [...clients].sort() });
    expect(readdirSync(join(killed, 'fl_network')).filter((name) => name.startsWith('.'))).toEqual([]);
    // A bound against what grows with each client; what it is in truth, benchmarks/certificates.ts measures.
    expect(Number(readFileSync(join(top, 'peak'), 'utf8')) / 1024).toBeLessThan(250);
  });
});
