import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inspectNetwork, networkJsonSchema, parseNetwork } from '../../source/network/read.ts';
import { UserError } from '../../source/plan/failure.ts';

const seed = 20_260_101;

const good = `version: 1
name: xray
server:
  address: fl.example.org
  ssh: {host: 10.0.0.1}
clients:
  - name: client1
    ssh: {host: 10.0.0.2}
  - name: client2
    ssh: {host: 10.0.0.3}
`;

/** `path@line:column why` of each problem. */
const problems = (text: string) =>
  inspectNetwork(text).problems.map(({ path, line, column, why }) => `${path}@${line}:${column} ${why}`);

/** The file with one line replaced. */
const changed = (line: number, by: string) =>
  good
    .split('\n')
    .map((each, at) => (at + 1 === line ? by : each))
    .join('\n');

/** Nothing else may come of any text: a network, or one error that names the file (2). */
function tame(text: string): void {
  try {
    parseNetwork(text, 'fl-network.yaml');
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.failure.exitCode).toBe(2);
    expect(error.failure.doing).toBe('Reading fl-network.yaml');
    expect(error.failure.why).toMatch(/fl-network\.yaml:\d+:\d+ /);
    // Printed as it is, so nothing in it may act on a terminal.
    expect(error.failure.why.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  }
}

describe('a network file', () => {
  it('that is right is a network with every default filled in', () => {
    const network = parseNetwork(good, 'f');
    expect(network).toMatchObject({
      name: 'xray',
      address: 'fl.example.org',
      names: [],
      certificates: { folder: 'fl_network', algorithm: 'rsa', days: 730, caDays: 3650, keys: 'here' },
      flower: { version: '1.41.0', port: 9092, keepalive: 60, linger: 600, app: 'app' },
    });
    expect(network.certificates.subject).toEqual([
      ['O', 'xray'],
      ['CN', 'fl.example.org'],
    ]);
    // What is not written leaves the decision to the script.
    expect(network.flower.written).toEqual({
      port: null,
      rounds: null,
      minClients: null,
      roundTimeout: null,
      strategy: null,
    });
    expect(network.clients[0]).toMatchObject({
      commonName: 'client1',
      dial: 'fl.example.org:9092',
      dialWritten: false,
      remote: { certificates: '/etc/ssl/fl_network', home: '~/fl-wizard/xray', python: 'python3' },
    });
  });

  it('may have CRLF, a BOM and comments', () => {
    const text = `\ufeff# mine\n${good}`.replaceAll('\n', '\r\n');
    expect(parseNetwork(text, 'f')).toEqual(parseNetwork(good, 'f'));
  });

  it('gives what each key of the interface says', () => {
    const text = `version: 1
name: scriptchain
certificates:
  folder: keys
  subject: {C: US, ST: New York, O: ScriptChain, OU: AI}
  algorithm: ec
  days: 825
  caDays: 100
flower: {version: 1.30.0, engine: classic, port: 9999, rounds: 7, minClients: 1, roundTimeout: 0.5, keepalive: 30, linger: 0, app: mine}
server:
  address: scriptchain.co
  names: [100.27.120.77, "::1", 172.31.24.144]
  ssh: {host: 100.27.120.77, user: ubuntu, port: 2222, identityFile: ~/.ssh/fl.pem}
  environment: existing
  remote: {owner: fl}
clients:
  - name: client1
    commonName: FLClient1
    ssh: {host: alias, proxyJump: bastion, hostKey: "SHA256:${'a'.repeat(43)}"}
    dial: "[fd00::1]:9092"
    env: {DATA: /data/a}
    args: [--verbose]
    remote: {python: /usr/bin/python3.12, pip: {proxy: p}}
remote: {certificates: /srv/c, home: /srv/h, python: python3.11, pip: {indexUrl: i}}
`;
    const network = parseNetwork(text, 'f');
    expect(network.server).toMatchObject({ dial: 'scriptchain.co:9999', remote: { owner: 'fl', home: '/srv/h' } });
    expect(network.clients[0]).toMatchObject({
      commonName: 'FLClient1',
      dial: '[fd00::1]:9092',
      dialWritten: true,
      env: { DATA: '/data/a' },
      args: ['--verbose'],
      remote: { certificates: '/srv/c', python: '/usr/bin/python3.12' },
    });
    expect(network.clients[0]?.remote).not.toHaveProperty('owner');
    const { pip } = network.clients[0]?.remote ?? {};
    expect([pip?.indexUrl?.reveal(), pip?.extraIndexUrl?.reveal(), pip?.proxy?.reveal()]).toEqual([
      'i',
      undefined,
      'p',
    ]);
    expect(network.server.environment).toBe('existing');
    expect(network.clients[0]?.environment).toBe('managed');
    expect(network.flower.written).toEqual({ port: 9999, rounds: 7, minClients: 1, roundTimeout: 0.5, strategy: null });
  });

  it.each([1, 1000])('takes %i clients', (count) => {
    const clients = Array.from({ length: count }, (_, at) => `  - {name: c${at}, ssh: {host: h${at}}}`);
    const text = `${good.split('clients:')[0]}clients:\n${clients.join('\n')}\n`;
    expect(parseNetwork(text, 'f').clients).toHaveLength(count);
  });
});

describe('what is wrong is named by key, line and column:', () => {
  it.each([
    [
      'an empty file',
      '',
      ['version@1:1 is missing', 'name@1:1 is missing', 'server@1:1 is missing', 'clients@1:1 is missing'],
    ],
    ['another kind of text', 'hello\n', ['@1:1 must be a map of keys and values']],
    ['another version', changed(1, 'version: 2'), ['version@1:10 must be 1']],
    ['a missing key', changed(4, '  x-y: 1').replace('  x-y: 1\n', ''), ['server.address@4:3 is missing']],
    ['a missing key within a list', changed(8, '    dial: a:1'), ['clients[0].ssh@7:5 is missing']],
    ['an unknown key', changed(2, 'name: xray\nsecret: 1'), ['secret@3:1 unknown key']],
    [
      'an unknown key within',
      changed(5, '  ssh: {host: 10.0.0.1, hots: 2}'),
      ['server.ssh.hots@5:25 unknown key; did you mean host?'],
    ],
    [
      'a double key',
      changed(2, 'name: xray\nname: other'),
      ['@3:1 the key name is there twice: remove it here, or in line 2'],
    ],
    [
      'a double key within',
      changed(5, '  ssh: {host: a, host: a}'),
      ['@5:18 the key host is there twice: remove one of them'],
    ],
    ['a type', changed(5, '  ssh: {host: 10.0.0.1, port: "22"}'), ['server.ssh.port@5:31 must be a number']],
    ['a whole number', changed(5, '  ssh: {host: a, port: 2.5}'), ['server.ssh.port@5:24 must be a whole number']],
    ['nothing', changed(5, '  ssh: {host: ""}'), ['server.ssh.host@5:15 is empty']],
    [
      'too much',
      changed(2, `name: xray\ncertificates: {subject: {O: ${'x'.repeat(65)}}}`),
      ['certificates.subject.O@3:29 has more than 64 characters'],
    ],
    [
      'a number out of range',
      changed(5, '  ssh: {host: a, port: 70000}'),
      ['server.ssh.port@5:24 must be 65535 or less'],
    ],
    [
      'nothing of a span',
      changed(2, 'name: xray\nflower: {roundTimeout: 0}'),
      ['flower.roundTimeout@3:24 must be more than 0'],
    ],
    [
      'one of a few',
      changed(2, 'name: xray\ncertificates: {algorithm: dsa}'),
      ['certificates.algorithm@3:27 must be rsa or ec'],
    ],
    ['a list', changed(4, '  address: fl.example.org\n  names: a.b'), ['server.names@5:10 must be a list']],
    [
      'what is behind an alias',
      changed(5, '  ssh: &s {host: 5}').replace('{host: 10.0.0.2}', '*s'),
      ['server.ssh.host@5:18 must be text', 'clients[0].ssh.host@8:10 must be text'],
    ],
    [
      'what is no word for a node',
      changed(8, '    ssh: {host: x}\n    node: {a b: 1, c: [1]}'),
      [
        'clients[0].node.a b@9:12 must be a name of letters, digits, ".", "_" or "-"',
        'clients[0].node.c@9:23 must be text, a number, true or false',
      ],
    ],
    [
      'a tab',
      'version: 1\nname: a\nserver:\n\taddress: a.b',
      [expect.stringMatching(/^@4:1 a tab /), 'clients@1:1 is missing'],
    ],
    ['an open quote', changed(2, 'name: "xray'), [expect.stringMatching(/^@2:1 a quote \("\) that is not closed/)]],
    ['a second document', `${good}---\nversion: 1\n`, ['@11:1 a second document begins here']],
  ] as const)('%s', (_, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });

  it('all at once', () => {
    const text = good.replace('version: 1', 'version: 1\nfoo: 1').replace('host: 10.0.0.3', 'port: 0');
    expect(problems(text)).toEqual([
      expect.stringContaining('clients[1].ssh.host@11:10 is missing'),
      expect.stringContaining('clients[1].ssh.port@11:17'),
      'foo@2:1 unknown key',
    ]);
    expect(() => parseNetwork(text, 'some/file.yaml')).toThrow(
      /3 things are wrong:\n {2}some\/file\.yaml:11:10 clients/,
    );
  });

  it('no more than anybody reads', () => {
    const text = Array.from({ length: 300 }, (_, at) => `key${at}: 1\n`).join('');
    const shown = () => parseNetwork(text, 'f');
    expect(shown).toThrow(/304 things are wrong/);
    expect(shown).toThrow(/and 254 more$/);
  });
});

describe('a name', () => {
  const client = (name: string) => problems(changed(7, `  - name: ${JSON.stringify(name)}`));
  it.each(['a', '9', 'A.b_c-d', 'x'.repeat(63)])('%s is taken', (name) => expect(client(name)).toEqual([]));
  it.each([
    '',
    '-a',
    '.a',
    'a b',
    'a/b',
    '../a',
    'a\nb',
    'a\u0000',
    'é',
    '$(id)',
    'x'.repeat(64),
    'server',
    'CA',
    'All',
    'operator',
    'CLIENT2',
  ])('%j is refused', (name) => {
    expect(client(name)).toEqual([expect.stringMatching(/^clients\[[01]\]\.name@\d+:\d+ /)]);
  });
  it.each(['ca', 'Server', 'client1', 'CLIENT1', 'x'.repeat(65), 'a\u001b[31m', ''])(
    '%j is refused as a common name',
    (name) => {
      const text = changed(9, `  - name: client2\n    commonName: ${JSON.stringify(name)}`);
      expect(problems(text)[0]).toMatch(/^clients\[1\]\.commonName@10:17 /);
    },
  );
  it('of the network follows the same rule', () => {
    expect(problems(changed(2, 'name: a b'))).toEqual([expect.stringMatching(/^name@2:7 must be letters/)]);
  });
});

describe('an address', () => {
  const address = (text: string) => problems(changed(4, `  address: ${JSON.stringify(text)}`));
  it.each(['fl.example.org', 'localhost', '10.0.0.9', 'fd00::1', '::ffff:10.0.0.9', 'bücher.example'])(
    '%s is taken',
    (text) => expect(address(text)).toEqual([]),
  );
  it.each([
    '$(id)',
    'a;b',
    '-oProxyCommand=x',
    'a b',
    'a..b',
    'a_b',
    `${'a'.repeat(60)}.`.repeat(5),
    'fe80::1%eth0',
    '0.0.0.0',
    '127.1',
    '0177.0.0.1',
    '*.example.org',
    'a\u0000b',
  ])('%j is refused, for the server and for its names', (text) => {
    expect(address(text)[0]).toMatch(/^server\.address@4:12 /);
    const names = changed(4, `  address: fl.example.org\n  names: [a.b, ${JSON.stringify(text)}]`);
    expect(problems(names)[0]).toMatch(/^server\.names\[1\]@5:16 /);
  });
  it.each([
    ['0.0.0.0', 'it is the address of no host (unspecified)'],
    ['::', 'it is the address of no host (unspecified)'],
    ['0177.0.0.1', 'IPv4 is written as four decimal numbers without leading zeros'],
    ['fe80::1%eth0', 'a zone id means something on one machine only'],
    ['[::1]', 'brackets belong to HOST:PORT only: leave them out'],
  ])('%s is refused for what it is', (text, why) => {
    expect(address(text)).toEqual([expect.stringContaining(why)]);
  });
  it('that is longer than a common name is told so, where it stands', () => {
    const long = `${'a'.repeat(60)}.${'b'.repeat(60)}`;
    expect(address(long)).toEqual([
      expect.stringMatching(/^server\.address@4:12 it has 121 characters, .*common name \(CN\).* takes 64/),
    ]);
    expect(problems(changed(4, `  address: fl.example.org\n  names: [${long}]`))).toEqual([]);
  });
  it.each(['a.b', 'a.b:0', 'a.b:65536', 'a.b:99999', 'a;b:1', '::1:9092', 'a b:1', 'a.b:-1'])(
    '%j is nothing to dial',
    (dial) => {
      expect(problems(changed(8, `    ssh: {host: x}\n    dial: ${JSON.stringify(dial)}`))[0]).toMatch(
        /^clients\[0\]\.dial@9:11 /,
      );
    },
  );
  it.each(['a.b:1', '[::1]:65535', '10.0.0.1:9092'])('%s can be dialed', (dial) => {
    expect(problems(changed(8, `    ssh: {host: x}\n    dial: ${JSON.stringify(dial)}`))).toEqual([]);
  });
  it.each([
    ['a client’s', changed(10, '    ssh: {host: 10.0.0.2, user: other}'), 'clients[1].ssh.host@10:17'],
    [
      'a client’s, by its default port',
      changed(10, '    ssh: {host: 10.0.0.2, port: 22}'),
      'clients[1].ssh.host@10:17',
    ],
    ['the server’s', changed(8, '    ssh: {host: 10.0.0.1}'), 'clients[0].ssh.host@8:17'],
    [
      'a name in other letters',
      good.replace('10.0.0.2', 'Box').replace('10.0.0.3', 'bOX'),
      'clients[1].ssh.host@10:17',
    ],
  ])('twice is a clash: %s', (_, text, expected) => {
    expect(problems(text)).toEqual([expect.stringContaining(`${expected} the same SSH address and port as `)]);
  });
  it.each(['bastion_1', 'web-*', 'ünder', 'a+b=c', 'fe80::1%eth0', '[::1]', '10.0.0.9', 'a.b.'])(
    'may be called %s',
    (host) => expect(problems(changed(10, `    ssh: {host: ${JSON.stringify(host)}}`))).toEqual([]),
  );
  it.each([
    '$(id)',
    'a;b',
    'a b',
    "a'b",
    'a"b',
    '`id`',
    'a|b',
    'a&b',
    'a<b',
    'a>b',
    '(a)',
    '{a}',
    'a\\b',
    '-a',
    '\u0007',
  ])('may not be called %j, and it is said where', (host) => {
    expect(problems(changed(10, `    ssh: {host: ${JSON.stringify(host)}}`))).toEqual([
      expect.stringMatching(/^clients\[1\]\.ssh\.host@10:17 must be a name, an address or a Host alias, without/),
    ]);
  });
  it('behind another jump host is another host', () => {
    const twice = (jumps: string[]) =>
      good.replace(/\{host: 10\.0\.0\.[23]\}/g, () => `{host: 10.0.0.2, proxyJump: ${jumps.shift()}}`);
    expect(problems(twice(['a', 'b']))).toEqual([]);
    expect(problems(twice(['a', 'a']))).toHaveLength(1);
  });
  it('at another port is another host', () => {
    expect(problems(changed(10, '    ssh: {host: 10.0.0.2, port: 2222}'))).toEqual([]);
  });
});

describe('a limit', () => {
  it.each([
    ['no clients', `${good.split('clients:')[0]}clients: []\n`],
    ['days', changed(2, 'name: x\ncertificates: {days: 826}')],
    ['no days', changed(2, 'name: x\ncertificates: {days: 0}')],
    ['a port', changed(2, 'name: x\nflower: {port: 65536}')],
    ['an engine of later', changed(2, 'name: x\nflower: {engine: deployment}')],
    ['an algorithm', changed(2, 'name: x\ncertificates: {algorithm: dsa}')],
    ['rounds', changed(2, 'name: x\nflower: {rounds: 0}')],
    ['a country', changed(2, 'name: x\ncertificates: {subject: {C: usa}}')],
    ['a fingerprint', changed(5, '  ssh: {host: a, hostKey: "MD5:aa"}')],
    ['a variable', changed(8, '    ssh: {host: x}\n    env: {"a-b": "1"}')],
    ['an option for a host', changed(5, '  ssh: {host: "-oProxyCommand=x"}')],
    ['an option for a user', changed(5, '  ssh: {host: a, user: "-l"}')],
    ['a command for a host', changed(5, '  ssh: {host: "$(id)"}')],
    ['two commands for a host', changed(5, '  ssh: {host: a;b}')],
    ['a space in a host', changed(5, '  ssh: {host: "a b"}')],
    ['a command for a user', changed(5, '  ssh: {host: a, user: "`id`"}')],
    ['a command for a jump', changed(5, '  ssh: {host: a, proxyJump: "b|id"}')],
    ['an option for Python', changed(5, '  ssh: {host: a}\n  remote: {python: "-c"}')],
    ['control characters', changed(5, '  ssh: {host: "a\\u001b"}')],
  ])('is kept: %s', (_, text) => {
    expect(problems(text)).toHaveLength(1);
    tame(text);
  });
});

describe('a hostile file', () => {
  it.each([
    ['40 kB of brackets', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
    ['open brackets', '['.repeat(100_000)],
    ['dashes', '- '.repeat(50_000)],
    ['question marks', '? '.repeat(50_000)],
    ['colons', ': '.repeat(50_000)],
    ['maps in lists', '[{a: '.repeat(20_000)],
    ['a staircase', Array.from({ length: 2000 }, (_, at) => `${' '.repeat(at)}a:`).join('\n')],
  ])('does not end the process by depth: %s', (_, text) => {
    expect(problems(text)).toEqual([expect.stringContaining('nested too deeply')]);
    tame(text);
  });

  const env = Array.from({ length: 15_000 }, (_, at) => `      A${at}: 1`).join('\n');
  it.each([
    ['a line of 1 MB', 'a'.repeat(1_000_000)],
    ['a quote of 1 MB', `"${'a'.repeat(1_000_000)}`],
    ['15,000 unknown keys', Array.from({ length: 15_000 }, (_, at) => `a${at}: 1`).join('\n')],
    ['15,000 values of another type', changed(8, `    ssh: {host: x}\n    env:\n${env}`)],
    ['anchors', '&a '.repeat(5_000)],
    ['5 MB', '#\n'.repeat(2_500_000)],
    ['a number of 500,000 digits', `version: ${'1'.repeat(500_000)}`],
    [
      'a billion laughs',
      [
        'a: &a [x,x,x,x,x,x,x,x,x]',
        ...[...'bcdefghi'].map((each, at) => `${each}: &${each} [${Array(9).fill(`*${'abcdefghi'[at]}`).join()}]`),
      ].join('\n'),
    ],
    ['itself', 'a: &a [*a]'],
    ['an inherited key', '__proto__: {polluted: 1}\nconstructor: 1'],
    ['a map as a key', '? {a: 1}\n: x'],
    ['tags', 'version: !!binary aaaa\nname: !!set {a}\nserver: !!python/object:os.system x'],
    ['a NUL', 'version: 1\0'],
  ])('is refused in good time: %s', (_, text) => {
    tame(text);
    expect(problems(text)).not.toEqual([]);
    expect({}).not.toHaveProperty('polluted');
  });

  it('is whatever anybody types', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), tame), { seed, numRuns: 200 });
  });

  const token = fc.constantFrom(
    'a',
    ': ',
    '- ',
    '\n',
    '\n  ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '&a ',
    '*a',
    '? ',
    '|\n',
    '>',
    '"',
    "'",
    '#',
    '---\n',
    '!!map ',
    '<<: ',
    '\t',
    '%YAML 1.2\n',
    'version: 1\n',
    '\u0000',
    '\ufeff',
    '\u2028',
    '\ud800',
    '~',
    '1e999',
  );
  it('is whatever YAML is made of', () => {
    fc.assert(
      fc.property(fc.array(token, { maxLength: 80 }), (tokens) => tame(tokens.join(''))),
      { seed, numRuns: 400 },
    );
  });

  it('is a good one with something else in its middle', () => {
    fc.assert(
      fc.property(fc.nat(good.length), fc.nat(20), fc.array(token, { maxLength: 5 }), (at, cut, tokens) =>
        tame(good.slice(0, at) + tokens.join('') + good.slice(at + cut)),
      ),
      { seed, numRuns: 400 },
    );
  });

  it('is any value at any key', () => {
    const keys = ['version', 'name', 'certificates', 'flower', 'server', 'clients', 'remote', 'address', 'ssh', 'host'];
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 5 },
        fc.string(),
        fc.double(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keys), tie('any'), { maxKeys: 6 }),
      ),
    })).any;
    fc.assert(
      fc.property(value, (each) => tame(JSON.stringify(each))),
      { seed, numRuns: 200 },
    );
  });
});

describe('positions', () => {
  it('are right wherever the wrong key stands', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.nat(30), fc.boolean(), (before, spaces, crlf) => {
        const lines = ['# x\n'.repeat(before), '"wrong key"', ' '.repeat(spaces), ': 1\n', good].join('');
        const text = crlf ? lines.replaceAll('\n', '\r\n') : lines;
        expect(problems(text)).toEqual([`wrong key@${before + 1}:1 unknown key`]);
      }),
      { seed },
    );
  });
});

describe('the JSON Schema', () => {
  it('names what is required, and is closed', () => {
    const schema = networkJsonSchema();
    expect(schema).toMatchObject({
      type: 'object',
      required: ['version', 'name', 'server', 'clients'],
      additionalProperties: false,
    });
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });
});

it.each([
  ['sever: {address: a}', 'sever', 'server'],
  ['clients: [{name: a, shs: {host: h}}]', 'clients[0].shs', 'ssh'],
  ['flower: {round: 3}', 'flower.round', 'rounds'],
])('%s: a key that is nearly right is named', (line, path, meant) => {
  const found = problems(`version: 1\nname: xray\n${line}\n`).find((each) => each.startsWith(`${path}@`));
  expect(found).toContain(`unknown key; did you mean ${meant}?`);
});
