import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostPort, splitHostPort } from '../../source/network/network.ts';
import { inspectNetwork, parseNetwork } from '../../source/network/read.ts';
import { type Draft, networkText, parseLogin } from '../../source/network/write.ts';
import { UserError } from '../../source/plan/failure.ts';
import { hostName } from '../../source/ssh/safe-name.ts';

const seed = 20_260_101;
const draft: Draft = {
  name: 'xray',
  address: 'fl.example.org',
  names: [],
  server: { host: '10.0.0.1', user: 'ubuntu' },
  clients: [{ name: 'client1', ssh: { host: '10.0.0.2' } }],
  algorithm: 'ec',
};

it('of more clients than a run needs the file says how it waits for all, and changes nothing by it', () => {
  const clients = ['a', 'b', 'c'].map((name) => ({ name, ssh: { host: name } }));
  const text = networkText({ ...draft, clients });
  expect(text).toMatch(/^# {3}minClients: 3 +# a run waits for all, in each round; left out, 2 are enough$/m);
  expect(parseNetwork(text, 'x').flower.written.minClients).toBeNull();
  // As it is meant to be used: with the marks taken off.
  const taken = text.replace(/^# flower:.*$/m, 'flower:').replace(/^# {3}minClients/m, '  minClients');
  expect(parseNetwork(taken, 'x').flower.written.minClients).toBe(3);
  expect(networkText(draft)).not.toContain('minClients');
});

/** Printable, and made of what YAML means something by. */
const hostile = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
    fc
      .array(
        fc.constantFrom(
          ': ',
          ' #',
          '- ',
          '"',
          "'",
          '{',
          '}',
          '[',
          ']',
          ',',
          '&a',
          '*a',
          '!!x',
          '|',
          '>',
          '%',
          '@',
          '`',
          'true',
          '~',
          'a',
        ),
        { minLength: 1, maxLength: 8 },
      )
      .map((parts) => parts.join('')),
    fc.constantFrom(
      'true',
      'null',
      '~',
      '1',
      '1e3',
      '0x10',
      '1.0',
      '-',
      '?',
      ' a',
      'a ',
      '=',
      '<<',
      '.inf',
      '2001-01-01',
      'a\\b',
    ),
  )
  .filter((text) => !/[\u0000-\u001f\u007f]|^-/.test(text));

describe('a new fl-network.yaml', () => {
  it('is what was answered', () => {
    const network = parseNetwork(
      networkText({ ...draft, names: ['10.0.0.9', 'b.example'], flower: { rounds: 5 } }),
      'f',
    );
    expect(network).toMatchObject({
      name: 'xray',
      names: ['10.0.0.9', 'b.example'],
      certificates: { algorithm: 'ec' },
      flower: { written: { rounds: 5, port: null } },
      server: { ssh: { host: '10.0.0.1', user: 'ubuntu' } },
    });
  });

  it('says in its comments what was left out', () => {
    const text = networkText(draft);
    expect(text).toContain('#   rounds: 3');
    expect(text).toMatch(/^#.*No secret/);
  });

  it('reads back as it was meant, whatever the values are', () => {
    const name = fc
      .stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/)
      .filter((each) => !/^(server|all|ca|operator)$/i.test(each));
    // Only what a login may be called, but odd enough for YAML.
    const named = (text: string) => hostName.test(text);
    const ssh = fc.record(
      {
        host: hostile.filter(named),
        user: hostile.filter(named),
        port: fc.integer({ min: 1, max: 65535 }),
        identityFile: hostile,
      },
      { requiredKeys: ['host'] },
    );
    const env = fc.dictionary(
      fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/).filter((each) => each !== '__PROTO__'),
      // A variable may hold lines.
      fc.oneof(hostile, fc.string({ unit: 'grapheme' }), fc.constant('a\nb: c\n')),
    );
    const client = fc.record({ name, ssh, env }, { requiredKeys: ['name', 'ssh'] });
    const any = fc.record({
      name,
      address: fc.constantFrom('fl.example.org', '10.0.0.7', 'fd00::7', 'true', 'null', '1e3.org'),
      names: fc.array(fc.constantFrom('b.example', '::1', 'no', 'yes.no')),
      server: ssh,
      clients: fc.uniqueArray(client, { minLength: 1, maxLength: 4, selector: (each) => each.name.toLowerCase() }),
      algorithm: fc.constantFrom('ec' as const, 'rsa' as const),
      remote: fc.record({
        certificates: hostile.map((each) => `/${each}`),
        home: hostile.map((each) => `~/${each}`),
        python: hostile,
      }),
    });
    fc.assert(
      fc.property(any, (wished) => {
        const { value, problems } = inspectNetwork(networkText(wished));
        // Two hosts may have come out the same: that is a clash, and not the text's fault.
        expect(problems.filter(({ why }) => !why.startsWith('the same SSH address'))).toEqual([]);
        expect(value).toMatchObject({
          name: wished.name,
          certificates: { algorithm: wished.algorithm },
          server: { address: wished.address, ssh: wished.server },
          clients: wished.clients,
          remote: wished.remote,
        });
        expect(value?.server.names ?? []).toEqual(wished.names);
      }),
      { seed, numRuns: 100 },
    );
  });

  it.each(['name', 'address'] as const)('can’t be made to say something else by the %s', (key) => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('\nevil: 1\n', '\n- x', '\u0085evil: 1', '\u2028evil: 1'),
        (text, evil) => {
          const { value, problems } = inspectNetwork(networkText({ ...draft, [key]: `${text}${evil}` }));
          expect(problems.map(({ path }) => path)).not.toContain('evil');
          expect(problems.length).toBeGreaterThan(0);
          if (value) expect(value).not.toHaveProperty('evil');
        },
      ),
      { seed, numRuns: 50 },
    );
  });
  it('names the value and not the line after it where one has line breaks', () => {
    for (const name of ['x\ny', 'x\nevil: 1', '|\n a'])
      expect(inspectNetwork(networkText({ ...draft, name })).problems.map(({ path }) => path)).toEqual(['name']);
  });
});

describe('a login', () => {
  it.each([
    ['host', { host: 'host' }],
    ['ubuntu@10.0.0.1', { user: 'ubuntu', host: '10.0.0.1' }],
    ['ubuntu@10.0.0.1:2222', { user: 'ubuntu', host: '10.0.0.1', port: 2222 }],
    ['a@[::1]:22', { user: 'a', host: '::1', port: 22 }],
    ['  box  ', { host: 'box' }],
    ['ad.user@box', { user: 'ad.user', host: 'box' }],
  ])('%s is taken apart', (text, expected) => expect(parseLogin(text)).toEqual(expected));

  it.each([
    '',
    ' ',
    '@a',
    'a@',
    'a@b@c',
    'a:0',
    'a:65536',
    'a:b',
    'a:',
    '::1',
    'a b',
    'a@b c',
    '[a',
    '[]',
    'a:22:22',
    '-oProxyCommand=x',
    '-l@a',
    'a\u0000b',
    '$(id)',
    'a;b',
    '`id`@a',
    "a'b",
  ])('%j is none (2)', (text) => {
    const call = () => parseLogin(text);
    expect(call).toThrow(UserError);
    expect(call).toThrow('is not [user@]host[:port]');
  });

  it('of any text is a host without spaces, or refused', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          const { host, user, port } = parseLogin(text);
          expect(`${user ?? ''}${host}`).not.toMatch(/\s/);
          if (port !== undefined) expect(port >= 1 && port <= 65535).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { seed },
    );
  });
});

describe('host and port', () => {
  it.each([
    ['a.b', 'a.b:1'],
    ['::1', '[::1]:1'],
  ])('%s', (host, joined) => {
    expect(hostPort(host, 1)).toBe(joined);
    expect(splitHostPort(joined)).toEqual({ host, port: 1 });
  });
});
