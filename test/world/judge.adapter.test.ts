/** Whom our own gRPC takes for the server, on this machine alone; the clients' is in verify.e2e. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyPem } from '../../source/pki/key.ts';
import type { Judged, ServerCase } from '../../source/plan/wrong-server.ts';
import { judgement } from '../../source/plan/wrong-server.ts';
import { whoAmI } from '../../source/rpc/who-am-i.ts';
import { openBridge } from '../../source/world/bridge.ts';
import { makeFolder, writeLocal } from '../../source/world/files.ts';
import { judgeHere } from '../../source/world/judge.ts';
import type { Remote } from '../../source/world/remote.ts';
import { WrongServer, wrongServers } from '../../source/world/wrong-server.ts';
import { ec, makeAuthority, makeLeaf } from '../pki/helpers.ts';
import { network as plain } from '../plan/fakes.ts';

const directory = mkdtempSync(join(tmpdir(), 'flw-judge-'));
const network = { ...plain, address: 'scriptchain.co' };
let authority: Awaited<ReturnType<typeof makeAuthority>>;

beforeAll(async () => {
  authority = await makeAuthority(ec);
  await makeFolder(join(directory, 'fl_network'), 0o700);
  await makeFolder(join(directory, '.fl-wizard', 'probes'), 0o700);
  await writeLocal(join(directory, 'fl_network', 'ca.crt'), authority.certificate, 0o644);
  const leaves = {
    'server-expired': await makeLeaf(authority, 'server', { days: -0.5 }),
    unlisted: await makeLeaf(authority, 'client'),
  };
  for (const [name, leaf] of Object.entries(leaves)) {
    await writeLocal(join(directory, '.fl-wizard', 'probes', `${name}.crt`), leaf.certificate, 0o644);
    await writeLocal(join(directory, '.fl-wizard', 'probes', `${name}.key`), keyPem(leaf.key).reveal(), 0o600);
  }
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The running server, with a certificate of the network's. */
async function right(): Promise<WrongServer> {
  const { certificate, key } = await makeLeaf(authority, 'server');
  return new WrongServer('server-right', { certificate, key: keyPem(key) });
}

const place = { directory, remote: undefined as unknown as Remote };
const verdicts = (judged: readonly Judged[]) =>
  Object.fromEntries(judged.map((each) => [each.which, judgement(each, undefined).outcome]));

describe('our own client', () => {
  it('refuses each for its own reason', async () => {
    const server = await right();
    const judged = await judgeHere(place, network, async () => server.dial());
    const cases: readonly ServerCase[] = [
      'server-foreign',
      'server-self-signed',
      'server-expired',
      'server-client',
      'server-name',
    ];
    expect(verdicts(judged)).toEqual(Object.fromEntries(cases.map((which) => [which, 'refuses'])));
    expect(server.through).toBe(false);
  });

  it('takes the right one: a server that is meant sees it go on', async () => {
    const server = await right();
    const bridge = await openBridge(async () => server.dial());
    await whoAmI({ path: bridge.path, ca: authority.certificate, serverName: network.address }, bridge.seen, 10);
    await bridge.close();
    expect(server.through).toBe(true);
  });

  it('proves nothing where the server is not reached', async () => {
    const nobody = async () =>
      new Duplex({
        read() {
          this.push(null);
        },
        write: (_chunk, _encoding, done) => done(),
      });
    const judged = await judgeHere(place, network, nobody);
    expect(verdicts(judged)['server-name']).toBe('unclear');
  });

  it('says what is not there to be tried', async () => {
    rmSync(join(directory, '.fl-wizard', 'probes', 'server-expired.crt'));
    const offers = await wrongServers(directory, network);
    expect(offers.find(({ which }) => which === 'server-expired')).toMatchObject({
      missing: expect.stringContaining('fl-wizard certs'),
    });
    const judged = await judgeHere(place, network, async () => (await right()).dial());
    expect(verdicts(judged)['server-expired']).toBe('not tried');
  });
});
