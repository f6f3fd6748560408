/** Keys that are made on their hosts: what is planned for what was found there. Real certificates, no hosts. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { completeNetwork } from '../../source/network/network.ts';
import { type KeyKind, keyPem, publicKeyDigest } from '../../source/pki/key.ts';
import { clientUri } from '../../source/pki/names.ts';
import { type Action, numbered } from '../../source/plan/action.ts';
import { exit, UserError } from '../../source/plan/failure.ts';
import type { HostFacts } from '../../source/plan/host-facts.ts';
import type { Answers, StepCheck } from '../../source/plan/step.ts';
import type { World } from '../../source/plan/world.ts';
import { certsStep } from '../../source/steps/certs.ts';
import { deployStep } from '../../source/steps/deploy.ts';
import { launchStep } from '../../source/steps/launch.ts';
import { permissionsStep } from '../../source/steps/permissions.ts';
import { hostFindings } from '../../source/steps/preflight-host.ts';
import { placeOf } from '../../source/steps/verify-tries.ts';
import { listLocal, modeOf, readLocal } from '../../source/world/files.ts';
import { ec, type Leaf, makeAuthority, makeLeaf, rsa } from '../pki/helpers.ts';
import { fakeWorld, trouble } from '../plan/fakes.ts';
import { found, hostFacts } from './facts.ts';

const file = {
  version: 1 as const,
  name: 'xray',
  certificates: { algorithm: 'ec' as const, keys: 'host' as const, subject: { O: 'X-Ray' } },
  server: { address: 'fl.example.org', ssh: { host: '10.0.0.1', user: 'ubuntu' } },
  clients: ['client1', 'client2'].map((name, at) => ({ name, ssh: { host: `10.0.0.${at + 2}`, user: 'ubuntu' } })),
};
const network = completeNetwork(file);
const answers: Answers = { network, options: {}, only: ['client1'] };
const keyPath = '/etc/ssl/fl_network/client1.key';

const top = mkdtempSync(join(tmpdir(), 'fl-keys-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));
let directory: string;
let number = 0;
let leaf: Leaf;
let authority: Awaited<ReturnType<typeof makeAuthority>>;
const put = (name: string, text: string) => writeFileSync(join(directory, 'fl_network', name), text, { mode: 0o600 });

beforeAll(async () => {
  authority = await makeAuthority(ec);
  leaf = await makeLeaf(authority, 'client', {
    subject: [
      ['O', 'X-Ray'],
      ['CN', 'client1'],
    ],
    sans: { dns: [], ips: [], uris: [clientUri('fl.example.org', 'xray', 'client1')] },
  });
});
beforeEach(() => {
  directory = join(top, String(++number));
  mkdirSync(join(directory, 'fl_network'), { recursive: true });
  mkdirSync(join(directory, 'app'));
  for (const script of ['server.py', 'client.py']) writeFileSync(join(directory, 'app', script), '');
  put('ca.crt', authority.certificate);
  put('ca.key', keyPem(authority.key).reveal());
});

/** The host of client1, with a key of its own. */
function withKey(of: Leaf | undefined, kind: KeyKind = ec, more: Partial<HostFacts> = {}): HostFacts {
  const key = { mode: 0o600, owner: 'ubuntu', kind: 'file' as const };
  return hostFacts('client1', {
    sudo: 'not needed',
    certificateFolder: { mode: 0o700, owner: 'ubuntu', kind: 'folder', names: ['client1.key'] },
    ...(of ? { files: { [keyPath]: key }, publicKey: { sha256: publicKeyDigest(of.key), kind } } : {}),
    ...more,
  });
}

function worldWith(facts: HostFacts): World {
  const look = async () => found({ client1: facts });
  const local = { read: readLocal, mode: modeOf, list: listLocal, syntax: async () => undefined };
  return fakeWorld([], { directory, ...local, look, now: () => new Date() });
}

/** What is planned for client1, once its host was looked at. */
async function planned(facts: HostFacts): Promise<readonly Action[]> {
  const stages = certsStep.plan(answers, await certsStep.observe(answers, worldWith(facts)));
  return numbered(stages).flatMap(({ lane, action }) => (lane === 'client1' ? [action] : []));
}
const texts = (actions: readonly Action[]) => actions.map(({ text }) => text);

describe('certs with keys on their hosts', () => {
  it('on a new host makes the folder, the key there and its request, and signs that', async () => {
    const actions = await planned(hostFacts('client1'));
    expect(actions.map(({ kind }) => kind)).toEqual(['make-folder', 'request-on-host', 'issue']);
    expect(texts(actions).slice(1)).toEqual([
      'make client1’s key on its host (EC P-256) and ask for a request signed with it',
      expect.stringMatching(
        /^issue fl_network\/client1\.crt: spiffe:\/\/fl\.example\.org\/fl\/client\/client1, for the key on its host, until /,
      ),
    ]);
    expect(actions[1]).toMatchObject({
      key: keyPath,
      replace: false,
      request: join(directory, 'fl_network', 'client1.csr'),
      issue: {
        purpose: 'client',
        key: ec,
        digest: 'sha256',
        subject: [
          ['O', 'X-Ray'],
          ['CN', 'client1'],
        ],
      },
    });
    expect(actions[2]).toMatchObject({ issue: { keyOn: 'client1' } });
    expect(actions.flatMap(({ invalidates = [] }) => invalidates)).toEqual([]);
  });

  it('has nothing to do where the key there is the certificate’s', async () => {
    put('client1.crt', leaf.certificate);
    expect(await planned(withKey(leaf))).toEqual([]);
  });

  it('keeps a key that waits for its certificate', async () => {
    const actions = await planned(withKey(leaf));
    expect(texts(actions)[0]).toBe('ask client1 for a request, signed with the key on its host');
    expect(actions[0]).toMatchObject({ kind: 'request-on-host', replace: false });
  });

  it.each<readonly [string, () => HostFacts | Promise<HostFacts>, boolean, RegExp]>([
    ['is missing', () => withKey(undefined), false, /again, because its key is missing/],
    [
      'is another’s',
      async () => withKey(await makeLeaf(authority, 'client')),
      true,
      /again, because its key belongs to another certificate/,
    ],
  ])('makes a new one where the key there %s, after an approval of its own', async (_, facts, replace, why) => {
    put('client1.crt', leaf.certificate);
    const actions = await planned(await facts());
    expect(actions[0]).toMatchObject({ kind: 'request-on-host', replace });
    expect(actions[1]?.text).toMatch(why);
    expect(actions.every(({ invalidates = [] }) => invalidates.length === (replace ? 1 : 0))).toBe(replace);
    expect(actions[1]?.invalidates).toEqual(['client1']);
  });

  it('replaces a key of another kind, which no request would be taken for', async () => {
    const [request] = await planned(withKey(leaf, rsa));
    expect(request).toMatchObject({ replace: true, invalidates: ['client1'] });
  });

  it('makes a key anew that was made here and copied, and names the file that is of no use then', async () => {
    put('client1.crt', leaf.certificate);
    put('client1.key', keyPem(leaf.key).reveal());
    const actions = await planned(withKey(leaf));
    expect(texts(actions)).toEqual([
      expect.stringContaining('make a new key for client1 on its host'),
      expect.stringContaining('again, because its key was made on this machine, not on its host'),
    ]);
    const other = await makeLeaf(authority, 'client');
    put('client1.key', keyPem(other.key).reveal());
    expect(await planned(withKey(leaf))).toEqual([]);
    const facts = await certsStep.observe(answers, worldWith(withKey(leaf)));
    const checks: StepCheck[] = [];
    for await (const each of certsStep.verify(
      answers,
      facts,
      fakeWorld([], { attended: true }),
      new AbortController().signal,
    ))
      if ('check' in each) checks.push(each.check);
    expect(checks.at(-1)).toMatchObject({
      name: 'fl_network/client1.key',
      ok: true,
      hint: 'delete fl_network/client1.key',
    });
  });

  it.each<readonly [string, Partial<HostFacts>, number, RegExp]>([
    ['no openssl', { openssl: false }, exit.remote, /openssl, which makes it, is not there/],
    [
      'a link for a key',
      { files: { [keyPath]: { mode: 0o777, owner: 'ubuntu', kind: 'link' } } },
      exit.proof,
      /client1\.key is a link/,
    ],
    [
      'a key that can’t be read',
      { files: { [keyPath]: { mode: 0o600, owner: 'ubuntu', kind: 'file' } } },
      exit.proof,
      /is no private key that openssl can read/,
    ],
    ['a parent that others may write', { unsafeParent: '/etc/ssl' }, exit.remote, /^\/etc\/ssl is a link or can be/],
  ])('touches no host with %s', async (_, more, exitCode, why) => {
    await expect(planned(withKey(undefined, ec, more))).rejects.toMatchObject({
      failure: { exitCode, host: 'client1', why: expect.stringMatching(why), hint: expect.any(String) },
    });
  });

  it('can’t do without the hosts (2)', async () => {
    const offline = { ...answers, options: { offline: true } };
    await expect(certsStep.observe(offline, worldWith(hostFacts('client1')))).rejects.toMatchObject({
      failure: { exitCode: exit.invalid, hint: expect.stringContaining('--offline') },
    });
    const looks = { client1: { failure: trouble(exit.connection, 'client1') } };
    const unreached = fakeWorld([], {
      directory,
      read: readLocal,
      mode: modeOf,
      list: listLocal,
      look: async () => looks,
    });
    const error = await certsStep.observe(answers, unreached).catch((thrown: unknown) => thrown);
    expect(error instanceof UserError && error.failure).toEqual(trouble(exit.connection, 'client1'));
  });
});

describe('the other steps with keys on their hosts', () => {
  const deployed = async (facts: HostFacts) => deployStep.observe(answers, worldWith(facts));

  it('preflight wants openssl', () => {
    const { server, ...rest } = answers.network;
    const check = (openssl: boolean) =>
      [...hostFindings(server, hostFacts('server', { openssl }), { ...rest, server })].find(
        ({ name }) => name === 'openssl',
      );
    expect(check(true)).toMatchObject({ ok: true });
    expect(check(false)).toMatchObject({ ok: false, hint: 'apt install openssl' });
  });

  it('deploy copies no key, not even one that lies here', async () => {
    put('client1.crt', leaf.certificate);
    put('client1.key', keyPem(leaf.key).reveal());
    const facts = await deployed(withKey(leaf));
    expect(deployStep.failures?.(facts)).toEqual([]);
    const uploads = numbered(deployStep.plan(answers, facts)).flatMap(({ action }) =>
      action.kind === 'upload' ? action.files.map(({ to }) => to) : [],
    );
    expect(uploads.filter((to) => to.startsWith('/etc'))).toEqual([
      '/etc/ssl/fl_network/ca.crt',
      '/etc/ssl/fl_network/client1.crt',
    ]);
  });

  it.each<readonly [string, () => Promise<HostFacts>, RegExp]>([
    ['is missing', async () => withKey(undefined), /client1\.key is not there/],
    ['is another’s', async () => withKey(await makeLeaf(authority, 'client')), /does not belong to client1\.crt/],
  ])('deploy leaves a host alone (6) whose key %s', async (_, host, why) => {
    put('client1.crt', leaf.certificate);
    const facts = await deployed(await host());
    expect(deployStep.failures?.(facts)).toEqual([
      expect.objectContaining({ host: 'client1', exitCode: exit.proof, why: expect.stringMatching(why) }),
    ]);
  });

  it('permissions look at the key all the same', async () => {
    put('client1.crt', leaf.certificate);
    const key = { mode: 0o644, owner: 'ubuntu', kind: 'file' as const };
    const world = worldWith(withKey(leaf, ec, { files: { [keyPath]: key } }));
    const [stage] = permissionsStep.plan(answers, await permissionsStep.observe(answers, world));
    const [modes] = stage?.lanes.client1 ?? [];
    expect(modes?.kind === 'set-modes' && modes.entries).toContainEqual({ path: keyPath, mode: 0o600 });
  });

  it('launch proves with a client whose host answers', () => {
    const all = { ...answers, only: [] };
    const looks = { client1: { failure: trouble(exit.connection, 'client1') } };
    const insider = (of: Answers) =>
      numbered(launchStep.plan(of, { services: {}, looks })).flatMap(({ action }) =>
        action.kind === 'prove-refusals' ? [action.insider] : [],
      );
    expect(insider(all)).toEqual(['client2']);
    const here = completeNetwork({ ...file, certificates: {} });
    expect(insider({ ...all, network: here })).toEqual(['client1']);
  });

  it('what shows a certificate is tried where its key is', () => {
    const { server, clients } = network;
    const [client] = clients;
    if (!client) throw new Error('no client');
    const here = completeNetwork({ ...file, certificates: {} });
    for (const which of ['right', 'server', 'none', 'revoked', 'operator'] as const)
      expect(placeOf(here, which, server, client)).toBe(server);
    expect(placeOf(network, 'right', server, client)).toBe(client);
    for (const which of ['server', 'none', 'revoked', 'operator'] as const)
      expect(placeOf(network, which, server, client)).toBe(server);
  });
});
