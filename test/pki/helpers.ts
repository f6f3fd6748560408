import { spawnSync } from 'node:child_process';
import type { KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import {
  type Authority,
  authoritySubject,
  createAuthority,
  createRequest,
  issueCertificate,
  newSerial,
  type Purpose,
  type Sans,
  type Subject,
} from '../../source/pki/certificate.ts';
import { generateKey, type KeyKind } from '../../source/pki/key.ts';
import { type Failure, UserError } from '../../source/plan/failure.ts';
import { tutorialValues } from './tutorial.ts';

/** The same examples in every run. */
export const seed = 20_240_601;

export const ec: KeyKind = { algorithm: 'ec' };
export const rsa: KeyKind = { algorithm: 'rsa', bits: 2048 };

const day = 86_400_000;
/** One moment for all of a file: two readings of the clock may lie in two seconds. */
const start = Math.floor(Date.now() / 1000) * 1000;
/** Days from that moment, in whole seconds as certificates have them. */
export const inDays = (days: number) => new Date(start + days * day);

/** What a tool said: whether it ended with 0, and all that it printed. */
export type Said = { readonly ok: boolean; readonly text: string };

export function runTool(command: string, words: readonly string[], input = ''): Said {
  const result = spawnSync(command, words, { input, encoding: 'utf8' });
  if (result.error) throw result.error;
  return { ok: result.status === 0, text: `${result.stdout}${result.stderr}` };
}

export const openssl = (...words: readonly string[]) => runTool('openssl', words);

/** A folder of the test file's own; returns how to put a text into it. */
export function folder(): (name: string, text: string) => string {
  const path = mkdtempSync(join(tmpdir(), 'fl-pki-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return (name, text) => {
    const file = join(path, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
}

/** What a call refuses with; fails where it returns, or throws anything but a `UserError`. */
export function refusal(call: () => unknown): Failure {
  try {
    call();
  } catch (error) {
    if (error instanceof UserError) return error.failure;
    throw error;
  }
  return expect.unreachable('it was not refused');
}

export const serverSans: Sans = { dns: ['scriptchain.co', 'localhost'], ips: ['127.0.0.1', '::1'], uris: [] };
export const clientSans: Sans = { dns: [], ips: [], uris: ['spiffe://scriptchain.co/fl/client/FLClient1'] };
export const subjectOf = (commonName: string): Subject => [...tutorialValues.subject.slice(0, 4), ['CN', commonName]];

export async function makeAuthority(kind: KeyKind, owner = 'ScriptChain', days = 3650): Promise<Authority> {
  const key = await generateKey(kind);
  const subject = authoritySubject([['O', owner]], 'network');
  const term = { notBefore: inDays(-1), notAfter: inDays(days) };
  return { key, certificate: createAuthority({ subject, key, digest: 'sha256', ...term }) };
}

export type Leaf = { readonly certificate: string; readonly request: string; readonly key: KeyObject };
type Wish = { subject?: Subject; sans?: Sans; days?: number; kind?: KeyKind; key?: KeyObject; serial?: string };

export async function makeLeaf(authority: Authority, purpose: Purpose, wish: Wish = {}): Promise<Leaf> {
  const key = wish.key ?? (await generateKey(wish.kind ?? ec));
  const subject = wish.subject ?? subjectOf(purpose === 'server' ? 'scriptchain.co' : 'FLClient1');
  const sans = wish.sans ?? (purpose === 'server' ? serverSans : clientSans);
  const common = { digest: 'sha256', purpose, sans } as const;
  const request = createRequest({ subject, key, ...common });
  const term = { notBefore: inDays(-1), notAfter: inDays(wish.days ?? 730) };
  const serial = wish.serial ?? newSerial();
  return {
    key,
    request: request.pem,
    certificate: issueCertificate({ authority, request, serial, ...common, ...term }),
  };
}
