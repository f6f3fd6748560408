/** The main job on real OpenSSH hosts, with the tutorial's own scripts, unmodified. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startNetwork, type TestNetwork } from '../helpers/hosts.ts';
import { canRunSshd } from '../helpers/sshd.ts';
import { type Ended, of, tutorialScripts, wizard } from '../helpers/wizard.ts';

const scripts = tutorialScripts();
const python = process.env.FL_WIZARD_PYTHON ?? 'python3';

describe.skipIf(!canRunSshd || !scripts)('up --yes on three OpenSSH hosts', () => {
  let network: TestNetwork;
  let first: Ended;

  beforeAll(async () => {
    const app = {
      'server.py': scripts?.server ?? '',
      'client.py': scripts?.client ?? '',
      'requirements.txt': 'numpy\n',
    };
    network = await startNetwork({ app, flower: ['strategy: {fractionEvaluate: 0.75}'] });
    first = await wizard(['up', '--yes', '--json', '-C', network.project]);
  });
  afterAll(() => network?.stop());

  test('ends well, with all eight steps', () => {
    expect(first.stderr).toBe('');
    expect(of(first.events, 'step-finished').map(({ step, outcome }) => `${step} ${outcome}`)).toEqual([
      'config changed',
      'preflight unchanged',
      'certs changed',
      'deploy changed',
      'permissions unchanged',
      'launch changed',
      'verify unchanged',
      'monitor unchanged',
    ]);
    expect(first.events.at(-1)).toMatchObject({ type: 'session-finished', outcome: 'changed', exitCode: 0 });
    expect(first.code).toBe(0);
  });

  test('trains the three rounds of the script', () => {
    const rounds = of(first.events, 'round-finished');
    expect(rounds.map(({ round, rounds: all, fit, evaluate }) => [round, all, fit, evaluate])).toEqual(
      [1, 2, 3].map((round) => [round, 3, { ok: 2, failed: 0 }, { ok: 2, failed: 0 }]),
    );
    expect(rounds.every(({ metrics }) => Math.abs((metrics.accuracy ?? 0) - 0.9) < 1e-9)).toBe(true);
    expect(of(first.events, 'run-finished')).toHaveLength(1);
  });

  test('says at launch where fl-network.yaml wins over the script', () => {
    const said = of(first.events, 'action-output').flatMap(({ step, line }) => (step === 'launch' ? [line] : []));
    expect(said).toContain("flower.strategy.fractionEvaluate 0.75 holds; the script's SaveModelStrategy has 1");
  });

  test('proves that the port refuses before the first client starts', () => {
    const proofs = first.events.filter((event) => event.type === 'check-finished' && event.step === 'launch');
    const refused = proofs.flatMap((event) =>
      event.type === 'check-finished' && event.check.kind === 'refused' ? [event.check] : [],
    );
    expect(refused.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'no certificate',
        'somebody else’s CA',
        'the server’s as a client',
        'expired',
        'revoked',
      ]),
    );
    expect(refused.every(({ ok }) => ok)).toBe(true);
    const accepted = proofs.find((event) => event.type === 'check-finished' && event.check.kind === 'accepted');
    expect(accepted).toMatchObject({
      check: { ok: true, detail: 'let in as spiffe://scriptchain.co/fl/client/FLClient1' },
    });
    const connected = first.events.findIndex((event) => event.type === 'client-changed' && event.state === 'connected');
    const lastProof = first.events.findLastIndex(
      (event) => event.type === 'check-finished' && event.step === 'launch' && event.check.kind === 'refused',
    );
    const clientStarts = of(first.events, 'action-started').filter(
      ({ step, host }) => step === 'launch' && host?.startsWith('client'),
    );
    expect(clientStarts.length).toBeGreaterThan(0);
    expect(first.events.indexOf(clientStarts[0] as never)).toBeGreaterThan(lastProof);
    expect(connected).toBeGreaterThan(lastProof);
  });

  test('the server knows its clients by their certificates', () => {
    const accepted = of(first.events, 'client-changed').filter(({ state }) => state === 'connected');
    expect(accepted.map(({ client }) => client).sort()).toEqual(['client1', 'client2']);
  });

  test('leaves each round’s weights, loadable without pickle', () => {
    const home = network.hosts[0]?.home ?? '';
    const run = join(home, 'fl-wizard', 'scriptchain', 'runs', '1');
    expect(readdirSync(run)).toEqual(
      expect.arrayContaining(['events.jsonl', 'round-1-weights.npz', 'round-2-weights.npz', 'round-3-weights.npz']),
    );
    const code =
      'import numpy, sys\nfor f in sys.argv[1:]:\n with numpy.load(f, allow_pickle=False) as z: print([z[k].tolist() for k in z.files])';
    const files = [1, 2, 3].map((round) => join(run, `round-${round}-weights.npz`));
    const printed = execFileSync(python, ['-c', code, ...files], { encoding: 'utf8' });
    expect(printed.trim().split('\n')).toEqual(Array(3).fill('[1.0, 2.0, 3.0]'));
  });

  test('has its weights and metrics fetched, with what each client did', async () => {
    const pulled = await wizard(['pull', '--json', '-C', network.project]);
    expect(pulled.code, pulled.stderr).toBe(0);
    expect(JSON.parse(pulled.stdout)).toMatchObject({ run: '1', finished: true, done: 3, round: { round: 3 } });
    const here = (name: string) => readFileSync(join(network.project, 'runs', '1', name), 'utf8');
    const rows = here('clients.csv').trim().split('\n').slice(1);
    const done = rows.map((row) => row.split(',').slice(0, 3).join(' ')).sort();
    const phases = ['client1 evaluate', 'client1 fit', 'client2 evaluate', 'client2 fit'];
    expect(done).toEqual([1, 2, 3].flatMap((round) => phases.map((phase) => `${round} ${phase}`)));
    expect(here('metrics.csv').trim().split('\n')).toHaveLength(4);
    const kept = JSON.parse(here('run.json'));
    expect(kept).toMatchObject({ run: '1', rounds: 3, app: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } });
    expect(Object.keys(kept.versions)).toEqual(['fl-wizard', 'python', 'flwr', 'grpc', 'numpy']);
    const there = join(network.hosts[0]?.home ?? '', 'fl-wizard', 'scriptchain', 'runs', '1', 'round-3-weights.npz');
    const weights = readFileSync(join(network.project, 'runs', '1', 'round-3-weights.npz'));
    expect(weights.equals(readFileSync(there))).toBe(true);
  });

  test('places only what belongs on a host, with the narrowest modes', () => {
    for (const { name, etc } of network.hosts) {
      const folder = join(etc, 'ssl', 'fl_network');
      expect(readdirSync(folder).sort()).toEqual(['ca.crt', `${name}.crt`, `${name}.key`].sort());
      const mode = (path: string) => (statSync(path).mode & 0o7777).toString(8);
      expect(mode(folder)).toBe('700');
      expect(mode(join(folder, `${name}.key`))).toBe('600');
      expect(mode(join(folder, 'ca.crt'))).toBe('644');
      expect(statSync(folder).uid).toBe(4242);
    }
  });

  test('makes certificates that openssl takes strictly', () => {
    const folder = join(network.project, 'fl_network');
    const check = (purpose: string, file: string) =>
      execFileSync(
        'openssl',
        ['verify', '-x509_strict', '-purpose', purpose, '-CAfile', join(folder, 'ca.crt'), join(folder, file)],
        { encoding: 'utf8' },
      );
    expect(check('sslserver', 'server.crt')).toContain(': OK');
    expect(check('sslclient', 'client1.crt')).toContain(': OK');
    expect(check('sslclient', 'client2.crt')).toContain(': OK');
  });

  test('the running port sends no settings frame to somebody without a certificate', () => {
    const folder = join(network.project, 'fl_network');
    const preface = Buffer.concat([
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
    ]);
    const say = (...identity: string[]) =>
      spawnSync(
        'openssl',
        [
          's_client',
          '-quiet',
          '-verify_quiet',
          '-alpn',
          'h2',
          '-servername',
          'scriptchain.co',
          '-connect',
          `127.0.0.1:${network.port}`,
          '-CAfile',
          join(folder, 'ca.crt'),
          ...identity,
        ],
        { input: preface, timeout: 5000 },
      ).stdout;
    expect(say('-cert', join(folder, 'client1.crt'), '-key', join(folder, 'client1.key')).length).toBeGreaterThan(8);
    expect(say().length).toBe(0);
  });

  test('a second up changes nothing: the run is finished', async () => {
    const before = readFileSync(join(network.project, 'fl_network', 'server.crt'), 'utf8');
    const second = await wizard(['up', '--yes', '--json', '-C', network.project]);
    expect(second.stderr).toBe('');
    expect(of(second.events, 'step-finished').map(({ outcome }) => outcome)).toEqual(Array(8).fill('unchanged'));
    expect(second.events.at(-1)).toMatchObject({ type: 'session-finished', outcome: 'unchanged', exitCode: 0 });
    expect(second.code).toBe(0);
    expect(of(second.events, 'round-finished')).toHaveLength(3);
    expect(readFileSync(join(network.project, 'fl_network', 'server.crt'), 'utf8')).toBe(before);
  });

  test('no key and no secret is in an event', () => {
    expect(first.stdout).not.toContain('PRIVATE KEY');
  });

  test('monitor --once draws the finished run from the journal when the hosts are gone', async () => {
    await Promise.all(network.hosts.map((host) => host.stop()));
    const once = await wizard(['monitor', '--once', '-C', network.project]);
    expect(once.stderr).toBe('');
    expect(once.code).toBe(0);
    expect(once.stdout).toContain('scriptchain');
    expect(once.stdout).toContain('accuracy');
    expect(once.stdout.split('\n').every((line) => line.length <= 80)).toBe(true);
    const status = await wizard(['status', '-C', network.project]);
    expect(status.code).toBe(0);
    const verify = await wizard(['verify', '--json', '-C', network.project]);
    expect(verify.code).toBe(0);
    expect(of(verify.events, 'check-finished').filter(({ check }) => check.kind === 'refused').length).toBeGreaterThan(
      2,
    );
  });
});
