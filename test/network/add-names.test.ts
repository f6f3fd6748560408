import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addServerNames } from '../../source/network/add-names.ts';
import { parseNetwork } from '../../source/network/read.ts';
import { networkText } from '../../source/network/write.ts';

const added = ['203.0.113.10', 'fd00::5'];
const file = (server: string) => `version: 1\nname: x\nserver:${server}\nclients: [{name: k, ssh: {host: h}}] # last\n`;
const of = (text: string | undefined) => parseNetwork(text ?? '', 'fl-network.yaml').names;

describe('names that are added to fl-network.yaml', () => {
  it.each([
    [
      '\n  address: fl.example.org   # dialed\n  ssh: {host: s}',
      '\n  address: fl.example.org   # dialed\n  names: [203.0.113.10, fd00::5]\n  ssh: {host: s}',
      added,
    ],
    [' {address: a, ssh: {host: s}}', ' {address: a, names: [203.0.113.10, fd00::5], ssh: {host: s}}', added],
    [
      '\n  ssh: {host: s}\n  names: [ b, "c" ] # two\n  address: a',
      '\n  ssh: {host: s}\n  names: [ b, "c", 203.0.113.10, fd00::5 ] # two\n  address: a',
      ['b', 'c', ...added],
    ],
    [
      '\n    address: a\n    names: []\n    ssh: {host: s}',
      '\n    address: a\n    names: [203.0.113.10, fd00::5]\n    ssh: {host: s}',
      added,
    ],
    [
      '\n  address: a\n  names:\n  - b # one\n  # none\n  ssh: {host: s}',
      '\n  address: a\n  names:\n  - b # one\n  - 203.0.113.10\n  - fd00::5\n  # none\n  ssh: {host: s}',
      ['b', ...added],
    ],
    ['\r\n  address: a\r\n  ssh: {host: s}', undefined, added],
  ])('stand where a person would write them, and nothing else moves: %j', (before, after, names) => {
    const text = addServerNames(file(before), added);
    if (after !== undefined) expect(text).toBe(file(after));
    expect(of(text)).toEqual(names);
  });

  it.each([
    file('\n  <<: *nowhere'),
    file('\n  address: a\n  names: b\n  ssh: {host: s}'),
    `base: &base {address: a, ssh: {host: s}}\n${file(' *base')}`,
    '- a list',
    'server: [',
    '',
  ])('are left to the author where the file is written in another way: %j', (text) => {
    expect(addServerNames(text, added)).toBeUndefined();
  });

  it('come after those of any file that init writes', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}[a-z0-9]$/);
    fc.assert(
      fc.property(name, fc.uniqueArray(name, { maxLength: 4 }), (address, names) => {
        const drawn = { name: 'x', address, names, server: { host: 's' }, algorithm: 'ec' as const };
        const text = addServerNames(networkText({ ...drawn, clients: [{ name: 'k9', ssh: { host: 'h' } }] }), added);
        expect(of(text)).toEqual([...names, ...added]);
      }),
      { seed: 20_260_101 },
    );
  });
});
