import { describe, expect, it } from 'vitest';
import {
  allowList,
  certificateNames,
  configPath,
  environmentName,
  processConfig,
  requirementLines,
  requirementsOf,
  runtimeWords,
} from '../../source/flower/layout.ts';
import { completeNetwork, type Network } from '../../source/network/network.ts';
import { UserError } from '../../source/plan/failure.ts';
import { network } from '../plan/fakes.ts';

const [client1] = network.clients;
if (!client1) throw new Error('no client');
const paths = { home: '/home/fl/x', certificates: '/etc/ssl/fl_network' };

const config = (net: Network, name: string, more = {}): Record<string, unknown> => {
  const member = [net.server, ...net.clients].find((each) => each.name === name);
  if (!member) throw new Error(name);
  return JSON.parse(processConfig(net, member, paths, { id: '1', ...more }));
};

describe('requirements', () => {
  it('are lines for pip, without comments, spaces and what fl-network.yaml decides', () => {
    const text =
      '# mine\r\nnumpy >= 1.2 # fast\n\n  torch==2.1; python_version>"3.8"\nflwr==1.0\nFLWR[simulation]\npkg @ https://x/#sha\n';
    expect(requirementLines(text, 'f')).toEqual([
      'numpy >= 1.2',
      'torch==2.1; python_version>"3.8"',
      'pkg @ https://x/#sha',
    ]);
  });
  it('keep packages whose names only begin like flwr', () => {
    const names = ['flwr_datasets', 'flwr-datasets[vision]>=0.5', 'flower'];
    expect(requirementLines(names.join('\n'), 'f')).toEqual(names);
  });
  it.each(['-r other.txt', '--index-url https://evil', '-e .', '  --pre'])('may not hold %s (2)', (line) => {
    const call = () => requirementLines(`numpy\n${line}`, 'app/requirements.txt');
    expect(call).toThrow(UserError);
    expect(call).toThrow(/line 2 is an option of pip/);
  });
  it('begin with the version of fl-network.yaml', () => {
    expect(requirementsOf(network, 'numpy')).toEqual(['flwr==1.41.0', 'numpy']);
    expect(requirementsOf(network, undefined)).toEqual(['flwr==1.41.0']);
  });
});

describe('an environment', () => {
  it('is shared by what needs the same, and by nothing else', () => {
    const name = environmentName(['flwr==1.41.0', 'numpy'], 'python3');
    expect(name).toMatch(/^python-[0-9a-f]{16}$/);
    expect(environmentName(['flwr==1.41.0', 'numpy'], 'python3')).toBe(name);
    const others = [
      environmentName(['numpy', 'flwr==1.41.0'], 'python3'),
      environmentName(['flwr==1.41.0 numpy'], 'python3'),
      environmentName(['flwr==1.41.0', 'numpy'], 'python3.12'),
    ];
    expect(new Set([name, ...others]).size).toBe(4);
  });
});

describe('a process', () => {
  it('of the server knows its clients, files and folders', () => {
    expect(config(network, 'server')).toMatchObject({
      version: 1,
      role: 'server',
      network: 'xray',
      name: 'server',
      home: paths.home,
      run: '1',
      script: 'server.py',
      app: '/home/fl/x/app',
      certificates: {
        ca: '/etc/ssl/fl_network/ca.crt',
        certificate: '/etc/ssl/fl_network/server.crt',
        key: '/etc/ssl/fl_network/server.key',
      },
      clients: [
        { name: 'client1', commonName: 'client1' },
        { name: 'client2', commonName: 'client2' },
      ],
      initialWeights: null,
    });
  });

  it('leaves to the script what fl-network.yaml leaves out', () => {
    const { flower, defaults } = config(network, 'server');
    expect(flower).toMatchObject({ port: null, rounds: null, minClients: null, roundTimeout: null, dial: null });
    expect(defaults).toEqual({ port: 9092, rounds: 3, minClients: 2, roundTimeout: 1800, dial: 'fl.example.org:9092' });
  });

  it('tells a client its place among all, and the server nothing of it', () => {
    expect(config(network, 'client2').node).toEqual({ 'partition-id': 1, 'num-partitions': 2 });
    expect(config(network, 'server')).not.toHaveProperty('node');
    const node = { 'data-path': '/data/a', 'num-partitions': 9, fast: true };
    const net: Network = { ...network, clients: [{ ...client1, node }] };
    expect(config(net, 'client1').node).toEqual({ 'partition-id': 0, ...node });
  });

  it('never waits for more clients than there are', () => {
    const one = completeNetwork({
      version: 1,
      name: 'one',
      server: { address: 'a.b', ssh: { host: 'a' } },
      clients: [{ name: 'c', ssh: { host: 'b' } }],
    });
    expect(config(one, 'server').defaults).toMatchObject({ minClients: 1 });
  });

  it.each([
    ['a port', { flower: { port: 9999 } }, {}, 'a.b:9999'],
    ['a dial', {}, { dial: 'c.d:1' }, 'c.d:1'],
    ['neither', {}, {}, null],
  ])('of a client dials what is written: %s', (_, flower, client, dial) => {
    const net = completeNetwork({
      version: 1,
      name: 'one',
      ...flower,
      server: { address: 'a.b', ssh: { host: 'a' } },
      clients: [{ name: 'c', ssh: { host: 'b' }, ...client }],
    });
    expect(config(net, 'c').flower).toMatchObject({ dial });
  });

  it('has the rounds and weights of this run before those of the file', () => {
    const written: Network = {
      ...network,
      flower: { ...network.flower, written: { ...network.flower.written, rounds: 5 } },
    };
    expect(config(written, 'server').flower).toMatchObject({ rounds: 5 });
    expect(config(written, 'server', { rounds: 9 }).flower).toMatchObject({ rounds: 9 });
    expect(config(written, 'server', { initialWeights: '/w.npz' }).initialWeights).toBe('/w.npz');
  });

  it('has the user’s variables before ours, and no secret', () => {
    const net: Network = { ...network, clients: [{ ...client1, env: { FL_SERVER: 'mine', A: 'b' } }] };
    expect(config(net, 'client1').env).toEqual({ FL_CERTIFICATES: paths.certificates, FL_SERVER: 'mine', A: 'b' });
    expect(config(net, 'client1')).not.toHaveProperty('clients');
  });
});

describe('words and names', () => {
  it('run the runtime from the home, without an installation', () => {
    const words = runtimeWords("/h o'me", 'stop', '--config', 'c');
    expect(words.slice(words.indexOf('env'))).toEqual([
      'env',
      "PYTHONPATH=/h o'me/runtime",
      "/h o'me/python/bin/python",
      '-m',
      'fl_wizard_runtime',
      'stop',
      '--config',
      'c',
    ]);
    // Nothing of ours is text for a shell: what differs are its arguments.
    expect(words.slice(0, words.indexOf('env')).join(' ')).toBe('sh -c cd / && exec "$@" sh');
    expect(configPath('/h', 'client1')).toBe('/h/client1.json');
    expect(certificateNames(client1)).toEqual({ ca: 'ca.crt', certificate: 'client1.crt', key: 'client1.key' });
  });
  it('list who is allowed', () => {
    const one = { name: 'a', uri: 'spiffe://x/fl/client/a', fingerprints: ['00'] };
    const expected = { version: 1, clients: [one], operators: [], probes: ['ff'] };
    expect(JSON.parse(allowList([one], [], ['ff']))).toEqual(expected);
  });
});
