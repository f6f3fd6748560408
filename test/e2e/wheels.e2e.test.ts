/** Hosts without a package index, and one whose Python is somebody else's, on real OpenSSH. */
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Event } from '../../source/plan/event.ts';
import { startNetwork, type TestNetwork, ubuntu } from '../helpers/hosts.ts';
import { edit, inventory, tutorialApp } from '../helpers/project.ts';
import { canRunSshd } from '../helpers/sshd.ts';
import { makeWheel } from '../helpers/wheels.ts';
import { of, program, wizard } from '../helpers/wizard.ts';

/** Nobody answers there. */
const nowhere = 'http://127.0.0.1:9/simple';

describe.skipIf(!canRunSshd)('hosts without a package index', () => {
  let network: TestNetwork;
  let wheels: string;
  /** Of all three, as on machines that share their users' homes: pip takes half a minute for each environment. */
  let shared: string;
  let cache: string;
  const host = (name: string) => {
    const found = network.hosts.find((each) => each.name === name);
    if (!found) throw new Error(name);
    return found;
  };
  const environments = () => readdirSync(cache).filter((each) => /^python-[0-9a-f]+$/.test(each));

  beforeAll(async () => {
    shared = mkdtempSync(join(tmpdir(), 'flw-wheels-'));
    cache = join(shared, 'fl-wizard');
    chownSync(shared, ubuntu, ubuntu);
    const environment = {
      PIP_INDEX_URL: nowhere,
      UV_DEFAULT_INDEX: nowhere,
      PIP_RETRIES: '0',
      PIP_CONFIG_FILE: '/dev/null',
      XDG_CACHE_HOME: shared,
    };
    network = await startNetwork({
      app: tutorialApp(),
      // scp speaks SFTP.
      sshd: { environment, config: ['Subsystem sftp internal-sftp'] },
    });
    wheels = join(network.project, 'wheels');
    for (const step of ['config', 'certs']) {
      const { code, stderr } = await wizard([step, '--yes', '-C', network.project]);
      if (code !== 0) throw new Error(stderr);
    }
  });
  afterAll(async () => {
    await network?.stop();
    rmSync(shared, { recursive: true, force: true });
  });

  test('get their wheels gathered here, once', async () => {
    const first = await wizard(['wheels', '-C', network.project]);
    expect(first.code, first.stderr).toBe(0);
    expect(first.stdout).toMatch(/^client2 {2}Python 3\.\d+, \S+, glibc \d\.\d+ {2}\d+ wheels, \d+ MB$/m);
    expect(readdirSync(wheels).filter((name) => !name.endsWith('.whl'))).toEqual([]);
    const before = inventory(wheels);
    const again = await wizard(['wheels', '--json', '-C', network.project], {
      env: { PIP_INDEX_URL: nowhere, PIP_CONFIG_FILE: '/dev/null' },
    });
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).toBe('');
    expect(JSON.parse(again.stdout)).toMatchObject({
      folder: wheels,
      hosts: [{ name: 'server' }, { name: 'client1' }, { name: 'client2' }],
      failures: [],
    });
    expect(inventory(wheels)).toEqual(before);
  });

  test('are refused before anything is copied where a wheel is missing (5)', async () => {
    const [numpy = ''] = readdirSync(wheels).filter((name) => name.startsWith('numpy-'));
    renameSync(join(wheels, numpy), join(network.directory, numpy));
    const refused = await wizard(['deploy', '--yes', '--json', '--wheelhouse', wheels, '-C', network.project]);
    renameSync(join(network.directory, numpy), join(wheels, numpy));
    expect(refused.code).toBe(5);
    expect(of(refused.events, 'host-failed').map(({ failure }) => failure.why)).toEqual(
      Array(3).fill(expect.stringMatching(/^there is no wheel of numpy for Python 3/)),
    );
    expect(of(refused.events, 'action-started')).toEqual([]);
  });

  test('are made by the lines of --show-commands', async () => {
    // The lines are the same for packages that are installed in a second.
    const small = join(network.project, 'small');
    makeWheel(small, { name: 'flwr', version: '1.41.0' });
    makeWheel(small, { name: 'numpy' });
    const only = ['--only', 'client1', '--wheelhouse', small, '-C', network.project];
    const { stdout, code } = await wizard(['deploy', '--show-commands', ...only]);
    expect(code).toBe(0);
    const { port, publicKeys } = host('client1');
    // ssh knows no fingerprint of fl-network.yaml.
    writeFileSync(join(network.project, '.fl-wizard', 'known_hosts'), `[127.0.0.1]:${port} ${publicKeys[0]}\n`);
    execFileSync('sh', ['-eu', '-c', stdout], { stdio: 'pipe' });
    expect(environments()).toHaveLength(1);
    const after = await wizard(['deploy', '--yes', '--json', ...only]);
    expect(of(after.events, 'plan-ready')[0]?.actions).toEqual([]);
    expect(after.code).toBe(0);
    rmSync(cache, { recursive: true });
  });

  test('go on where a copy was killed, and keep what came', async () => {
    const words = ['deploy', '--yes', '--json', '--only', 'client1', '--wheelhouse', wheels, '-C', network.project];
    await wizard(words, {
      onEvent: (event, kill) => {
        if (event.type === 'action-output' && event.line.startsWith('copying')) kill('SIGKILL');
      },
    });
    const second = await wizard(words);
    expect(second.code, second.stdout).toBe(0);
    expect(of(second.events, 'step-finished')[0]).toMatchObject({ outcome: 'changed' });
    const stored = readdirSync(join(cache, 'wheels'));
    expect(stored.length).toBeGreaterThan(10);
    expect(stored.filter((name) => !name.endsWith('.whl'))).toEqual([]);
    expect(environments()).toHaveLength(1);
  });

  test('are sent a wheel of 300 MB that is never held here', async () => {
    makeWheel(wheels, { name: 'large', padding: 300_000_000 });
    writeFileSync(join(network.project, 'app', 'requirements.txt'), 'numpy\nlarge\n');
    const words = ['deploy', '--yes', '--json', '--only', 'server', '--wheelhouse', wheels, '-C', network.project];
    const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'ignore'] });
    const told: string[] = [];
    let most = 0;
    for await (const text of createInterface({ input: child.stdout })) {
      const event = JSON.parse(text) as Event;
      if (event.type !== 'action-output') continue;
      told.push(event.line);
      if (!event.line.startsWith('copied')) continue;
      most = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1024;
      child.kill('SIGKILL');
    }
    expect(told[0]).toMatch(/^copying 1 wheel, 300 MB$/);
    expect(told.find((line) => line.startsWith('copied'))).toMatch(/^copied 300 MB, \d+ MB\/s$/);
    expect(most).toBeGreaterThan(0);
    // Node and what it loads take 110 MB.
    expect(most).toBeLessThan(250_000_000);
    writeFileSync(join(network.project, 'app', 'requirements.txt'), 'numpy\n');
    rmSync(join(wheels, 'large-1.0-py3-none-any.whl'));
  });

  test('train, with one whose Python is somebody else’s and stays as it is', async () => {
    const [name = ''] = environments();
    const theirs = join(cache, name);
    const before = inventory(theirs);
    edit(network.project, (file) => {
      const client = file.clients[1];
      if (client) Object.assign(client, { environment: 'existing', remote: { python: join(theirs, 'bin', 'python') } });
    });
    const up = await wizard(['up', '--yes', '--json', '--wheelhouse', wheels, '-C', network.project]);
    expect(up.code, up.stdout.slice(-3000)).toBe(0);
    expect(of(up.events, 'round-finished').map(({ fit }) => fit)).toEqual(Array(3).fill({ ok: 2, failed: 0 }));
    expect(environments()).toEqual([name]);
    const script = readFileSync(join(host('client2').home, 'fl-wizard/scriptchain/python/bin/python'), 'utf8');
    expect(script).toContain(`exec '${join(theirs, 'bin', 'python')}'`);
    expect(inventory(theirs)).toEqual(before);
    const after = await wizard(['deploy', '--yes', '--json', '-C', network.project]);
    expect(of(after.events, 'step-finished')[0]).toMatchObject({ outcome: 'unchanged' });
  });

  test('say what such a Python lacks before anything is copied (5)', async () => {
    writeFileSync(join(network.project, 'app', 'requirements.txt'), 'numpy\npandas>=2\n');
    edit(network.project, (file) => {
      Object.assign(file.flower, { version: '1.40.0' });
    });
    const { code, events } = await wizard(['deploy', '--yes', '--json', '--only', 'client2', '-C', network.project]);
    expect(code).toBe(5);
    const [failed] = of(events, 'host-failed');
    expect(failed?.failure).toMatchObject({
      host: 'client2',
      why: expect.stringContaining('flwr==1.40.0 is wanted, 1.41.0 is there and pandas>=2 is not there'),
    });
    expect(of(events, 'action-started')).toEqual([]);
  });
});
