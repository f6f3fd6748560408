import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DemoHosts, makeSshKey, startDemoHosts } from '../../source/demo/hosts.ts';
import { knownHostsLine } from '../../source/ssh/known-hosts.ts';

const run = promisify(execFile);
const installed = spawnSync('ssh', ['-V']).status === 0;

describe.skipIf(!installed)('a demo host, for the system ssh', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fl-wizard-demo-ssh-'));
  let demo: DemoHosts;
  beforeAll(async () => {
    const key = await makeSshKey();
    writeFileSync(join(folder, 'key'), key.privatePem.reveal(), { mode: 0o600 });
    const options = { names: ['a', 'b'], directory: folder, environment: {} };
    demo = await startDemoHosts({ ...options, authorizedKey: key.publicLine });
    const lines = demo.hosts.map((host) => `${knownHostsLine('127.0.0.1', host.port, host.publicKey)}\n`);
    writeFileSync(join(folder, 'known_hosts'), lines.join(''));
  });
  afterAll(async () => {
    await demo.close();
    rmSync(folder, { recursive: true });
  });
  const words = (port: number, strict = 'yes') => [
    ...['-F', '/dev/null', '-o', 'BatchMode=yes', '-o', `StrictHostKeyChecking=${strict}`, '-i', join(folder, 'key')],
    ...['-o', `UserKnownHostsFile=${join(folder, 'known_hosts')}`, '-p', String(port), 'demo@127.0.0.1'],
  ];

  it('is a host with a home of its own and the key that we say', async () => {
    for (const { port, home } of demo.hosts) {
      expect((await run('ssh', [...words(port), 'cd; pwd -P'])).stdout).toBe(`${home}\n`);
    }
  });

  it('passes codes, signals and streams on', async () => {
    const port = demo.hosts[0]?.port ?? 0;
    await expect(run('ssh', [...words(port), 'echo out; echo err >&2; exit 9'])).rejects.toMatchObject({
      code: 9,
      stdout: 'out\n',
    });
    await expect(run('ssh', [...words(port), 'kill -KILL $$'])).rejects.toMatchObject({ code: 255 });
    const big = join(folder, 'big');
    writeFileSync(big, Buffer.alloc(10_000_000, 'line\n'));
    await run('/bin/sh', [
      '-c',
      'in=$1 out=$2; shift 2; ssh "$@" cat <"$in" >"$out"',
      'sh',
      big,
      `${big}.out`,
      ...words(port),
    ]);
    expect(readFileSync(`${big}.out`).equals(readFileSync(big))).toBe(true);
  });

  it('has a key that ssh-keygen reads', async () => {
    const { stdout } = await run('ssh-keygen', ['-y', '-f', join(folder, 'key')]);
    expect(stdout).toMatch(/^ssh-ed25519 /);
  });
});
