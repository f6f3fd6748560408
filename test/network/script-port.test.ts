import { describe, expect, it } from 'vitest';
import { completeNetwork } from '../../source/network/network.ts';
import { atScriptPort, scriptPort } from '../../source/network/script-port.ts';

const started = (argument: string, before = '') => `${before}\nfl.server.start_server(${argument}, config=config)\n`;

describe('the port of a script', () => {
  it.each([
    ['a literal', started('server_address="0.0.0.0:19000"')],
    ['in single quotes, as the last argument', "start_server(config=config, server_address='[::]:19000')"],
    ['over several lines', 'start_server(\n    server_address="0.0.0.0:19000",\n    config=config,\n)\n'],
    ['as the first argument', started('"0.0.0.0:19000"')],
    ['a constant', started('server_address=ADDRESS', 'ADDRESS = "0.0.0.0:19000"')],
    ['a typed constant', started('server_address=ADDRESS', 'ADDRESS: str = "0.0.0.0:19000"  # where it listens')],
    ['a constant as the first argument', started('ADDRESS', 'ADDRESS = "0.0.0.0:19000"')],
    ['a number in an f-string', started('server_address=f"0.0.0.0:{PORT}"', 'PORT = 19000')],
    ['a constant made of one', started('server_address=ADDRESS', 'PORT = 19000\nADDRESS = f"0.0.0.0:{PORT}"')],
    [
      'beside another in comments and texts',
      `"""\nserver_address="0.0.0.0:1",\n"""\n# server_address="0.0.0.0:2",\n${started('server_address="0.0.0.0:19000"')}`,
    ],
    ['behind a text with a #', `note = "# no comment"\n${started('server_address="0.0.0.0:19000"')}`],
  ])('is read: %s', (_, source) => {
    expect(scriptPort(source)).toBe(19_000);
  });

  it.each([
    ['from the environment', started('server_address=os.environ["ADDRESS"]')],
    ['a default of the environment', started('server_address=os.environ.get("ADDRESS", "0.0.0.0:19000")')],
    ['put together', started('server_address="0.0.0.0:" + str(PORT)', 'PORT = 19000')],
    ['one of two', started('server_address="0.0.0.0:19000" if big else "0.0.0.0:19001"')],
    ['of a constant that is set twice', started('server_address=A', 'A = "0.0.0.0:1"\nif big:\n    A = "0.0.0.0:2"')],
    ['of an f-string that only the run fills', started('server_address=f"0.0.0.0:{args.port}"')],
    ['of no number that a port has', started('server_address="0.0.0.0:99999"')],
    ['of a constant that is itself', started('server_address=A', 'A = f"{A}"')],
    ['of two servers', started('server_address="0.0.0.0:1"') + started('server_address="0.0.0.0:2"')],
    ['nowhere', started('strategy=strategy')],
  ])('is not guessed: %s', (_, source) => {
    expect(scriptPort(source)).toBeUndefined();
  });

  it('is looked for in a megabyte of quotes within the time of a test', () => {
    const source = `${'"'.repeat(300_001)}${"'''".repeat(100_000)}${'A = '.repeat(100_000)}`;
    expect(scriptPort(source)).toBeUndefined();
  });
});

const file = {
  version: 1 as const,
  name: 'net',
  server: { address: 'fl.example.com', ssh: { host: 'a' } },
  clients: [
    { name: 'one', ssh: { host: 'b' } },
    { name: 'two', ssh: { host: 'c' }, dial: 'gate.example.com:443' },
  ],
};

it('is where the network is, and not where somebody dials another on purpose', () => {
  const { flower, server, clients } = atScriptPort(completeNetwork(file), 19_000);
  expect(flower).toMatchObject({ port: 19_000, portFrom: 'server.py', written: { port: null } });
  expect([server, ...clients].map(({ dial }) => dial)).toEqual([
    'fl.example.com:19000',
    'fl.example.com:19000',
    'gate.example.com:443',
  ]);
});

it('gives way to the one in fl-network.yaml', () => {
  const network = completeNetwork({ ...file, flower: { port: 9300 } });
  expect(atScriptPort(network, 19_000)).toBe(network);
});
