/** Proofs in the middle of a round: they disturb nothing, and leave a record that an auditor can read. */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cases } from '../../source/plan/proof.ts';
import { type Proof, proofFrom } from '../../source/plan/proven.ts';
import { startNetwork, type TestNetwork } from '../helpers/hosts.ts';
import { until } from '../helpers/project.ts';
import { slowScripts } from '../helpers/slow-app.ts';
import { canRunSshd } from '../helpers/sshd.ts';
import { type Ended, of, wizard } from '../helpers/wizard.ts';

type Line = { readonly type: string; readonly [member: string]: unknown };

/** Together with the two whose records are looked at: twenty. Six at once are more than anybody asks for. */
const batches = [6, 6, 6];

describe.skipIf(!canRunSshd)('verify in the middle of a round', () => {
  let network: TestNetwork;
  let first: Ended;
  /** What the server had told of its clients before the first proof. */
  let before: readonly Line[];
  let proof: Proof;
  /** Those at the port, without what the clients judge. */
  const connections = () => proof.tries.filter((each) => !each.case.startsWith('server-'));
  const output = (name: string) => join(network.project, name);
  const journal = (): readonly Line[] => {
    const path = join(network.hosts[0]?.home ?? '', 'fl-wizard', 'scriptchain', 'runs', '1', 'events.jsonl');
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    return lines.map((line) => JSON.parse(line) as Line);
  };
  const changes = () => journal().filter(({ type }) => type === 'client-changed');
  const verify = (...words: string[]) => wizard(['verify', '--json', '-C', network.project, ...words]);

  beforeAll(async () => {
    const app = { ...slowScripts, 'requirements.txt': 'numpy\n' };
    network = await startNetwork({ app, algorithm: 'ec', flower: ['rounds: 3', 'linger: 1'] });
    const up = await wizard(['up', '--yes', '--detach', '--json', '-C', network.project]);
    const wrong = of(up.events, 'check-finished').filter(({ check }) => !check.ok);
    expect([up.code, up.stderr, wrong]).toEqual([0, '', []]);
    // The round that waits for a file, so that there is a middle of a round for as long as one is wanted.
    const inRound = () => changes().filter(({ state, round }) => state === 'training' && round === 3);
    await until('both train in round 3', () => inRound().length === 2);
    before = changes();
    first = await verify('--output', output('proof.json'));
  });
  afterAll(() => network?.stop());

  test('tries every case through every host, and from the server’s with TLS 1.2 as well', () => {
    expect([first.code, first.stderr]).toEqual([0, '']);
    proof = proofFrom(JSON.parse(readFileSync(output('proof.json'), 'utf8'))) as Proof;
    expect(proof).toMatchObject({ network: 'scriptchain', run: '1', mutual: true, earlier: false });
    const names = cases.map(({ name }) => name);
    const tried = (host: string, limit?: string) =>
      connections()
        .filter((each) => each.host === host && each.limit === limit)
        .map((each) => each.case);
    for (const host of ['server', 'client1', 'client2']) expect(tried(host)).toEqual(names);
    expect(tried('server', 'TLS 1.2')).toEqual(names);
    const servers = 'the clients refuse 15 of 15 wrong servers';
    expect(proof.verdict).toBe(`mutual: 32 of 32 refused (8 kinds), 6 let in; ${servers}`);
    const shown = of(first.events, 'check-finished').filter(({ check }) => check.kind !== 'state');
    expect(shown).toHaveLength(36 + 15 + 2);
    expect(of(first.events, 'proof-finished')[0]?.proof.tries).toEqual(proof.tries);
  });

  test('keeps version, cipher, both fingerprints and whom the server saw', () => {
    const fingerprint = (name: string) =>
      new X509Certificate(readFileSync(join(network.project, 'fl_network', `${name}.crt`))).fingerprint256
        .replaceAll(':', '')
        .toLowerCase();
    for (const each of connections()) {
      expect(each.ok, each.name).toBe(true);
      expect(each.tls?.version).toBe(each.limit ?? 'TLS 1.3');
      expect(each.tls?.cipher).toMatch(each.limit ? /^TLS_ECDHE_/ : /^TLS_AES_/);
      // With TLS 1.2 a refusal comes before this side has judged the server.
      if (each.limit === undefined) expect(each.presented?.fingerprint).toBe(fingerprint('server'));
      expect(each.shown === undefined).toBe(each.case === 'none');
    }
    const right = proof.tries.find((each) => each.host === 'client2' && each.case === 'right');
    expect(right).toMatchObject({
      shown: fingerprint('client2'),
      to: `scriptchain.co:${network.port}`,
      word: { uri: 'spiffe://scriptchain.co/fl/client/FLClient2', fingerprint: fingerprint('client2') },
    });
    // The policy's refusals, by the server's own journal.
    const revoked = proof.tries.find((each) => each.host === 'client1' && each.case === 'revoked');
    expect(revoked?.word).toMatchObject({
      uri: 'spiffe://scriptchain.co/fl/client/probe-revoked',
      fingerprint: revoked?.shown,
    });
  });

  test('has each client’s own Python, and ours, refuse servers that are none of the network’s', () => {
    const judged = proof.tries.filter((each) => each.case.startsWith('server-'));
    const told = (host: string) =>
      judged.filter((each) => each.host === host).map((each) => [each.case, each.expected, each.outcome, each.detail]);
    const refused = (which: string, why: string) => [which, 'refuses', 'refuses', expect.stringContaining(why)];
    const wrong = [
      refused('server-foreign', 'not signed by this network’s CA'),
      refused('server-self-signed', 'signed'),
      refused('server-expired', 'the server’s certificate has expired'),
      refused('server-client', 'no server’s certificate, but a client’s'),
      refused('server-name', 'does not hold the name'),
    ];
    expect(told('this machine')).toEqual(wrong);
    for (const [at, host] of ['client1', 'client2'].entries()) {
      const right = `let in as spiffe://scriptchain.co/fl/client/FLClient${at + 1}`;
      expect(told(host)).toEqual([...wrong, ['server-right', 'accepted', 'accepted', right]]);
    }
  });

  test('and what runs where, with digests that sha256sum counts again', () => {
    expect(proof.hosts.map(({ name, runtime, app }) => [name, runtime, app])).toEqual(
      ['server', 'client1', 'client2'].map((name) => [name, proof.hashes.runtime, proof.hashes.app]),
    );
    for (const host of proof.hosts) {
      expect(host.python).toMatch(/^3\.\d+\.\d+/);
      expect(host.openssl).toMatch(/^OpenSSL \d/);
      expect(host.packages).toMatchObject({ flwr: expect.stringMatching(/^\d/), grpcio: expect.stringMatching(/^\d/) });
    }
    const line = 'cd app && sha256sum $(find . -type f | sed s:./:: | LC_ALL=C sort) | sha256sum | cut -c 1-64';
    expect(execFileSync('sh', ['-c', line], { cwd: network.project, encoding: 'utf8' }).trim()).toBe(proof.hashes.app);
    expect(proof.certificates.map(({ name }) => name)).toEqual([
      'server (as presented)',
      'client1',
      'client2',
      'operator',
      'ca',
    ]);
  });

  test('writes a page that needs nothing else, and holds no key', async () => {
    const page = await wizard(['verify', '--plain', '--only', 'server', '--output', 'proof.html', '-C', '.'], {
      cwd: network.project,
    });
    expect(page.code, page.stderr).toBe(0);
    expect(page.stderr).toContain('The proof is in');
    const html = readFileSync(output('proof.html'), 'utf8');
    expect(html).toContain(
      'PROVED: mutual: 16 of 16 refused (8 kinds), 2 let in; the clients refuse 5 of 5 wrong servers',
    );
    expect(html).not.toMatch(/<script|<link|<img|https?:|url\(|@import/);
    for (const name of ['proof.html', 'proof.json']) {
      expect((statSync(output(name)).mode & 0o777).toString(8)).toBe('644');
      const text = readFileSync(output(name), 'utf8');
      expect(text).not.toContain('PRIVATE KEY');
      for (const folder of ['fl_network', '.fl-wizard', '.fl-wizard/probes'])
        for (const file of readdirSync(output(folder)).filter((each) => each.endsWith('.key')))
          for (const part of readFileSync(join(output(folder), file), 'utf8')
            .split('\n')
            .slice(1, -2))
            expect(text).not.toContain(part);
    }
    // As often as it is written, nothing else is left in the folder.
    expect(readdirSync(network.project).filter((name) => name.startsWith('.proof'))).toEqual([]);
  });

  test('is refused before any host is asked where it could not be written', async () => {
    // Not an event of any host: the end alone.
    const refused = (exitCode: number) =>
      expect.objectContaining({ type: 'session-finished', exitCode, failures: [expect.anything()] });
    const other = await verify('--output', output('proof.pdf'));
    expect([other.code, JSON.parse(other.stdout)]).toEqual([2, refused(2)]);
    expect(other.stderr).toContain('ends neither in .html nor in .json');
    const nowhere = await verify('--output', output('nowhere/proof.html'));
    expect([nowhere.code, JSON.parse(nowhere.stdout)]).toEqual([3, refused(3)]);
    expect(nowhere.stderr).toContain('its folder is not there');
  });

  test('twenty of them replace no client, add none, and fail no round', async () => {
    for (const size of batches) {
      const all = await Promise.all(Array.from({ length: size }, () => verify('--only', 'server')));
      expect(all.map(({ code }) => code)).toEqual(Array(size).fill(0));
    }
    expect(changes()).toEqual(before);
    const status = await wizard(['status', '--json', '-C', network.project]);
    expect(JSON.parse(status.stdout)).toMatchObject({
      hosts: [{}, { client: 'training' }, { client: 'training' }],
    });
    for (const { home } of network.hosts) writeFileSync(join(home, 'go-on'), '');
    await until('the run has ended', () => journal().some(({ type }) => type === 'run-finished'));
    const told = journal();
    const rounds = told.filter(({ type }) => type === 'round-finished');
    expect(rounds.map(({ round, fit }) => [round, fit])).toEqual(
      [1, 2, 3].map((round) => [round, { ok: 2, failed: 0 }]),
    );
    // Each client came in once, trained once a round, and nobody else was ever asked to.
    const came = (state: string) =>
      changes()
        .filter((each) => each.state === state)
        .map((each) => each.client)
        .sort();
    expect(came('connected')).toEqual(['client1', 'client2']);
    expect(came('training')).toEqual(['client1', 'client1', 'client1', 'client2', 'client2', 'client2']);
    expect([...came('lost'), ...came('refused'), ...came('failed')]).toEqual([]);
    expect(told.filter(({ type, text }) => type === 'notice' && /connects from|replaced/.test(String(text)))).toEqual(
      [],
    );
    // All that knocked were our own, and the server knows them without being told by whoever knocks.
    const refused = told.filter(({ type }) => type === 'connection-refused');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.filter(({ probe }) => probe !== true)).toEqual([]);
  });

  test('with nothing running it tells and writes the last proof, with its time', async () => {
    const state = async () => (await wizard(['status', '--json', '-C', network.project])).stdout;
    await until('the server has ended', async () => !(await state()).includes('"running"'));
    const last = await verify('--output', output('last.html'));
    expect(last.code, last.stderr).toBe(0);
    const told = of(last.events, 'proof-finished')[0];
    expect(told).toMatchObject({ earlier: true, proof: { mutual: true } });
    const html = readFileSync(output('last.html'), 'utf8');
    expect(html).toContain(
      `No server was running when this was written. It is the last proof, of ${told?.proof.time}.`,
    );
  });
});
