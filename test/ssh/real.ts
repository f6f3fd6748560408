/** What the tests against a real sshd share. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Failure, UserError } from '../../source/plan/failure.ts';
import { quote } from '../../source/ssh/commands.ts';
import { type ConnectOptions, connect, type Session, type SessionOptions } from '../../source/ssh/session.ts';
import type { Target } from '../../source/ssh/target.ts';
import type { Sshd } from '../helpers/sshd.ts';

/** A temporary folder and its end. */
export function scratch(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'fl-wizard-ssh-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** How to log in to a host of the helper, its fingerprint pinned. */
export function targetOf(host: Sshd, more: Partial<Target> = {}): Target {
  return {
    address: '127.0.0.1',
    port: host.port,
    user: host.user,
    identityFiles: [host.identityFile],
    identitiesOnly: true,
    proxyJump: [],
    hostKey: host.fingerprint,
    ...more,
  };
}

/** Nothing known, nothing trusted. */
export const strict: ConnectOptions = { name: 'client1', knownHosts: [], trust: async () => false };

export function logIn(host: Sshd, more: Partial<Target> = {}, options: Partial<SessionOptions> = {}): Promise<Session> {
  return connect(targetOf(host, more), { ...strict, ...options });
}

/** The failure of what has to fail. */
export async function failureOf(attempt: Promise<unknown>): Promise<Failure> {
  const error = await attempt.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof UserError) return error.failure;
  throw error;
}

/** A key pair made by ssh-keygen; returns the line of its public half. */
export function keygen(file: string, ...words: string[]): string {
  execFileSync('ssh-keygen', ['-q', '-N', '', '-f', file, ...words], { stdio: 'pipe' });
  return execFileSync('cat', [`${file}.pub`], { encoding: 'utf8' }).trim();
}

/** The key of a line as in a .pub file. */
export function blobOf(line: string | undefined): Buffer {
  return Buffer.from(line?.split(' ')[1] ?? '', 'base64');
}

/** What nc does, as a ProxyCommand: bytes to and from a port of this machine. One process, so that it ends whole. */
export function netcat(port: number | '%p'): string {
  const script = 'process.stdin.pipe(require("net").connect(+process.argv[1], "127.0.0.1")).pipe(process.stdout)';
  return quote([process.execPath, '-e', script, String(port)]);
}
