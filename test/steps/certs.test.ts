import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { headlessOperator } from '../../source/headless/operator.ts';
import { completeNetwork, type Network } from '../../source/network/network.ts';
import { inspectCertificate, issuedBy } from '../../source/pki/inspect.ts';
import { sha256 } from '../../source/plan/digest.ts';
import type { Happening } from '../../source/plan/event.ts';
import { exit } from '../../source/plan/failure.ts';
import { run } from '../../source/plan/run.ts';
import { type Answers, type Options, typedAnswer } from '../../source/plan/step.ts';
import { listed } from '../../source/plan/told.ts';
import type { World } from '../../source/plan/world.ts';
import { certsStep } from '../../source/steps/certs.ts';
import { configStep } from '../../source/steps/config.ts';
import { placementOf } from '../../source/steps/placed.ts';
import { valuesOf } from '../../source/steps/values.ts';
import { CaPassphrase } from '../../source/world/ca-passphrase.ts';
import { listLocal, modeOf, readLocal } from '../../source/world/files.ts';
import { Issuer } from '../../source/world/issue.ts';
import { perform } from '../../source/world/perform.ts';
import { Remote } from '../../source/world/remote.ts';
import { fakeWorld } from '../plan/fakes.ts';

const top = mkdtempSync(join(tmpdir(), 'fl-certs-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

const file = {
  version: 1 as const,
  name: 'xray',
  certificates: { algorithm: 'ec' as const, subject: { O: 'X-Ray, Inc.' } },
  server: { address: 'fl.example.org', names: ['10.0.0.7', 'FL.example.org'], ssh: { host: '10.0.0.1' } },
  clients: [
    { name: 'client1', commonName: 'FLClient1', ssh: { host: '10.0.0.2' } },
    { name: 'client2', ssh: { host: '10.0.0.3' } },
  ],
};
const network = completeNetwork(file);

/** Real files and certificates; there are no hosts. */
function worldIn(directory: string, now = new Date(), attended = false): World {
  const remote = new Remote(undefined as never);
  const made = new Issuer(new CaPassphrase({ ask: async (question) => typedAnswer(question, '') }));
  const issuer = async () => made;
  const world: World = fakeWorld([], {
    directory,
    attended,
    read: readLocal,
    mode: modeOf,
    list: listLocal,
    now: () => now,
    perform: (action, net, report, signal) => perform(action, { network: net, world, remote, report, signal, issuer }),
  });
  return world;
}

type Ran = { readonly events: readonly Happening[]; readonly exitCode: number; readonly plan: readonly string[] };
type Wish = {
  readonly net?: Network;
  readonly options?: Options;
  readonly now?: Date;
  readonly attended?: boolean;
  readonly dryRun?: boolean;
  readonly only?: readonly string[];
  /** What somebody else does while the plan is on the screen. */
  readonly meanwhile?: () => void;
};

async function ran(directory: string, wish: Wish = {}): Promise<Ran> {
  const { net = network, options = {}, now, dryRun = false, only = [] } = wish;
  const answers: Answers = { network: net, options: { offline: true, ...options }, only };
  const events: Happening[] = [];
  const operator = headlessOperator({ answers, yes: true });
  const happenings = run([certsStep], {
    world: worldIn(directory, now, wish.attended),
    operator: {
      ...operator,
      approve: async (...asked) => {
        wish.meanwhile?.();
        return operator.approve(...asked);
      },
    },
    signal: new AbortController().signal,
    parallel: 16,
    command: 'certs',
    dryRun,
  });
  for (;;) {
    const next = await happenings.next();
    if (next.done) {
      const plan = events.flatMap((event) => (event.type === 'plan-ready' ? event.actions : []));
      return { events, exitCode: next.value, plan: plan.map(({ text }) => text) };
    }
    events.push(...listed(next.value));
  }
}

const failures = ({ events }: Ran) =>
  events.flatMap((event) => (event.type === 'step-finished' ? (event.failures ?? []) : []));

let made: string;
beforeAll(async () => {
  made = join(top, 'made');
  const { exitCode } = await ran(made);
  expect(exitCode).toBe(0);
});

describe('the modes of the keys', () => {
  const checks = ({ events }: Ran) => events.flatMap((event) => (event.type === 'check-finished' ? [event.check] : []));

  it('are shown for each, as they are at the end', async () => {
    const shown = checks(await ran(here)).filter(({ name }) => name.endsWith('.crt'));
    expect(shown.map(({ name }) => name)).toEqual([
      'ca.crt',
      'server.crt',
      'client1.crt',
      'client2.crt',
      'operator.crt',
    ]);
    for (const { detail } of shown) expect(detail).toContain('0600');
  });

  it('are looked at once more after what the plan did: one opened meanwhile fails', async () => {
    chmodSync(path('ca.key'), 0o644);
    const result = await ran(here, { meanwhile: () => chmodSync(path('client1.key'), 0o644) });
    expect(result.plan).toEqual(['let nobody else read fl_network/ca.key (0600)']);
    expect(checks(result).filter(({ ok }) => !ok)).toMatchObject([
      { name: 'fl_network/client1.key', detail: expect.stringMatching(/its mode is 0644, and has to be 0600/) },
    ]);
    expect(result.exitCode).toBe(exit.proof);
    expect((await ran(here)).plan).toEqual(['let nobody else read fl_network/client1.key (0600)']);
  });
});

/** A copy of what was made, for each test its own. */
let here: string;
let number = 0;
const path = (name: string) => join(here, 'fl_network', name);
const text = (name: string) => readFileSync(path(name), 'utf8');
beforeEach(async () => {
  here = join(top, String(++number));
  const { cp } = await import('node:fs/promises');
  await cp(made, here, { recursive: true, preserveTimestamps: true });
});

it('what a proof shows to be refused is known to the server’s policy, and lets nobody in', async () => {
  const { files } = await placementOf({ network, options: {}, only: [] }, worldIn(made));
  const policy = files.server?.find(({ to }) => to.endsWith('/allow.json'));
  const allowed = JSON.parse(policy && 'text' in policy.from ? policy.from.text : '') as Record<string, object[]>;
  const print = (...words: string[]) =>
    sha256(new X509Certificate(readFileSync(join(made, '.fl-wizard', ...words))).raw);
  const probes = ['expired', 'revoked', 'unlisted', 'impostor', 'foreign'].map((name) =>
    print('probes', `${name}.crt`),
  );
  expect(allowed.probes).toEqual([...probes, print('operator.crt')]);
  expect(JSON.stringify(allowed.clients)).not.toMatch(new RegExp(probes.join('|')));
  expect(allowed.operators).toMatchObject([{ fingerprints: [print('operator.crt')] }]);
});

it('the CA’s key goes to no host, also where it lies in the app', async () => {
  mkdirSync(join(here, 'app', 'old'), { recursive: true });
  copyFileSync(path('ca.key'), join(here, 'app', 'old', 'mine.pem'));
  const placed = placementOf({ network, options: {}, only: [] }, worldIn(here));
  await expect(placed).rejects.toMatchObject({
    failure: { exitCode: 2, why: expect.stringContaining('app/old/mine.pem is the private key of the CA') },
  });
});

describe('certs on an empty folder', () => {
  it('plans the CA first, then all others at once, and the proofs', async () => {
    const { plan, exitCode } = await ran(join(top, 'nothing'), { dryRun: true });
    expect(exitCode).toBe(0);
    expect(plan).toEqual([
      expect.stringMatching(/^make the CA fl_network\/ca\.crt, until \d{4}-\d\d-\d\d; its key never leaves/),
      expect.stringMatching(/^issue fl_network\/server\.crt: fl\.example\.org and 10\.0\.0\.7, EC P-256, until /),
      expect.stringContaining('issue fl_network/client1.crt: spiffe://fl.example.org/fl/client/FLClient1'),
      expect.stringContaining('issue fl_network/client2.crt: spiffe://fl.example.org/fl/client/client2'),
      expect.stringContaining('issue .fl-wizard/operator.crt: spiffe://fl.example.org/fl/operator/ada'),
      expect.stringContaining('make 6 certificates that must be refused'),
    ]);
    expect(() => readdirSync(join(top, 'nothing'))).toThrow('ENOENT');
  });

  it('makes nothing but what the interface lists, all by one CA', () => {
    expect(readdirSync(join(made, 'fl_network')).sort()).toEqual(
      ['ca', 'client1', 'client2', 'server'].flatMap((name) =>
        name === 'ca' ? ['ca.crt', 'ca.key'] : [`${name}.crt`, `${name}.csr`, `${name}.key`],
      ),
    );
    const read = (name: string) => readFileSync(join(made, name), 'utf8');
    const ca = read('fl_network/ca.crt');
    for (const name of ['fl_network/server.crt', 'fl_network/client1.crt', '.fl-wizard/operator.crt'])
      expect(issuedBy(read(name), ca)).toBe(true);
    expect(issuedBy(read('.fl-wizard/probes/foreign.crt'), ca)).toBe(false);
    expect(inspectCertificate(read('fl_network/server.crt'))).toMatchObject({
      commonName: 'fl.example.org',
      purposes: ['server'],
      sans: { dns: ['fl.example.org'], ips: ['10.0.0.7'], uris: [] },
    });
    expect(inspectCertificate(read('fl_network/client1.crt'))).toMatchObject({
      subject: 'O=X-Ray\\, Inc., CN=FLClient1',
      purposes: ['client'],
      sans: { dns: [], ips: [], uris: ['spiffe://fl.example.org/fl/client/FLClient1'] },
    });
  });

  it('makes nothing right again, and touches no file', async () => {
    const before = readdirSync(path('.')).map((name) => [name, text(name)]);
    const again = await ran(here);
    expect([again.exitCode, again.plan]).toEqual([0, []]);
    expect(again.events.at(-1)).toMatchObject({ outcome: 'unchanged' });
    expect(readdirSync(path('.')).map((name) => [name, text(name)])).toEqual(before);
  });
});

describe('a certificate is made again', () => {
  const dry = (wish: Wish = {}) => ran(here, { dryRun: true, ...wish });
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);

  it.each<readonly [string, () => void, RegExp]>([
    [
      'it is not there',
      () => rmSync(path('client1.crt')),
      /^issue fl_network\/client1\.crt again, because client1\.crt is missing: .*which keeps its key, the certificate valid until/,
    ],
    [
      'its key is missing',
      () => rmSync(path('client1.key')),
      /client1\.crt again, because client1\.key is missing: .*EC P-256/,
    ],
    [
      'neither is there',
      () => [rmSync(path('server.crt')), rmSync(path('server.key'))],
      /^issue fl_network\/server\.crt again, because server\.crt and server\.key are missing: .*EC P-256/,
    ],
    [
      'what is for the proof is not there',
      () => rmSync(join(here, '.fl-wizard', 'crl.pem')),
      /for the proof again, since crl\.pem is missing; they stay in \.fl-wizard\/probes and let nobody in$/,
    ],
    [
      'a certificate that must be refused is not there',
      () => rmSync(join(here, '.fl-wizard', 'probes', 'revoked.crt')),
      /for the proof again, since revoked\.crt is missing;/,
    ],
    [
      'its key belongs to another',
      () => copyFileSync(path('client2.key'), path('client1.key')),
      /client1\.crt again, because its key belongs to another certificate/,
    ],
    [
      'another CA issued it',
      () => {
        copyFileSync(join(here, '.fl-wizard', 'probes', 'foreign.crt'), path('client1.crt'));
        copyFileSync(join(here, '.fl-wizard', 'probes', 'foreign.key'), path('client1.key'));
      },
      /client1\.crt again, because another CA issued it/,
    ],
    [
      'its names differ',
      () => {
        copyFileSync(path('client2.crt'), path('client1.crt'));
        copyFileSync(path('client2.key'), path('client1.key'));
      },
      /client1\.crt again, because its names differ \(spiffe:.*client2\)/,
    ],
  ])('where %s', async (_, spoil, expected) => {
    spoil();
    const { plan } = await dry();
    expect(plan).toEqual([expect.stringMatching(expected)]);
  });

  it('where the network’s names have changed', async () => {
    const net = completeNetwork({ ...file, server: { ...file.server, names: ['10.0.0.8'] } });
    const { plan } = await dry({ net });
    expect(plan).toEqual([
      expect.stringMatching(/server\.crt again, because its names differ .*: fl\.example\.org and 10\.0\.0\.8/),
    ]);
  });

  it('where it has expired, by name and day', async () => {
    const { plan } = await dry({ now: inDays(800) });
    // The probes have expired with them: an expired one proves nothing about the CRL.
    expect(plan.at(-1)).toContain('certificates that must be refused');
    expect(plan.slice(0, -1).map((line) => line.replace(/:.*/, ''))).toEqual(
      ['fl_network/server.crt', 'fl_network/client1.crt', 'fl_network/client2.crt', '.fl-wizard/operator.crt'].map(
        (name) => expect.stringMatching(new RegExp(`^issue ${name} again, because it expired on \\d{4}-\\d\\d-\\d\\d`)),
      ),
    );
  });

  it('where the CA is new, all of them', async () => {
    rmSync(path('ca.crt'));
    rmSync(path('ca.key'));
    const { plan } = await dry();
    expect(plan).toHaveLength(6);
    expect(plan.slice(1, 4).every((line) => line.includes('because the CA is new'))).toBe(true);
    expect(plan[4]).toContain('operator.crt again');
  });

  it('only by an approval of its own, and then with the CA and the key that are there', async () => {
    copyFileSync(path('client2.crt'), path('client1.crt'));
    copyFileSync(path('client2.key'), path('client1.key'));
    const [ca, key] = [text('ca.crt'), text('ca.key')];
    expect((await ran(here)).exitCode).toBe(exit.declined);
    const { exitCode, events } = await ran(here, { options: { allowReissue: true } });
    expect([exitCode, events.at(-1)]).toEqual([0, expect.objectContaining({ outcome: 'changed' })]);
    expect([text('ca.crt'), text('ca.key')]).toEqual([ca, key]);
    expect(inspectCertificate(text('client1.crt')).commonName).toBe('FLClient1');
    expect((await ran(here)).plan).toEqual([]);
  });

  it('for those that were chosen', async () => {
    for (const name of ['client1', 'client2']) rmSync(path(`${name}.crt`));
    const { plan } = await dry({ only: ['client2'] });
    expect(plan).toEqual([expect.stringContaining('client2.crt')]);
  });

  it('but not a probe that is there, and all where one is not', async () => {
    rmSync(join(here, '.fl-wizard', 'probes', 'revoked.crt'));
    expect((await dry()).plan).toEqual([expect.stringContaining('make 6 certificates')]);
  });
});

describe('certs refuses (6), before anything is issued,', () => {
  const refused = async (wish: Wish = {}) => {
    const before = readdirSync(path('.'));
    const result = await ran(here, wish);
    expect(result.exitCode).toBe(exit.proof);
    expect(result.plan).toEqual([]);
    expect(readdirSync(path('.'))).toEqual(before);
    return failures(result)[0];
  };

  it('a key that is not the CA’s', async () => {
    copyFileSync(path('client1.key'), path('ca.key'));
    rmSync(path('client2.crt'));
    expect(await refused()).toMatchObject({
      doing: 'Looking at fl_network/ca.crt',
      why: 'ca.key does not belong to it',
    });
  });

  it('a CA’s key that lies open, once, with what encrypts it; not to who was asked about it', async () => {
    const shown = async (wish: Wish) => {
      const { events, exitCode } = await ran(here, wish);
      expect(exitCode).toBe(0);
      return events.flatMap((event) => (event.type === 'check-finished' && event.check.hint ? [event.check] : []));
    };
    expect(await shown({})).toEqual([
      expect.objectContaining({ name: 'ca.crt', ok: true, hint: expect.stringContaining('--ca-passphrase-file FILE') }),
    ]);
    expect(await shown({ attended: true })).toEqual([]);
    const command = (await shown({}))[0]?.hint?.match(/openssl pkey .* && mv \S+ \S+/)?.[0] ?? '';
    const words = command.replace('-aes256', '-aes256 -passout pass:secret');
    execFileSync('sh', ['-c', words], { cwd: here, stdio: 'pipe' });
    expect(await shown({})).toEqual([]);
    expect(text('ca.key')).toContain('ENCRYPTED PRIVATE KEY');
  });

  it('a CA without its key, where something is to be issued', async () => {
    renameSync(path('ca.key'), path('elsewhere'));
    // Kept elsewhere, where it is safest: as long as nothing is to be signed, nobody asks for it.
    const kept = await ran(here);
    expect([kept.exitCode, kept.plan]).toEqual([0, []]);
    const shown = kept.events.find((event) => event.type === 'check-finished' && event.check.name === 'ca.crt');
    expect(shown).toMatchObject({ check: { ok: true, detail: expect.stringContaining('its key kept elsewhere') } });
    rmSync(path('client1.crt'));
    expect((await refused())?.why).toContain('ca.key, is not here');
  });

  it('a CA that is none', async () => {
    copyFileSync(path('client1.crt'), path('ca.crt'));
    copyFileSync(path('client1.key'), path('ca.key'));
    expect((await refused())?.why).toContain('it is no CA certificate');
  });

  it('a CA that has expired', async () => {
    expect((await refused({ now: new Date(Date.now() + 3651 * 86_400_000) }))?.why).toMatch(/^the CA expired on /);
  });

  it('garbage for a certificate', async () => {
    writeFileSync(path('client1.crt'), 'hello');
    expect((await refused())?.why).toBeTruthy();
  });

  it.each(['other.example:9092', '10.9.9.9:9092', '[fd00::9]:9092'])(
    '%s, which the certificate would not hold',
    async (dial) => {
      const [first, second] = file.clients;
      if (!first || !second) throw new Error('no clients');
      const net = completeNetwork({ ...file, clients: [{ ...first, dial }, second] });
      const failure = await refused({ net });
      const host = dial.replace(/:9092$/, '').replace(/[[\]]/g, '');
      expect(failure?.why).toContain(`client1 will dial ${host}, which the certificate would not hold`);
      expect(failure?.hint).toContain('server.names');
    },
  );

  it('keys that are made on hosts (2), which --offline does not ask', async () => {
    const net = completeNetwork({ ...file, certificates: { keys: 'host' as const } });
    expect((await ran(here, { net })).exitCode).toBe(exit.invalid);
  });
});

describe('a dialed address', () => {
  it.each(['FL.EXAMPLE.ORG:1', '10.0.0.7:9092'])('%s is in the certificate', async (dial) => {
    const [first] = file.clients;
    if (!first) throw new Error('no clients');
    const net = completeNetwork({ ...file, clients: [{ ...first, dial }] });
    expect((await ran(here, { net, dryRun: true })).exitCode).toBe(0);
  });
});

describe('config', () => {
  const answers = (net: Network): Answers => ({ network: net, options: {}, only: [] });
  const facts = (now?: string) => ({ path: '/p/c.conf', shown: 'c.conf', ...(now === undefined ? {} : { text: now }) });
  const content = (net: Network, now?: string) => {
    const [stage] = configStep.plan(answers(net), facts(now));
    const [action] = stage?.lanes.here ?? [];
    return action?.kind === 'write-file' ? action : undefined;
  };

  it('writes a new file with every name once', () => {
    expect(valuesOf(network)).toMatchObject({ dns: ['fl.example.org'], ips: ['10.0.0.7'] });
    const action = content(network);
    expect(action?.text).toBe('write c.conf: fl.example.org and 10.0.0.7');
    expect([action?.mode, action?.diff]).toEqual([0o644, undefined]);
    expect(action?.content).toMatch(/\[alt_names\]\nDNS\.1 = fl\.example\.org\nIP\.1 = 10\.0\.0\.7\n/);
  });

  it('notes a name that is said twice, in either file', async () => {
    const noted = async (net: Network, now = content(net)?.content ?? '') => {
      for await (const evidence of configStep.verify(
        answers(net),
        facts(now),
        worldIn(top),
        new AbortController().signal,
      ))
        if ('check' in evidence) return evidence.check;
      throw new Error('no check');
    };
    const check = await noted(network);
    expect(check).toMatchObject({
      ok: true,
      hint: expect.stringMatching(/^server\.names .* fl\.example\.org again: it stands/),
    });
    const once = completeNetwork({ ...file, server: { ...file.server, names: ['10.0.0.7'] } });
    expect((await noted(once)).hint).toBeUndefined();
    const twice = content(once)?.content.replace('IP.1 = 10.0.0.7', 'IP.1 = 10.0.0.7\nIP.2 = 10.0.0.7');
    expect((await noted(once, twice)).hint).toMatch(/^\[alt_names\] says 10\.0\.0\.7 more than once/);
  });

  it('has nothing to do with its own file', () => {
    expect(configStep.plan(answers(network), facts(content(network)?.content))).toEqual([]);
  });

  it('changes names and subject in the user’s file, and keeps the rest of it', () => {
    const mine = `# mine\n${content(network)?.content}\n[extra]\nkept = yes\n`.replace(
      'default_bits = 2048',
      'default_bits = 4096',
    );
    const net = completeNetwork({ ...file, server: { ...file.server, names: ['b.example'] } });
    const action = content(net, mine);
    expect(action?.text).toContain('change [dn] and [alt_names] of c.conf');
    expect(action?.diff?.filter((line) => !line.startsWith(' '))).toEqual(['-IP.1 = 10.0.0.7', '+DNS.2 = b.example']);
    expect(action?.content).toContain('DNS.2 = b.example');
    expect(action?.content).not.toContain('10.0.0.7');
    for (const kept of ['# mine', 'default_bits = 4096', '[extra]\nkept = yes'])
      expect(action?.content).toContain(kept);
  });

  it('refuses what is no configuration (2)', () => {
    const call = () => configStep.plan(answers(network), facts('hello'));
    expect(call).toThrow(expect.objectContaining({ failure: expect.objectContaining({ exitCode: exit.invalid }) }));
  });
});
