/** What known_hosts decide, beside what the real ssh decides by the same files about the same real hosts. */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseKnownHosts } from '../../source/ssh/known-hosts.ts';
import { connect } from '../../source/ssh/session.ts';
import type { Target } from '../../source/ssh/target.ts';
import { canRunSshd, type Sshd, startSshd } from '../helpers/sshd.ts';
import { ca, cases, type HostPlan, names, plans } from './known-hosts-cases.ts';
import { certify } from './made-keys.ts';
import { blobOf, keygen, scratch, strict, targetOf } from './real.ts';

const run = promisify(execFile);

describe.skipIf(!canRunSshd)('known_hosts decide as ssh does', () => {
  const folder = scratch();
  const hosts = new Map<string, Sshd>();
  beforeAll(async () => {
    await Promise.all(Object.entries(plans).map(async ([name, plan]) => hosts.set(name, await start(name, plan))));
  });
  afterAll(async () => {
    await Promise.all([...hosts.values()].map((host) => host.stop()));
    folder.remove();
  });

  async function start(name: string, { keys, certified, by = ca, certificate }: HostPlan): Promise<Sshd> {
    const types = keys ?? (certified ? [certified] : []);
    const base = join(folder.path, name);
    mkdirSync(base, { recursive: true });
    const config = ['ListenAddress ::1'];
    if (certified) {
      const line = keygen(join(base, `host_${certified}`), '-t', certified);
      const file = join(base, 'host-cert.pub');
      const type = line.split(' ')[0] ?? '';
      const blob = certify({ type, blob: blobOf(line) }, by, { principals: names, ...certificate });
      writeFileSync(file, `${type}-cert-v01@openssh.com ${blob.toString('base64')}\n`);
      config.push(`HostCertificate ${file}`);
    }
    return startSshd({ directory: folder.path, name, hostKeyTypes: types, config });
  }

  const rows = cases.map(([what, name, text, changes = {}]) => ({ what, name, text, changes }));
  it.concurrent.each(rows)('$what ($name)', async ({ name, text, changes }) => {
    const host = hosts.get(name);
    if (!host) throw new Error(`no host ${name}`);
    const key = (type: string) => host.publicKeys.find((line) => line.startsWith(type)) ?? '';
    const [ed25519, ecdsa, rsa] = [key('ssh-ed25519'), key('ecdsa'), key('ssh-rsa')];
    const made = text({ name: `[127.0.0.1]:${host.port}`, port: host.port, ed25519, ecdsa, rsa });
    const { hostKey, ...target } = targetOf(host, changes);
    const texts = typeof made === 'string' ? [made] : made;
    const [ours, theirs] = await Promise.all([byUs(target, texts), bySsh(target, texts)]);
    expect(ours).toBe(theirs);
  });

  async function byUs(target: Target, texts: readonly string[]): Promise<boolean> {
    const knownHosts = texts.map((text) => parseKnownHosts(Buffer.from(text).toString('latin1')));
    const session = await connect(target, { ...strict, knownHosts }).catch((error: Error) => error);
    if (session instanceof Error) {
      // Nothing but the key may be the reason.
      expect(session.message).toContain('host key');
      return false;
    }
    session.close();
    return true;
  }

  let count = 0;
  async function bySsh(target: Target, texts: readonly string[]): Promise<boolean> {
    const files = texts.map((text) => {
      const file = join(folder.path, `known_hosts${count++}`);
      writeFileSync(file, text);
      return file;
    });
    const alias = target.hostKeyAlias ? [`HostKeyAlias=${target.hostKeyAlias}`] : [];
    const settings = [
      `UserKnownHostsFile=${files.join(' ')}`,
      'GlobalKnownHostsFile=/dev/null',
      'StrictHostKeyChecking=yes',
      'BatchMode=yes',
      `Port=${target.port}`,
      ...alias,
    ];
    const words = ['-F', '/dev/null', ...settings.flatMap((each) => ['-o', each]), '-i', ...target.identityFiles];
    const failed = await run('ssh', [...words, '-l', target.user, target.address, 'true']).then(
      () => undefined,
      (error: { stderr: string }) => error.stderr,
    );
    if (failed !== undefined) expect(failed).toContain('Host key verification failed');
    return failed === undefined;
  }
});
