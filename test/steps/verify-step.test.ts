/** The step as a whole: what it makes of tries, of hosts that are gone, of certificates that end, and of no server at all. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Event } from '../../source/plan/event.ts';
import { exit, UserError } from '../../source/plan/failure.ts';
import type { Looks } from '../../source/plan/host-facts.ts';
import { caseOf, type Tried } from '../../source/plan/proof.ts';
import type { Proof } from '../../source/plan/proven.ts';
import type { Evidence, StepCheck } from '../../source/plan/step.ts';
import type { Trial, World } from '../../source/plan/world.ts';
import { type Judged, serverCases } from '../../source/plan/wrong-server.ts';
import { verifyStep } from '../../source/steps/verify.ts';
import { certificatesOf, checksOfDays, issuedServer, replacedSince } from '../../source/steps/verify-days.ts';
import { insiderOf } from '../../source/steps/verify-tries.ts';
import { ec, makeAuthority, makeLeaf } from '../pki/helpers.ts';
import { answers, fakeWorld, network, now, trouble } from '../plan/fakes.ts';
import { hostFacts } from './facts.ts';

let pem = '';
beforeAll(async () => {
  pem = (await makeLeaf(await makeAuthority(ec), 'server')).certificate;
});

const serving = { phase: 'fit', port: 9092, monitorPort: 40_000, run: '1' };
const looksOf = (more: Partial<Looks> = {}): Looks => ({
  server: { facts: hostFacts('server', { server: serving }) },
  client1: { facts: hostFacts('client1') },
  client2: { facts: hostFacts('client2') },
  ...more,
});

const reasons: Readonly<Record<string, string>> = {
  revoked: 'the certificate 01 of x is revoked',
  unlisted: 'x is not on the list of clients',
  impostor: 'this certificate of client1 is not on the list: its fingerprint differs',
  operator: 'ada is on the list of operators, not of clients',
};
/** What a network that is as it must be shows. */
function asItMust({ which, through }: Trial): Tried {
  const to = '127.0.0.1:9092';
  if (which === 'right') return { seen: { outcome: 'accepted', identity: insiderOf(network, through).uri }, to };
  const reason = reasons[which];
  const by = caseOf(which).because ? 'policy' : 'handshake';
  return { seen: { outcome: 'refused', by, reason: reason ?? 'closed' }, to, shown: which };
}

const said: Readonly<Record<string, string>> = {
  'server-foreign': 'unable to get local issuer certificate',
  'server-self-signed': 'self signed certificate',
  'server-expired': 'certificate has expired',
  'server-client': 'unsupported certificate purpose',
  'server-name': 'Hostname Verification Check failed',
};
const refusing = (): readonly Judged[] =>
  (Object.keys(serverCases) as (keyof typeof serverCases)[]).map((which) => ({
    which,
    through: false,
    said: said[which] ?? '',
  }));

type Scene = Partial<Pick<World, 'probe' | 'judge' | 'state'>> & {
  looks?: Looks;
  journal?: readonly Event[];
  over?: AbortController;
  appended?: Event[];
};

async function verified({
  looks = looksOf(),
  journal = [],
  over = new AbortController(),
  appended = [],
  ...scene
}: Scene = {}) {
  const world = fakeWorld([], {
    look: async () => looks,
    list: async () => ['a.py'],
    read: async (path) => (path.endsWith('.crt') ? { content: Buffer.from(pem), mode: 0o644 } : undefined),
    probe: async (_network, trial) => asItMust(trial),
    judge: async () => refusing(),
    versions: async () => ({
      os: 'Linux',
      architecture: 'x86_64',
      python: '3.12.1',
      openssl: 'OpenSSL 3',
      packages: {},
    }),
    software: { node: '20', openssl: '3' },
    journalOf: async () => [],
    journal: {
      runs: async () => ['1'],
      read: async () => journal,
      append: async (_run, events) => void appended.push(...events),
      setAside: async () => undefined,
    },
    ...(scene.probe ? { probe: scene.probe } : {}),
    ...(scene.judge ? { judge: scene.judge } : {}),
    ...(scene.state ? { state: scene.state } : {}),
    pause: async () => undefined,
    homeOf: async () => '/home/ubuntu/fl-wizard/xray',
  });
  const found = await verifyStep.observe(answers, world);
  const evidence: Evidence[] = [];
  for await (const each of verifyStep.verify(answers, found, world, over.signal)) evidence.push(each);
  const checks = evidence.flatMap((each): StepCheck[] => ('check' in each ? [each.check] : []));
  const [told] = evidence.flatMap((each) => ('proof' in each ? [each] : []));
  return { checks, told, appended, failures: verifyStep.failures?.(found) ?? [] };
}

const verdict = (checks: readonly StepCheck[]) => checks.find(({ name }) => name === 'mutual TLS');

describe('verify', () => {
  it('calls it mutual when every refusal was seen, on both sides, and keeps the record', async () => {
    const { checks, told, appended } = await verified();
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(verdict(checks)?.detail).toBe(
      'mutual: 32 of 32 refused (8 kinds), 4 let in; the clients refuse 15 of 15 wrong servers',
    );
    expect(told).toMatchObject({ proof: { mutual: true, network: 'xray', run: '1', time: now.toISOString() } });
    expect(told).not.toHaveProperty('earlier');
    expect(appended.at(-1)).toMatchObject({ type: 'proof-finished', proof: told?.proof });
  });

  it('keeps no record of one that was interrupted', async () => {
    const [over, appended]: [AbortController, Event[]] = [new AbortController(), []];
    const probe: World['probe'] = async (_network, trial) => {
      if (trial.which === 'foreign') over.abort('SIGINT');
      return over.signal.aborted ? { seen: { outcome: 'unclear', reason: 'cut off' }, to: 'h:1' } : asItMust(trial);
    };
    const state: World['state'] = async () => ({ process: { state: 'running' }, trace: [] });
    await expect(verified({ probe, state, over, appended })).rejects.toBe('SIGINT');
    expect(appended).toEqual([]);
  });

  it('does not where one was let in', async () => {
    const probe: World['probe'] = async (_network, trial) =>
      trial.which === 'foreign' && trial.through.name === 'client2'
        ? { seen: { outcome: 'accepted', identity: 'x' }, to: 'h:1' }
        : asItMust(trial);
    const { checks, told } = await verified({ probe });
    expect(verdict(checks)).toMatchObject({ ok: false, exitCode: exit.proof, detail: told?.proof.verdict });
    expect(checks.filter(({ ok }) => !ok).map(({ name, host }) => [name, host])).toEqual([
      ['somebody else’s CA', 'client2'],
      ['mutual TLS', undefined],
    ]);
    expect(told?.proof).toMatchObject({ mutual: false, verdict: expect.stringMatching(/^not proved: 1 of 51 tries/) });
  });

  it('nor where a client takes another server for its own', async () => {
    const judge: World['judge'] = async (_network, client) =>
      refusing().map((each) => (client && each.which === 'server-foreign' ? { ...each, through: true } : each));
    const { checks, told } = await verified({ judge });
    expect(told?.proof.mutual).toBe(false);
    expect(checks.filter(({ ok }) => !ok).map(({ host }) => host)).toEqual(['client1', 'client2', undefined]);
  });

  it('nor where a host did not answer, which is named once, and the others are tried', async () => {
    const looks = looksOf({ client1: { failure: trouble(4, 'client1') } });
    const { checks, told, failures } = await verified({ looks });
    expect(failures.map(({ host }) => host)).toEqual(['client1']);
    expect(checks.filter(({ host }) => host === 'client1')).toEqual([]);
    expect(checks.filter(({ host, kind }) => host === 'client2' && kind !== 'state').length).toBe(14);
    expect(told?.proof).toMatchObject({ mutual: false, verdict: 'not proved: not tried from client1' });
    // The host decides how it ends.
    expect(verdict(checks)).toMatchObject({ ok: false, exitCode: exit.connection, detail: told?.proof.verdict });
    expect(told?.proof.hosts.find(({ name }) => name === 'client1')).toMatchObject({ trouble: 'trouble 4' });
  });

  describe('where nothing listens any more', () => {
    const why = '127.0.0.1:9092 refuses connections: nothing listens there';
    const probe: World['probe'] = async (_network, trial) =>
      trial.through.name === 'client2' ? { seen: { outcome: 'unclear', reason: why }, to: 'h:1' } : asItMust(trial);
    const trace = ['  File "server.py", line 9, in aggregate', 'ValueError: shapes'];
    const failed = { process: { state: 'failed', detail: 'server.py raised ValueError: shapes' }, trace } as const;

    it('since the server has ended: that is the one failure, with its reason, and no proof is kept', async () => {
      let asked = 0;
      const state: World['state'] = async () => {
        asked += 1;
        return failed;
      };
      const { checks, told, appended } = await verified({ probe, state });
      expect(asked).toBe(1);
      expect(checks.filter(({ ok }) => !ok)).toEqual([
        expect.objectContaining({
          name: 'mutual TLS',
          host: 'server',
          exitCode: exit.remote,
          detail: `the proof was not made, the server ended while it was tried: ${failed.process.detail}`,
          hint: expect.stringContaining('fl-wizard logs server'),
          said: trace,
        }),
      ]);
      expect(checks.filter(({ name }) => name === 'client')).toEqual([]);
      expect(told?.proof).toMatchObject({ mutual: false, verdict: expect.stringContaining('was not made') });
      expect(appended).toEqual([]);
    });

    it('and its process is still about to end, it is given a moment', async () => {
      const looks = [{ process: { state: 'running' as const } }, failed];
      const { checks } = await verified({ probe, state: async () => looks.shift() ?? failed });
      expect(checks.filter(({ ok }) => !ok).map(({ exitCode }) => exitCode)).toEqual([exit.remote]);
    });

    it.each([
      ['it runs', async () => ({ process: { state: 'running' as const }, server: serving })],
      ['it can’t be asked', async () => Promise.reject(new UserError(trouble(4, 'server')))],
    ])('and %s, each try that is not clear is told, and nothing is proved', async (_, state) => {
      const { checks, appended } = await verified({ probe, state });
      expect(checks.filter(({ ok, host }) => !ok && host === 'client2').length).toBe(9);
      expect(verdict(checks)).toMatchObject({ ok: false, exitCode: exit.proof });
      expect(appended.length).toBeGreaterThan(0);
    });

    it('what was let in wrongly before is told all the same', async () => {
      const both: World['probe'] = async (network, trial) =>
        trial.which === 'foreign' && trial.through.name === 'client1'
          ? { seen: { outcome: 'accepted', identity: 'x' }, to: 'h:1' }
          : probe(network, trial, serving);
      const { checks } = await verified({ probe: both, state: async () => failed });
      expect(checks.filter(({ ok }) => !ok).map(({ host }) => host)).toEqual(['client1', 'server']);
    });
  });

  it('keeps nothing that reads like a key', async () => {
    expect(JSON.stringify((await verified()).told)).not.toMatch(/PRIVATE|BEGIN/);
  });
});

describe('with no server running', () => {
  const gone: Looks = { server: { failure: trouble(4, 'server') }, client1: { failure: trouble(4, 'client1') } };
  const check = { name: 'expired', host: 'server', kind: 'refused', ok: true, detail: 'refused' } as const;
  const time = '2026-11-20T09:00:00.000Z';
  const ended = { type: 'run-finished', outcome: 'changed', time } as const;

  it('the last proof is told with its time, and handed on as such', async () => {
    const proof = { document: 'fl-wizard proof', time, tries: [], certificates: [] } as unknown as Proof;
    const journal: Event[] = [
      { type: 'check-finished', step: 'verify', check, time },
      { type: 'proof-finished', step: 'verify', proof, time },
      ended,
    ];
    const { checks, told, failures } = await verified({ looks: gone, journal });
    expect(failures).toEqual([]);
    expect(checks.every(({ ok }) => ok)).toBe(true);
    expect(verdict(checks)?.detail).toContain(`its last proof, of ${time}`);
    expect(told).toEqual({ proof, earlier: true });
  });

  it('each try of it has its own time, and what launch tried later is a line of its own', async () => {
    const [first, second, later] = [time, '2026-11-20T09:00:07.000Z', '2026-11-20T09:08:00.000Z'] as const;
    const control = { name: 'our own Python', kind: 'accepted', ok: true, detail: 'let in' } as const;
    const tries = [
      { host: 'server', name: 'expired', time: first },
      { host: 'this machine', name: control.name, time: second },
    ];
    const done = '2026-11-20T09:00:09.000Z';
    const proof = { document: 'fl-wizard proof', time: done, tries, certificates: [] } as unknown as Proof;
    const launched = (at: string, ok = true): Event => ({
      type: 'check-finished',
      step: 'launch',
      check: { ...check, ok },
      time: at,
    });
    const journal: Event[] = [
      launched('2026-11-20T08:00:00.000Z'),
      ...[check, control].map((each): Event => ({ type: 'check-finished', step: 'verify', check: each, time: done })),
      { type: 'proof-finished', step: 'verify', proof, time: done },
    ];
    const before = await verified({ looks: gone, journal: [...journal, ended] });
    expect(before.checks.map(({ detail }) => detail)).toEqual([
      `refused (at ${first})`,
      `let in (at ${second})`,
      `run 1 has ended; this is its last proof, of ${done}`,
    ]);
    const { checks, told } = await verified({ looks: gone, journal: [...journal, launched(later), ended] });
    expect(checks.map(({ detail }) => detail)).toEqual([
      `refused (at ${first})`,
      `let in (at ${second})`,
      `launch tried 1 of them again later, at ${later}: all came out as they must`,
      `run 1 has ended; this is its last proof, of ${done}`,
    ]);
    expect(told).toEqual({ proof, earlier: true });
    const wrong = await verified({ looks: gone, journal: [...journal, launched(later, false), ended] });
    expect(wrong.checks.filter(({ ok }) => !ok)).toEqual([expect.objectContaining({ name: 'launch', exitCode: 6 })]);
  });

  it('where launch alone has tried, its last tries are told as what they are', async () => {
    const times = ['2026-11-20T08:00:00.000Z', time];
    const journal = times.map((at): Event => ({ type: 'check-finished', step: 'launch', check, time: at }));
    const { checks, told } = await verified({ looks: gone, journal: [...journal, ended] });
    expect(checks.map(({ detail }) => detail)).toEqual([
      `refused (at ${time})`,
      `run 1 ended before the whole proof was made; this is what launch tried of it, at ${time}`,
    ]);
    expect(told).toBeUndefined();
  });

  it('and none was made, of a run that is over here, what begins the next is said', async () => {
    const runs = (finished: boolean) => [{ run: '1', rounds: 3, done: 3, finished }];
    const looks = (finished: boolean): Looks => ({ server: { facts: hostFacts('server', { runs: runs(finished) }) } });
    const hint = async (finished: boolean) => (await verified({ looks: looks(finished) })).checks[0]?.hint;
    expect(await hint(true)).toBe('fl-wizard launch --new');
    expect(await hint(false)).toBe('fl-wizard launch');
  });

  it('and where none was made, there is nothing to hand on', async () => {
    const { checks, told } = await verified({ looks: gone, journal: [] });
    expect(told).toBeUndefined();
    expect(checks).toEqual([expect.objectContaining({ ok: false, exitCode: 4 })]);
  });
});

describe('days left', () => {
  const certificate = (name: string, daysLeft: number) => ({
    name,
    fingerprint: name,
    notAfter: '2026-12-01T00:00:00.000Z',
    daysLeft,
  });

  it('are one line while there is time', () => {
    expect(checksOfDays([certificate('client1', 400), certificate('ca', 30)], undefined)).toEqual([
      expect.objectContaining({ ok: true, detail: '2 certificates; the first to end is that of ca, in 30 days' }),
    ]);
    expect(checksOfDays([], undefined)).toEqual([]);
  });

  it('are a warning each below thirty, with the command that renews', () => {
    const checks = checksOfDays(
      [certificate('client1', 29), certificate('ca', 3), certificate('client2', 400)],
      undefined,
    );
    expect(checks.map(({ name, ok, hint }) => [name, ok, hint?.split(' ').slice(0, 2).join(' ')])).toEqual([
      ['certificate of client1', true, 'fl-wizard certs'],
      ['certificate of ca', true, 'plan a'],
    ]);
    expect(checks[0]?.detail).toBe('it ends on 2026-12-01, in 29 days');
  });

  it('fail the proof once there are none', () => {
    expect(checksOfDays([certificate('client1', -1)], undefined)).toEqual([
      expect.objectContaining({ ok: false, detail: 'it expired on 2026-12-01' }),
    ]);
  });

  it('name a server that presents another certificate than lies here', () => {
    const presented = certificate('server (as presented)', 400);
    const checks = checksOfDays([presented], 'another');
    expect(checks.at(-1)).toMatchObject({ ok: true, hint: expect.stringContaining('--only-certificates') });
    expect(checksOfDays([presented], 'server (as presented)')).toHaveLength(1);
  });
});

describe('certificates that lie here', () => {
  it('are those of a proof, or are named as others; what is not here, or was not in it, is none', async () => {
    const authority = await makeAuthority(ec);
    const [first, other] = [await makeLeaf(authority, 'client'), await makeLeaf(authority, 'client')];
    const files: Record<string, string> = { 'client1.crt': first.certificate, 'server.crt': pem };
    const read = async (path: string) => {
      const content = files[path.slice(path.lastIndexOf('/') + 1)];
      return content === undefined ? undefined : { content: Buffer.from(content), mode: 0o644 };
    };
    const world = fakeWorld([], { read, now: () => now });
    const own = await certificatesOf(answers, world, []);
    const fingerprint = (await issuedServer(answers, world)) ?? '';
    const served = { name: 'server (as presented)', fingerprint, notAfter: '2028-01-01T00:00:00Z', daysLeft: 400 };
    const proved = [served, ...own];
    expect(own.map(({ name }) => name)).toEqual(['client1']);
    expect(await replacedSince(proved, answers, world)).toEqual([]);
    files['client1.crt'] = other.certificate;
    expect(await replacedSince(proved, answers, world)).toEqual(['client1']);
    expect(await replacedSince([served], answers, world)).toEqual([]);
    files['server.crt'] = other.certificate;
    expect(await replacedSince(proved, answers, world)).toEqual(['server', 'client1']);
  });
});
