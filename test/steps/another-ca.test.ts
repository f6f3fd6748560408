/** What is said before the certificates of another network of the same name are replaced. */
import { beforeAll, describe, expect, it } from 'vitest';
import { headlessOperator } from '../../source/headless/operator.ts';
import { inspectCertificate } from '../../source/pki/inspect.ts';
import { sha256 } from '../../source/plan/digest.ts';
import { exit, UserError } from '../../source/plan/failure.ts';
import type { World } from '../../source/plan/world.ts';
import { inPlaceOf, markOf, otherCas, withMark } from '../../source/steps/another-ca.ts';
import { uploadActions } from '../../source/steps/deploy-upload.ts';
import type { Placed } from '../../source/steps/placed.ts';
import { ec, makeAuthority } from '../pki/helpers.ts';
import { action, answers, fakeStep, fakeWorld, network, ran } from '../plan/fakes.ts';
import { found, hostFacts } from './facts.ts';

const [certificate, mark] = [
  '/etc/ssl/fl_network/ca.crt',
  '/home/ubuntu/fl-wizard/xray/runtime/placed-by.json',
] as const;
let pem: string;
beforeAll(async () => {
  pem = (await makeAuthority(ec, 'Elsewhere')).certificate;
});

const holds = (text: string) => ({ mode: 0o644, owner: 'ubuntu', kind: 'file', sha256: sha256(text) }) as const;
const looks = (server: string, client1: string) =>
  found({
    server: hostFacts('server', { files: { [certificate]: holds(server) } }),
    client1: hostFacts('client1', { files: { [certificate]: holds(client1) } }),
    client2: hostFacts('client2'),
  });
const readTexts = (texts: Readonly<Record<string, string>>, asked: string[] = []): Partial<World> => ({
  readTexts: async ({ name }) => {
    asked.push(name);
    return texts;
  },
});
const by = (more: object = {}) =>
  JSON.stringify({ user: 'eve', folder: '/home/eve/net', time: '2026-11-01T07:08:09.000Z', ...more });
const beside =
  'the network that runs with those stops working; for one beside it, give this one another name, remote.certificates and flower.port in fl-network.yaml';

describe('certificates of another CA', () => {
  it('are told by the CA, and by who placed them, each CA being read once', async () => {
    const asked: string[] = [];
    const world = fakeWorld([], readTexts({ [certificate]: pem, [mark]: by() }, asked));
    const { fingerprint, notBefore } = inspectCertificate(pem);
    const made = `${notBefore.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
    const words = `another CA’s (O=Elsewhere, CN=Elsewhere FL Root CA, SHA-256 ${fingerprint.slice(0, 16)}…, made at ${made}, placed by eve from /home/eve/net at 2026-11-01 07:08 UTC): ${beside}`;
    expect(await otherCas(answers, looks(pem, pem), sha256('ours'), world)).toEqual({ server: words, client1: words });
    expect(asked).toEqual(['server']);
  });

  it('are none where the CA is ours', async () => {
    expect(await otherCas(answers, looks('ours', 'ours'), sha256('ours'), fakeWorld())).toEqual({});
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['nothing can be read', {}],
    ['what is there is nobody’s', { [certificate]: 'no certificate', [mark]: '{"user":' }],
    ['what says who placed them is none of ours', { [mark]: by({ folder: '' }) }],
  ])('are told without more where %s', async (_, texts) => {
    const world = fakeWorld([], readTexts(texts));
    const said = await otherCas(answers, looks('theirs', 'ours'), sha256('ours'), world);
    expect(said).toEqual({ server: `another CA’s: ${beside}` });
  });

  it('are told without more where the host is lost in between', async () => {
    const readTexts = async () => {
      throw new UserError({ exitCode: exit.connection, doing: 'Looking', why: 'it is gone' });
    };
    const said = await otherCas(answers, looks('theirs', 'ours'), sha256('ours'), fakeWorld([], { readTexts }));
    expect(said.server).toMatch(/^another CA’s: /);
  });

  it('are no other network’s where this folder has placed them', async () => {
    const world = fakeWorld([], readTexts({ [mark]: by({ user: 'ada', folder: '/project' }) }));
    expect((await otherCas(answers, looks('former', 'ours'), sha256('ours'), world)).server).toBe(
      'those of the CA that this folder had before (placed by ada from /project at 2026-11-01 07:08 UTC): what runs with those stops working',
    );
  });
});

describe('the plan', () => {
  it('of a CA names the hosts that hold another one’s', () => {
    expect(inPlaceOf('make it', {})).toEqual({ text: 'make it' });
    expect(inPlaceOf('make it', { server: 'A', client1: 'A', client2: 'B' })).toEqual({
      text: 'make it. server and client1 hold A. client2 holds B',
      invalidates: ['server', 'client1', 'client2'],
    });
  });

  const ca: Placed = {
    from: { file: '/ca.crt' },
    to: '{certificates}/ca.crt',
    mode: 0o644,
    group: 'certificates',
    sha256: '',
  };
  const facts = hostFacts('server', { files: { [certificate]: holds('theirs') } });

  it('of a copy says whose certificates it takes the place of', () => {
    const [copy] = uploadActions(network.server, facts, [ca], { replaced: 'another CA’s (X)' });
    expect(copy).toMatchObject({
      text: 'copy 1 certificate file, in place of another CA’s (X)',
      invalidates: ['server'],
    });
  });

  it('leaves there who has placed it, along with the CA and with nothing else', () => {
    const written = markOf(fakeWorld());
    expect(JSON.parse(written)).toEqual({ user: 'ada', folder: '/project', time: '2026-11-20T09:41:00.000Z' });
    const [copy] = uploadActions(network.server, facts, [ca], { mark: written });
    expect(copy?.kind === 'upload' && copy.files.at(-1)).toEqual({ from: { text: written }, to: mark, mode: 0o600 });
    const own = { ...ca, to: '{certificates}/server.crt' };
    expect(withMark([own], written)).toEqual([own]);
  });
});

it('headless is approved by --allow-reissue beside --yes, and says so (8)', async () => {
  const stages = [{ title: 'S', lanes: { client1: [action('copy', { invalidates: ['client1'] })] } }];
  const { exitCode, events } = await ran([fakeStep('deploy', { stages })], {
    operator: headlessOperator({ answers, yes: true }),
  });
  expect(exitCode).toBe(exit.declined);
  const end = events.find(({ type }) => type === 'step-finished');
  expect(end).toMatchObject({
    failures: [
      {
        exitCode: exit.declined,
        why: '--yes alone does not approve that certificates in use stop being valid: client1; nothing of the plan was done',
        hint: 'where that is meant, --yes --allow-reissue approves it; else see in the plan whose they are',
      },
    ],
  });
});
