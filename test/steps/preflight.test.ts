import { describe, expect, it } from 'vitest';
import type { Member } from '../../source/network/network.ts';
import { atScriptPort } from '../../source/network/script-port.ts';
import { exit } from '../../source/plan/failure.ts';
import type { HostFacts, Looks } from '../../source/plan/host-facts.ts';
import type { Evidence, StepCheck } from '../../source/plan/step.ts';
import type { Survey } from '../../source/plan/survey.ts';
import type { Climbed, Way } from '../../source/plan/way.ts';
import type { World } from '../../source/plan/world.ts';
import { preflightStep } from '../../source/steps/preflight.ts';
import { hostFindings } from '../../source/steps/preflight-host.ts';
import { surveyFindings, surveyOf } from '../../source/steps/preflight-survey.ts';
import { wayFinding } from '../../source/steps/preflight-way.ts';
import { answers, fakeWorld, network, trouble } from '../plan/fakes.ts';
import { found, hostFacts } from './facts.ts';

const [client1] = network.clients as [Member, ...Member[]];
const bare: Survey = { systemd: true, paths: [] };

describe('preflight, of a look', () => {
  const client = (more: Partial<HostFacts>) => [...hostFindings(client1, hostFacts('client1', more), network)];
  const server = (more: Partial<HostFacts>) => [...hostFindings(network.server, hostFacts('server', more), network)];

  it('takes a good host', () => {
    expect(client({}).map(({ name, ok }) => [name, ok])).toEqual([
      ['login', true],
      ['Python', true],
      ['disk', true],
      ['clock', true],
      ['certificates folder', true],
    ]);
    expect(server({}).at(-1)).toMatchObject({ name: 'port', ok: true, detail: '9092 is free' });
  });

  it('says where a port is from that fl-network.yaml does not name', () => {
    const at = atScriptPort(network, 19_000);
    const portOf = (more: Partial<HostFacts>) => [...hostFindings(at.server, hostFacts('server', more), at)].at(-1);
    expect(portOf({})).toMatchObject({ ok: true, detail: '19000 is free (from server.py)' });
    expect(portOf({ port: { holder: 'other', name: 'nginx' } })).toMatchObject({
      ok: false,
      detail: 'port 19000 (from server.py) is in use: nginx',
      hint: 'end that process, or set another flower.port, such as 19100',
    });
  });

  it.each<readonly [string, Partial<HostFacts>, string, RegExp]>([
    ['an old Python', { python: '3.8.18' }, 'Python', /3\.8\.18 is too old/],
    ['a very old one', { python: '2.7.18' }, 'Python', /too old/],
    ['no venv module', { venv: false }, 'Python', /no venv module/],
    ['a full disk', { diskFree: 1e8 }, 'disk', /only 0\.1 GB free for .*xray, /],
    [
      'a full one elsewhere',
      { diskFree: 1e8, diskAt: '/home/u/.cache/p' },
      'disk',
      /GB free for \/home\/u\/\.cache\/p/,
    ],
    ['a clock behind', { clockOffset: -7200 }, 'clock', /the clock of client1 is 7200 s behind/],
    ['a clock ahead', { clockOffset: 241 }, 'clock', /241 s ahead/],
    ['no sudo', { sudo: 'absent' }, 'certificates folder', /sudo is not there/],
    ['sudo with a password', { sudo: 'wants a password' }, 'certificates folder', /wants a password/],
    ['sudo that knows us not', { sudo: 'not allowed' }, 'certificates folder', /ubuntu may not use sudo/],
    ['a closed parent of somebody’s', { sudo: 'of no use' }, 'certificates folder', /may not write to the folder/],
    [
      'a home that may not be written to',
      { barred: { path: '/home/ubuntu', readOnly: false } },
      'home folder',
      /^ubuntu may not write to \/home/,
    ],
    ['a parent that others may write', { unsafeParent: '/etc' }, 'certificates folder', /^\/etc is a link or can be/],
    [
      'a link for a folder',
      { certificateFolder: { kind: 'link', mode: 0o777, owner: 'root', names: [] } },
      'certificates folder',
      /is a link, and must be a folder/,
    ],
  ])('finds %s, and says what to do', (_, more, name, detail) => {
    const bad = client(more).filter(({ ok }) => !ok);
    expect(bad).toEqual([expect.objectContaining({ name, detail: expect.stringMatching(detail) })]);
    expect(bad[0]?.hint).toBeTruthy();
  });

  it('warns of a client without what all others set, where there are others enough', () => {
    const clients = [{}, { FL_PART: '1/3', OWN: '1' }, { FL_PART: '2/3' }].map((env, at) => ({
      ...client1,
      name: `client${at + 1}`,
      env,
    }));
    const found = (count: number) => {
      const [first = client1] = clients;
      const all = [...hostFindings(first, hostFacts('client1'), { ...network, clients: clients.slice(0, count) })];
      return all.filter(({ name }) => name === 'env');
    };
    const hint = expect.stringContaining('env: of client1');
    expect(found(3)).toEqual([
      { name: 'env', ok: true, detail: 'it sets no FL_PART, which all other clients do', hint },
    ]);
    expect(found(2)).toEqual([]);
  });

  it('tells where sudo’s password can be given, where nobody can be asked for it', () => {
    const [bad] = client({ sudo: 'wants a password' }).filter(({ ok }) => !ok);
    expect(bad?.hint).toMatch(/^give it by --sudo-password-file FILE; or on client1: sudo install/);
  });

  it('a port of another network is named as that, and what is written into the file is free on its host', () => {
    const port = { holder: 'other', name: '/home/u/fl-wizard/hl/python (pid 7)', network: 'hl', free: 9292 } as const;
    const [held] = server({ port }).filter(({ ok }) => !ok);
    expect(held).toMatchObject({ detail: 'port 9092 is in use: by network hl', change: { 'flower.port': 9292 } });
    expect(held?.hint).toMatch(/^set another flower\.port, such as 9292; or end that network: fl-wizard down/);
    const [alike] = server({ port: { ...port, network: answers.network.name } }).filter(({ ok }) => !ok);
    expect(alike?.detail).toMatch(/ by another network that is called \w+, too$/);
  });

  it('names who holds the port', () => {
    const held = server({ port: { holder: 'other', name: 'nginx (pid 7)' } }).filter(({ ok }) => !ok);
    expect(held[0]?.detail).toBe('port 9092 is in use: nginx (pid 7)');
    expect(server({ port: { holder: 'ours' } }).at(-1)?.ok).toBe(true);
    const over = [{ run: '2', rounds: 3, done: 3, finished: true }];
    const lingering = server({ port: { holder: 'ours' }, runs: over }).find(({ name }) => name === 'port');
    expect(lingering?.detail).toBe('our own server listens on 9092, though run 2 has ended');
    // Only the server's host needs it.
    expect(client({ port: { holder: 'other' } }).every(({ ok }) => ok)).toBe(true);
  });

  it('warns of a clock before it fails', () => {
    expect(client({ clockOffset: 31 }).find(({ name }) => name === 'clock')).toMatchObject({
      ok: true,
      hint: expect.any(String),
    });
  });
});

describe('preflight, of what a host has to offer', () => {
  const findings = (survey: Partial<Survey>, member: Member = client1, facts: Partial<HostFacts> = {}) => [
    ...surveyFindings(member, network, hostFacts(member.name, facts), { ...bare, ...survey }),
  ];
  const named = (name: string, survey: Partial<Survey>, member?: Member) =>
    findings(survey, member).find((each) => each.name === name);

  it('asks only what will be needed', () => {
    const member = { ...client1, data: ['/data/a'], writable: ['~/out'], gpu: true };
    const facts = hostFacts('client1');
    expect(surveyOf(member, network, facts, false)).toEqual({
      paths: [
        { path: '/data/a', writable: false },
        { path: '~/out', writable: true },
      ],
      gpu: true,
      index: { package: 'flwr', version: '1.41.0', pip: {} },
    });
    // Nothing is installed from an index where the packages come along, or are there.
    expect(surveyOf(member, network, facts, true).index).toBeNull();
    expect(surveyOf(member, network, { ...facts, environmentReady: true }, false).index).toBeNull();
    expect(surveyOf(member, network, { ...facts, python: '3.8.18' }, false).index).toBeNull();
  });

  it('warns where there is little memory, and says what runs the processes', () => {
    expect(named('memory', { memory: { total: 1e9, available: 5e8 } })).toEqual({
      name: 'memory',
      ok: true,
      detail: '0.5 GB of 1.0 GB to be had',
    });
    expect(named('memory', { memory: { total: 5e8, available: 1e8 } })).toMatchObject({ ok: true, hint: /memory/ });
    expect(named('supervision', { systemd: false })?.detail).toBe('no systemd');
  });

  it('fails by data that can’t be read, and says how to let the owner in', () => {
    const path = '/data/a';
    expect(named('data /data/a', { paths: [{ path, writable: false }] })?.ok).toBe(true);
    expect(named('data /data/a', { paths: [{ path, writable: false, why: '/data bars the way' }] })).toEqual({
      name: 'data /data/a',
      ok: false,
      detail: 'ubuntu can’t read it: /data bars the way',
      hint: 'let ubuntu in, for example: sudo setfacl -m u:ubuntu:x /data; sudo setfacl -R -m u:ubuntu:rX /data/a',
    });
    expect(
      named('data /data/a', { paths: [{ path, writable: true, why: 'No such file or directory' }] })?.hint,
    ).toMatch(/mounted/);
  });

  it('fails by a GPU that is wanted and not seen', () => {
    expect(named('GPU', { gpu: { names: ['NVIDIA A100'] } })).toMatchObject({ ok: true, detail: 'NVIDIA A100' });
    expect(named('GPU', { gpu: { names: [], why: 'nvidia-smi is not there' } })).toMatchObject({
      ok: false,
      detail: 'none is seen: nvidia-smi is not there',
    });
  });

  it.each<readonly [Survey['index'], boolean, RegExp]>([
    [{ ok: true, offered: true }, true, /^offers flwr 1\.41\.0$/],
    [{ ok: true, offered: false }, false, /no flwr 1\.41\.0 for Python 3\.11/],
    [{ ok: false, why: 'ERROR: no route' }, false, /can’t reach an index: ERROR: no route/],
    [{ why: 'there is no pip to ask with' }, true, /^not tried: there is no pip/],
  ])('tells of the package index: %j', (index, ok, detail) => {
    const finding = named('package index', { ...(index ? { index } : {}) });
    expect(finding).toMatchObject({ ok, detail: expect.stringMatching(detail) });
    if (!ok) expect(finding?.hint).toBeTruthy();
  });

  it('proposes the addresses of an EC2 instance for the certificate, and warns of one that does not last', () => {
    const amazon = { publicAddress: '203.0.113.10', privateAddress: '172.31.24.144' };
    const proposed = named('addresses', { amazon }, network.server);
    expect(proposed).toMatchObject({
      hint: 'for its certificate to hold 203.0.113.10 and 172.31.24.144 too: server.names: [203.0.113.10, 172.31.24.144]',
      proposes: ['203.0.113.10', '172.31.24.144'],
    });
    const dialed = { ...network, address: '203.0.113.10', names: ['172.31.24.144'] };
    const [, warned] = surveyFindings(network.server, dialed, hostFacts('server'), { ...bare, amazon });
    expect(warned).toMatchObject({ ok: true, hint: /^203\.0\.113\.10 changes when the instance stops, unless/ });
    // A client's address is nobody's concern.
    expect(named('addresses', { reachedAt: '10.0.0.2' })).toBeUndefined();
    expect(named('addresses', { amazon })).toBeUndefined();
  });

  it('proposes where SSH reached the server, and what clients dial', () => {
    const proposed = (reachedAt: string, about = network) =>
      [...surveyFindings(about.server, about, hostFacts('server'), { ...bare, reachedAt })].find(
        ({ name }) => name === 'addresses',
      );
    // Nobody is reminded of it each time: only the wizard asks.
    expect(proposed('10.0.1.5')).toEqual({
      name: 'addresses',
      ok: true,
      detail: 'this host is 10.0.1.5',
      proposes: ['10.0.1.5'],
    });
    for (const nowhereElse of ['127.0.0.1', '::1', 'fe80::1', '169.254.1.1', 'words'])
      expect(proposed(nowhereElse)).toBeUndefined();
    const [first, ...others] = network.clients.map((client) => ({ ...client, dial: 'fl.example.org:9092' }));
    const dialing = { ...network, clients: [{ ...(first as Member), dial: 'Inner.example.org:9092' }, ...others] };
    const both = proposed('10.0.1.5', dialing);
    expect(both).toMatchObject({
      detail: 'this host is 10.0.1.5; clients dial Inner.example.org',
      proposes: ['10.0.1.5', 'Inner.example.org'],
      hint: 'for its certificate to hold Inner.example.org too: server.names: [Inner.example.org]',
    });
    const said = { ...dialing, names: ['10.0.1.5', 'inner.example.org'] };
    expect(proposed('10.0.1.5', said)).toEqual({ name: 'addresses', ok: true, detail: 'this host is 10.0.1.5' });
  });
});

describe('preflight, of the way to the server', () => {
  const inside: Climbed = { rung: 'top', from: '10.0.0.2', to: '10.0.0.1', seenAs: '10.0.0.2', tls: true };
  const amazon = { region: 'us-east-1', groups: ['sg-0a1b'], publicAddress: '203.0.113.10' };
  const finding = (climbed: Partial<Climbed>, server: Partial<Survey> = {}, own: Partial<Survey> = {}) =>
    wayFinding(
      { climbed: { ...inside, ...climbed } },
      { network, client: client1, server: { ...bare, ...server }, own: { ...bare, ...own } },
    );

  it('tells what was tried, and where the server saw it come from', () => {
    expect(finding({})).toEqual({
      name: 'way to the server',
      ok: true,
      detail:
        'fl.example.org:9092 (10.0.0.1) answers, and sees client1 come from 10.0.0.2; 1 MB there and back, TLS as it was sent',
    });
  });

  it.each<readonly [string, Partial<Climbed>, RegExp]>([
    [
      'an unknown name',
      { rung: 'dns', trouble: 'Name or service not known' },
      /^fl\.example\.org has no address at client1/,
    ],
    ['a firewall that drops', { rung: 'tcp', trouble: 'timeout' }, /drops what client1 sends/],
    ['a firewall that rejects', { rung: 'tcp', trouble: 'refused' }, /refuses, though something listens on 9092/],
    ['a reset', { rung: 'tcp', trouble: 'reset' }, /is reset/],
    ['no route', { rung: 'tcp', trouble: 'No route to host' }, /can't be reached from client1: No route to host/],
    [
      'another server',
      { rung: 'hello', trouble: 'other', said: 'HTTP/1.1 400' },
      /something else: it says "HTTP\/1\.1 400"/,
    ],
    ['a proxy without a server', { rung: 'hello', trouble: 'closed' }, /does not arrive at the server: it is closed/],
    ['full packets that get lost', { rung: 'transfer', trouble: 'timeout' }, /MTU/],
    ['a cut', { rung: 'transfer', trouble: 'reset' }, /cut in the middle of a megabyte/],
    ['TLS that is ended', { rung: 'tls', trouble: 'reset' }, /TLS does not: it is reset/],
    [
      'TLS that is opened',
      { intruder: { subject: 'CN=x', issuer: 'O=Corp Proxy' } },
      /certificate of CN=x, issued by O=Corp/,
    ],
  ])('names %s, and says what to do', (_, climbed, detail) => {
    const { ok, detail: said, hint } = finding(climbed);
    expect({ ok, said }).toEqual({ ok: false, said: expect.stringMatching(detail) });
    expect(hint).toBeTruthy();
  });

  it('writes the line that opens an EC2 security group to just this client', () => {
    const dropped = { rung: 'tcp', trouble: 'timeout' } as const;
    const line =
      'aws ec2 authorize-security-group-ingress --region us-east-1 --group-id sg-0a1b --protocol tcp --port 9092';
    // Within the private network by its own address, from elsewhere by its public one.
    expect(finding(dropped, { amazon }).hint).toBe(`${line} --cidr 10.0.0.2/32`);
    const outside = { ...dropped, to: '203.0.113.10' };
    expect(finding(outside, { amazon }, { amazon: { publicAddress: '198.51.100.7' } }).hint).toBe(
      `${line} --cidr 198.51.100.7/32`,
    );
    expect(finding({ ...outside, from: '10.9.9.9' }, { amazon }).hint).toMatch(
      /--cidr ADDRESS\/32 \(ADDRESS is what curl/,
    );
    expect(finding({ ...outside, from: '8.8.8.8' }, { amazon }).hint).toBe(`${line} --cidr 8.8.8.8/32`);
    expect(finding(dropped).hint).toMatch(/^let 10\.0\.0\.2 in to TCP 9092/);
  });

  it('warns of a name that leads to an address which may go', () => {
    expect(finding({ to: '203.0.113.10' }, { amazon })).toMatchObject({ ok: true, hint: /unless it is an Elastic IP/ });
  });
});

describe('the step', () => {
  async function checks(looks: Looks, more: Partial<World>, given = answers): Promise<readonly StepCheck[]> {
    const evidence: Evidence[] = [];
    const world = fakeWorld([], { list: async () => [], ...more });
    for await (const each of preflightStep.verify(given, { looks }, world, new AbortController().signal))
      evidence.push(each);
    return evidence.flatMap((each) => ('check' in each ? [each.check] : []));
  }
  const survey = async () => bare;
  const reached: Way = { climbed: { rung: 'top', tls: true, seenAs: '10.0.0.2' } };
  const tryWays: World['tryWays'] = async (_, clients) => ({
    ways: new Map(clients.map(({ name }) => [name, Promise.resolve(reached)])),
    closed: Promise.resolve(),
  });
  const everywhere = found(Object.fromEntries(['server', 'client1', 'client2'].map((name) => [name, hostFacts(name)])));

  it('plans nothing, and tells what it opens', async () => {
    expect(preflightStep.plan(answers, { looks: {} })).toEqual([]);
    const all = await checks(everywhere, { survey, tryWays });
    expect(all.every(({ ok }) => ok)).toBe(true);
    expect(all[0]).toMatchObject({ name: 'port opened', host: 'server', detail: expect.stringContaining('9092') });
    expect(all.filter(({ name }) => name === 'way to the server').map(({ host }) => host)).toEqual([
      'client1',
      'client2',
    ]);
  });

  it('counts what did not answer by its own exit code, and tries no way to a server that did not', async () => {
    const looks: Looks = {
      server: { failure: trouble(exit.connection, 'server') },
      client1: { failure: trouble(exit.remote, 'client1') },
      client2: { facts: hostFacts('client2') },
    };
    const all = await checks(looks, { survey });
    expect(all.filter(({ ok }) => !ok).map(({ name, exitCode }) => [name, exitCode])).toEqual([
      ['login', 4],
      ['Python', 5],
    ]);
    expect(all.at(-1)).toMatchObject({ detail: 'not tried: the server could not be looked at', host: 'client2' });
  });

  it('hands on that a key is only to be asked about', async () => {
    const failure = { ...trouble(exit.connection, 'client1'), asks: 'host-key' as const };
    const [check] = (await checks({ client1: { failure } }, { survey })).filter(({ ok }) => !ok);
    expect(check).toMatchObject({ name: 'login', host: 'client1', asks: 'host-key' });
  });

  it('tries no way where another process holds the port', async () => {
    const looks = {
      ...everywhere,
      server: { facts: hostFacts('server', { port: { holder: 'other', name: 'nginx' } }) },
    };
    const ways = (await checks(looks, { survey })).filter(({ name }) => name === 'way to the server');
    expect(ways.map(({ detail }) => detail)).toEqual(Array(2).fill('not tried: port 9092 of the server is in use'));
  });

  it('opens nothing where no client takes part', async () => {
    const all = await checks(everywhere, { survey }, { ...answers, only: ['server'] });
    expect(all.map(({ host }) => host)).toEqual(Array(all.length).fill('server'));
  });

  it('names a host that could not be asked', async () => {
    const failing = async (): Promise<Survey> => Promise.reject(new Error('no'));
    const all = await checks(everywhere, { survey: failing, tryWays });
    expect(all.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(Array(3).fill('what it offers'));
  });
});
