import { describe, expect, it } from 'vitest';
import { openDocument } from '../../source/network/document.ts';
import { inspectNetwork } from '../../source/network/read.ts';

const good = `version: 1
name: xray
server:
  address: fl.example.org
  ssh: {host: 10.0.0.1, user: ubuntu}
clients:
  - name: a
    ssh: {host: 10.0.0.2}
  - name: b
    ssh: {host: 10.0.0.3}
`;

/** `line: why` of each fault. */
function told(text: string): readonly string[] {
  const { faults, at } = openDocument(text);
  return faults.map(({ offset, why }) => `${at(offset).line}: ${why}`);
}

/** A slip that is made by exchanging words of the good file, and told so. */
const slips: readonly (readonly [name: string, from: string, to: string, told: string])[] = [
  [
    'a tab',
    '  address',
    '\taddress',
    '4: a tab before the first word, where YAML takes spaces only: “address: fl.example.org”; write 2 spaces before it',
  ],
  [
    'a tab below an item',
    '    ssh: {host: 10.0.0.2}',
    '\tssh: {host: 10.0.0.2}',
    '8: a tab before the first word, where YAML takes spaces only: “ssh: {host: 10.0.0.2}”; write 4 spaces before it',
  ],
  [
    'no space behind a colon',
    'address: fl',
    'address:fl',
    '4: no space behind the colon: “address:fl.example.org”; write “address: fl.example.org”',
  ],
  [
    'no space behind the first colon',
    'name: xray',
    'name:xray',
    '2: no space behind the colon: “name:xray”; write “name: xray”',
  ],
  [
    'no space behind a colon of an item',
    '- name: a',
    '- name:a',
    '7: no space behind the colon: “- name:a”; write “- name: a”',
  ],
  ['no colon', 'name: xray', 'name xray', '2: no colon behind the key: “name xray”; write “name: xray”'],
  ['no colon above a map', 'server:', 'server', '3: no colon behind the key: “server”; write “server:”'],
  ['no space behind a dash', '- name: a', '-name: a', '7: no space behind the dash: “-name: a”; write “- name: a”'],
  [
    'a space too many',
    '  ssh: {host: 10.0.0.1',
    '   ssh: {host: 10.0.0.1',
    '5: the key begins in column 4, and the one in line 4 in column 3: “ssh: {host: 10.0.0.1, user: ubuntu}”; write 2 spaces before it',
  ],
  [
    'a space too many below an item',
    '    ssh: {host: 10.0.0.2',
    '     ssh: {host: 10.0.0.2',
    '8: the key begins in column 6, and the one in line 7 in column 5: “ssh: {host: 10.0.0.2}”; write 4 spaces before it',
  ],
  [
    'a space too few below an item',
    '    ssh: {host: 10.0.0.2',
    '   ssh: {host: 10.0.0.2',
    '8: the key begins in column 4, and the one in line 7 in column 5: “ssh: {host: 10.0.0.2}”; write 4 spaces before it',
  ],
  [
    'a space too few',
    '  ssh: {host: 10.0.0.1',
    ' ssh: {host: 10.0.0.1',
    '5: the key begins in column 2, and the one in line 4 in column 3: “ssh: {host: 10.0.0.1, user: ubuntu}”; write 2 spaces before it',
  ],
  [
    'no space at all below a key',
    '  address',
    'address',
    '4: the key begins in column 1, and the one in line 5 in column 3: “address: fl.example.org”; write 2 spaces before it',
  ],
  [
    'a space before the first keys',
    'name: xray',
    ' name: xray',
    '2: the key begins in column 2, and the one in line 1 in column 1: “name: xray”; write no spaces before it',
  ],
  [
    'a dash elsewhere',
    '  - name: b',
    ' - name: b',
    '9: 1 space before the dash, and 2 before the one in line 7: “- name: b”; write 2 spaces before it',
  ],
  ['an item without its dash', '  - name: b', '  name: b', '9: no dash before the item: “name: b”; write “- name: b”'],
  [
    'an open quote',
    'name: xray',
    'name: "xray',
    '2: a quote (") that is not closed: “name: "xray”; write “name: "xray"”',
  ],
  [
    'an open quote in braces',
    '10.0.0.3}',
    "'10.0.0.3}",
    "10: a quote (') that is not closed: “ssh: {host: '10.0.0.3}”; write “ssh: {host: '10.0.0.3'}”",
  ],
  [
    'an open brace',
    'ubuntu}',
    'ubuntu',
    '5: { that is not closed: “ssh: {host: 10.0.0.1, user: ubuntu”; write “ssh: {host: 10.0.0.1, user: ubuntu}”',
  ],
  [
    'no comma',
    '10.0.0.1, user',
    '10.0.0.1 user',
    '5: no comma between two keys in { }: “ssh: {host: 10.0.0.1 user: ubuntu}”; write “ssh: {host: 10.0.0.1, user: ubuntu}”',
  ],
];

describe('a slip in YAML', () => {
  it.each(slips)('%s is told with its line and what to write, which is then right', (_, from, to, words) => {
    const text = good.replace(from, to);
    expect(text).not.toBe(good);
    expect(told(text)).toEqual([words]);
    // With what is to be written the file is the one that was meant, and nothing else is wrong.
    expect(inspectNetwork(text).problems).toHaveLength(1);
    expect(inspectNetwork(openDocument(text).mended ?? '').value).toEqual(inspectNetwork(good).value);
  });

  it.each([
    ['  port: 9192', 'certificates.port: unknown key here; uncomment flower: in line 5 too'],
    ['port: 9192', 'port: unknown key here; uncomment flower: in line 5 too, and write 2 spaces before this'],
    ['    port: 9192', ': this belongs to a name that is a comment: uncomment flower: in line 5 too: “port: 9192”'],
  ])(
    '%j below a name that is still a comment says which line is to be none too, and no comment is wrong',
    (key, told) => {
      const commented = `certificates:\n  algorithm: ec   # smaller\n# flower:   # left out\n#   rounds: 3\n${key}\nserver:`;
      const { problems } = inspectNetwork(good.replace('server:', commented));
      expect(problems.map(({ line, path, why }) => `${line} ${path}: ${why}`)).toEqual([`7 ${told}`]);
    },
  );

  it('in a key behind a comment is never told of the comment', () => {
    const text = good.replace('  ssh: {host: 10.0.0.1', '# where it is\n   ssh: {host: 10.0.0.1');
    expect(told(text)).toEqual([expect.stringMatching(/^6: the key begins in column 4, .* write 2 spaces before it$/)]);
  });

  it('is told of lines that end with CR, too', () => {
    const text = good.replace('name: xray', 'name:xray').replaceAll('\n', '\r\n');
    expect(told(text)).toEqual(['2: no space behind the colon: “name:xray”; write “name: xray”']);
  });

  it('is told with all others, and with the values that are wrong', () => {
    const text = good
      .replace('name: xray', 'name:xray')
      .replace('  address', '\taddress')
      .replace('host: 10.0.0.2', 'host: 10.0.0.2, prot: 22')
      .replace('  - name: b', ' - name: b');
    const found = inspectNetwork(text).problems.map(({ line, path, why }) => `${line} ${path}: ${why.split(':')[0]}`);
    expect(found).toEqual([
      '2 : no space behind the colon',
      '4 : a tab before the first word, where YAML takes spaces only',
      '9 : 1 space before the dash, and 2 before the one in line 7',
      '8 clients[0].ssh.prot: unknown key; did you mean port?',
    ]);
  });

  it.each([
    ['@xray', '“name: @xray”; write “name: "@xray"”'],
    ['`xray` # mine', 'write “name: "`xray`" # mine”'],
    ['a: b', 'a second colon in the value: “name: a: b”; write “name: "a: b"”'],
    ['*xray', 'a value can’t begin with * without quotes: write "*xray"'],
    ['"x" y', 'something stands behind the end of the value'],
  ])('as the value %s is told with quotes around it', (value, words) => {
    const [first] = inspectNetwork(good.replace('xray', value)).problems;
    expect([first?.line, first?.why]).toEqual([2, expect.stringContaining(words)]);
  });

  it('has the parser’s words only behind ours, where no rule knows it', () => {
    expect(told(good.replace('xray', '!<a b> x'))).toEqual([
      expect.stringMatching(/^2: this can’t be read as YAML \(/),
    ]);
  });

  it('that is in every line of a large file takes no longer than reading it', () => {
    const text = `${'a:b\n'.repeat(300_000)}`;
    expect(openDocument(text).faults.length).toBeLessThan(5);
  });
});

describe('values that are wrong', () => {
  it('are told together, those that only clash with others too', () => {
    const text = good
      .replace('version: 1', 'version: 2\nflower: {port: 70000, minClients: 3}')
      .replace('fl.example.org', 'fl_server;x')
      .replace('- name: b', '- name: a')
      .replace('user: ubuntu', 'identity: ~/.ssh/fl')
      .replace('host: 10.0.0.2', 'host:10.0.0.2');
    expect(inspectNetwork(text).problems.map(({ line, path, why }) => `${line} ${path}: ${why}`)).toEqual([
      '1 version: must be 1',
      '2 flower.port: must be 65535 or less',
      '6 server.ssh.identity: unknown key; did you mean identityFile?',
      '9 clients[0].ssh.host: is missing',
      '9 clients[0].ssh.host:10.0.0.2: no space behind the colon; write host: 10.0.0.2',
      expect.stringMatching(/^5 server.address: /),
      '10 clients[1].name: "a" is taken by clients[0]',
      expect.stringMatching(/^2 flower.minClients: /),
    ]);
  });

  it('blame nothing else: of clients that can’t be read nobody knows how many they are', () => {
    const text = good.replace('version: 1', 'version: 1\nflower: {minClients: 3}').split('clients:')[0];
    expect(inspectNetwork(`${text}clients: none\n`).problems.map(({ path }) => path)).toEqual(['clients']);
  });
});
